/** What the stops of the tour read from a problem, its network and the accuracies that were seen. Pure. */
import { activate, elmanStates, weightsBefore } from "../arithmetic.js";
import { largest } from "../scale.js";

/**
 * @import { Tensors } from "../frames.js"
 * @import { Problem } from "../problem.js"
 * @import { Series } from "../series.js"
 * @import { RunConfig } from "../state.js"
 * @import { Accuracy, Answer, CaseAnswer, TaskDescription as Task } from "../wire.d.ts"
 */

/**
 * @typedef {object} Facts
 * @property {number} at The iteration.
 * @property {Task} task
 * @property {RunConfig} config
 * @property {Problem} problem The training problem of this iteration.
 * @property {Accuracy | null} accuracy Of the moment, if the stop needs it.
 * @property {Series} series
 * @property {{ iteration: number; cases: CaseAnswer[] }[]} seen The accuracies that a training has shown.
 * @property {Answer | null} answer What the network answered to the problem that was shown.
 */

const NONE = new Float64Array();

/** The state of a position. @type {(problem: Problem, position: number) => ArrayLike<number>} */
const stateAt = ({ hiddenStates = [], hidden }, p) =>
  Array.from(hiddenStates).slice((p + 1) * hidden, (p + 2) * hidden);

/** The place of the largest of some numbers. @param {number[]} numbers */
const placeOfLargest = (numbers) => numbers.indexOf(Math.max(...numbers));

/**
 * Two positions that read the same bits, and the unit that differs most between them: of all such pairs, that with the
 * largest difference.
 * @param {Problem} problem
 */
export function equalPair(problem) {
  let best = { p: 0, q: 0, unit: 0, difference: -1, values: [0, 0] };
  for (let q = 1; q < problem.width; q++) {
    for (let p = 0; p < q; p++) {
      if (problem.inputs.some((bits) => bits[p] !== bits[q])) continue;
      const [one, other] = [stateAt(problem, p), stateAt(problem, q)];
      const differences = Array.from(one, (x, k) => Math.abs(x - other[k]));
      const unit = placeOfLargest(differences);
      if (differences[unit] > best.difference)
        best = { p, q, unit, difference: differences[unit], values: [one[unit], other[unit]] };
    }
  }
  return best;
}

/** The weights that computed a problem. @type {(problem: Problem) => Tensors} */
function weightsOf({ weights = {}, updates, learningRate }) {
  return Object.fromEntries(
    Object.entries(weights).map(([name, tensor]) => [
      name,
      { ...tensor, data: Float32Array.from(weightsBefore(tensor, updates[name], learningRate)) },
    ]),
  );
}

/**
 * The sum that an Elman unit squeezes: at the first position after position 0 that reads the most ones, the unit with
 * the largest sum, in two parts.
 * @param {Problem} problem
 */
export function sumOf(problem) {
  const { inputs, width, hidden } = problem;
  const { W_xh, W_hh, b_h } = weightsOf(problem);
  const ones = Array.from({ length: width }, (_, p) => (p ? inputs.reduce((sum, bits) => sum + bits[p], 0) : -1));
  const position = placeOfLargest(ones);
  const before = stateAt(problem, position - 1);
  const sums = Array.from({ length: hidden }, (_, j) => {
    const fromBits =
      inputs.reduce((sum, bits, n) => sum + bits[position] * W_xh.data[n * hidden + j], 0) + (b_h?.data[j] ?? 0);
    const fromState = Array.from(before).reduce((sum, h, i) => sum + h * W_hh.data[i * hidden + j], 0);
    return { fromBits, fromState, sum: fromBits + fromState };
  });
  const unit = placeOfLargest(sums.map(({ sum }) => Math.abs(sum)));
  return { position, unit, ...sums[unit], value: activate("sigmoid", sums[unit].sum) };
}

/** The unit and position that later bits ask most to change. @param {Problem} problem */
export function pulledMost({ futurePart = NONE, outputPart = NONE, hidden }) {
  const place = placeOfLargest(Array.from(futurePart, Math.abs));
  return {
    unit: place % hidden,
    position: Math.floor(place / hidden),
    own: outputPart[place],
    later: futurePart[place],
  };
}

/** The weight between hidden units that moves most. @param {Problem} problem */
export function movedMost(problem) {
  const { updates, weights = {}, hidden, learningRate: rate } = problem;
  const place = placeOfLargest(Array.from(updates.W_hh.data, Math.abs));
  const all = Object.values(updates).map(({ data }) => data);
  return {
    from: Math.floor(place / hidden),
    to: place % hidden,
    before: weights.W_hh.data[place] - rate * updates.W_hh.data[place],
    update: updates.W_hh.data[place],
    rate,
    count: all.reduce((sum, { length }) => sum + length, 0),
    most: rate * Math.max(...all.map((data) => largest(data))),
  };
}

/**
 * The sum of this width in which a carry runs from the first to the last position. One `less`, and there is none.
 * @type {(width: number, less?: number) => { a: number; b: number }}
 */
export const hardSum = (width, less = 0) => ({ a: 2 ** (width - 1) - 1 - less, b: 1 });

/** Bits of a number, the least significant first. @type {(number: number, width: number) => number[]} */
const bitsOf = (number, width) => Array.from({ length: width }, (_, p) => Math.floor(number / 2 ** p) % 2);

/** A difference between two states that anybody sees. */
const CLEAR = 0.25;

/**
 * What differs in the hidden state between a sum that carries and one that does not, at a position where both read the
 * same bits: the units, those that differ most first, and the values of the first.
 * @param {Facts} facts
 */
export function clearUnits({ problem, task: { bits: width }, config: { activation } }) {
  const sums = [0, 1].map((less) => hardSum(width, less));
  const position = width >> 1;
  const { weights = {}, hidden } = problem;
  const inputs = sums.map(({ a, b }) => [bitsOf(a, width), bitsOf(b, width)]);
  const [one, other] = inputs.map((bits) =>
    elmanStates(weights, bits, activation).slice((position + 1) * hidden, (position + 2) * hidden),
  );
  const differences = Array.from(one, (x, k) => Math.abs(x - other[k]));
  const units = [...differences.keys()].sort((j, k) => differences[k] - differences[j]);
  const [hard, easy] = sums.map(({ a, b }) => `${a} + ${b}`);
  return {
    position,
    bits: inputs[0].map((bits) => bits[position]),
    units,
    count: differences.filter((x) => x > CLEAR).length,
    values: [one[units[0]], other[units[0]]],
    hard,
    easy,
  };
}

/**
 * The last iteration that was seen at which a case with this carry was right less often than this share; −1 if there
 * was none.
 * @type {(seen: Facts["seen"], carry: number, share: number) => number}
 */
export const lastBelow = (seen, carry, share) =>
  seen.findLast(({ cases }) =>
    cases.some(({ state, right }) => state.endsWith(String(carry)) && right !== null && right < share),
  )?.iteration ?? -1;

/** How many iterations the mean error is of. */
const RECENT = 200;

/**
 * The mean error of the last iterations before a moment, or null if not all are known.
 * @type {(series: Series, at: number) => number | null}
 */
export function meanError({ stride, count, sum }, at) {
  if (stride !== 1 || at < RECENT) return null;
  const range = [at - RECENT, at];
  if (count.subarray(...range).some((n) => n === 0)) return null;
  return sum.subarray(...range).reduce((total, x) => total + x, 0) / RECENT;
}
