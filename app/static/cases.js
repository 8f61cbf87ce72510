/**
 * The cases of a task's machine (for addition, the lines of a full adder), and how well the network does in each. Pure.
 */
import { probability } from "./format.js";
import { stateWords } from "./task.js";
import { say } from "./words.js";

/** @import { CaseAnswer, TaskDescription as Task } from "./wire.d.ts" */

/** @typedef {"right" | "wrong" | "unsure" | "unknown"} Verdict */

/** A case is half understood if at least this share of its positions is right. */
const HALF = 0.5;

/**
 * The words of a line: its bits, and the carry that came in, if the task has one.
 * @type {(answer: CaseAnswer, task: Task) => string[]}
 */
export function caseWords({ state, bits }, task) {
  const words = stateWords(task);
  return [...bits.map(String), ...(task.carried ? [words[task.states.indexOf(state)]] : [])];
}

/** The names of those words. @type {(task: Task) => string[]} */
export const caseNames = (task) => [...task.operands, ...(task.carried ? [task.carried] : [])];

export const SIGNS = { right: "✓", wrong: "✕", unsure: "~", unknown: "–" };

/** A share of positions as text: "100%" only if all are right, "0%" only if none is. @param {number} right */
export function shareWords(right) {
  if (right === 0 || right === 1) return `${100 * right}%`;
  return `${Math.min(99, Math.max(1, Math.round(100 * right)))}%`;
}

/**
 * The bit that a network answers most of the time in every case, if there is one. Such a network does not read its
 * inputs.
 * @param {CaseAnswer[]} occurring
 */
const onlyAnswer = (occurring) =>
  [0, 1].find((bit) => occurring.every(({ expected, right }) => (expected === bit) === Number(right) > HALF));

/**
 * Whether a line is understood, as milestones say it: all of its positions are right, and it is told apart. In each line
 * of the same memory that asks for the other bit, at least half of the positions are right.
 * @type {(answer: CaseAnswer, occurring: CaseAnswer[]) => boolean}
 */
const isUnderstood = (answer, occurring) =>
  answer.right === 1 &&
  occurring.every(
    ({ state, expected, right }) => state !== answer.state || expected === answer.expected || Number(right) >= HALF,
  );

/**
 * The verdict on each line: understood, right in at least half of its positions, or in fewer. A line that is always right
 * only because the network nearly always says the same bit is not understood. The page shows the verdict by shape as well
 * as by colour.
 * @type {(cases: CaseAnswer[]) => Verdict[]}
 */
export function judge(cases) {
  const occurring = cases.filter(({ right }) => right !== null);
  const same = onlyAnswer(occurring) !== undefined;
  return cases.map((answer) => {
    if (answer.right === null) return "unknown";
    if (!same && isUnderstood(answer, occurring)) return "right";
    return answer.right >= HALF ? "unsure" : "wrong";
  });
}

/** Says how many of the lines that occur the network has understood. @type {(cases: CaseAnswer[]) => string} */
export function describeCases(cases) {
  const verdicts = judge(cases).filter((verdict) => verdict !== "unknown");
  const bit = onlyAnswer(cases.filter(({ right }) => right !== null));
  if (bit !== undefined) return say("0 of {all} understood: nearly always {bit}", { all: verdicts.length, bit });
  const understood = verdicts.filter((verdict) => verdict === "right").length;
  if (understood === verdicts.length) return say("All {n} understood", { n: understood });
  return say("{n} of {all} understood", { n: understood, all: verdicts.length });
}

/**
 * The number of problems behind the lines: each problem has `bits` positions, and each position counts in one line.
 * @type {(cases: CaseAnswer[], task: Pick<Task, "bits">) => number}
 */
export const problemsOf = (cases, { bits }) => cases.reduce((sum, { positions }) => sum + positions, 0) / bits;

/** A line as a screen reader says it. @type {(answer: CaseAnswer, task: Task, verdict: Verdict) => string} */
export function describeCase(answer, task, verdict) {
  const names = caseNames(task);
  const read = caseWords(answer, task)
    .map((word, k) => `${names[k]} ${word}`)
    .join(say(", "));
  const { expected, output, right } = answer;
  const line = { case: read, expected };
  if (right === null) return say("{case}: should be {expected}, does not occur", line);
  const share = shareWords(right);
  // Outputs that are no numbers have no mean.
  const what =
    output === null
      ? say("{case}: should be {expected}, right in {share} of its positions", { ...line, share })
      : say("{case}: should be {expected}, the network says {p} on average, right in {share} of its positions", {
          ...line,
          share,
          p: probability(output),
        });
  if (right < 1 || verdict === "right") return what;
  return say("{what}, but only because it says {expected} where it should not, too", { what, expected });
}
