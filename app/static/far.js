/** How far a network carries, and the picture of all its answers: in words and places. Pure. */
import { brief, percent, signed, whole } from "./format.js";
import { exact } from "./frames.js";
import { equals, said, written } from "./task.js";
import { inARow, say } from "./words.js";

/**
 * @import { Picture, Whole } from "./frames.js"
 * @import { FailingProblem, Lengths, TaskDescription as Task } from "./wire.d.ts"
 */

/** @typedef {NonNullable<Lengths["first_failure"]>} FirstFailure */

/** "9 + 60 = 69, the network says 68". @type {(task: Task, numbers: Whole[], expected: Whole, predicted: Whole) => string} */
export const describeSaid = (task, numbers, expected, predicted) =>
  say("{problem}{equals}{expected}, the network says {predicted}", {
    problem: written(task, numbers.map(brief)),
    equals: equals(task),
    expected: said(task, expected),
    predicted: said(task, predicted),
  });

/** How far the shares stay at 1: the last width, or 0 if the first is less. @type {(widths: number[], shares: number[]) => number} */
export function farthest(widths, shares) {
  const failed = shares.findIndex((share) => share < 1);
  return failed < 0 ? widths[widths.length - 1] : (widths[failed - 1] ?? 0);
}

/** What was found about lengths, in one or two sentences. @param {Lengths} lengths */
export function describeLengths({ widths, random, hard, first_failure: failure }) {
  const words = { bits: widths[0], most: whole(widths[widths.length - 1]), width: failure && whole(failure.width) };
  if (!failure) return say("Trained on {bits} bits, right on every tried problem up to {most} bits.", words);
  const far = farthest(widths, random);
  const ofRandom =
    far > farthest(widths, hard)
      ? [say("Random numbers stay right up to {far} bits: they hardly need a memory.", { far: whole(far) })]
      : [];
  if (failure.width === widths[0])
    return inARow([say("It does not get all problems of its own {bits} bits right.", words), ...ofRandom]);
  const before = whole(widths[widths.indexOf(failure.width) - 1]);
  const reach = say("Trained on {bits} bits, right on every tried problem up to {before}, but not at {width}.", {
    ...words,
    before,
  });
  return inARow([reach, ...ofRandom]);
}

/** The operands of a failing problem by name, as the stage plays them. @type {(task: Task, failure: FailingProblem) => Record<string, Whole>} */
export const playable = ({ operands }, failure) =>
  Object.fromEntries(operands.map((name) => [name, exact(failure[/** @type {"a"} */ (name)] ?? "0")]));

/** What is wrong first, in which problem. @type {(task: Task, failure: FirstFailure) => string} */
export function describeFailure(task, failure) {
  const { width, position, expected, predicted } = failure;
  const bit = (/** @type {string} */ number) => Number((BigInt(number) >> BigInt(task.truth ? 0 : position)) & 1n);
  const fault = say("The first failure, at {width} bits: position {position} should be {right}, and it says {wrong}.", {
    width: whole(width),
    position: whole(position),
    right: bit(expected),
    wrong: bit(predicted),
  });
  const numbers = Object.values(playable(task, failure));
  const problem = describeSaid(task, numbers, exact(expected), exact(predicted));
  return inARow([fault, say("{sentence}.", { sentence: problem })]);
}

/** Where a width stands on an axis that gives each doubling the same room, from 0 to 1. @type {(widths: number[], width: number) => number} */
export const placeOf = (widths, width) => Math.log(width / widths[0]) / Math.log(widths[widths.length - 1] / widths[0]);

/** The widths that an axis names: the ends, and the powers of two that have room between. @param {number[]} widths */
export const namedWidths = (widths) => {
  const [first, last] = [widths[0], widths[widths.length - 1]];
  const hasRoom = (/** @type {number} */ width) => width / first > 1.4 && last / width > 2;
  return widths.filter(
    (width) => width === first || width === last || (Number.isInteger(Math.log2(width)) && hasRoom(width)),
  );
};

/**
 * A task's machine as tables: for the code of a position's bits, the next state and the bit written.
 * @param {Task} task
 */
function tablesOf({ machine, states }) {
  /** @type {number[][]} */
  const next = states.map(() => []);
  /** @type {number[][]} */
  const output = states.map(() => []);
  for (const [state, bits, following, bit] of /** @type {[string, number[], string, number][]} */ (machine)) {
    const [row, code] = [states.indexOf(state), bits.reduce((sum, one, k) => sum + one * 2 ** k, 0)];
    next[row][code] = states.indexOf(following);
    output[row][code] = bit;
  }
  return { next, output };
}

/**
 * Solves problems by a task's machine: the result, and whether something had to be remembered at some position.
 * @param {Task} task
 * @returns {(numbers: number[]) => { result: number, remembers: boolean }}
 */
export function solver(task) {
  const { next, output } = tablesOf(task);
  return (numbers) => {
    let [state, result, remembers] = [0, 0, false];
    for (let t = 0; t < task.bits; t++) {
      const code = numbers.reduce((sum, number, k) => sum + (Math.floor(number / 2 ** t) % 2) * 2 ** k, 0);
      remembers ||= state > 0;
      const bit = output[state][code];
      result = task.truth ? bit : result + bit * 2 ** t;
      state = next[state][code];
    }
    return { result, remembers };
  };
}

/** The problem that a square shows. @type {(picture: Picture, task: Task, row: number, column: number) => number[]} */
export function problemAt({ size, side, lows, worst, c }, { operands }, row, column) {
  const low = lows[worst ? worst[row * size + column] : 0];
  return [row * side + low[0], column * side + low[1], c].slice(0, operands.length);
}

/** The share of the colour scale that a margin near 0 has, so that right and wrong differ there, too. */
const LEAST = 0.3;

/** Margins as values from -1 to 1, for the colour scale. @param {ArrayLike<number>} margins */
export const coloursOf = (margins) =>
  Float32Array.from(margins, (margin) => (margin < 0 ? -1 : 1) * LEAST + (1 - LEAST) * 2 * margin);

/** A square in words. @type {(picture: Picture, task: Task, row: number, column: number) => string} */
export function describeSquare(picture, task, row, column) {
  const place = row * picture.size + column;
  const margin = picture.margins[place];
  const numbers = problemAt(picture, task, row, column);
  if (Number.isNaN(margin)) return say("{problem}: no problem of this task", { problem: written(task, numbers) });
  const sentence = describeSaid(task, numbers, solver(task)(numbers).result, picture.predicted[place]);
  return say("{sentence}, least margin {margin}", { sentence, margin: signed(Math.round(margin * 1e4) / 1e4) });
}

/**
 * Which squares have problems with something to remember, such as a carry. Only if each square is one problem.
 * @type {(picture: Picture, task: Task) => Uint8Array | null}
 */
export function remembering(picture, task) {
  if (picture.side > 1 || !task.carried || task.truth) return null;
  const solve = solver(task);
  const found = new Uint8Array(picture.size ** 2);
  for (let place = 0; place < found.length; place++) {
    const [row, column] = [Math.floor(place / picture.size), place % picture.size];
    found[place] = solve(problemAt(picture, task, row, column)).remembers ? 1 : 0;
  }
  return found;
}

/**
 * What the picture shows, in sentences.
 * @type {(picture: Picture, task: Task, carries: Uint8Array | null) => string}
 */
export function describePicture({ margins, right, tried, problems }, { carried }, carries) {
  const counts = { right: whole(right), tried: whole(tried), problems: whole(/** @type {any} */ (problems)) };
  const sentences = [
    BigInt(tried) === problems
      ? say("{right} of {tried} problems are right.", counts)
      : say("{right} of {tried} tried problems are right. There are {problems}.", counts),
  ];
  if (carries) {
    const count = { without: 0, with: 0, rightWithout: 0, rightWith: 0 };
    margins.forEach((margin, place) => {
      if (Number.isNaN(margin)) return;
      count[carries[place] ? "with" : "without"]++;
      if (margin >= 0) count[carries[place] ? "rightWith" : "rightWithout"]++;
    });
    const shares = {
      carried,
      without: percent(count.rightWithout / count.without),
      with: percent(count.rightWith / count.with),
    };
    if (right < tried && count.with && count.without)
      sentences.push(say("Without a {carried} {without} are right, with one {with}.", shares));
    sentences.push(say("The squares within squares are the {carried}: it depends on all lower bits.", { carried }));
  }
  return inARow(sentences);
}
