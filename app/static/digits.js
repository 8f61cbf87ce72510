/**
 * The number of digits that are shown. A frame holds float32, of which about seven digits are known. Numbers that are
 * added up have the same digits, and a row shows the rounding error, so that the shown numbers add up. Pure.
 */

/**
 * How numbers are shown: as multiples of a power of ten, with a number of digits after the point.
 * @typedef {object} Digits
 * @property {number} power
 * @property {number} decimals
 */

/** The largest rounding error of a float32, as a share of its size. */
export const KNOWN = 2 ** -24;

/** The largest float32. Frames hold it in place of every larger number. */
export const LARGEST = 3.4028234663852886e38;

/** The number of digits before and after the point together, and after the point alone. */
const [SIGNIFICANT, DECIMALS] = [7, 4];

/** The power of ten of a number's first digit. @param {number} size above 0 */
const powerOf = (size) => Number(size.toExponential().split("e")[1]);

/**
 * The digits for numbers up to `largest`, which may be off by `doubt`: four after the point, or fewer if fewer are
 * known. Above ten million and below a thousandth they have a power of ten. There are more digits if a number as small
 * as `smallest` should show and if they are known.
 * @type {(largest: number, doubt?: number, smallest?: number) => Digits}
 */
export function commonDigits(largest, doubt = 0, smallest = Infinity) {
  if (!largest) return { power: 0, decimals: DECIMALS };
  const first = powerOf(largest);
  const known = doubt ? Math.floor(-Math.log10(doubt)) : Infinity;
  const wanted = smallest < Infinity ? Math.max(DECIMALS, 1 - powerOf(smallest)) : DECIMALS;
  const decimals = Math.min(wanted, SIGNIFICANT - 1 - first, known);
  if (first >= -3 && decimals >= 0) return { power: 0, decimals };
  return { power: first, decimals: Math.max(0, Math.min(DECIMALS, known + first)) };
}

/** A number in units of the last digit that is shown. @type {(digits: Digits, x: number) => number} */
export const unitsOf = ({ power, decimals }, x) => Math.round(x * 10 ** (decimals - power));

/**
 * A number of such units as text, with a sign: "+0.0310", "−1.2871e7".
 * @type {(digits: Digits, units: number) => string}
 */
export function textOf({ power, decimals }, units) {
  const text = (Math.abs(units) / 10 ** decimals).toFixed(decimals);
  return (units < 0 ? "−" : "+") + text + (power ? `e${String(power).replace("-", "−")}` : "");
}
