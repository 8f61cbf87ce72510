/**
 * How a number on the page was computed: what was added up, and what followed. The formulas are those of
 * rnn_core/cells. The numbers are those of a frame. Pure.
 */
import { activate, slope, weightsBefore } from "./arithmetic.js";
import { commonDigits, KNOWN, LARGEST, textOf, unitsOf } from "./digits.js";
import { plain } from "./format.js";
import { say } from "./words.js";

/**
 * @import { Digits } from "./digits.js"
 * @import { Numbers, Tensor } from "./frames.js"
 * @import { Problem } from "./problem.js"
 * @import { Asked, RunConfig } from "./state.js"
 */

/**
 * One term of a sum: its symbols, its numbers, their product.
 * @typedef {object} Term
 * @property {string} symbol
 * @property {number[]} factors
 * @property {number} value
 * @property {number} unsure How far off its last factor may be, beyond rounding ...
 * @property {number} doubt ... and how far off its value may be.
 */

/**
 * The sum of terms, and how all of them are shown.
 * @typedef {object} Sum
 * @property {string} symbol
 * @property {number} value
 * @property {Digits} digits
 * @property {number} doubt
 */

/**
 * A line of the table: a symbol or words, its numbers, and their result.
 * @typedef {object} TermRow
 * @property {string} symbol
 * @property {string} numbers
 * @property {string} text
 * @property {string} kind "words", or nothing if the symbol is a formula.
 */

/**
 * A parameter as it was before the update.
 * @typedef {object} WeightsThen
 * @property {Numbers} data
 * @property {number[]} doubts How far off each may be.
 * @property {(symbol: string, at: number, ...factors: number[]) => Term} term The term of its value at an index, times
 *   factors.
 */

/**
 * How a number was computed. In formulas an index follows an underscore.
 * @typedef {object} Arithmetic
 * @property {Term[]} terms
 * @property {Sum} [sum] What the terms add up to.
 * @property {string[]} lines The steps after the sum, in numbers.
 * @property {number} [result]
 *   The result of the arithmetic. `value` is what the network computed, or NaN if there is nothing to explain.
 * @property {number} value
 * @property {string} note Which of the page’s notes belongs to it.
 */

/**
 * The weights of a name as they were before the update, or undefined if there are none.
 * @typedef {(name: string) => WeightsThen} Before
 */

/**
 * @typedef {(asked: Required<Asked>, problem: Required<Problem>, config: RunConfig, before: Before)
 *   => Partial<Arithmetic>} Explanation
 */

/**
 * The factors are float32, and each has a rounding error. A weight before its update has the rounding errors of the
 * numbers that it was computed from.
 * @type {(symbol: string, factors: number[], unsure?: number) => Term}
 */
const term = (symbol, factors, unsure = 0) => {
  const others = factors.slice(0, -1).reduce((x, y) => x * y, 1);
  const value = others * factors[factors.length - 1];
  return {
    symbol,
    factors,
    value,
    unsure,
    doubt: Math.abs(others) * unsure + factors.length * KNOWN * Math.abs(value),
  };
};

/** @param {Term[]} terms */
export const total = (terms) => terms.reduce((sum, { value }) => sum + value, 0);

/** The largest first. @param {Term[]} terms */
const bySize = (terms) => terms.sort((x, y) => Math.abs(y.value) - Math.abs(x.value));

/** A number as a later factor: a negative one has brackets. @param {number} x */
const bracketed = (x) => (x < 0 ? `(${plain(x)})` : plain(x));

/** A product of factors as text. The last factor may be off by `doubt`. @param {number[]} factors */
export function product(factors, doubt = 0) {
  const texts = factors.map((x, k) => plain(x, k === factors.length - 1 ? doubt : 0));
  return texts.map((text, k) => (k && factors[k] < 0 ? `(${text})` : text)).join("×");
}

/** The number of the largest terms that all have to show: none of them is shown as zero. */
const LARGE = 6;

/**
 * Terms with their sum: the value that the network computed, or else their total.
 * @type {(symbol: string, terms: Term[], value?: number) => { terms: Term[]; sum: Sum }}
 */
function added(symbol, terms, value = total(terms)) {
  const doubt = terms.reduce((sum, term) => sum + term.doubt, KNOWN * Math.abs(value));
  const sizes = terms.map((term) => Math.abs(term.value)).sort((x, y) => y - x);
  const smallest = sizes.slice(0, LARGE).findLast((size) => size > 0);
  const digits = commonDigits(Math.max(Math.abs(value), ...sizes), doubt, smallest);
  return { terms, sum: { symbol, value, digits, doubt } };
}

/** The sum as the rows of the table show it, without a plus sign. @param {Sum} sum */
const shownSum = ({ value, digits }) => textOf(digits, unitsOf(digits, value)).replace("+", "");

/**
 * A sum in one line. It includes the rounding error, so that the shown numbers add up.
 * @type {(symbol: string, parts: number[], value: number, doubt: number) => string}
 */
function sumLine(symbol, parts, value, doubt) {
  const sizes = [...parts, value].map(Math.abs);
  const smallest = Math.min(...sizes.filter(Boolean));
  const digits = commonDigits(Math.max(...sizes), doubt, smallest);
  const units = parts.map((part) => unitsOf(digits, part));
  const sum = unitsOf(digits, value);
  const left = sum - units.reduce((x, y) => x + y, 0);
  const text = (/** @type {number} */ n, /** @type {boolean} */ first) =>
    textOf(digits, n).replace(first ? "+" : "", "");
  const written = units.map((n, k) => text(n, k === 0)).join("");
  const rounding = left ? `${text(left, false)} (${say("rounding")})` : "";
  return `${symbol}=${written}${rounding}=${text(sum, true)}`;
}

/**
 * The rows of the table: the terms, one row for the rest if not all are asked for, the rounding error, the sum. All
 * have the same digits, and the shown numbers add up.
 * @type {(found: Arithmetic, most?: number) => TermRow[]}
 */
export function rowsOf({ terms, sum }, most = Infinity) {
  if (!sum) return [];
  const { digits, symbol, value } = sum;
  const units = terms.map((term) => unitsOf(digits, term.value));
  const add = (/** @type {number[]} */ some) => some.reduce((x, y) => x + y, 0);
  const row = (/** @type {string} */ name, /** @type {string} */ numbers, /** @type {number} */ n, kind = "") => ({
    symbol: name,
    numbers,
    text: textOf(digits, n),
    kind,
  });
  const rows = terms.slice(0, most).map((term, k) => row(term.symbol, product(term.factors, term.unsure), units[k]));
  const others = units.slice(most);
  if (others.length) rows.push(row(say("{n} others", { n: others.length }), "", add(others), "words"));
  const left = unitsOf(digits, value) - add(units);
  if (left) rows.push(row(say("rounding"), "", left, "words"));
  return [...rows, row(symbol, "", unitsOf(digits, value))];
}

/**
 * The terms add up to z, and the activation is applied to z.
 * @type {(activation: string, symbol: string, value: number, terms: Term[]) => Omit<Arithmetic, "note">}
 */
function activated(activation, symbol, value, terms) {
  const sum = added("z", bySize(terms));
  const z = sum.sum.value;
  return {
    ...sum,
    result: activate(activation, z),
    value,
    lines: [`${symbol}=${activation.replace("sigmoid", "σ")}(${shownSum(sum.sum)})=${plain(value)}`],
  };
}

/** Explanations by the rows of the stage. @type {Record<string, Explanation>} */
const EXPLANATIONS = {
  predicted({ position: t }, { hidden: H, hiddenStates: h, outputs }, _, before) {
    const [W_hy, b_y] = [before("W_hy"), before("b_y")];
    const terms = Array.from(W_hy.data, (_, j) => W_hy.term(`h_${j}·W_hy[${j}]`, j, h[(t + 1) * H + j]));
    if (b_y) terms.push(b_y.term("b_y", 0));
    return activated("sigmoid", "o", outputs[t], terms);
  },

  hidden({ position: t, unit: j }, { hidden: H, hiddenStates: h, gates, inputs }, { cell, activation }, before) {
    const value = h[(t + 1) * H + j];
    const gate = (/** @type {string} */ name) => gates[name].data[t * H + j];
    if (cell === "gru") {
      const z = gate("update");
      const sum = added(
        "h",
        [term("z·h[t−1]", [z, h[t * H + j]]), term("(1−z)·n", [1 - z, gate("candidate")], KNOWN)],
        value,
      );
      return { ...sum, lines: [], result: total(sum.terms), value };
    }
    if (cell === "lstm") {
      // Row t of the memory is the memory before position t.
      const terms = [term("f·c[t−1]", [gate("forget"), gate("cell")]), term("i·g", [gate("input"), gate("candidate")])];
      const memory = added("c", terms, gates.cell.data[(t + 1) * H + j]);
      const o = gate("output");
      const result = o * Math.tanh(total(terms));
      return { ...memory, result, value, lines: [`h=${plain(o)}×tanh(${shownSum(memory.sum)})=${plain(value)}`] };
    }
    const [W_xh, W_hh, b_h] = ["W_xh", "W_hh", "b_h"].map(before);
    const terms = inputs.map((bits, i) => W_xh.term(`x_${"abc"[i]}·W_xh[${"abc"[i]},${j}]`, i * H + j, bits[t]));
    for (let k = 0; k < H; k++) terms.push(W_hh.term(`h_${k}[t−1]·W_hh[${k},${j}]`, k * H + j, h[t * H + k]));
    if (b_h) terms.push(b_h.term(`b_h[${j}]`, j));
    return activated(activation, `h_${j}`, value, terms);
  },

  delta({ position: t }, { outputs, targets, outputDeltas }, { loss }) {
    const [y, o, squared] = [targets[t], outputs[t], loss === "squared_error"];
    const [result, value] = [(y - o) * (squared ? o * (1 - o) : 1), outputDeltas[t]];
    // Near 1 all known digits matter.
    const said = 1 - o < 0.001 ? o.toFixed(7) : plain(o);
    const factors = squared ? `×${said}×(1−${said})` : "";
    return { lines: [`δ_o=(${y}−${said})${factors}=${plain(value)}`], result, value };
  },

  part(
    { position: t, unit: j },
    { hidden: H, width, outputDeltas, hiddenDeltas, hiddenStates, outputPart, futurePart },
    { cell, activation },
    before,
  ) {
    const at = t * H + j;
    const [value, outputs, futures] = [hiddenDeltas[at], outputPart[at], futurePart[at]];
    const [W_hy, W_hh] = [before("W_hy"), before("W_hh")];
    const own = W_hy.term(`δ_o·W_hy[${j}]`, j, outputDeltas[t]);
    if (cell !== "elman") {
      const sum = added(`δ_${j}`, [own, term(say("future"), [futures], own.doubt)], value);
      return { ...sum, lines: [], result: total(sum.terms), value };
    }
    const later =
      t + 1 < width
        ? Array.from({ length: H }, (_, k) =>
            W_hh.term(`δ_${k}[t+1]·W_hh[${j},${k}]`, j * H + k, hiddenDeltas[(t + 1) * H + k]),
          )
        : [];
    const sum = added("s", [own, ...bySize(later)]);
    const steep = slope(activation, hiddenStates[at + H]);
    const line = (/** @type {string} */ name, /** @type {number} */ asked, /** @type {number} */ part) =>
      `${name}=${product([asked, steep])}=${plain(part)}`;
    return {
      ...{ ...sum, result: sum.sum.value * steep, value },
      lines: [
        line(say("output"), own.value, outputs),
        line(say("future"), total(later), futures),
        sumLine(`δ_${j}`, [outputs, futures], value, sum.sum.doubt * steep),
      ],
    };
  },

  weight(
    { plan, row: i, column: j },
    { hidden: H, width, inputs, hiddenStates: h, outputDeltas, hiddenDeltas, weights, updates, learningRate },
    { optimizer, batch_size },
    before,
  ) {
    const { name, gate, output, row: kind } = plan;
    const at = kind === 3 ? j : i * weights[name].shape[1] + j;
    const matrix = before(name);
    const [old, update, value] = [matrix.data[at], updates[name].data[at], weights[name].data[at]];
    const step = learningRate * update;
    const terms = Array.from({ length: gate ? 0 : width }, (_, t) => {
      // Row 0 of the states is the start, so row t is the state of the position before.
      const came = kind === 1 ? [inputs[i][t]] : kind === 2 ? [h[(output ? t + 1 : t) * H + i]] : [];
      return term(`t=${t}`, [...came, output ? outputDeltas[t] : hiddenDeltas[t * H + j]]);
    });
    const sizes = terms.reduce((sum, { value }) => sum + Math.abs(value), 0);
    const changed = Math.abs(total(terms) - update) > 1e-5 * sizes ? "changed" : "";
    // Why the update is not the sum over the positions.
    const note = optimizer !== "sgd" ? "optimizer" : batch_size > 1 ? "batch" : gate ? "gate" : changed;
    return {
      ...(note ? {} : added("Δw", terms, update)),
      lines: [
        `η·Δw=${String(learningRate).replace("-", "−")}×${bracketed(update)}=${plain(step)}`,
        sumLine("w_new", [old, step], value, matrix.doubts[at]),
      ],
      ...{ note, result: old + step, value },
    };
  },
};

/**
 * Why a value can't be explained: the name of a note of the page, or nothing.
 * @type {(asked: Asked, problem: Problem | null) => string}
 */
function whatLacks({ kind, position = 0 }, problem) {
  if (!problem || position >= problem.width) return "none";
  if (problem.edited && kind === "weight") return "none";
  if (!problem.outputDeltas && /delta|part|weight/.test(kind)) return "typed";
  if (!problem.weights) return "since";
  return problem.hiddenStates ? "" : "gated";
}

/**
 * A parameter as it was before the update. Terms are made with it.
 * @type {(weights: Tensor, updates: Tensor | undefined, learningRate: number) => WeightsThen}
 */
function weightsThen(weights, updates, learningRate) {
  const data = updates ? weightsBefore(weights, updates, learningRate) : weights.data;
  const doubts = Array.from(weights.data, (w, k) => {
    const update = updates?.data[k] ?? 0;
    return isCut(w) || isCut(update) ? Infinity : KNOWN * (Math.abs(w) + Math.abs(learningRate * update));
  });
  return { data, doubts, term: (symbol, at, ...factors) => term(symbol, [...factors, data[at]], doubts[at]) };
}

/** Whether a number was too large for a frame, which then holds the largest float32. @param {number} x */
const isCut = (x) => !(Math.abs(x) < LARGEST);

/** @type {(asked: Asked, problem: Problem | null, config: RunConfig) => Arithmetic} */
export function explain(asked, problem, config) {
  const none = { terms: [], lines: [], value: NaN, note: whatLacks(asked, problem) };
  if (none.note || !problem?.weights) return none;
  const { weights, updates, learningRate } = problem;
  /** @type {Before} */
  const before = (name) => weights[name] && weightsThen(weights[name], updates[name], learningRate);
  // Nothing is missing: `asked` names all that its explanation needs, and the problem holds it.
  const [whole, complete] = [/** @type {Required<Asked>} */ (asked), /** @type {Required<Problem>} */ (problem)];
  const found = { ...none, ...EXPLANATIONS[asked.kind](whole, complete, config, before) };
  const numbers = [found.value, found.result, ...found.terms.flatMap(({ factors, unsure }) => [...factors, unsure])];
  return numbers.some((x) => isCut(x ?? 0)) ? { ...none, note: "cut" } : found;
}
