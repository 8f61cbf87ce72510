/** What the stage plays, made from a frame or from an answer of `/predict`. Pure. */
import { bitOf, elmanStates, slope, splitDeltas, weightsBefore } from "./arithmetic.js";
import { operandsOf } from "./task.js";

/**
 * @import { Frame, Numbers, Tensor, Tensors, Whole } from "./frames.js"
 * @import { RunConfig } from "./state.js"
 * @import { Answer, TaskDescription as Task } from "./wire.d.ts"
 */

/**
 * What the stage plays: one problem, and all that the network did with it.
 * @typedef {object} Problem
 * @property {"training" | "prediction"} kind
 * @property {boolean} [milestone] Whether it shows a milestone. Otherwise a prediction is what a person has asked.
 * @property {number} generation
 * @property {number} iteration
 * @property {number} width Positions, T.
 * @property {number} hidden Hidden units, H; 0 if the states are not known.
 * @property {Whole[]} operands
 * @property {number[][]} inputs The bits of each operand.
 * @property {number[]} targets
 * @property {number[]} outputs P(bit = 1).
 * @property {number[]} bits The network's bits.
 * @property {Whole} expected
 * @property {Whole} predicted
 * @property {[from: number, to: number]} [stretch]
 *   The positions of a long problem that are played, the last one left out. The others are there at once.
 * @property {Numbers} [hiddenStates] (T+1, H), row 0 is the zero start.
 * @property {number[]} [outputDeltas] (T,)
 * @property {Numbers} [outputPart] (T, H): the part of the hidden delta from this position's output ...
 * @property {Numbers} [futurePart] ... the part from later positions ...
 * @property {Float32Array} [hiddenDeltas] ... and the sum of both.
 * @property {Tensors} gates As in the frame, and "cell", (T+1, H), the memory of an LSTM.
 * @property {Tensors} updates
 * @property {Tensors} [weights]
 *   After the update. Missing if the page does not hold the weights that computed an answer.
 * @property {number} learningRate
 * @property {Frame | null} frame
 *   The frame that the problem was made from. For an answer, the frame of its iteration, or null if the page does not
 *   hold it.
 */

/** Null before the first iteration. @type {(frame: Frame, config: RunConfig) => Problem | null} */
export function trainingProblem(frame, { cell, activation }) {
  const { trace, weights, updates, learningRate } = frame;
  const { inputs, targets, outputs, hidden_states, output_deltas, hidden_deltas, cell_states } = trace;
  if (!inputs || !output_deltas) return null;
  const [width] = inputs.shape;
  const given = {
    outputDeltas: [...output_deltas.data],
    hiddenDeltas: hidden_deltas.data,
    hiddenStates: hidden_states.data,
  };
  const parts = splitDeltas({
    ...given,
    W_hy: weightsBefore(weights.W_hy, updates.W_hy, learningRate),
    slope: cell === "elman" ? (h) => slope(activation, h) : () => 1,
  });
  return {
    ...{ ...frame, ...given, ...parts, frame, kind: "training", width, hidden: hidden_states.shape[1] },
    gates: cell_states ? { ...frame.gates, cell: cell_states } : frame.gates,
    inputs: columnsOf(inputs),
    targets: [...targets.data],
    outputs: [...outputs.data],
    bits: Array.from(outputs.data, bitOf),
  };
}

/** The values of each column, from a tensor (T, columns). @param {Tensor} tensor */
const columnsOf = ({ shape: [width, count], data }) =>
  Array.from({ length: count }, (_, k) => Array.from({ length: width }, (_, t) => data[t * count + k]));

/** A problem with more positions is long: only a stretch of it is played. */
const LONG = 64;
/** How many positions are played before the first wrong bit, and from there on. */
const [BEFORE, FROM] = [6, 4];

/** Around the first wrong bit, or at the end if all are right. @type {(bits: number[], targets: number[]) => [number, number]} */
function stretchOf(bits, targets) {
  const wrong = bits.findIndex((bit, p) => bit !== targets[p]);
  const end = wrong < 0 ? bits.length : Math.min(bits.length, wrong + FROM);
  return [Math.max(0, end - BEFORE - FROM), end];
}

/** A problem that somebody asks for, made of the frame that the server has traced for it. @param {Frame} frame */
export function tracedProblem(frame) {
  const { trace, weights } = frame;
  const [bits, targets] = [[...trace.bits.data], [...trace.targets.data]];
  const width = bits.length;
  /** @type {Problem} */
  const problem = {
    ...{ ...frame, frame, kind: "prediction", width, bits, targets, updates: {}, weights, learningRate: 0 },
    hidden: trace.hidden_states.shape[1],
    hiddenStates: trace.hidden_states.data,
    gates: trace.cell_states ? { ...frame.gates, cell: trace.cell_states } : frame.gates,
    inputs: columnsOf(trace.inputs),
    outputs: [...trace.outputs.data],
    ...(width > LONG && { stretch: stretchOf(bits, targets) }),
  };
  return problem;
}

/**
 * The hidden states are computed here, to show them, with the weights that computed the answer. So the frame has to be
 * of the answer's iteration. Without a frame the states are not known.
 * @type {(answer: Answer, task: Task, frame: Frame | null, config: RunConfig) => Problem}
 */
export function predictionProblem(answer, task, given, { cell, activation }) {
  const frame = given?.generation === answer.generation && given.iteration === answer.iteration ? given : null;
  const { bits, probabilities } = answer;
  const [outputs, targets, said, ...inputs] = [
    probabilities,
    bits.expected,
    bits.predicted,
    ...task.operands.map((name) => bits[name]),
  ].map((falling) => [...falling].reverse());
  const known =
    cell === "elman" && frame
      ? { hidden: frame.weights.W_hh.shape[0], hiddenStates: elmanStates(frame.weights, inputs, activation) }
      : { hidden: 0 };
  return {
    ...{
      ...answer,
      ...known,
      weights: frame?.weights,
      frame,
      kind: "prediction",
      outputs,
      targets,
      inputs,
      bits: said,
      gates: {},
      updates: {},
      learningRate: 0,
    },
    operands: operandsOf(task, answer),
  };
}

/**
 * The moment whose network gave the shown answer: a training problem was answered before the update of its iteration, a
 * typed one after it.
 * @param {Problem} problem
 */
export const momentOf = ({ kind, iteration }) => (kind === "training" ? iteration - 1 : iteration);
