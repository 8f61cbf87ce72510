/** The list of runs: which are shown, in which order, and what a card says. Pure. */
import { running } from "./decimate.js";
import { nameOf, ngettext, say } from "./words.js";

/**
 * @import { Summary } from "./series.js"
 * @import { RunConfig } from "./state.js"
 * @import { RunStatus } from "./wire.d.ts"
 */

/** The most characters of a name, as the server counts them. */
const LONGEST = 60;
/** How far the line of a small curve averages to either side, as a share of all pieces. */
const REACH = 1 / 40;

/**
 * The runs that are shown: those whose name contains the text, by name or the newest first.
 * @type {(runs: RunStatus[], text: string, order: string) => RunStatus[]}
 */
export function arranged(runs, text, order) {
  const wanted = text.trim().toLowerCase();
  const found = runs.filter(({ name }) => name.toLowerCase().includes(wanted));
  return order === "name" ? found.sort((x, y) => compare(x.name, y.name)) : found.reverse();
}

/** "Run 9" comes before "Run 10". */
const { compare } = new Intl.Collator("en", { numeric: true });

/**
 * "addition, 8 bits, elman 16, seed 0", and what differs from the article.
 * @type {(config: RunConfig, rate: number) => string}
 */
export function configWords({ task, bits, cell, activation, hidden_size, optimizer, batch_size, seed }, rate) {
  const words = [
    nameOf(task),
    ngettext("{n} bit", "{n} bits", bits),
    `${nameOf(cell === "elman" && activation !== "sigmoid" ? activation : cell)} ${hidden_size}`,
  ];
  if (optimizer !== "sgd" || rate !== 0.1) words.push(`${nameOf(optimizer)} ${rate}`);
  if (batch_size !== 1) words.push(say("batch {n}", { n: batch_size }));
  return [...words, say("seed {n}", { n: seed })].join(say(", "));
}

/** A name of a length that the server accepts. @param {string} name */
const short = (name, most = LONGEST) => [...name].slice(0, most).join("");

/** The name of a copy. @param {string} name */
export const copyName = (name) => short(say("{name} copy", { name: short(name, LONGEST - 5) }));

/** The name of a run from a file. @param {string} file its name */
export const importName = (file) => short(file.replace(/\.safetensors$/i, "")).trim() || say("Imported");

/**
 * A small curve as two paths in a box: the band from minimum to maximum, and a smooth mean. The box ends at `top`, a
 * little above the error of guessing, so that curves of one width can be compared.
 * @type {(summary: Pick<Summary, "min" | "mean" | "max">, top: number, width: number, height: number)
 *   => { band: string; line: string }}
 */
export function curvePaths({ min, mean, max }, top, width, height) {
  const count = mean.length;
  if (!count) return { band: "", line: "" };
  if (count === 1)
    return curvePaths({ min: [min[0], min[0]], mean: [mean[0], mean[0]], max: [max[0], max[0]] }, top, width, height);
  const reach = Math.max(1, Math.round(count * REACH));
  const sums = running(running(Float64Array.from(mean), reach), reach);
  const counts = running(running(new Float64Array(count).fill(1), reach), reach);
  /** @type {(value: number, k: number) => string} */
  const point = (value, k) => `${round((k / (count - 1)) * width)} ${round(height * (1 - Math.min(1, value / top)))}`;
  const line = Array.from(sums, (sum, k) => point(sum / counts[k], k));
  const band = [...Array.from(max, point), ...Array.from(min, point).reverse()];
  return { band: `M${band.join("L")}Z`, line: `M${line.join("L")}` };
}

/** @param {number} x */
const round = (x) => Math.round(x * 10) / 10;
