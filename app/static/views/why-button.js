/** The button beside the verdict that asks why it is so. */
import { createNews, on, setAttribute } from "../dom.js";

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
      answered = phase === "forward" ? null : problem;
      if (isNew(answered)) setAttribute(root, "aria-disabled", answered ? null : "true");
    },
  };
};
