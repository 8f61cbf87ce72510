/** Hidden states as places: where the shown problem lies among them, what one sees, and units in order. Pure. */
import { percent, whole } from "../format.js";
import { statesOf } from "../task.js";
import { inARow, say } from "../words.js";

/**
 * @import { Numbers } from "../frames.js"
 * @import { Problem } from "../problem.js"
 * @import { States, TaskDescription as Task } from "../wire.d.ts"
 */

/**
 * A state of the shown problem. `state` is an index into the machine's states.
 * @typedef {{ x: number; y: number; state: number; position: number }} Stop
 */

/** Below this share of what can be gained over the bits alone, the clouds are one. */
const MIXED = 0.4;
/** From this share of states told right, the clouds are apart. */
const APART = 0.99;
/** Below this cosine of the angle to its axes, the picture shows less than there is to see. */
const ALIGNED = 0.7;

/**
 * The way of a problem through the picture: the state after each position. Empty if its states are not known.
 * @type {(problem: Problem | null, task: Task, found: States) => Stop[]}
 */
export function pathOf(problem, task, { axes, origin, generation }) {
  const { hiddenStates, hidden, inputs, width } = problem ?? {};
  if (!problem || !hiddenStates || !inputs || !width) return [];
  if (hidden !== origin.length || problem.generation !== generation || inputs.length !== task.operands.length)
    return [];
  const into = statesOf(task, [...inputs.map((bits) => [...bits, 0])]); // the state before the position that follows
  return Array.from({ length: width }, (_, position) => {
    const [x, y] = axes.map((axis) => along(axis, origin, hiddenStates, (position + 1) * hidden));
    return { x, y, state: into[position + 1], position };
  });
}

/** @type {(axis: number[], origin: number[], states: Numbers, start: number) => number} */
const along = (axis, origin, states, start) =>
  axis.reduce((sum, share, k) => sum + share * (states[start + k] - origin[k]), 0);

/** "carry 0 and carry 1", "carry 0, carry 1 and carry 2". @param {string[]} names */
export const listed = (names) =>
  names.reduce((one, other, k) =>
    k === names.length - 1 ? say("{one} and {other}", { one, other }) : say("{one}, {other}", { one, other }),
  );

/**
 * What one sees, and what it means. `names` are those of the machine's states, as they should be written.
 * @type {(found: States, names?: string[]) => string}
 */
export function describeClouds({ separation, base_rate: base, states }, names = states) {
  const gained = (separation - base) / (1 - base);
  const values = {
    states: listed(names),
    clouds: names.length === 2 ? say("Two clouds") : say("{n} clouds", { n: names.length }),
  };
  if (gained < MIXED) return say("One cloud: {states} lie mixed.", values);
  if (separation < APART) return say("The clouds of {states} overlap.", values);
  return say("{clouds}: it has learned to tell {states} apart.", values);
}

/** How well the state tells it. @param {States} found */
export const describeShares = ({ separation, base_rate, tested }) =>
  say("The state tells which, right in {share} of {tested} cases; the bits alone in {base}.", {
    share: percent(separation),
    tested: whole(tested),
    base: percent(base_rate),
  });

/** What the axes are, and whether others would show more. @param {States} found */
export function describeAxes({ states, axes_iteration, iteration, alignment }) {
  const axes = say("Across: from {first} to {last}. Up: what differs most besides. Axes of iteration {n}.", {
    first: states[0],
    last: states[states.length - 1],
    n: whole(axes_iteration),
  });
  const isOld = iteration !== axes_iteration && alignment < ALIGNED;
  return isOld ? inARow([axes, say("The network has changed since: new axes show more.")]) : axes;
}

/** How the separation went, in a sentence. @type {(history: number[][], base: number) => string} */
export function describeHistory(history, base) {
  const [[start, first], [end, last]] = [history[0], history[history.length - 1]];
  return say("States told right: {first} after {start} iterations, {last} after {end}; the bits alone: {base}", {
    first: percent(first),
    last: percent(last),
    start: whole(start),
    end: whole(end),
    base: percent(base),
  });
}

/** The units in the order of what they tell: those that speak for the first state first. @param {number[]} tells */
export const orderOf = (tells) => tells.map((_, unit) => unit).sort((one, other) => tells[one] - tells[other]);

/** A matrix (H, H) with rows and columns in another order. @type {(data: Numbers, order: number[]) => Float32Array} */
export const reordered = (data, order) =>
  Float32Array.from(order.flatMap((row) => order.map((column) => data[row * order.length + column])));

/**
 * The nearest of some places to another, or -1. `toward` is a direction in which it must lie, and what lies aside counts
 * as farther.
 * @type {(places: number[][], at: number[], toward?: number[]) => number}
 */
export function nearest(places, [x, y], toward) {
  let best = -1;
  let least = Infinity;
  places.forEach(([px, py], k) => {
    const [dx, dy] = [px - x, py - y];
    const ahead = toward ? dx * toward[0] + dy * toward[1] : 1;
    const aside = toward ? Math.abs(dx * toward[1] - dy * toward[0]) : 0;
    const distance = Math.hypot(dx, dy) + 2 * aside;
    if (ahead > 0.5 && distance < least) [best, least] = [k, distance];
  });
  return best;
}
