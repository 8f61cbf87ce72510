/**
 * How a number on the page came about: what was added up, and what followed. The formulas are those of rnn_core/cells,
 * the numbers a frame's. Pure.
 */
import { activate, slope, weightsBefore } from "./arithmetic.js";
import { plain } from "./format.js";
import { describeWeight } from "./matrix-plan.js";
import { say } from "./words.js";

/** @type {MakeTerm} */
const term = (symbol, ...factors) => ({ symbol, factors, value: factors.reduce((x, y) => x * y) });

/** @param {Term[]} terms */
export const total = (terms) => terms.reduce((sum, { value }) => sum + value, 0);

/** The largest first. @param {Term[]} terms */
const bySize = (terms) => terms.sort((x, y) => Math.abs(y.value) - Math.abs(x.value));

/** @param {number[]} factors */
export const product = (factors) => factors.map((x, k) => (k && x < 0 ? `(${plain(x)})` : plain(x))).join("×");

/** The terms add up to it. @type {Added} */
function added(symbol, value, terms) {
  const result = total(terms);
  return { terms, sum: { symbol, value: result }, lines: [], result, value };
}

/** The terms add up to z, of which a function is taken. @type {Activated} */
function activated(activation, symbol, value, terms) {
  const sum = added("z", value, bySize(terms));
  const result = activate(activation, sum.result);
  return { ...sum, result, lines: [`${symbol}=${activation.replace("sigmoid", "σ")}(${plain(sum.result)})=${plain(result)}`] };
}

/** By the rows of the stage. @type {Record<string, Explanation>} */
const EXPLANATIONS = {
  predicted({ position: t }, { hidden: H, hiddenStates: h, outputs }, _, before) {
    const b_y = before("b_y");
    const terms = Array.from(before("W_hy"), (w, j) => term(`h_${j}·W_hy[${j}]`, h[(t + 1) * H + j], w));
    if (b_y) terms.push(term("b_y", b_y[0]));
    return activated("sigmoid", "o", outputs[t], terms);
  },

  hidden({ position: t, unit: j }, { hidden: H, hiddenStates: h, gates, inputs }, { cell, activation }, before) {
    const value = h[(t + 1) * H + j];
    const gate = (/** @type {string} */ name) => gates[name].data[t * H + j];
    if (cell === "gru") {
      const z = gate("update");
      return added("h", value, [term("z·h[t−1]", z, h[t * H + j]), term("(1−z)·n", 1 - z, gate("candidate"))]);
    }
    if (cell === "lstm") {
      // The row of the memory that has this position's number is the one before it.
      const memory = added("c", value, [term("f·c[t−1]", gate("forget"), gate("cell")), term("i·g", gate("input"), gate("candidate"))]);
      const [o, c] = [gate("output"), memory.result];
      const result = o * Math.tanh(c);
      return { ...memory, result, lines: [`h=${plain(o)}×tanh(${plain(c)})=${plain(result)}`] };
    }
    const [W_xh, W_hh, b_h] = ["W_xh", "W_hh", "b_h"].map(before);
    const terms = inputs.map((/** @type {number[]} */ bits, /** @type {number} */ i) => term(`x_${"abc"[i]}·W_xh[${"abc"[i]},${j}]`, bits[t], W_xh[i * H + j]));
    for (let k = 0; k < H; k++) terms.push(term(`h_${k}[t−1]·W_hh[${k},${j}]`, h[t * H + k], W_hh[k * H + j]));
    if (b_h) terms.push(term(`b_h[${j}]`, b_h[j]));
    return activated(activation, `h_${j}`, value, terms);
  },

  delta({ position: t }, { outputs, targets, outputDeltas }, { loss }) {
    const [y, o, squared] = [targets[t], outputs[t], loss === "squared_error"];
    const result = (y - o) * (squared ? o * (1 - o) : 1);
    const factors = squared ? `×${plain(o)}×(1−${plain(o)})` : "";
    return { lines: [`δ_o=(${y}−${plain(o)})${factors}=${plain(result)}`], result, value: outputDeltas[t] };
  },

  part({ position: t, unit: j }, { hidden: H, width, outputDeltas, hiddenDeltas, hiddenStates, futurePart }, { cell, activation }, before) {
    const value = hiddenDeltas[t * H + j];
    const own = term(`δ_o·W_hy[${j}]`, outputDeltas[t], before("W_hy")[j]);
    if (cell !== "elman") return added(`δ_${j}`, value, [own, term(say("future"), futurePart[t * H + j])]);
    const W_hh = before("W_hh");
    const later = t + 1 < width ? Array.from({ length: H }, (_, k) => term(`δ_${k}[t+1]·W_hh[${j},${k}]`, hiddenDeltas[(t + 1) * H + k], W_hh[j * H + k])) : [];
    const sum = added("s", value, [own, ...bySize(later)]);
    const steep = slope(activation, hiddenStates[(t + 1) * H + j]);
    const parts = Object.entries({ [say("output")]: own.value, [say("future")]: total(later), [`δ_${j}`]: sum.result });
    return { ...sum, result: sum.result * steep, lines: parts.map(([name, s]) => `${name}=${product([s, steep])}=${plain(s * steep)}`) };
  },

  weight({ plan, row: i, column: j }, { hidden: H, width, inputs, hiddenStates: h, outputDeltas, hiddenDeltas, weights, updates, learningRate }, { optimizer, batch_size }, before) {
    const { name, gate, output, row: kind } = plan;
    const at = kind === 3 ? j : i * weights[name].shape[1] + j;
    const [old, update, value] = [before(name)[at], updates[name].data[at], weights[name].data[at]];
    const result = old + learningRate * update;
    const terms = Array.from({ length: gate ? 0 : width }, (_, t) => {
      // A state's row 0 is the start: what comes in from it is of the position before.
      const came = kind === 1 ? [inputs[i][t]] : kind === 2 ? [h[(output ? t + 1 : t) * H + i]] : [];
      return term(`t=${t}`, ...came, output ? outputDeltas[t] : hiddenDeltas[t * H + j]);
    });
    const sum = added("Δw", value, terms);
    const sizes = terms.reduce((sum, { value }) => sum + Math.abs(value), 0);
    const changed = Math.abs(sum.result - update) > 1e-5 * sizes ? "changed" : "";
    // Why the update is not the sum of what the positions asked for.
    const note = optimizer !== "sgd" ? "optimizer" : batch_size > 1 ? "batch" : gate ? "gate" : changed;
    return {
      ...(note ? {} : sum),
      lines: [`w_new=${plain(old)}+${product([learningRate, update])}=${plain(result)}`],
      ...{ note, result, value },
    };
  },
};

/** Why a value can't be explained: a note of the page's, or nothing. @type {WhatLacks} */
function whatLacks({ kind, position = 0 }, problem) {
  if (!problem || position >= problem.width) return "none";
  if (!problem.outputDeltas && /delta|part|weight/.test(kind)) return "typed";
  if (!problem.hiddenStates) return "gated";
  return problem.weights ? "" : "since";
}

/** What it is, in words. @type {NameOf} */
export function nameOf({ kind, position, unit, plan, row = 0, column = 0 }) {
  if (plan) return describeWeight(plan, row, column);
  const where = unit === undefined ? say("Output at position {position}", { position }) : say("Hidden unit {unit} at position {position}", { unit, position });
  return /delta|part/.test(kind) ? say("{where}, its delta", { where }) : where;
}

/** @type {Explain} */
export function explain(asked, problem, config) {
  const none = { terms: [], lines: [], value: NaN, note: whatLacks(asked, problem) };
  if (none.note || !problem?.weights) return none;
  const { weights, updates, learningRate } = problem;
  /** @type {Before} */
  const before = (name) => (updates[name] ? weightsBefore(weights[name], updates[name], learningRate) : weights[name]?.data);
  return { ...none, ...EXPLANATIONS[asked.kind](asked, problem, config, before) };
}
