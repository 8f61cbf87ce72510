/**
 * How many digits numbers are shown with. What a frame holds is float32: some seven digits are known of it. Numbers
 * that are added up are shown with the same digits, and a row for what rounding left out, so that what is shown adds
 * up. Pure.
 */

/**
 * How numbers are shown: times ten to a power, with so many digits after the point.
 * @typedef {object} Digits
 * @property {number} power
 * @property {number} decimals
 */

/** A float32 is known to within this share of its size. */
export const KNOWN = 2 ** -24;

/** The largest float32. Frames hold it for all that is larger. */
export const LARGEST = 3.4028234663852886e38;

/** Digits before and after the point together, and after it. */
const [SIGNIFICANT, DECIMALS] = [7, 4];

/** The power of ten of a number's first digit. @param {number} size above 0 */
const powerOf = (size) => Number(size.toExponential().split("e")[1]);

/**
 * The digits for numbers up to a size that are known to within a doubt: four after the point, fewer where fewer are
 * known; above ten million and below a thousandth with a power of ten. Where something small should show, more, if
 * known.
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
 * What so many units look like, with a sign: "+0.0310", "−1.2871e7".
 * @type {(digits: Digits, units: number) => string}
 */
export function textOf({ power, decimals }, units) {
  const text = (Math.abs(units) / 10 ** decimals).toFixed(decimals);
  return (units < 0 ? "−" : "+") + text + (power ? `e${String(power).replace("-", "−")}` : "");
}
