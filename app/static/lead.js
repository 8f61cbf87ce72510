/** Tells the class what this page shows: the run, the moment, what is pointed at, and the stop of the tour. */
import { byTouch, on } from "./dom.js";
import { pointerAt } from "./pointer.js";

/**
 * @import { Actions } from "./actions.js"
 * @import { State } from "./state.js"
 * @import { PresenterPointer, RunStatus } from "./wire.d.ts"
 */

/** Milliseconds between two messages, at least. */
const PAUSE = 100;

/** What this tab shows: "no" for nothing, and else the copy that is on the projector, if any. */
const KEY = "rnn-adder shows";

/** @returns {string} */
function recall() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} what */
function remember(what) {
  try {
    sessionStorage.setItem(KEY, what);
  } catch {
    // Then it is as by default when another run is opened.
  }
}

/** Has this tab show a run to the class, also if it is somebody's copy. @param {string} run */
export const project = (run) => remember(run);

/**
 * Whether this tab shows its run to the class. Somebody's copy is shown only if the presenter has put it on the projector.
 * @param {RunStatus} run
 */
export const isShown = ({ id, private: own }) => (own ? recall() === id : recall() !== "no");

/** A tab that has gone on to another run no longer has the copy on the projector. @param {string} run */
export function forgetOthers(run) {
  if (![run, "no"].includes(recall())) remember("");
}

/** Shows a run to the class, or no longer. @type {(run: RunStatus, yes: boolean) => void} */
export const setShown = ({ id, private: own }, yes) => remember(yes ? id : own ? "" : "no");

/**
 * `update` tells what is new. A page that nobody sees, or that does not lead, tells nothing.
 * @param {Pick<Actions, "show" | "wakeIn" | "wake">} actions
 */
export function createLead(actions) {
  /** @type {PresenterPointer | null} */
  let pointer = null;
  /** What the class was told last. */
  let told = "";
  let due = 0;

  /** @param {Event} event */
  function point(event) {
    if (event instanceof PointerEvent) pointer = pointerAt(event.target, event.clientX, event.clientY);
    else if (event.target instanceof Element && event.target.matches(":focus-visible")) {
      const { left, top, width, height } = event.target.getBoundingClientRect();
      pointer = pointerAt(event.target, left + width / 2, top + height / 2);
    }
    actions.wake();
  }
  on(document, "pointermove pointerdown focusin", point);
  on(document.documentElement, "pointerleave", (event) => {
    if (byTouch(event)) return; // what a finger pointed at stays
    pointer = null;
    actions.wake();
  });
  on(document, "visibilitychange", () => {
    told = ""; // the tab that is seen leads
    actions.wake();
  });

  return {
    /** @type {(state: State, leading: boolean) => void} */
    update({ run, moment, tour, connection }, leading) {
      if (connection.phase !== "open" || !leading) {
        told = "";
        return;
      }
      if (!run || document.hidden) return;
      const shown = { iteration: moment?.iteration ?? null, pointer, tour: tour || null };
      const news = JSON.stringify(shown);
      if (news === told) return;
      const now = performance.now();
      if (now < due) {
        actions.wakeIn(due - now);
        return;
      }
      if (!actions.show(shown)) return;
      due = now + PAUSE;
      told = news;
    },
  };
}
