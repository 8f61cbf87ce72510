/** The names of the numbers on the page. Pure. */
import { describeWeight } from "./matrix-plan.js";
import { nameOf as wordOf, say } from "./words.js";

/** @import { Asked } from "./state.js" */

/** What a number is, in words. @type {(asked: Omit<Asked, "gate"> & { gate?: string }) => string} */
export function nameOf({ kind, line, gate, position, unit, plan, row = 0, column = 0 }) {
  if (plan) return describeWeight(plan, row, column);
  const where =
    unit === undefined
      ? say("Output at position {position}", { position })
      : say("Hidden unit {unit} at position {position}", { unit, position });
  if (gate) return say("{where}, its {gate}", { where, gate: wordOf(gate) });
  if (line === "outputPart") return say("{where}, its gradient from this bit", { where });
  if (line === "futurePart") return say("{where}, its gradient from later bits", { where });
  return /delta|part/.test(kind) || line === "delta" ? say("{where}, its delta", { where }) : where;
}
