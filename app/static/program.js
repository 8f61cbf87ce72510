/** The program beside the stage: its words, which of its lines is at work, and what its names hold then. Pure. */
import { brief, whole } from "./format.js";
import { progress } from "./playback.js";
import { ngettext, say } from "./words.js";

/**
 * @import { Numbers } from "./frames.js"
 * @import { Playback } from "./playback.js"
 * @import { Problem } from "./problem.js"
 * @import { RunConfig } from "./state.js"
 */

/**
 * A piece of a line. A name may have an index: `shift` is 0 for h[t], 1 for h[t + 1], undefined for h.
 * @typedef {object} Piece
 * @property {"plain" | "keyword" | "number" | "text" | "comment" | "name"} kind
 * @property {string} text
 * @property {number} [shift]
 */

const KEYWORDS = ["import", "as", "def", "return", "for", "in", "if"];

const PIECES = /(#.*$|""".*"""$)|("[^"]*")|((?<![\w.])\d[\d_]*(?:\.\d+)?(?:e-?\d+)?)|((?<![\w.])[A-Za-z_]\w*)|./g;

/**
 * A line in pieces, in which `names` have a kind of their own. `index` is the name of the position.
 * @type {(text: string, names: string[], index: string) => Piece[]}
 */
export function piecesOf(text, names, index) {
  /** @type {Piece[]} */
  const pieces = [];
  for (const match of text.matchAll(PIECES)) {
    const [all, comment, quoted, number, word] = match;
    const known = word !== undefined && names.includes(word);
    const kind = comment
      ? "comment"
      : quoted
        ? "text"
        : number
          ? "number"
          : known
            ? "name"
            : KEYWORDS.includes(word)
              ? "keyword"
              : "plain";
    const last = pieces.at(-1);
    if (kind === "plain" && last?.kind === "plain") last.text += all;
    else if (known) pieces.push({ kind, text: all, shift: shiftOf(text.slice(match.index + all.length), index) });
    else pieces.push({ kind, text: all });
  }
  return pieces;
}

/** The index that follows a name, counted from the position. @type {(rest: string, index: string) => number | undefined} */
function shiftOf(rest, index) {
  if (rest.startsWith(`[${index}]`)) return 0;
  return rest.startsWith(`[${index} + 1]`) ? 1 : undefined;
}

/** The steps of the program, in the order in which they are done. */
const ORDER = [
  "problem",
  "forward",
  "forward.state",
  "forward.output",
  "error",
  "backward",
  "backward.output",
  "backward.state",
  "backward.weights",
  "update",
];

/** The steps of each phase of the stage, one after the other. @type {Record<string, string[]>} */
const STEPS = {
  forward: ["forward.state", "forward.output"],
  answer: ["error"],
  backward: ["backward.output", "backward.state", "backward.weights"],
  update: ["update"],
};

/** The step of the program that the stage shows at this moment; "" if none. @param {Playback} playback */
export function stepOf(playback) {
  const steps = STEPS[playback.phase] ?? [];
  return steps[Math.min(steps.length - 1, Math.floor(progress(playback) * steps.length))] ?? "";
}

/** Whether a step belongs to this phase. @type {(step: string, phase: string) => boolean} */
export const isNear = (step, phase) => step === phase || (STEPS[phase] ?? []).includes(step);

/** Whether a step has been done for the problem on the stage. @type {(step: string, playback: Playback) => boolean} */
function isDone(step, playback) {
  const { problem, phase } = playback;
  const place = ORDER.indexOf(step);
  if (!problem || place < 0) return false;
  // At its end an answer has its error, and a training problem its update.
  const reached = phase === "rest" ? (problem.hiddenDeltas ? "update" : "error") : stepOf(playback);
  return place <= ORDER.indexOf(reached);
}

/** A number with three digits: "0.940", "−0.0480", "−3.1e−5". @param {number} x */
export function short(x) {
  const size = Math.abs(x);
  if (size === 0 || Number.isInteger(x)) return String(x).replace("-", "−");
  const text = size < 1e-3 || size >= 1e5 ? x.toExponential(1) : x.toPrecision(3);
  return text.replaceAll("-", "−").replace("+", "");
}

/** Many numbers: how many, and their range. @param {ArrayLike<number>} values */
function rangeOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (let k = 0; k < values.length; k++) [low, high] = [Math.min(low, values[k]), Math.max(high, values[k])];
  const n = values.length;
  if (n === 1) return short(low);
  return ngettext("{n} number, {low} to {high}", "{n} numbers, {low} to {high}", n, {
    low: short(low),
    high: short(high),
  });
}

/**
 * The numbers of a position in an array over time, or of all positions. Arrays that begin with the start have one row
 * more.
 * @type {(values: Numbers | undefined, problem: Problem, position: number, size?: number) => string}
 */
function numbersAt(values, { width, hidden }, position, size = hidden) {
  if (!values || !size) return "";
  const rows = values.subarray(values.length - width * size);
  return rangeOf(position < 0 ? rows : rows.subarray(position * size, (position + 1) * size));
}

/**
 * The descent direction of a parameter of an Elman cell, added up from the last position to this one; null if the page
 * does not know all that goes into it.
 * @type {(name: string, problem: Problem, position: number, config: RunConfig) => Float64Array | null}
 */
export function descentOf(name, problem, position, { cell, batch_size }) {
  const { inputs, hiddenStates: h, hiddenDeltas: dh, outputDeltas: dy, hidden: H, width } = problem;
  const toOutput = name.endsWith("y");
  if (!h || !dh || !dy || batch_size > 1 || (cell !== "elman" && !toOutput)) return null;
  const rows = name.startsWith("b_") ? 1 : name.startsWith("W_x") ? inputs.length : H;
  const columns = toOutput ? 1 : H;
  const found = new Float64Array(rows * columns);
  for (let t = width - 1; t >= Math.max(0, position); t--) {
    for (let i = 0; i < rows; i++) {
      const came = name.startsWith("b_")
        ? 1
        : name.startsWith("W_x")
          ? inputs[i][t]
          : h[(t + (toOutput ? 1 : 0)) * H + i];
      for (let j = 0; j < columns; j++) found[i * columns + j] += came * (toOutput ? dy[t] : dh[t * H + j]);
    }
  }
  return found;
}

/** Bits of a position, or of all positions as people write them. @type {(rows: number[][], position: number) => string} */
const bitsAt = (rows, position) =>
  rows.map((bits) => (position < 0 ? [...bits].reverse().join("") : bits[position])).join(", ");

/**
 * What a line has computed at this moment, in words; "" if nothing is known of it. `role` is that of the name it sets.
 * @type {(role: string, step: string, playback: Playback, config: RunConfig, rate: number) => string}
 */
export function valueOf(role, step, playback, config, rate) {
  const { problem, position } = playback;
  if (!problem || !isDone(step, playback)) return "";
  const { width, operands, inputs, targets, outputs, outputDeltas, gates } = problem;
  if (position >= width) return "";
  const [kind, name] = role.split(".");
  const isOne = config.batch_size === 1 || problem.kind === "prediction";
  switch (kind) {
    case "iteration":
      return problem.kind === "training" ? whole(problem.iteration - 1) : "";
    case "learning_rate":
      return String(problem.learningRate || rate);
    case "position":
      return position < 0 ? "" : String(position);
    case "operand": {
      const numbers = operands.map(brief).join(", ");
      return isOne ? numbers : say("{numbers}, the first of the batch", { numbers });
    }
    case "inputs":
      return bitsAt(inputs, position);
    case "targets":
      return bitsAt([targets], position);
    case "hidden_states":
      return numbersAt(problem.hiddenStates, problem, position);
    case "outputs":
      return rangeOf(position < 0 ? outputs : [outputs[position]]);
    case "error": {
      // Of a batch the stage has only the first problem; the frame has the mean.
      const error = isOne
        ? outputs.reduce((sum, output, t) => sum + Math.abs(targets[t] - output), 0)
        : problem.frame?.errors.at(-1);
      return error === undefined ? "" : short(error);
    }
    case "output_deltas":
      return outputDeltas ? rangeOf(position < 0 ? outputDeltas : [outputDeltas[position]]) : "";
    case "hidden_deltas":
      return numbersAt(problem.hiddenDeltas, problem, position);
    case "gates":
      return numbersAt(gates[name]?.data, problem, position);
    case "cell_states":
      return numbersAt(gates.cell?.data, problem, position);
    case "updates": {
      const found = name && descentOf(name, problem, position, config);
      return found ? rangeOf(found) : "";
    }
    case "weights": {
      const [weights, updates] = [problem.weights?.[name], problem.updates[name]];
      if (!weights || !updates) return "";
      const moved = updates.data.reduce((most, update) => Math.max(most, Math.abs(update)), 0) * problem.learningRate;
      return say("{range}; moved by up to {most}", { range: rangeOf(weights.data), most: short(moved) });
    }
  }
  return "";
}

/** What a name means, in a sentence. @type {(name: string, meaning: string, shape: number[] | null) => string} */
export const describeName = (name, meaning, shape) =>
  shape?.length
    ? say("{name}, {shape}: {meaning}", { name, shape: shape.map(whole).join(" × "), meaning })
    : say("{name}: {meaning}", { name, meaning });
