/**
 * Binary frames and errors in safetensors. Tensors are views of the buffer, not copies. Pure. The format is in
 * docs/frames.md.
 */

/**
 * @import { ErrorSummary } from "./series.js"
 * @import { RunState } from "./state.js"
 * @import { Parting } from "./wire.d.ts"
 */

/** @typedef {Float32Array | Float64Array} Numbers */

/** A whole number of any size. Each has one form: a number if that is exact. @typedef {number | bigint} Whole */

/**
 * Row-major.
 * @typedef {object} Tensor
 * @property {number[]} shape
 * @property {Float32Array} data
 */

/** @typedef {Record<string, Tensor>} Tensors */

/**
 * One published moment of a run.
 * @typedef {object} Frame
 * @property {number} generation
 * @property {number} iteration
 * @property {number} errorsStart The iteration that errors[0] belongs to.
 * @property {Float32Array} errors
 * @property {number} learningRate
 * @property {RunState} state
 * @property {number} iterationsPerSecond
 * @property {Tensors} weights After the update.
 * @property {Tensors} updates Empty before the first iteration, as is the trace.
 * @property {Tensors} trace
 * @property {Tensors} gates The gates of a gated cell, by name, (T, H).
 * @property {Whole[]} operands
 * @property {Whole} expected
 * @property {Whole} predicted
 * @property {Parting | null} parting For a moment of the past, if the server now computes something else than then.
 */

/**
 * The kinds of numbers that the server sends.
 * @type {Record<string, Float32ArrayConstructor | Float64ArrayConstructor>}
 */
const KINDS = { F32: Float32Array, F64: Float64Array };

/** @param {ArrayBuffer} buffer */
export function decodeTensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const base = 8 + length;
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(
    new TextDecoder().decode(new Uint8Array(buffer, 8, length)),
  );
  /** @type {Record<string, { shape: number[], data: Numbers }>} */
  const tensors = {};
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [start, stop],
    },
  ] of Object.entries(entries)) {
    const Kind = KINDS[dtype];
    if (!Kind) throw new TypeError(`Tensor ${name} is ${dtype}; what the server sends is F32 or F64.`);
    tensors[name] = { shape, data: new Kind(buffer, base + start, (stop - start) / Kind.BYTES_PER_ELEMENT) };
  }
  return { tensors, metadata };
}

/** The whole number that digits say. @type {(text: string) => Whole} */
export const exact = (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text));

/** @param {ArrayBuffer} buffer @returns {Frame} */
export function decodeFrame(buffer) {
  const { tensors: found, metadata } = decodeTensors(buffer);
  const tensors = /** @type {Tensors} */ (found); // single precision, all of them
  const number = (/** @type {string} */ name) => Number(metadata[name] ?? 0);
  const group = (/** @type {string} */ prefix) =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
    );
  return {
    generation: number("generation"),
    iteration: number("iteration"),
    errorsStart: number("errors_start"),
    errors: tensors.errors.data,
    learningRate: number("learning_rate"),
    state: metadata.state,
    iterationsPerSecond: number("iterations_per_second"),
    weights: group("weights."),
    updates: group("updates."),
    trace: group("trace."),
    gates: group("trace.gates."),
    operands: ["a", "b", "c"].filter((name) => name in metadata).map((name) => exact(metadata[name])),
    expected: exact(metadata.expected ?? "0"),
    predicted: exact(metadata.predicted ?? "0"),
    parting: metadata.parting ? JSON.parse(metadata.parting) : null,
  };
}

/**
 * The answers to all pairs of numbers, as one picture of size x size squares.
 * @typedef {object} Picture
 * @property {number} generation
 * @property {number} iteration
 * @property {number} size
 * @property {Numbers} margins How clearly each square is right, from 1/2 to -1/2. NaN where there is no problem.
 * @property {Numbers} predicted The network's results.
 * @property {number} side How many numbers one square stands for, along each side.
 * @property {number[][]} lows What is added to the lowest numbers of a square: the pairs that were tried in it.
 * @property {Numbers | null} worst The place in `lows` of the pair that each square shows. Null if there is one only.
 * @property {number} c The third number of all problems. 0 for a task of two.
 * @property {number} right
 * @property {number} tried
 * @property {bigint} problems
 */

/** @param {ArrayBuffer} buffer @returns {Picture} */
export function decodePicture(buffer) {
  const { tensors, metadata } = decodeTensors(buffer);
  const [generation, iteration, side, c, right, tried] = ["generation", "iteration", "side", "c", "right", "tried"].map(
    (name) => Number(metadata[name] ?? 0),
  );
  return {
    ...{ generation, iteration, side, c, right, tried },
    size: tensors.margins.shape[0],
    margins: tensors.margins.data,
    predicted: tensors.predicted.data,
    worst: tensors.worst?.data ?? null,
    lows: JSON.parse(metadata.lows),
    problems: BigInt(metadata.problems),
  };
}

/**
 * The errors of consecutive iterations as a summary. If each error came by itself, its pieces are one iteration long.
 * @param {ArrayBuffer} buffer
 * @returns {ErrorSummary}
 */
export function decodeErrors(buffer) {
  const { tensors, metadata } = decodeTensors(buffer);
  const [min, mean, max] = ["min", "mean", "max"].map((name) => (tensors[name] ?? tensors.errors).data);
  const { generation, start, stride } = metadata;
  return { generation: Number(generation), start: Number(start), stride: Number(stride), min, mean, max };
}
