/** What the stage plays, made from a frame or from an answer of `/predict`. Pure. */
import { bitOf, bitsOf, carriesOf, elmanStates, slope, splitDeltas, weightsBefore } from "./arithmetic.js";

/** @param {Frame} frame @param {RunConfig} config @returns {Problem | null} null before the first iteration */
export function trainingProblem(frame, config) {
  const { trace, weights, updates, learningRate, generation, iteration, a, b, expected, predicted } = frame;
  const { inputs, targets, outputs, hidden_states, output_deltas, hidden_deltas } = trace;
  if (!inputs) return null;
  const [width, count] = inputs.shape;
  const bits = Array.from({ length: count }, (_, k) => Array.from({ length: width }, (_, t) => inputs.data[t * count + k]));
  const given = { outputDeltas: [...output_deltas.data], hiddenDeltas: hidden_deltas.data, hiddenStates: hidden_states.data };
  const parts = splitDeltas({
    ...given,
    W_hy: weightsBefore(weights.W_hy, updates.W_hy, learningRate),
    slope: config.cell === "elman" ? (h) => slope(config.activation, h) : () => 1,
  });
  return {
    ...{ kind: "training", generation, iteration, width, expected, predicted, updates, learningRate, ...given, ...parts },
    hidden: hidden_states.shape[1],
    operands: [a, b],
    inputs: bits,
    carries: carriesOf(bits),
    targets: [...targets.data],
    outputs: [...outputs.data],
    bits: Array.from(outputs.data, bitOf),
  };
}

/** The hidden states are worked out here, for show. @param {Answer} answer @param {Frame | null} frame @param {RunConfig} config */
export function predictionProblem(answer, frame, config) {
  const { generation, iteration, width, a, b, expected, predicted } = answer;
  const inputs = [bitsOf(a, width), bitsOf(b, width)];
  const outputs = [...answer.probabilities].reverse();
  /** @type {Problem} */
  const problem = {
    ...{ kind: "prediction", generation, iteration, width, expected, predicted, inputs, outputs, updates: {}, learningRate: 0 },
    hidden: 0,
    operands: [a, b],
    carries: carriesOf(inputs),
    targets: bitsOf(expected, width),
    bits: outputs.map(bitOf),
  };
  if (config.cell !== "elman" || !frame) return problem;
  const hidden = frame.weights.W_hh.shape[0];
  return { ...problem, hidden, hiddenStates: elmanStates(frame.weights, inputs, config.activation) };
}
