/** Sentences about the stage, an answer, the run. Pure. */
import { count, probability, whole } from "./format.js";

/** Whether this network waits for its engine: once that is compiled, its accuracy comes. @param {State} state */
export const isCompiling = ({ engine, accuracy }) => engine?.state === "compiling" && !accuracy;

export const COMPILING = "Compiling the engine for this network, some seconds, once.";

/** @param {Playback} playback */
export function describeStep({ phase, position, problem }) {
  if (!problem) return "Press Start, and the first problem is drawn here.";
  switch (phase) {
    case "forward": {
      const sum = problem.inputs.map((bits) => bits[position]).join(" + ");
      return `Position ${position}: ${sum} and ${position ? "what the state remembers" : "an empty state"} → ${probability(problem.outputs[position])}`;
    }
    case "backward":
      return `Backward, position ${position}: the error of this bit${position + 1 === problem.width ? "; no future comes after it" : ", and what the future asks for"}`;
    case "update":
      return `Update: every weight moves by ${problem.learningRate} × its update`;
    case "rest":
      if (problem.kind === "training") return `Iteration ${whole(problem.iteration)} is done`;
  }
  return describeBits(problem);
}

/** @param {Problem} problem */
function describeBits({ bits, targets, width }) {
  const wrong = bits.filter((bit, p) => bit !== targets[p]).length;
  if (!wrong) return `All ${count(width, "bit")} are right`;
  return `${wrong} of ${count(width, "bit")} ${wrong === 1 ? "is" : "are"} wrong`;
}

/** @param {Answer} answer */
export function describeAnswer({ a, b, expected, predicted, correct, iteration }) {
  const end = correct ? `The network is right, after ${count(iteration, "iteration")}.` : `The network says ${whole(predicted)}; the sum is ${whole(expected)}.`;
  return `${whole(a)} + ${whole(b)} = ${whole(expected)}. ${end}`;
}

/** Why the run stands still, where there is a reason. @param {RunStatus} run */
export function describeEnd({ state, detail, iteration }) {
  if (state === "finished") return `The run has done all its ${count(iteration, "iteration")}. Reset to learn again.`;
  return state === "diverged" || state === "failed" ? `${detail ?? "The run stopped."} Reset to begin anew.` : null;
}
