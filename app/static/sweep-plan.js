/** What a form of a sweep means: values from a text, and how many networks they make. Pure. */
import { whole } from "./format.js";
import { ngettext, say } from "./words.js";

/** "1..16", or "0.01..10 in 7". */
const RANGE = /^(-?[\d.eE+-]+?)\.\.(-?[\d.eE+-]+?)(?: in (\d+))?$/;
/** More values than a sweep may have: the server says so, and the page need not make a million. */
const MOST = 1100;
/** The digits of a value on a logarithmic grid. */
const DIGITS = 3;

/** A number as it is written, without digits that only rounding made. @param {number} x */
const tidy = (x) => Number(x.toPrecision(DIGITS));

/**
 * Values from a text such as "1, 2, 5", "1..16", or, for numbers on a logarithmic grid, "0.01..10" (about three times as
 * much each time) or "0.01..10 in 7". What is no number stays a text: the server refuses it, and says why.
 * @type {(kind: string, text: string) => (number | string | null)[]}
 */
export function valuesOf(kind, text) {
  const parts = text.split(",").map((part) => part.trim());
  /** @type {(part: string) => (number | string | null)[]} */
  const read = (part) => {
    const [, low, high, count] = RANGE.exec(part) ?? [];
    const [first, last] = [Number(low), Number(high)];
    if (low && Number.isFinite(first) && Number.isFinite(last)) {
      if (kind === "integer" && !count) return numbers(first, last);
      return grid(first, last, count ? Number(count) : thirds(first, last), kind === "integer");
    }
    if (part === "none" || part === "null") return [null];
    return Number.isNaN(Number(part)) ? [part] : [Number(part)];
  };
  const values = parts.filter(Boolean).flatMap(read);
  return [...new Set(values)].slice(0, MOST);
}

/** @type {(first: number, last: number) => number[]} */
const numbers = (first, last) =>
  Array.from({ length: Math.max(0, Math.min(MOST, Math.floor(last - first) + 1)) }, (_, k) => first + k);

/** How many values go from one number to the other by about three times each. @type {(a: number, b: number) => number} */
const thirds = (first, last) =>
  first > 0 && last > first ? 1 + Math.max(1, Math.round(2 * Math.log10(last / first))) : 1;

/** @type {(first: number, last: number, count: number, isWhole: boolean) => number[]} */
function grid(first, last, count, isWhole) {
  if (!(first > 0 && last > 0) || count < 2) return [...new Set([first, last])];
  const values = Array.from({ length: Math.min(MOST, count) }, (_, k) => first * (last / first) ** (k / (count - 1)));
  // Half of a decade is written as 3, not as 3.16.
  const near = (/** @type {number} */ x) => {
    const power = 10 ** Math.floor(Math.log10(x) + 1e-9);
    return Math.abs(x / power - Math.sqrt(10)) < 0.01 ? tidy(3 * power) : tidy(x);
  };
  return values.map((x) => (isWhole ? Math.round(x) : near(x)));
}

/** "1, 2, 5" of values. @param {unknown[]} values */
export const textOf = (values) => {
  const isRow =
    values.length > 2 && values.every((value, k) => Number.isInteger(value) && value === Number(values[0]) + k);
  return isRow ? `${values[0]}..${values.at(-1)}` : values.map((value) => (value === null ? "none" : value)).join(", ");
};

/**
 * "9 combinations from 10 seeds: 90 networks of 10,000 iterations each."
 * @type {(vary: Record<string, unknown[]>, seeds: unknown[], iterations: number) => string}
 */
export function countWords(vary, seeds, iterations) {
  const cells = Object.values(vary).reduce((product, values) => product * values.length, 1);
  const count = cells * seeds.length;
  if (!count) return say("Name at least one value and one seed.");
  return say("{cells} from {seeds}: {networks}.", {
    cells: ngettext("{n} combination", "{n} combinations", cells),
    seeds: ngettext("{n} seed", "{n} seeds", seeds.length),
    networks: ngettext("{n} network of {length} iterations", "{n} networks of {length} iterations each", count, {
      length: whole(iterations),
    }),
  });
}
