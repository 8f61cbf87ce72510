/** The cases that a task's machine knows, for addition the lines of a full adder, and how the network stands in each. Pure. */
import { probability } from "./format.js";
import { stateWords } from "./task.js";
import { say } from "./words.js";

/** As far from the truth a mean may be to count as right, and from where on it is wrong. */
const [NEAR, FAR] = [0.25, 0.5];

/** The words of a line: its bits, and what was carried in, where anything is. @type {(answer: CaseAnswer, task: Task) => string[]} */
export function caseWords({ state, bits }, task) {
  const words = stateWords(task);
  return [...bits.map(String), ...(task.carried ? [words[task.states.indexOf(state)]] : [])];
}

/** What those words are of. @type {OfTask<string[]>} */
export const caseNames = (task) => [...task.operands, ...(task.carried ? [task.carried] : [])];

/** Right, wrong, or in between; told by shape as well as colour. @type {(answer: CaseAnswer) => Verdict} */
export function judge({ output, expected }) {
  if (output === null) return "unknown";
  const away = Math.abs(output - expected);
  return away < NEAR ? "right" : away > FAR ? "wrong" : "unsure";
}

export const SIGNS = { right: "✓", wrong: "✕", unsure: "~", unknown: "–" };

/** How many lines it has understood. @type {(cases: CaseAnswer[]) => string} */
export function describeCases(cases) {
  const right = cases.filter((answer) => judge(answer) === "right").length;
  return right === cases.length ? say("All {n} understood", { n: right }) : say("{n} of {all} understood", { n: right, all: cases.length });
}

/** A line as it is read out. @type {(answer: CaseAnswer, task: Task) => string} */
export function describeCase(answer, task) {
  const names = caseNames(task);
  const read = caseWords(answer, task).map((word, k) => `${names[k]} ${word}`).join(say(", "));
  const { expected, output } = answer;
  if (output === null) return say("{case}: should be {expected}, does not occur", { case: read, expected });
  const verdict = { right: say("right"), wrong: say("wrong"), unsure: say("unsure"), unknown: "–" }[judge(answer)];
  return say("{case}: should be {expected}, the network says {p}: {verdict}", { case: read, expected, p: probability(output), verdict });
}
