/**
 * Reduces the series to what a chart can show: the minimum and maximum error of each column, and a smooth mean. Pure.
 */
import { roundUp } from "./scale.js";

/** @import { Series, Summary } from "./series.js" */

/**
 * A chart's points, x ascending; null where nothing is known.
 * @typedef {object} Curve
 * @property {number[]} x
 * @property {(number | null)[]} raw
 * @property {(number | null)[]} smooth
 */

/**
 * The end of the axis: a round number, so that it does not move at every drawing.
 * @type {(end: number, most: number) => number}
 */
export const axisEnd = (end, most) => Math.max(100, Math.min(roundUp(Math.max(100, end)), most));

/** The number of iterations that the smooth curve averages. @type {(from: number, to: number) => number} */
export const smoothingWindow = (from, to) => Math.max(25, Math.round((to - from) / 60));

/**
 * Reduces the series to at most `columns` columns.
 * @type {(series: Series, from: number, to: number, columns: number) => Curve}
 */
export function decimate(series, from, to, pixels) {
  const { stride, end } = series;
  /** @type {Curve} */
  const curve = { x: [], raw: [], smooth: [] };
  const first = Math.max(0, from);
  const last = Math.min(end, to);
  if (last <= first) return curve;
  // Columns are whole buckets, counted from iteration 0, so that every drawing joins the same buckets.
  const per = Math.max(1, Math.ceil((to - from) / pixels / stride));
  const width = per * stride;
  const reach = Math.max(1, Math.round(smoothingWindow(from, to) / width / 4));
  const head = Math.max(0, Math.floor(first / width) - 2 * reach);
  const tail = Math.min(Math.ceil(end / width), Math.ceil(last / width) + 2 * reach);
  const columns = tail - head;
  const sum = new Float64Array(columns);
  const count = new Float64Array(columns);
  const low = new Float32Array(columns).fill(Infinity);
  const high = new Float32Array(columns).fill(-Infinity);
  for (let c = 0, b = head * per; c < columns; c++) {
    for (let k = 0; k < per; k++, b++) {
      if (!series.count[b]) continue;
      sum[c] += series.sum[b];
      count[c] += series.count[b];
      low[c] = Math.min(low[c], series.min[b]);
      high[c] = Math.max(high[c], series.max[b]);
    }
    const piece = count[c] === 0 && series.outline ? pieceAt(series.outline, (head + c + 0.5) * width) : -1;
    if (piece < 0 || !series.outline) continue;
    sum[c] = series.outline.mean[piece] * width;
    count[c] = width;
    low[c] = series.outline.min[piece];
    high[c] = series.outline.max[piece];
  }
  // Two running means make a soft window, twice as wide.
  const sums = running(running(sum, reach), reach);
  const counts = running(running(count, reach), reach);
  for (let c = Math.floor(first / width) - head; c < Math.ceil(last / width) - head; c++) {
    const mean = counts[c] ? sums[c] / counts[c] : null;
    const known = count[c] > 0;
    const points = width === 1 ? [high[c]] : [low[c], high[c]];
    points.forEach((value, k) => {
      curve.x.push((head + c + (width === 1 ? 0 : 0.25 + k / 2)) * width);
      curve.raw.push(known ? value : null);
      curve.smooth.push(mean);
    });
  }
  return curve;
}

/** The piece of a summary in which an iteration lies; -1 if it lies in none. @type {(of: Summary, at: number) => number} */
function pieceAt({ start, stride, mean }, at) {
  const piece = Math.floor((at - start) / stride);
  return piece < mean.length ? piece : -1;
}

/** Sums over [c - reach, c + reach]. @type {(values: Float64Array, reach: number) => Float64Array} */
export function running(values, reach) {
  const out = new Float64Array(values.length);
  let sum = 0;
  for (let c = -reach; c < values.length; c++) {
    sum += (values[c + reach] ?? 0) - (values[c - reach - 1] ?? 0);
    if (c >= 0) out[c] = sum;
  }
  return out;
}

/**
 * Whether a curve is a single point, which a line would not show.
 * @param {ArrayLike<number | null | undefined>} values
 */
export function isLonely(values) {
  let known = 0;
  for (let k = 0; k < values.length && known < 2; k++) if (values[k] !== null && values[k] !== undefined) known++;
  return known === 1;
}
