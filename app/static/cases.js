/**
 * The cases that a task's machine knows, for addition the lines of a full adder, and how the network stands in each.
 * Pure.
 */
import { probability } from "./format.js";
import { stateWords } from "./task.js";
import { say } from "./words.js";

/** @import { CaseAnswer, TaskDescription as Task } from "./wire.d.ts" */

/** @typedef {"right" | "wrong" | "unsure" | "unknown"} Verdict */

/** Where so many of the positions are right, or more, a case is half understood. */
const HALF = 0.5;

/**
 * The words of a line: its bits, and what was carried in, where anything is.
 * @type {(answer: CaseAnswer, task: Task) => string[]}
 */
export function caseWords({ state, bits }, task) {
  const words = stateWords(task);
  return [...bits.map(String), ...(task.carried ? [words[task.states.indexOf(state)]] : [])];
}

/** What those words are of. @type {(task: Task) => string[]} */
export const caseNames = (task) => [...task.operands, ...(task.carried ? [task.carried] : [])];

/**
 * By the share of its positions that are right: all of them, half of them and more, fewer; told by shape as well as
 * colour.
 * @type {(answer: CaseAnswer) => Verdict}
 */
export function judge({ right }) {
  if (right === null) return "unknown";
  if (right === 1) return "right";
  return right >= HALF ? "unsure" : "wrong";
}

export const SIGNS = { right: "✓", wrong: "✕", unsure: "~", unknown: "–" };

/** A share of positions: "100%" only of all of them, "0%" only of none. @param {number} right */
export function shareWords(right) {
  if (right === 0 || right === 1) return `${100 * right}%`;
  return `${Math.min(99, Math.max(1, Math.round(100 * right)))}%`;
}

/**
 * The bit that a network answers most of the time in every case, if there is one: that is no reading of its inputs.
 * @param {CaseAnswer[]} occurring
 */
const onlyAnswer = (occurring) =>
  [0, 1].find((bit) => occurring.every(({ expected, right }) => (expected === bit) === Number(right) > HALF));

/** How many of the lines that occur it has understood. @type {(cases: CaseAnswer[]) => string} */
export function describeCases(cases) {
  const occurring = cases.filter(({ right }) => right !== null);
  const bit = onlyAnswer(occurring);
  if (bit !== undefined) return say("0 of {all} understood: nearly always {bit}", { all: occurring.length, bit });
  const understood = occurring.filter((answer) => judge(answer) === "right").length;
  if (understood === occurring.length) return say("All {n} understood", { n: understood });
  return say("{n} of {all} understood", { n: understood, all: occurring.length });
}

/**
 * Over how many problems the lines are: each problem has so many positions, and each position stands in one line.
 * @type {(cases: CaseAnswer[], task: Pick<Task, "bits">) => number}
 */
export const problemsOf = (cases, { bits }) => cases.reduce((sum, { positions }) => sum + positions, 0) / bits;

/** A line as it is read out. @type {(answer: CaseAnswer, task: Task) => string} */
export function describeCase(answer, task) {
  const names = caseNames(task);
  const read = caseWords(answer, task)
    .map((word, k) => `${names[k]} ${word}`)
    .join(say(", "));
  const { expected, output, right } = answer;
  const line = { case: read, expected };
  if (right === null) return say("{case}: should be {expected}, does not occur", line);
  const share = shareWords(right);
  // Outputs that are no numbers have no mean.
  if (output === null)
    return say("{case}: should be {expected}, right in {share} of its positions", { ...line, share });
  return say("{case}: should be {expected}, the network says {p} on average, right in {share} of its positions", {
    ...line,
    share,
    p: probability(output),
  });
}
