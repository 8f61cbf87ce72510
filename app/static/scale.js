/** The diverging colour scale: one for weights, updates, states and deltas. Pure. */

/** 511 colours of 4 bytes, value -1 first. @typedef {Uint8ClampedArray} Scale */

const HALF = 255;

/** A scale from stops such as "rgb(1, 2, 3)". @type {(stops: string[]) => Scale} */
export function createScale(stops) {
  const colors = stops.map((css) => (css.match(/\d+/g) ?? []).map(Number));
  const table = new Uint8ClampedArray((2 * HALF + 1) * 4).fill(255);
  for (let i = 0; i <= 2 * HALF; i++) {
    const at = (i / (2 * HALF)) * (stops.length - 1);
    const k = Math.min(Math.floor(at), stops.length - 2);
    for (let c = 0; c < 3; c++) table[4 * i + c] = colors[k][c] + (colors[k + 1][c] - colors[k][c]) * (at - k);
  }
  return table;
}

/**
 * Paints values. Beyond the limit they have the colour of the limit.
 * @type {(scale: Scale, values: ArrayLike<number>, limit: number, pixels: Uint8ClampedArray) => void}
 */
export function paint(scale, values, limit, pixels) {
  for (let k = 0; k < values.length; k++) {
    const x = Math.max(-1, Math.min(1, values[k] / limit));
    const i = 4 * Math.round((x + 1) * HALF);
    for (let c = 0; c < 4; c++) pixels[4 * k + c] = scale[i + c];
  }
}

/**
 * Values as squares, `columns` in a row, as a CSS background: one gradient a row, because each canvas would be a layer of
 * its own. Places after the last value stay empty.
 * @type {(scale: Scale, values: ArrayLike<number>, limit: number, columns: number) => string}
 */
export function squares(scale, values, limit, columns) {
  const count = values.length;
  if (!count) return "none";
  const pixels = new Uint8ClampedArray(4 * count);
  paint(scale, values, limit, pixels);
  const rows = Math.ceil(count / columns);
  const share = (/** @type {number} */ k) => `${Number(((100 * k) / columns).toFixed(3))}%`;
  return Array.from({ length: rows }, (_, row) => {
    const inRow = Math.min(columns, count - row * columns);
    const stops = Array.from({ length: inRow }, (_, k) => {
      const at = 4 * (row * columns + k);
      return `rgb(${pixels.subarray(at, at + 3)}) ${share(k)} ${share(k + 1)}`;
    });
    if (inRow < columns) stops.push(`transparent ${share(inRow)}`);
    const top = rows > 1 ? (100 * row) / (rows - 1) : 0;
    return `linear-gradient(90deg, ${stops}) 0 ${Number(top.toFixed(3))}% / 100% ${Number((100 / rows).toFixed(3))}% no-repeat`;
  }).join(", ");
}

/**
 * Values for a scale on which small ones show, too: the colour follows the square root of the size. A quarter of the limit
 * has half of its colour.
 * @type {(values: ArrayLike<number>, limit: number) => Float32Array}
 */
export const rooted = (values, limit) =>
  Float32Array.from(values, (x) => Math.sign(x) * Math.sqrt(Math.abs(x) / limit));

/** @param {Iterable<number>} values */
export function largest(values) {
  let most = 0;
  for (const x of values) most = Math.max(most, Math.abs(x));
  return most;
}

/** Rounds up to 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15 ... @param {number} x above 0 */
export function roundUp(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8].find((s) => s * power >= x * (1 - 1e-9)) ?? 10;
  return Number((step * power).toPrecision(3));
}

/** A limit that rarely changes, so that legends do not flicker. @type {(previous: number, most: number) => number} */
export function steadyLimit(previous, most) {
  if (previous > 0 && most <= previous && most >= previous / 4) return previous;
  return most > 0 ? roundUp(most) : previous || 1;
}
