/** The button beside the verdict that asks why it is so. */
import { createNews, on, setAttribute } from "../dom.js";
import { areLong } from "../task.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Problem } from "../problem.js"
 */

/** @type {CreateView} */
export const create = (root, actions) => {
  const isNew = createNews();
  /** The problem that has its verdict. @type {Problem | null} */
  let answered = null;

  on(root, "click", () => answered && actions.why(answered));

  return {
    update({ playback: { problem, phase } }) {
      const isLong = problem !== null && areLong(problem.operands);
      answered = phase === "forward" || isLong ? null : problem;
      if (!isNew(answered, isLong)) return;
      setAttribute(root, "aria-disabled", answered ? null : "true");
      setAttribute(root, "title", isLong ? say("Only for numbers below 2^52") : null);
    },
  };
};
