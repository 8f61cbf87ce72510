/**
 * Follows the presenter: goes to the run, the moment and the stop of the tour that they show, and puts a ring where they
 * point. Whoever moves by themselves lets go, and comes back by a button.
 */
import { make, on, setHidden, setStyle, setText } from "./dom.js";
import { placeOf } from "./pointer.js";
import { up } from "./up.js";
import { say } from "./words.js";

/**
 * @import { Actions } from "./actions.js"
 * @import { State } from "./state.js"
 */

const KEY = "rnn-adder follows";

/** Milliseconds for each viewer of a run over which they go to another one. */
const SPREAD = 10;

/** Whether the page was opened because the presenter went there. The storage may be blocked. */
function cameAlong() {
  try {
    const came = sessionStorage.getItem(KEY) !== null;
    sessionStorage.removeItem(KEY);
    return came;
  } catch {
    return false;
  }
}

/** @param {string} run */
function goAlong(run) {
  try {
    sessionStorage.setItem(KEY, run);
  } catch {
    // Then the page follows there if the presenter still shows that run.
  }
  location.assign(run === "main" ? up || "./" : `${up}runs/${run}`);
}

/**
 * The moment that a page should show to show the same; null is now. What this page has not heard of yet is now.
 * @type {(presenter: { iteration: number | null }, run: { iteration: number }, first: number) => number | null}
 */
export const wantedMoment = ({ iteration }, run, first) =>
  iteration === null || iteration >= run.iteration ? null : Math.max(first, iteration);

/**
 * Knows whether the page was moved by somebody else than the presenter. `look` gets where the page is, `move` notes
 * where the presenter moves it. Going somewhere may fail: then the page is where it was before.
 */
export function createTrack() {
  /** @type {number | null | undefined} */
  let place;
  /** @type {number | null} */
  let before = null;
  let reached = false;
  return {
    /** Whether the page has to go there. @type {(wanted: number | null, at: number | null) => boolean} */
    move(wanted, at) {
      if (wanted === place) return false;
      [place, before, reached] = [wanted, at, at === wanted];
      return !reached;
    },
    /** Whether somebody has moved it. @type {(at: number | null, underWay: boolean) => boolean} */
    look(at, underWay) {
      if (place === undefined) return false;
      if (at !== place) return reached || at !== before;
      reached ||= !underWay;
      return false;
    },
    forget() {
      place = undefined;
    },
  };
}

/** @param {Actions} actions */
export function createFollow(actions) {
  const button = Object.assign(make("button", "button"), { type: "button" });
  const ring = Object.assign(make("i", "follow-ring"), { hidden: true, ariaHidden: "true" });
  const track = createTrack();
  document.body.append(ring);
  let known = false;
  let calls = 0;
  let generation = -1;
  let going = "";
  /** The stop of the tour that the presenter showed last. @type {number | null | undefined} */
  let stop;
  /** @type {State} */
  let state;

  /** @param {boolean} yes */
  function set(yes) {
    state.follows = yes;
    track.forget();
    stop = undefined;
    going = "";
    actions.wake();
  }
  on(button, "click", () => set(!state.follows));
  on(window, "scroll resize", () => state && point());
  document.addEventListener("scroll", () => state && point(), { capture: true, passive: true });

  /** Goes to the run after a while: a class does not load it in the same instant. @type {(to: string, viewers: number) => void} */
  function goSoon(to, viewers) {
    going = to;
    setTimeout(() => going === to && goAlong(to), Math.random() * SPREAD * viewers);
  }

  function point() {
    const { presenter, follows, runId } = state;
    const pointer = follows && presenter?.run === runId ? presenter.pointer : null;
    const place = pointer ? placeOf(pointer) : null;
    setHidden(ring, !place);
    if (place) setStyle(ring, "translate", `${Math.round(place.x)}px ${Math.round(place.y)}px`);
  }

  /** Does as the presenter does, unless somebody has moved the page. */
  function keepUp() {
    const { presenter, run, series, heading, moment } = state;
    if (!presenter || !run) return;
    if (run.generation !== generation) track.forget();
    generation = run.generation;
    const wanted = wantedMoment(presenter, run, series.first);
    const at = heading ?? moment?.iteration ?? null;
    const { tour } = presenter;
    const own = track.look(at, heading !== null) || (stop !== undefined && state.tour !== stop);
    if (own) return set(false);
    if (track.move(wanted, at)) {
      if (wanted === null) actions.back();
      else actions.visit(wanted);
    }
    if (stop !== tour) {
      stop = tour;
      if (state.tour !== tour) actions.tour(tour);
    }
  }

  return {
    button,
    /** @param {State} given */
    update(given) {
      state = given;
      const { presenter, run, runId, connection } = state;
      const here = presenter?.run === runId;
      setHidden(button, !presenter || !run || (run.access !== "watch" && !here));
      if (!presenter || !run || connection.phase !== "open") return;
      if (!known) {
        known = true;
        calls = presenter.calls;
        const tours = state.tour !== null && state.tour !== presenter.tour; // by the address
        state.follows = cameAlong() || (run.access === "watch" && (here || runId === "main") && !tours);
      }
      const called = presenter.calls > calls;
      calls = presenter.calls;
      if (called) set(true);
      setText(button, state.follows ? say("Look around") : say("Follow"));
      button.title = state.follows
        ? say("You see what the presenter shows. Let go to move by yourself.")
        : say("See what the presenter shows: the same moment, the pointer, the tour.");
      if (here) going = "";
      if (state.follows && !here) {
        if (going !== presenter.run) goSoon(presenter.run, run.viewers);
        return;
      }
      if (state.follows) keepUp();
      point();
    },
  };
}
