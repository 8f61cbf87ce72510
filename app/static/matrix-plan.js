/** The place of each parameter of a cell among the heatmaps, and its name. Pure. */
import { nameOf, say } from "./words.js";

/**
 * A parameter among the heatmaps.
 * @typedef {object} MatrixPlan
 * @property {string} name
 * @property {boolean} output Whether it leads to the output.
 * @property {number} row 1 from the input, 2 from the hidden state, 3 a bias.
 * @property {number} column
 * @property {string} gate
 * @property {string} seed The article's name.
 */

/** The article's names. @type {Record<string, string>} */
const SEED = { W_xh: "synapse_0", W_hh: "synapse_h", W_hy: "synapse_1" };
/** @type {Record<string, number>} */
const ROWS = { W_x: 1, W_h: 2, b_: 3 };

/**
 * The letters of the gates, by the number of gates. The simple cell has none, and one letter.
 * @type {Record<number, string>}
 */
const LETTERS = { 0: "h", 3: "zrn", 4: "ifgo" };

/**
 * One row for weights from the input, one for weights from the hidden state, one for biases. One column for each gate,
 * and one for the output.
 * @type {(names: string[], gates: string[]) => MatrixPlan[]}
 */
export function planMatrices(names, gates) {
  const letters = LETTERS[gates.length];
  const plans = names.map((name) => {
    const column = letters.indexOf(name.slice(-1));
    const output = column < 0;
    return {
      name,
      output,
      row: ROWS[name.slice(0, -1)],
      column: output ? letters.length : column,
      gate: gates[column] ?? "",
      seed: gates.length ? "" : (SEED[name] ?? ""),
    };
  });
  return plans.sort((p, q) => p.row - q.row || p.column - q.column);
}

/** The id of the word for a parameter. @type {(plan: Pick<MatrixPlan, "output" | "row">) => string} */
export const wordOf = ({ output, row }) => (row === 3 ? "bias" : output ? "W_hy" : row === 1 ? "W_xh" : "W_hh");

/** Which weight it is, in words. @type {(plan: MatrixPlan, row: number, column: number) => string} */
export function describeWeight({ name, gate, output, row: kind }, row, column) {
  const unit = (/** @type {number} */ n) => say("hidden unit {n}", { n });
  const part =
    gate === "candidate"
      ? say("the candidate of {unit}", { unit: unit(column) })
      : say("the {gate} gate of {unit}", { gate: nameOf(gate), unit: unit(column) });
  const to = output ? say("the output") : gate ? part : unit(column);
  if (kind === 3) return say("{name} of {to}", { name, to });
  const from = kind === 1 ? say("input {letter}", { letter: "abc"[row] }) : unit(row);
  return say("{name} from {from} to {to}", { name, from, to });
}

/** Rows and columns of a heatmap: a bias is a row. @type {(shape: number[]) => number[]} */
export const sizeOf = (shape) => (shape.length > 1 ? shape : [1, shape[0]]);

/**
 * The hidden unit that a weight leads to, or for the output the unit that it comes from. The output's bias has none.
 * @type {(weight: { plan: MatrixPlan, row: number, column: number }) => number | undefined}
 */
export const unitOf = ({ plan, row, column }) => (plan.output ? (plan.row === 3 ? undefined : row) : column);

/** Whether it leads from a hidden state to the next. @param {MatrixPlan} plan */
export const isRecurrent = ({ row, output }) => row === 2 && !output;
