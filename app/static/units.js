/** How hidden units stand as squares, and the colour scale of their values. Pure. */
import { largest, roundUp } from "./scale.js";

/** @import { RunConfig } from "./state.js" */

/** How much wider than high a rectangle of units may be, to have no empty place. */
const WIDEST = 2;

/**
 * The number of units in a row: as near to a square as possible, without an empty place if that is not too wide.
 * 16 units stand 4 by 4, 12 units 4 by 3, 5 units 3 and 2.
 * @param {number} count
 */
export function columnsOf(count) {
  const least = Math.ceil(Math.sqrt(count));
  for (let columns = least; columns * columns <= WIDEST * count; columns++) {
    if (count % columns === 0) return columns;
  }
  return Math.max(1, least);
}

/**
 * The bounds of hidden states: a sigmoid lies between 0 and 1, a tanh between -1 and 1, and gated cells have a tanh. relu
 * has no upper bound; there it is the largest value, rounded up.
 * @type {(config: Pick<RunConfig, "cell" | "activation">, values: Iterable<number>) => [number, number]}
 */
export function boundsOf({ cell, activation }, values) {
  if (cell !== "elman" || activation === "tanh") return [-1, 1];
  return activation === "relu" ? [0, roundUp(Math.max(1, largest(values)))] : [0, 1];
}
