/** Sentences about the stage, an answer, the run. Pure. */
import { describeCases } from "./cases.js";
import { percent, probability, signed, whole } from "./format.js";
import { shown } from "./state.js";
import { equals, said, written } from "./task.js";
import { inARow, nameOf, ngettext, say } from "./words.js";

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

/** The hidden unit of a position, where one points at one. @type {DescribeFocus} */
export function describeUnit(focus, problem) {
  /** @type {any} */
  const { unit, position } = focus ?? {};
  const h = problem?.hiddenStates?.[(position + 1) * problem.hidden + unit];
  return h === undefined ? "" : say("Hidden unit {unit} at position {position}: {value}", { unit, position, value: signed(h) });
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

/** The least and the largest. @param {ArrayLike<number>} values */
export function describeRange(values) {
  const sorted = Array.from(values).sort((x, y) => x - y);
  return sorted.length ? say("{least} to {most}", { least: probability(sorted[0]), most: probability(sorted[sorted.length - 1]) }).replaceAll("-", "−") : say("none");
}

/** Over what it is. @param {{ sampled: boolean, problems: number }} accuracy */
export const describeAccuracy = ({ sampled, problems }) =>
  sampled ? say("accuracy, a sample of {n} problems", { n: whole(problems) }) : say("accuracy, all {n} problems", { n: whole(problems) });

/** Why the run stands still, where there is a reason. @param {RunStatus} run */
export function describeEnd({ state, detail, iteration }) {
  if (state === "finished") return say("All {n} iterations are done. Reset to learn again.", { n: whole(iteration) });
  return state === "diverged" || state === "failed" ? inARow([detail ?? say("The run stopped."), say("Reset to begin anew.")]) : null;
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
  const sentences = [
    problem && say("{problem}.", { problem: solved(task, problem.operands, problem.expected) }),
    answered && say("The network says {said}, {verdict}.", { said: said(task, problem.predicted), verdict }),
    say("{step}.", { step }),
    error === null ? say("Iteration {n}, {state}.", where) : say("Iteration {n}, {state}, error {error}.", where),
    accuracy && say("{p} of all problems are right; of the cases, {cases}.", { p: percent(accuracy.accuracy), cases: describeCases(accuracy.cases).toLowerCase() }),
  ];
  return inARow(sentences.filter((sentence) => typeof sentence === "string"));
}
