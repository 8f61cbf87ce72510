/** Curves of several runs over one axis: pieces of errors, smoothed, aligned, and read at an iteration. Pure. */

/**
 * @import { AccuracyEntry } from "./history.js"
 * @import { Palette } from "./palette.js"
 * @import { Summary } from "./series.js"
 * @import { RunStatus } from "./wire.d.ts"
 */

/**
 * The errors of `size` iterations from `start` on.
 * @typedef {object} Piece
 * @property {number} start
 * @property {number} size
 * @property {number} min
 * @property {number} mean
 * @property {number} max
 */

/**
 * A run that is compared.
 * @typedef {object} Compared
 * @property {string} id
 * @property {number} slot The number of its colour and dash, 0 to 3.
 * @property {string} name Its name, different from the others.
 * @property {RunStatus | null} status Null if there is no such run or nothing is known yet.
 * @property {Piece[]} errors The errors as the server sends them.
 * @property {Piece[]} pieces The same errors as they are shown, perhaps per position.
 * @property {number[]} smooth The smooth error of each piece.
 * @property {AccuracyEntry[]} history
 * @property {string} drawn What is shown.
 */

/**
 * @typedef {object} Comparison
 * @property {Compared[]} runs
 * @property {number | null} at The iteration that is read; null is the end of each run.
 * @property {boolean} logX
 * @property {boolean} logY
 * @property {boolean} each Whether an error is shown per position, not as the sum over them.
 * @property {Palette} palette
 */

/**
 * @typedef {object} Reading
 * @property {Piece} [piece]
 * @property {number} [smooth]
 * @property {AccuracyEntry} [accuracy]
 */

/**
 * A summary as consecutive pieces, from iteration `first` on. The last piece ends at `stop`.
 * @type {(summary: Summary, stop: number, first?: number) => Piece[]}
 */
export const piecesOf = ({ start, stride, min, mean, max }, stop, first = 0) =>
  Array.from(mean, (_, k) => {
    const at = start + k * stride;
    return { start: at, size: Math.min(stride, stop - at), min: min[k], mean: mean[k], max: max[k] };
  }).filter((piece) => piece.start >= first);

/**
 * An exponential moving average over iterations. A piece of n iterations counts as n times its mean. The average is
 * divided by the sum of its weights so far, as in Adam (Kingma and Ba 2015, section 3), so that it begins at the first
 * error and not at 0.
 * @type {(pieces: Piece[], beta: number) => number[]}
 */
export function smoothed(pieces, beta) {
  let sum = 0;
  let weight = 0;
  return pieces.map(({ size, mean }) => {
    const kept = beta ** size;
    sum = kept * sum + (1 - kept) * mean;
    weight = kept * weight + 1 - kept;
    return sum / weight;
  });
}

/** The same pieces with each error divided by a number. @type {(pieces: Piece[], by: number) => Piece[]} */
export const divided = (pieces, by) =>
  by === 1
    ? pieces
    : pieces.map(({ start, size, min, mean, max }) => ({ start, size, min: min / by, mean: mean / by, max: max / by }));

/**
 * The two ends of an axis that shows values from `low` to `high`, which are null if there is nothing to show. The top
 * is `most`, or else what the values need. A logarithmic axis has whole powers of ten.
 * @type {(low: number | null, high: number | null, log: boolean, most?: number) => [number, number]}
 */
export function valueRange(low, high, log, most) {
  if (!log) return [0, most ?? Math.max(0.5, (high ?? 0) * 1.02)];
  const top = most ?? 10 ** Math.ceil(Math.log10(high || 1));
  const bottom = 10 ** Math.floor(Math.log10(low || top));
  return [Math.min(bottom, top / 10), top];
}

/**
 * The iterations of all curves, and the values of each curve there. A value is undefined if the curve has none or the
 * value has no logarithm. It is null if the curve breaks.
 * @type {(curves: AccuracyEntry[][], log: { x: boolean; y: boolean }) => import("./vendor/uPlot.js").AlignedData}
 */
export function aligned(curves, log) {
  const maps = curves.map(
    (curve) => new Map(curve.filter(([x, y]) => (x > 0 || !log.x) && (y === null || y > 0 || !log.y))),
  );
  const x = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort((p, q) => p - q);
  return [x, ...maps.map((map) => x.map((at) => map.get(at)))];
}

/**
 * What is known of a run at an iteration, or at its end: the piece that holds the iteration, and the latest accuracy up
 * to then, unless the history breaks after that accuracy.
 * @type {(run: Pick<Compared, "pieces" | "smooth" | "history">, iteration: number | null) => Reading}
 */
export function read({ pieces, smooth, history }, iteration) {
  const k =
    iteration === null
      ? pieces.length - 1
      : pieces.findIndex(({ start, size }) => start <= iteration && iteration < start + size);
  // Iterations count from 0, so n + 1 are done after iteration n.
  const latest =
    iteration === null ? history.at(-1) : k < 0 ? undefined : history.findLast(([at]) => at <= iteration + 1);
  return { piece: pieces[k], smooth: smooth[k], accuracy: latest?.[1] === null ? undefined : latest };
}
