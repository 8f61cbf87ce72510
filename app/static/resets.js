/** Sentences about resets: who made them, and what was there before. Pure. */
import { whole } from "./format.js";
import { say } from "./words.js";

/** @import { Who } from "./witness.js" */

/**
 * @typedef {object} Reset
 * @property {number} generation The generation that began with the reset.
 * @property {number | null} from The iteration of the run before the reset. Null if the connection was lost meanwhile.
 * @property {Who} who
 * @property {number} until When it can no longer be undone.
 */

/** @param {Reset} reset */
export function describeReset({ who, from }) {
  if (from === null) return say("This run was reset while the connection was lost.");
  const values = { n: whole(from) };
  if (from === 0)
    return who === "other"
      ? say("Another visitor gave this run other settings.")
      : say("This run has other settings now.");
  if (who === "me") return say("You reset this run at iteration {n}.", values);
  if (who === "tab") return say("You reset this run at iteration {n}, in another tab.", values);
  return say("Another visitor reset this run at iteration {n}.", values);
}

/** @type {(who: Who, iteration: number) => string} */
export function describeUndone(who, iteration) {
  const values = { n: whole(iteration) };
  if (who === "other") return say("Another visitor undid the reset: the run is at iteration {n} again.", values);
  return say("The reset is undone: the run is at iteration {n} again.", values);
}
