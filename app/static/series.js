/**
 * The errors of all iterations of a run, in bounded memory (1.3 MB) for a run of any length. Pure.
 *
 * Up to 65,536 iterations are kept one by one. For more, the series keeps sum, minimum and maximum of buckets of
 * `stride` iterations. The stride doubles when the buckets are full (256 at 10,000,000). More than 60,000 missing
 * iterations come in 5,000 pieces, so errors that were seen live are finer.
 */

/**
 * Value k stands for `stride` iterations from start + k * stride on. The last value may stand for fewer.
 * @typedef {object} Summary
 * @property {number} start
 * @property {number} stride
 * @property {ArrayLike<number>} min
 * @property {ArrayLike<number>} mean
 * @property {ArrayLike<number>} max
 */

/** @typedef {Summary & { generation: number }} ErrorSummary */

/** [start, stop), in iterations. @typedef {[start: number, stop: number]} Interval */

/**
 * @typedef {object} Series
 * @property {number} first The first iteration with a known error. For an imported run, nobody knows the earlier
 *   errors.
 * @property {number} end Iterations done.
 * @property {Interval[]} known Sorted, without contact between them.
 * @property {number} stride Iterations in each bucket.
 * @property {Uint32Array} count The number of iterations that each bucket has so far. Sum, minimum and maximum of their
 *   errors follow.
 * @property {Float64Array} sum
 * @property {Float32Array} min
 * @property {Float32Array} max
 * @property {Summary | null} outline What a chart shows where nothing is known yet.
 * @property {number} version
 */

export const BUCKETS = 65536;
const MAX_INTERVALS = 256;

/** @returns {Series} */
export function createSeries() {
  return {
    first: 0,
    end: 0,
    known: [],
    stride: 1,
    count: new Uint32Array(BUCKETS),
    sum: new Float64Array(BUCKETS),
    min: new Float32Array(BUCKETS),
    max: new Float32Array(BUCKETS),
    outline: null,
    version: 0,
  };
}

/** @type {(series: Series) => void} */
export function clear(series) {
  cutBack(series, 0);
  series.first = 0;
  series.stride = 1;
}

/** @type {(series: Series, end: number) => void} */
export function extend(series, end) {
  if (end <= series.end) return;
  while (end > BUCKETS * series.stride) doubleStride(series);
  series.end = end;
  series.version++;
}

/**
 * Nobody knows the errors before `first`, so there is nothing to ask for.
 * @type {(series: Series, first: number) => void}
 */
export function begin(series, first) {
  series.first = first;
  learn(series, 0, first);
}

/**
 * Takes an outline of what is missing. It is soon there, and what it stands for is still asked for.
 * @type {(series: Series, summary: Summary) => void}
 */
export function addOutline(series, summary) {
  series.outline = summary;
  series.version++;
}

/** @type {(series: Series, start: number, errors: ArrayLike<number>) => void} */
export function addRaw(series, start, errors) {
  addSummary(series, { start, stride: 1, min: errors, mean: errors, max: errors }, start + errors.length);
}

/**
 * `stop` is the end of its last value. A value that lies in two buckets is divided by length: its minimum and maximum
 * may move by at most one stride.
 * @type {(series: Series, summary: Summary, stop: number) => void}
 */
export function addSummary(series, { start, stride, min, mean, max }, stop) {
  extend(series, stop);
  for (const [from, to] of unknown(series, start, stop)) {
    for (let i = from; i < to;) {
      const k = Math.floor((i - start) / stride);
      const bucket = Math.floor(i / series.stride);
      const next = Math.min(to, start + (k + 1) * stride, (bucket + 1) * series.stride);
      const empty = series.count[bucket] === 0;
      series.min[bucket] = empty ? min[k] : Math.min(series.min[bucket], min[k]);
      series.max[bucket] = empty ? max[k] : Math.max(series.max[bucket], max[k]);
      series.sum[bucket] += (next - i) * mean[k];
      series.count[bucket] += next - i;
      i = next;
    }
  }
  learn(series, start, stop);
}

/** @type {(series: Series) => Interval[]} */
export const gaps = (series) => unknown(series, 0, series.end);

/**
 * A bucket that reaches beyond `end` is dropped as a whole, and the rest of it becomes a gap.
 * @type {(series: Series, end: number) => void}
 */
export function cutBack(series, end) {
  const bucket = Math.floor(end / series.stride);
  series.count.fill(0, bucket);
  series.sum.fill(0, bucket);
  const safe = bucket * series.stride;
  series.known = series.known.filter(([a]) => a < safe).map(([a, b]) => [a, Math.min(b, safe)]);
  series.end = end;
  series.outline = null;
  series.version++;
}

/** @type {(series: Series, start: number, stop: number) => Interval[]} */
function unknown({ known }, start, stop) {
  /** @type {Interval[]} */
  const missing = [];
  let at = start;
  for (const [a, b] of known) {
    if (b <= at) continue;
    if (a >= stop) break;
    if (a > at) missing.push([at, a]);
    at = b;
  }
  if (at < stop) missing.push([at, stop]);
  return missing;
}

/** @type {(series: Series, start: number, stop: number) => void} */
function learn(series, start, stop) {
  series.version++;
  if (stop <= start) return;
  /** @type {Interval[]} */
  const merged = [];
  for (const [a, b] of [...series.known, [start, stop]].sort((p, q) => p[0] - q[0])) {
    const before = merged.at(-1);
    if (before && a <= before[1]) before[1] = Math.max(before[1], b);
    else merged.push([a, b]);
  }
  // The list must not grow without limit, so the oldest gaps are given up.
  while (merged.length > MAX_INTERVALS) merged.splice(0, 2, [0, merged[1][1]]);
  series.known = merged;
}

/** @param {Series} series */
function doubleStride(series) {
  const { count, sum, min, max } = series;
  for (let b = 0; b < BUCKETS / 2; b++) {
    const [p, q] = [2 * b, 2 * b + 1];
    min[b] = Math.min(count[p] ? min[p] : Infinity, count[q] ? min[q] : Infinity);
    max[b] = Math.max(count[p] ? max[p] : -Infinity, count[q] ? max[q] : -Infinity);
    sum[b] = sum[p] + sum[q];
    count[b] = count[p] + count[q];
  }
  count.fill(0, BUCKETS / 2);
  sum.fill(0, BUCKETS / 2);
  series.stride *= 2;
}
