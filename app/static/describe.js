/** Sentences about the stage, an answer, the run. Pure. */
import { describeCases } from "./cases.js";
import { percent, plain, probability, signed, whole } from "./format.js";
import { isOver } from "./playback.js";
import { shown } from "./state.js";
import { equals, said, statesOf, stateWords, written } from "./task.js";
import { nameOf as termName } from "./terms.js";
import { nameOf, ngettext, say } from "./words.js";

/** Whether this network waits for its engine: once that is compiled, its accuracy comes. @param {State} state */
export const isCompiling = ({ engine, accuracy }) => engine?.state === "compiling" && !accuracy;

export const COMPILING = say("Compiling the engine for this network, some seconds, once.");

/** @type {DescribeStep} */
export function describeStep({ phase, position, problem }, task, past = false) {
  if (!problem) return past ? say("Before the first problem: the weights are as they were drawn.") : say("Press Start, and the first problem is drawn here.");
  switch (phase) {
    case "forward": {
      const bits = written(task, problem.inputs.map((bits) => bits[position]));
      const values = { position, bits, p: probability(problem.outputs[position]) };
      return position ? say("Position {position}: {bits} and what the state remembers → {p}", values) : say("Position {position}: {bits} and an empty state → {p}", values);
    }
    case "backward":
      return position + 1 === problem.width
        ? say("Backward, position {position}: the error of this bit; no future comes after it", { position })
        : say("Backward, position {position}: the error of this bit, and what the future asks for", { position });
    case "update":
      return say("Update: every weight moves by {rate} × its update", { rate: problem.learningRate });
    case "rest":
      if (problem.kind === "training") return say("Iteration {n} is done", { n: whole(problem.iteration) });
  }
  const { bits, targets, width, predicted } = problem;
  const wrong = bits.filter((bit, p) => bit !== targets[p]).length;
  const right = wrong ? ngettext("{n} of {width} bits is wrong", "{n} of {width} bits are wrong", wrong, { width }) : say("All {width} bits are right", { width });
  return task.truth ? say("Read at the last position, {position}: {said}. {right}", { position: width - 1, said: said(task, predicted), right }) : right;
}

/** Whose problem the stage shows. @param {Problem | null} problem */
export const describeProblem = (problem) =>
  !problem ? say("No problem yet") : problem.kind === "prediction" ? say("Your problem") : say("The problem of iteration {n}", { n: whole(problem.iteration) });

/** What else there is to say of the moment that the stage shows. @param {Playback} playback */
export function describeMoment({ problem, again }) {
  if (problem?.kind === "prediction") return afterIteration(problem.iteration);
  return again ? say("shown again") : "";
}

/** What to do at the end of a problem that is held, where nothing new comes by itself. @param {State} state */
export function describeOver({ playback, moment, run }) {
  if (!isOver(playback) || run?.state === "running") return "";
  const trains = !moment && (run?.state === "paused" || run?.state === "ready");
  return trains ? say("Next bit plays it from the start; Step brings a new problem.") : say("Next bit plays it from the start.");
}

/** Of which weights these are. @param {number} iteration */
export const afterIteration = (iteration) => say("after iteration {n}", { n: whole(iteration) });

/** A problem and its moment. @param {Problem} problem */
export const describeSource = (problem) =>
  problem.kind === "prediction" ? `${describeProblem(problem)}${say(", ")}${afterIteration(problem.iteration)}` : describeProblem(problem);

/** The number of a unit at a position, in a row of the stage or of a gate. @type {(problem: Problem, focus: Focus | Asked) => number | undefined} */
function unitValue(problem, { line, gate, unit = 0, position = 0 }) {
  const rows = { hidden: problem.hiddenStates, outputPart: problem.outputPart, futurePart: problem.futurePart };
  const values = gate ? problem.gates[gate]?.data : rows[/** @type {"hidden"} */ (line)];
  // States have a row before the first.
  return values?.[values.length - (problem.width - position) * problem.hidden + unit];
}

/** What is pointed at, or explained: its very value, and whose it is. @type {DescribeFocus} */
export function describeFocus(focus, problem, task) {
  const { line = "", position } = focus ?? {};
  if (!focus || !problem || position === undefined || position >= problem.width) return "";
  const bits = { true: problem.targets, ...Object.fromEntries(task.operands.map((name, k) => [name, problem.inputs[k]])) }[line];
  const state = line === "state" ? stateWords(task)[statesOf(task, problem.inputs)[position]] : undefined;
  const number = focus.unit !== undefined ? unitValue(problem, focus) : { predicted: problem.outputs, delta: problem.outputDeltas }[line]?.[position];
  const value = bits?.[position] ?? state ?? (number === undefined ? undefined : line === "predicted" ? plain(number) : signed(number));
  const names = { true: say("true"), state: task.carried };
  const what = bits || state !== undefined ? say("{what} at position {p}", { what: names[/** @type {"true"} */ (line)] ?? line, p: position }) : termName(focus);
  return value === undefined ? "" : say("{what}: {value} ({problem})", { what, value, problem: describeSource(problem) });
}

/** "9 + 60 = 69". @type {(task: Task, operands: number[], result: number) => string} */
const solved = (task, operands, result) => `${written(task, operands.map(whole))}${equals(task)}${said(task, result)}`;

/** @type {DescribeAnswer} */
export function describeAnswer(answer, task) {
  const { expected, predicted, correct, iteration } = answer;
  const end = correct
    ? ngettext("The network is right, after {n} iteration.", "The network is right, after {n} iterations.", iteration)
    : say("The network says {said}, which is wrong.", { said: said(task, predicted) });
  return say("{problem}. {end}", { problem: solved(task, task.operands.map((name) => answer[name]), expected), end });
}

/** Two decimals, or a power of ten where that would be long. @param {number} x */
const short = (x) => (Math.abs(x) < 1000 ? x.toFixed(2) : x.toExponential(1).replace("+", "")).replace("-", "−");

/** The least and the largest. @param {ArrayLike<number>} values */
export function describeRange(values) {
  const sorted = Array.from(values).sort((x, y) => x - y);
  return sorted.length ? say("{least} to {most}", { least: short(sorted[0]), most: short(sorted[sorted.length - 1]) }) : say("none");
}

/** Over what it is. @param {{ sampled: boolean, problems: number }} accuracy */
export const describeAccuracy = ({ sampled, problems }) =>
  sampled ? say("accuracy, a sample of {n} problems", { n: whole(problems) }) : say("accuracy, all {n} problems", { n: whole(problems) });

/** Why the run stands still, where there is a reason. @param {RunStatus} run */
export function describeEnd({ state, detail, iteration }) {
  if (state === "finished") return say("All {n} iterations are done. Reset to learn again.", { n: whole(iteration) });
  return state === "diverged" || state === "failed" ? `${detail ?? say("The run stopped.")} ${say("Reset to begin anew.")}` : null;
}

/** All that is shown, in words, for who asks. @type {(state: State) => string} */
export function describeAll(state) {
  const { run, task, playback } = state;
  if (!run || !task) return say("Nothing is known yet.");
  const { problem, phase } = playback;
  const { accuracy } = shown(state);
  const answered = problem && phase !== "forward";
  const { iteration, error } = state.moment ?? run;
  const where = { n: whole(iteration), state: state.moment ? say("in the past") : nameOf(run.state), error: error?.toFixed(2) };
  const step = describeStep(playback, task, Boolean(state.moment)).replace(/[.。]$/, "");
  const verdict = answered && (problem.predicted === problem.expected ? say("right") : say("wrong"));
  return [
    problem && say("{where}: {problem}.", { where: describeSource(problem), problem: solved(task, problem.operands, problem.expected) }),
    answered && say("The network says {said}, {verdict}.", { said: said(task, problem.predicted), verdict }),
    say("{step}.", { step }),
    error === null ? say("Iteration {n}, {state}.", where) : say("Iteration {n}, {state}, error {error}.", where),
    accuracy && say("After iteration {n}, {p} of all problems are right; of the cases, {cases}.", { n: whole(accuracy.iteration), p: percent(accuracy.accuracy), cases: describeCases(accuracy.cases).toLowerCase() }),
  ].filter(Boolean).join(" ");
}
