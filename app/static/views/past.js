/** While the page shows the past: which moment, where the run is now, and the way back. */
import { find, findAll, findNamed, on, setAttribute, setHidden, setText } from "../dom.js";
import { whole } from "../format.js";
import { inARow, nameOf, say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Moment } from "../state.js"
 */

/** @type {CreateView} */
export const create = (root, actions) => {
  const { place, now, spoken, play, branch, back } = findNamed(root, {
    place: "#past-place",
    now: "#past-now",
    spoken: "#past-spoken",
    play: "button#past-play",
    branch: "button#past-branch",
    back: "button#past-back",
  });
  const { apart, detail } = findNamed(root, {
    apart: "#past-parting",
    detail: "#past-parting-detail",
  });
  const ways = findAll(apart, "button");
  const bar = find(root, ".past-bar");
  /** The moments that the buttons lead to. @type {number[]} */
  let sound = [];

  on(play, "click", actions.replay);
  on(back, "click", actions.back);
  for (const way of ways) on(way, "click", () => actions.visit(sound[Number(way.dataset.sound)]));

  /**
   * If the server now computes something else than then: says so, and shows the way to moments that are the same.
   * @param {Moment} moment
   */
  function tell({ iteration, parting }) {
    sound = parting?.sound.filter((kept) => kept !== iteration) ?? [];
    setHidden(apart, !parting);
    setText(detail, parting?.detail ?? "");
    for (const [k, way] of ways.entries()) {
      setHidden(way, sound[k] === undefined);
      if (sound[k] !== undefined) setText(way, say("Go to iteration {n}", { n: whole(sound[k]) }));
    }
    // A branch would join two histories.
    setAttribute(branch, "disabled", sound.length ? "" : null);
  }

  return {
    update({ run, moment, playback }) {
      setHidden(bar, !moment);
      const words = say("You are in the past. Escape leads back to now.");
      setText(spoken, moment ? inARow([words, ...(moment.parting ? [moment.parting.detail] : [])]) : "");
      if (!run || !moment) return;
      setText(place, whole(moment.iteration));
      setText(now, say("Now: {n}, {state}", { n: whole(run.iteration), state: nameOf(run.state) }));
      setAttribute(play, "aria-disabled", playback.newest ? null : "true");
      tell(moment);
    },
  };
};
