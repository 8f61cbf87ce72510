/** In the past: where one is, where the run is by now, and the way back. */
import { findEach, on, setAttribute, setHidden, setText } from "../dom.js";
import { whole } from "../format.js";
import { nameOf, say } from "../words.js";

/** @type {CreateView} */
export const create = (root, actions) => {
  const [place, now, spoken, play, back] = findEach(root, "#past-place #past-now #past-spoken #past-play #past-back");
  const bar = place.closest(".past-bar");

  on(play, "click", actions.replay);
  on(back, "click", actions.back);

  return {
    update({ run, moment }) {
      setHidden(bar, !moment);
      setText(spoken, moment ? say("You are in the past. Escape leads back to now.") : "");
      if (!run || !moment) return;
      setText(place, whole(moment.iteration));
      setText(now, say("Now: {n}, {state}", { n: whole(run.iteration), state: nameOf(run.state) }));
      setAttribute(play, "aria-disabled", moment.iteration === 0 ? "true" : null);
    },
  };
};
