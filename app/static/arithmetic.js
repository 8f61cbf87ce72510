/** Computes again what the network did, to show it: its states, and the two parts of a hidden delta. Pure. */
import { LARGEST } from "./digits.js";

/**
 * @import { Numbers, Tensor, Tensors } from "./frames.js"
 * @import { Problem } from "./problem.js"
 */

/**
 * The values from which the two parts of the hidden deltas are computed.
 * @typedef {object} BackwardPass
 * @property {number[]} outputDeltas (T,)
 * @property {Float32Array} hiddenDeltas (T, H)
 * @property {Float32Array} hiddenStates (T+1, H)
 * @property {Numbers} W_hy (H, 1), as it was before the update.
 * @property {(h: number) => number} slope
 */

/** @param {number} output */
export const bitOf = (output) => (output > 0.5 ? 1 : 0);

/** @type {(activation: string, z: number) => number} */
export function activate(activation, z) {
  if (activation === "tanh") return Math.tanh(z);
  return activation === "relu" ? Math.max(0, z) : 1 / (1 + Math.exp(-z));
}

/**
 * The derivative of an activation at the point where its value is h.
 * @type {(activation: string, h: number) => number}
 */
export function slope(activation, h) {
  if (activation === "tanh") return 1 - h * h;
  if (activation === "relu") return h > 0 ? 1 : 0;
  return h * (1 - h);
}

/**
 * The weights that computed the frame's trace, in double precision: single precision might overflow.
 * @type {(weights: Tensor, updates: Tensor, learningRate: number) => Float64Array}
 */
export const weightsBefore = (weights, updates, learningRate) =>
  Float64Array.from(weights.data, (w, i) => w - learningRate * updates.data[i]);

/**
 * hidden_deltas[t] = (hidden_deltas[t+1] W_hh' + output_deltas[t] W_hy') * slope(h[t]), split into two parts: one from
 * this position's output, and one from later positions. The deltas of gated cells are at the state, where the slope is
 * 1. It uses double precision, in which no product of two float32 overflows.
 * @type {(pass: BackwardPass) => { outputPart: Float64Array; futurePart: Float64Array }}
 */
export function splitDeltas({ outputDeltas, hiddenDeltas, hiddenStates, W_hy, slope }) {
  const H = W_hy.length;
  const outputPart = Float64Array.from(
    hiddenDeltas,
    (_, k) => outputDeltas[Math.floor(k / H)] * W_hy[k % H] * slope(hiddenStates[k + H]),
  );
  return { outputPart, futurePart: outputPart.map((part, k) => hiddenDeltas[k] - part) };
}

/**
 * How strongly the incoming state acts at each position: the largest absolute sum of its products with the weights. The
 * weights are those that computed the problem.
 * @type {(problem: Problem) => number[]}
 */
export function flows({ hidden: H, width, hiddenStates, weights = {}, updates, learningRate }) {
  const matrices = Object.keys(weights)
    .filter((name) => /^W_h[^y]/.test(name))
    .map((name) => (updates[name] ? weightsBefore(weights[name], updates[name], learningRate) : weights[name].data));
  return Array.from({ length: width }, (_, t) => {
    let most = 0;
    for (const matrix of matrices) {
      for (let j = 0; j < H; j++) {
        let sum = 0;
        for (let i = 0; i < H; i++) sum += (hiddenStates?.[t * H + i] ?? 0) * matrix[i * H + j];
        most = Math.max(most, Math.abs(sum));
      }
    }
    return most;
  });
}

/**
 * An Elman network: h[t+1] = f(x[t] W_xh + h[t] W_hh + b_h), h[0] = 0. Values that are too large become the largest
 * number that a frame can hold.
 * @type {(weights: Tensors, inputs: number[][], activation: string) => Float64Array}
 */
export function elmanStates({ W_xh, W_hh, b_h }, inputs, activation) {
  const H = W_hh.shape[0];
  const states = new Float64Array((inputs[0].length + 1) * H);
  for (let k = 0; k < states.length - H; k++) {
    const [t, j] = [Math.floor(k / H), k % H];
    let z = b_h ? b_h.data[j] : 0;
    inputs.forEach((bits, n) => (z += bits[t] * W_xh.data[n * H + j]));
    for (let i = 0; i < H; i++) z += states[t * H + i] * W_hh.data[i * H + j];
    states[k + H] = Math.min(activate(activation, z), LARGEST);
  }
  return states;
}
