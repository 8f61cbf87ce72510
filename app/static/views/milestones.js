/** The milestones, under the timeline: each leads to its moment, and plays the problem that changed there. */
import { axisEnd } from "../decimate.js";
import { createNews, make, on, setAttribute, setStyle } from "../dom.js";
import { marksOf } from "../milestones.js";
import { whole } from "../format.js";
import { inARow, say } from "../words.js";

/** @import { CreateView } from "../actions.js" */

/** @type {CreateView} */
export const create = (root, actions) => {
  const isNew = createNews();
  let width = 0;

  new ResizeObserver(([{ contentRect }]) => {
    width = contentRect.width;
    actions.wake();
  }).observe(root);

  return {
    update({ run, milestones, palette }) {
      const end = run ? axisEnd(run.iteration, run.config.max_iterations) : 1;
      if (!isNew(milestones, end, width, palette.version)) return;
      const held = [...root.children].findIndex((item) => item.contains(document.activeElement));
      const items = marksOf(milestones ?? [], end, width).map(({ left, sign, kind, milestones: here }) => {
        const [first] = here;
        const button = make("button", "milestones-mark", sign);
        const words = say("Iteration {n}: {words}", {
          n: whole(first.iteration),
          words: inARow(here.map(({ text }) => text)),
        });
        for (const name of ["aria-label", "title"]) setAttribute(button, name, words);
        setAttribute(button, "type", "button");
        setAttribute(button, "data-kind", kind);
        on(button, "click", () => actions.milestone(first));
        const item = make("li");
        setStyle(item, "left", `${left}px`);
        item.append(button);
        return item;
      });
      root.replaceChildren(...items);
      if (held >= 0) items[held]?.querySelector("button")?.focus();
    },
  };
};
