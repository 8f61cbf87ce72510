/** One problem through all of training: the network's answers, moment by moment. Pure. */

/** @import { Answers, RunStatus } from "./wire.d.ts" */

/**
 * @typedef {object} Answered
 * @property {number} iteration
 * @property {number} predicted
 * @property {number[]} probabilities
 */

/**
 * A problem that is followed through training.
 * @typedef {object} Followed
 * @property {number} generation
 * @property {number[]} operands
 * @property {number} expected
 * @property {number[]} bits The true ones, most significant first.
 * @property {Answered[]} moments Ascending.
 */

/** The most moments that are kept. If there are more, every second one is dropped. */
const MOST = 240;
/** The most moments in one request. */
export const AT_ONCE = 120;

/** @type {(run: RunStatus, operands: number[]) => Followed} */
export const follow = (run, operands) => ({ generation: run.generation, operands, expected: 0, bits: [], moments: [] });

/**
 * What to ask for, if anything: all moments so far, or the newer ones at about the same distance.
 * @type {(followed: Followed, iteration: number) => {start: number, stop: number, points: number} | null}
 */
export function missing({ moments }, iteration) {
  const last = moments.at(-1)?.iteration ?? -1;
  if (iteration === last) return null;
  if (iteration < last || last < 0) return { start: 0, stop: iteration, points: AT_ONCE };
  const apart = Math.max(1, Math.ceil(iteration / AT_ONCE));
  const points = Math.min(AT_ONCE, Math.ceil((iteration - last) / apart));
  return { start: iteration - (points - 1) * apart, stop: iteration, points };
}

/**
 * Takes in an answer. An answer of another generation is ignored.
 * @type {(followed: Followed, answers: Answers) => void}
 */
export function take(followed, { generation, expected, bits, iterations, predicted, probabilities }) {
  if (generation !== followed.generation || !iterations.length) return;
  const before = followed.moments.filter(({ iteration }) => iteration < iterations[0]);
  const news = iterations.map((iteration, k) => ({
    iteration,
    predicted: predicted[k],
    probabilities: probabilities[k],
  }));
  let moments = [...before, ...news];
  if (moments.length > MOST) moments = moments.filter((_, k) => k % 2 === 0 || k === moments.length - 1);
  Object.assign(followed, { expected, bits, moments });
}

/**
 * The iteration from which on all answers are right, or null if the newest is wrong.
 * @type {(followed: Followed) => number | null}
 */
export function rightSince({ expected, moments }) {
  const wrong = moments.findLastIndex(({ predicted }) => predicted !== expected);
  return moments[wrong + 1]?.iteration ?? null;
}

/**
 * The moment of an iteration: the last one up to it.
 * @type {(followed: Followed, iteration: number) => Answered | undefined}
 */
export const momentAt = ({ moments }, iteration) =>
  moments.findLast((moment) => moment.iteration <= iteration) ?? moments[0];

/**
 * A picture, row by row, with the most significant bit on top. −1 means surely 0, and 1 means surely 1.
 * @type {(followed: Followed, columns: number, end: number) => Float32Array}
 */
export function picture(followed, columns, end) {
  const rows = followed.bits.length;
  const values = new Float32Array(rows * columns);
  for (let x = 0; x < columns; x++) {
    const moment = momentAt(followed, ((x + 0.5) / columns) * end);
    for (let row = 0; row < rows; row++) values[row * columns + x] = moment ? 2 * moment.probabilities[row] - 1 : 0;
  }
  return values;
}
