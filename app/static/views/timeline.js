/** The timeline under the curve: a slider from the first iteration to now, as wide as the curve above it. */
import { axisEnd } from "../decimate.js";
import { find, on, setAttribute, setStyle } from "../dom.js";
import { whole } from "../format.js";
import { say } from "../words.js";

/** @import { CreateView } from "../actions.js" */

/** @type {CreateView} */
export const create = (root, actions) => {
  const slider = find(root, "input");
  on(slider, "input", () => actions.visit(Number(slider.value)));

  return {
    update({ run, series, moment, heading }) {
      if (!run) return;
      const {
        iteration: end,
        config: { max_iterations: most },
      } = run;
      const at = heading ?? moment?.iteration ?? end;
      const [first, axis] = [series.first, axisEnd(end, most)];
      setAttribute(slider, "min", first);
      setAttribute(slider, "max", end);
      if (slider.value !== String(at)) slider.value = String(at);
      setAttribute(
        slider,
        "aria-valuetext",
        at === end
          ? say("iteration {n} of {most}, now", { n: whole(at), most: whole(most) })
          : say("iteration {n} of {most}", { n: whole(at), most: whole(most) }),
      );
      const shares = { first: first / axis, end: end / axis, done: (at - first) / (end - first || 1) };
      for (const [name, share] of Object.entries(shares)) setStyle(root, `--${name}`, share);
    },
  };
};
