import assert from "node:assert/strict";
import { test } from "node:test";
import { axisEnd, decimate, isLonely, running, smoothingWindow } from "../../app/static/decimate.js";
import { addRaw, createSeries, cutBack, extend } from "../../app/static/series.js";

/** A series whose errors are these, from an iteration on. */
function series(start, errors) {
  const made = createSeries();
  addRaw(made, start, Float32Array.from(errors));
  return made;
}

test("an axis ends at a round number, at 100 or more, and never beyond the run's end", () => {
  assert.ok(axisEnd(0, Infinity) >= 100);
  for (const end of [101, 999, 1234, 50_001]) {
    const stop = axisEnd(end, Infinity);
    assert.ok(stop >= end && stop <= 2 * end, `${end}: ${stop}`);
    assert.equal(axisEnd(stop, Infinity), stop); // it stays there until it is reached
  }
  assert.equal(axisEnd(1234, 1300), 1300);
  assert.equal(axisEnd(5, 20), 100); // a short run has room
});

test("a curve ends with the last error that is known", () => {
  const made = series(0, [1, 2, 3, 4, 5, 6, 7]);
  const { x, raw, smooth } = decimate(made, 0, 100, 200);
  assert.deepEqual(x, [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(raw, [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(smooth.length, 7);
});

test("where nothing is known there is a gap, and not zero", () => {
  const made = series(3, [1, 2]);
  extend(made, 7);
  assert.deepEqual(decimate(made, 0, 7, 200).raw, [null, null, null, 1, 2, null, null]);
});

test("of more iterations than columns each column has the least and the largest error", () => {
  const errors = Array.from({ length: 1000 }, (_, k) => (k === 505 ? 9 : k === 510 ? 0.5 : 2));
  const { x, raw } = decimate(series(0, errors), 0, 1000, 100);
  assert.equal(x.length, 200);
  assert.ok(x.every((place, k) => k === 0 || place > x[k - 1]));
  assert.deepEqual([Math.min(...raw), Math.max(...raw)], [0.5, 9]);
  const column = x.findIndex((place) => place > 500);
  assert.deepEqual(raw.slice(column, column + 4), [2, 9, 0.5, 2]);
});

test("a stretch outside of what there is has no points", () => {
  for (const from of [2, 10, 1000])
    assert.deepEqual(decimate(series(0, [1, 2]), from, from + 10, 100), { x: [], raw: [], smooth: [] });
});

test("running sums reach to both sides, and no further than there is", () => {
  assert.deepEqual([...running([1, 2, 3, 4], 1)], [3, 6, 9, 7]);
  assert.deepEqual([...running([5], 3)], [5]);
});

test("a constant error is smoothed to itself, at both ends, too", () => {
  const { smooth } = decimate(series(0, new Array(300).fill(2)), 0, 300, 100);
  assert.ok(smooth.every((value) => Math.abs(value - 2) < 1e-9));
  assert.ok(smoothingWindow(0, 60_000) === 1000 && smoothingWindow(0, 60) === 25);
  assert.equal(smoothingWindow(60_000, 120_000), 1000);
});

test("lonely is one point that is known, and no more", () => {
  const curves = [[], [null, undefined], [null, 1, undefined], [undefined, 1, undefined], [1, null, 2], [1, 2, 3]];
  assert.deepEqual(curves.map(isLonely), [false, false, true, true, false, false]);
});

/** Errors without a pattern, between 1 and 5. */
const rough = (length) => Array.from({ length }, (_, k) => 3 + 2 * Math.sin(k * k));

test("a view that moves along shows the same curve, and only another part of it", () => {
  const made = series(0, rough(3000));
  const at = ({ x, raw, smooth }, from, to) =>
    x.flatMap((place, k) => (place >= from && place < to ? [[place, raw[k], smooth[k].toFixed(9)]] : []));
  for (const [from, to, pixels] of [
    [1000, 2000, 100], // ten iterations a column
    [1000, 1100, 200], // each by itself
  ]) {
    const here = decimate(made, from, to, pixels);
    assert.deepEqual([at(here, from, to).length, here.x.length], [here.x.length, pixels > to - from ? 100 : 200]);
    const later = decimate(made, from + 50, to + 50, pixels);
    assert.deepEqual(at(here, from + 50, to), at(later, from + 50, to));
    const earlier = decimate(made, from - 50, to - 50, pixels);
    assert.deepEqual(at(here, from, to - 50), at(earlier, from, to - 50));
  }
});

test("a spike is spread evenly to both sides, over about the iterations that the smooth curve averages", () => {
  const errors = new Array(6000).fill(0);
  errors[3005] = 130;
  const { smooth } = decimate(series(0, errors), 0, 6000, 600);
  const spread = smooth.filter((_, k) => k % 2).map((value) => value * 10); // the sum of ten errors
  assert.ok(Math.abs(spread.reduce((sum, value) => sum + value) - 130) < 1e-9);
  assert.equal(spread.indexOf(Math.max(...spread)), 300);
  const wide = spread.filter((value) => value > 1e-9).length * 10;
  assert.ok(Math.abs(wide - smoothingWindow(0, 6000)) <= 30, `${wide}`);
  for (let k = 1; k < 10; k++) assert.ok(Math.abs(spread[300 - k] - spread[300 + k]) < 1e-9);
});

test("a column's two points stand inside of it, the least error first", () => {
  const { x, raw } = decimate(series(0, [1, 2, 8, 4, 5, 6, 7, 3]), 0, 8, 4);
  assert.deepEqual(x, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]);
  assert.deepEqual(raw, [1, 2, 4, 8, 5, 6, 3, 7]);
});

test("the curve ends with what is known, though the axis goes on", () => {
  const { x, raw } = decimate(series(0, rough(45)), 0, 100, 10);
  assert.deepEqual([x.length, Math.max(...x), raw.includes(null)], [10, 47.5, false]);
});

test("the smooth curve is a mean of what is known, and is interrupted where nothing is known nearby", () => {
  const made = series(0, new Array(100).fill(2));
  addRaw(made, 900, new Float32Array(100).fill(4));
  const { x, raw, smooth } = decimate(made, 0, 1000, 1000);
  assert.equal(x.length, 1000);
  assert.deepEqual([raw[99], raw[100], raw[899], raw[900]], [2, null, null, 4]);
  assert.deepEqual([smooth[0], smooth[99], smooth[500], smooth[950], smooth[999]], [2, 2, null, 4, 4]);
});

test("of a long run, whose errors are kept in pairs, a column is at least two iterations wide", () => {
  const made = series(0, new Array(70_000).fill(2));
  assert.equal(made.stride, 2);
  const { x, raw, smooth } = decimate(made, 100, 110, 100);
  assert.deepEqual(x, [100.5, 101.5, 102.5, 103.5, 104.5, 105.5, 106.5, 107.5, 108.5, 109.5]);
  assert.ok(raw.every((value) => value === 2) && smooth.every((value) => Math.abs(value - 2) < 1e-9));
  assert.equal(decimate(made, 0, 70_000, 100).x.length, 200, "two points in each of a hundred columns");
});

test("errors that were cut off the run are not drawn", () => {
  const made = series(0, [1, 2, 3, 9]);
  cutBack(made, 3);
  assert.deepEqual(decimate(made, 0, 4, 2).raw, [1, 2, 3, 3]);
});
