/** Numbers as people read them. Pure. */
import { commonDigits, LARGEST, textOf, unitsOf } from "./digits.js";

/** If a doubt is at least this share of a number, fewer digits are shown. */
const UNSURE = 1e-5;

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 12345 -> "12,345". Never 12.3k. @param {number | bigint} n */
export const whole = (n) => grouped.format(n);

/** The most characters of a whole number that is shown whole. */
const WIDE = 22;

/** The same, but of a long number only its ends: "179…216". @param {number | bigint} n */
export function brief(n) {
  const text = whole(n);
  if (text.length <= WIDE) return text;
  const groups = text.split(",");
  return `${groups[0]}…${groups[groups.length - 1]}`;
}

/** 0.8312 -> "0.83". @param {number} p */
export const probability = (p) => p.toFixed(2);

/** 0.99996 -> "99.9%": "100.0%" only if all are right. @param {number} share */
export const percent = (share) => `${(Math.floor(share * 1000) / 10).toFixed(1)}%`;

/** Always four decimals, so that nothing jumps. @param {number | null} error */
export const errorValue = (error) => (error === null ? "–" : error.toFixed(4));

/**
 * A number with its sign and all known digits, at most four after the point. The minus is as wide as the plus:
 * "+0.0310", "−3.104e−5", "+1.287120e7"; a number too large for a frame is its bound: "≥ +3.402823e38". `doubt` is how
 * far off the number may be.
 * @param {number} x
 */
export function signed(x, doubt = 0) {
  const size = Math.abs(x);
  if (doubt > UNSURE * size) return textOf(commonDigits(size, doubt), unitsOf(commonDigits(size, doubt), x));
  if (size >= LARGEST) return `${x < 0 ? "≤ −" : "≥ +"}3.402823e38`;
  if (size && size < 0.001) return (x < 0 ? "−" : "+") + size.toExponential(3).replace("-", "−");
  if (size >= 1e7) return (x < 0 ? "−" : "+") + size.toExponential(6).replace("+", "");
  const digits = commonDigits(size);
  return textOf(digits, unitsOf(digits, x));
}

/** A number in a sum or a product: "0.0310", "−3.104e−5". A whole number stays as it is. @param {number} x */
export const plain = (x, doubt = 0) =>
  Number.isInteger(x) && Math.abs(x) < 1e7 ? String(x).replace("-", "−") : signed(x, doubt).replace("+", "");

/** The end of a scale, a round number: "1.5", "2e−5". @param {number} x */
export const bound = (x) => {
  const size = Math.abs(x);
  const text = size === 0 || (size >= 0.001 && size < 1e7) ? String(x) : x.toExponential().replace("+", "");
  return text.replaceAll("-", "−");
};

/** Always of the same length: "+0.031", narrow "+.03". @param {number} x */
export function delta(x, narrow = false) {
  const size = Math.abs(x).toFixed(narrow ? 2 : 3);
  const sign = Number(size) === 0 ? "" : x < 0 ? "−" : "+";
  return sign + (narrow ? size.replace(/^0/, "") : size);
}

/** @param {number} r */
export const rate = (r) => (r > 0 && r < 10 ? r.toFixed(1) : whole(r));
