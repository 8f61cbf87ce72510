/** The history of a run's accuracy. Pure. */

/** @import { Accuracy } from "./wire.d.ts" */

/**
 * [iteration, accuracy], ascending. Null means that nothing is known between its neighbours, and a line breaks there.
 * @typedef {NonNullable<Accuracy["history"]>[number]} AccuracyEntry
 */

/**
 * The parts of a history that have no break in between.
 * @type {(history: AccuracyEntry[]) => [number, number][][]}
 */
export function stretches(history) {
  /** @type {[number, number][][]} */
  const found = [[]];
  for (const [iteration, share] of history) {
    if (share === null) found.push([]);
    else found[found.length - 1].push([iteration, share]);
  }
  return found.filter(({ length }) => length);
}
