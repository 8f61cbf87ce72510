import assert from "node:assert/strict";
import { test } from "node:test";
import { axisEnd, decimate, isLonely, running, smoothingWindow } from "../../app/static/decimate.js";
import { addRaw, createSeries, extend } from "../../app/static/series.js";

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
  assert.deepEqual(decimate(series(0, [1, 2]), 10, 20, 100), { x: [], raw: [], smooth: [] });
});

test("running sums reach to both sides, and no further than there is", () => {
  assert.deepEqual([...running([1, 2, 3, 4], 1)], [3, 6, 9, 7]);
  assert.deepEqual([...running([5], 3)], [5]);
});

test("a constant error is smoothed to itself, at both ends, too", () => {
  const { smooth } = decimate(series(0, new Array(300).fill(2)), 0, 300, 100);
  assert.ok(smooth.every((value) => Math.abs(value - 2) < 1e-9));
  assert.ok(smoothingWindow(0, 60_000) === 1000 && smoothingWindow(0, 60) === 25);
});

test("lonely is one point that is known, and no more", () => {
  assert.deepEqual([[], [null, 1, undefined], [1, null, 2]].map(isLonely), [false, true, false]);
});
