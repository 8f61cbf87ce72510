/** Tells the class what this page shows: the run, the moment, what is pointed at, and the stop of the tour. */
import { byTouch, on } from "./dom.js";
import { pointerAt } from "./pointer.js";

/**
 * @import { Actions } from "./actions.js"
 * @import { State } from "./state.js"
 * @import { PresenterPointer } from "./wire.d.ts"
 */

/** Milliseconds between two messages, at least. */
const PAUSE = 100;

const KEY = "rnn-adder leads";

/** Whether this tab leads the class. The storage may be blocked: then it does. */
export function leads() {
  try {
    return sessionStorage.getItem(KEY) !== "no";
  } catch {
    return true;
  }
}

/** @param {boolean} yes */
export function setLeads(yes) {
  try {
    sessionStorage.setItem(KEY, yes ? "yes" : "no");
  } catch {
    // Then it is so until the page is loaded again.
  }
}

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
