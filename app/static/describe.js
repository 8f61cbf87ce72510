/** Sentences about the stage, an answer, the run. Pure. */
import { describeCases } from "./cases.js";
import { count, percent, probability, signed, whole } from "./format.js";
import { shown } from "./state.js";
import { equals, said, written } from "./task.js";

/** Whether this network waits for its engine: once that is compiled, its accuracy comes. @param {State} state */
export const isCompiling = ({ engine, accuracy }) => engine?.state === "compiling" && !accuracy;

export const COMPILING = "Compiling the engine for this network, some seconds, once.";

/** @type {DescribeStep} */
export function describeStep({ phase, position, problem }, task, past = false) {
  if (!problem) return past ? "Before the first problem: the weights are as they were drawn." : "Press Start, and the first problem is drawn here.";
  switch (phase) {
    case "forward": {
      const bits = written(task, problem.inputs.map((bits) => bits[position]));
      return `Position ${position}: ${bits} and ${position ? "what the state remembers" : "an empty state"} → ${probability(problem.outputs[position])}`;
    }
    case "backward":
      return `Backward, position ${position}: the error of this bit${position + 1 === problem.width ? "; no future comes after it" : ", and what the future asks for"}`;
    case "update":
      return `Update: every weight moves by ${problem.learningRate} × its update`;
    case "rest":
      if (problem.kind === "training") return `Iteration ${whole(problem.iteration)} is done`;
  }
  const { bits, targets, width, predicted } = problem;
  const wrong = bits.filter((bit, p) => bit !== targets[p]).length;
  const right = wrong ? `${wrong} of ${count(width, "bit")} ${wrong === 1 ? "is" : "are"} wrong` : `All ${count(width, "bit")} are right`;
  return task.truth ? `Read at the last position, ${width - 1}: ${said(task, predicted)}. ${right}` : right;
}

/** Whose problem the stage shows. @param {Problem | null} problem */
export const describeProblem = (problem) =>
  !problem ? "No problem yet" : problem.kind === "prediction" ? "Your problem" : `The problem of iteration ${whole(problem.iteration)}`;

/** The hidden unit of a position, where one points at one. @type {DescribeFocus} */
export function describeUnit(focus, problem) {
  /** @type {any} */
  const { unit, position } = focus ?? {};
  const h = problem?.hiddenStates?.[(position + 1) * problem.hidden + unit];
  return h === undefined ? "" : `Hidden unit ${unit} at position ${position}: ${signed(h)}`;
}

/** @type {DescribeAnswer} */
export function describeAnswer(answer, task) {
  const { expected, predicted, correct, iteration } = answer;
  const end = correct ? `The network is right, after ${count(iteration, "iteration")}.` : `The network says ${said(task, predicted)}, which is wrong.`;
  return `${written(task, task.operands.map((name) => whole(answer[name])))}${equals(task)}${said(task, expected)}. ${end}`;
}

/** The least and the largest. @param {ArrayLike<number>} values */
export function describeRange(values) {
  const sorted = Array.from(values).sort((x, y) => x - y);
  return sorted.length ? `${probability(sorted[0])} to ${probability(sorted[sorted.length - 1])}`.replaceAll("-", "−") : "none";
}

/** Why the run stands still, where there is a reason. @param {RunStatus} run */
export function describeEnd({ state, detail, iteration }) {
  if (state === "finished") return `The run has done all its ${count(iteration, "iteration")}. Reset to learn again.`;
  return state === "diverged" || state === "failed" ? `${detail ?? "The run stopped."} Reset to begin anew.` : null;
}

/** All that is shown, in words, for who asks. @type {(state: State) => string} */
export function describeAll(state) {
  const { run, task, playback } = state;
  if (!run || !task) return "Nothing is known yet.";
  const { problem, phase } = playback;
  const { accuracy } = shown(state);
  const answered = problem && phase !== "forward";
  const says = answered ? ` The network says ${said(task, problem.predicted)}, ${problem.predicted === problem.expected ? "right" : "wrong"}.` : "";
  const sum = problem ? `${written(task, problem.operands.map(whole))}${equals(task)}${said(task, problem.expected)}.${says} ` : "";
  const step = describeStep(playback, task, Boolean(state.moment)).replace(/\.?$/, ".");
  const understood = accuracy ? ` ${percent(accuracy.accuracy)} of all problems are right; of the cases, ${describeCases(accuracy.cases).toLowerCase()}.` : "";
  const { iteration, error } = state.moment ?? run;
  return `${sum}${step} Iteration ${whole(iteration)}, ${state.moment ? "in the past" : run.state}${error === null ? "" : `, error ${error.toFixed(2)}`}.${understood}`;
}
