/** How a run's accuracy came about. Pure. */

/** @import { Accuracy } from "./wire.d.ts" */

/**
 * [iteration, accuracy], ascending; with null, nothing is known between its neighbours, and a line breaks there.
 * @typedef {NonNullable<Accuracy["history"]>[number]} AccuracyEntry
 */

/**
 * What is known without a break in between, stretch by stretch.
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
