import assert from "node:assert/strict";
import { test } from "node:test";
import { axisEnd, decimate, isLonely } from "../../app/static/decimate.js";
import { plan } from "../../app/static/questions.js";
import {
  addOutline,
  addRaw,
  addSummary,
  begin,
  BUCKETS,
  clear,
  createSeries,
  cutBack,
  extend,
  gaps,
} from "../../app/static/series.js";

const ramp = (start, n) => Float32Array.from({ length: n }, (_, k) => start + k);
const total = (array) => array.reduce((sum, x) => sum + x, 0);

test("stretches that join on leave no gap", () => {
  const series = createSeries();
  addRaw(series, 0, [1, 2, 3]);
  addRaw(series, 3, [4]);
  assert.equal(series.end, 4);
  assert.deepEqual(gaps(series), []);
  assert.deepEqual(series.known, [[0, 4]]);
});

test("what a lost frame held is a gap until it is fetched", () => {
  const series = createSeries();
  addRaw(series, 0, ramp(0, 10));
  addRaw(series, 15, ramp(15, 5));
  extend(series, 25);
  assert.deepEqual(gaps(series), [
    [10, 15],
    [20, 25],
  ]);
  addRaw(series, 8, ramp(8, 17));
  assert.deepEqual(gaps(series), []);
  assert.equal(total(series.sum), (24 * 25) / 2);
});

test("the same stretch twice counts once", () => {
  const series = createSeries();
  addRaw(series, 0, ramp(0, 100));
  addRaw(series, 50, ramp(50, 50));
  assert.equal(total(series.count), 100);
});

test("the stride doubles as the run grows, and means stay true", () => {
  const series = createSeries();
  const n = BUCKETS * 3;
  for (let start = 0; start < n; start += 1000) addRaw(series, start, ramp(start, Math.min(1000, n - start)));
  assert.equal(series.stride, 4);
  assert.equal(series.sum[100] / series.count[100], 401.5);
  assert.equal(series.min[100], 400);
  assert.equal(series.max[100], 403);
  assert.equal(total(series.count), n);
});

test("ten million iterations take no more memory than ten thousand", () => {
  const series = createSeries();
  const bytes = () => series.count.byteLength + series.sum.byteLength + series.min.byteLength + series.max.byteLength;
  const before = bytes();
  const frame = new Float32Array(1000).fill(2);
  for (let start = 0; start < 10_000_000; start += 1000) addRaw(series, start, frame);
  assert.equal(bytes(), before);
  assert.equal(series.stride, 256);
  assert.equal(series.known.length, 1);
  assert.equal(total(series.count), 10_000_000);
});

test("gaps that are never filled stay bounded in number", () => {
  const series = createSeries();
  for (let k = 0; k < 2000; k++) addRaw(series, 10 * k + 5, [1]);
  assert.ok(series.known.length <= 256);
});

test("a summary fills what is missing and leaves alone what is known", () => {
  const series = createSeries();
  addRaw(series, 100, ramp(100, 100));
  addSummary(series, { start: 0, stride: 50, min: [1, 2, 3, 4], mean: [5, 6, 7, 8], max: [9, 9, 9, 9] }, 200);
  assert.deepEqual(gaps(series), []);
  assert.equal(series.sum[0] / series.count[0], 5);
  assert.equal(series.sum[99] / series.count[99], 6);
  assert.equal(series.sum[150], 150);
});

test("the last value of a summary may be shorter", () => {
  const series = createSeries();
  addSummary(series, { start: 0, stride: 4, min: [1, 1], mean: [2, 3], max: [3, 4] }, 6);
  assert.equal(series.end, 6);
  assert.equal(total(series.sum), 4 * 2 + 2 * 3);
});

test("a summary of stride one is as good as raw", () => {
  const series = createSeries();
  addSummary(series, { start: 0, stride: 1, min: [1, 2], mean: [1, 2], max: [1, 2] }, 2);
  assert.deepEqual([...series.sum.subarray(0, 2)], [1, 2]);
});

test("a lower iteration cuts back; what shared a bucket with the cut becomes a gap", () => {
  const series = createSeries();
  addRaw(series, 0, ramp(0, 100_000));
  cutBack(series, 30_001);
  assert.equal(series.end, 30_001);
  assert.deepEqual(gaps(series), [[30_000, 30_001]]);
  addRaw(series, 30_000, [1]);
  assert.equal(total(series.count), 30_001);
});

test("clearing forgets all", () => {
  const series = createSeries();
  addRaw(series, 0, ramp(0, 100_000));
  clear(series);
  assert.equal(series.end, 0);
  assert.equal(series.stride, 1);
  assert.deepEqual(gaps(series), []);
  addRaw(series, 0, [3]);
  assert.equal(series.max[0], 3);
});

test("zoomed in, a chart gets every iteration", () => {
  const series = createSeries();
  addRaw(series, 0, ramp(0, 50_000));
  const { x, raw } = decimate(series, 30_000, 30_200, 400);
  assert.deepEqual(x.slice(0, 3), [30_000, 30_001, 30_002]);
  assert.deepEqual(raw.slice(0, 3), [30_000, 30_001, 30_002]);
  assert.equal(x.length, 200);
});

test("zoomed out, a chart gets least and largest of each column, and cost follows the pixels", () => {
  const series = createSeries();
  addRaw(series, 0, ramp(0, 50_000));
  const { x, raw, smooth } = decimate(series, 0, 50_000, 500);
  assert.ok(x.length <= 1002);
  assert.equal(raw[0], 0);
  assert.equal(Math.max(...raw), 49_999);
  for (let k = 1; k < x.length; k++) assert.ok(x[k] > x[k - 1]);
  const middle = smooth[500];
  assert.ok(Math.abs(middle - x[500]) < 200, `${middle} is far from ${x[500]}`);
});

test("where nothing is known, nothing is drawn", () => {
  const series = createSeries();
  extend(series, 1000);
  addRaw(series, 0, ramp(0, 100));
  const { x, raw } = decimate(series, 0, 1000, 2000);
  assert.equal(raw[50], 50);
  assert.equal(raw[500], null);
  assert.equal(x.length, 1000);
  assert.deepEqual(decimate(createSeries(), 0, 100, 100).x, []);
});

test("what is missing is fetched one by one at once, small gaps together; much in one summary", () => {
  const series = createSeries();
  assert.equal(plan(series), null);
  extend(series, 44_000);
  assert.deepEqual(plan(series), { start: 0, stop: 44_000, points: 1_000, isOutline: true });
  addOutline(series, { start: 0, stride: 44, min: [0], mean: [0], max: [0] });
  assert.deepEqual(plan(series), { start: 0, stop: 44_000 });
  addRaw(series, 100, ramp(0, 100));
  assert.deepEqual(plan(series), { start: 0, stop: 5_000 });
  addRaw(series, 0, ramp(0, 40_000));
  addRaw(series, 41_000, ramp(0, 100));
  assert.deepEqual(plan(series), { start: 40_000, stop: 44_000 });
  extend(series, 10_000_000);
  assert.deepEqual(plan(series), { start: 40_000, stop: 10_000_000, points: 5_000 });
});

test("where the series holds pieces, as many are fetched", () => {
  const series = createSeries();
  for (let start = 0; start < 200_000; start += 1000) addRaw(series, start, ramp(start, 1000));
  extend(series, 203_000);
  assert.equal(series.stride, 4);
  assert.deepEqual(plan(series), { start: 200_000, stop: 203_000, points: 750 });
});

test("what nobody knows, of a run that was brought in, is not asked for", () => {
  const series = createSeries();
  extend(series, 80);
  begin(series, 50);
  assert.deepEqual(gaps(series), [[50, 80]]);
  addRaw(series, 50, ramp(0, 30));
  assert.equal(plan(series), null);
  assert.deepEqual(decimate(series, 0, 100, 100).raw.slice(0, 50), Array(50).fill(null));
  clear(series);
  assert.equal(series.first, 0);
});

test("the axis ends at a round number, or where the run does", () => {
  assert.deepEqual(
    [0, 100, 101, 7300, 48_000].map((end) => axisEnd(end, 50_000)),
    [100, 100, 150, 8000, 50_000],
  );
});

test("a single point is lonely, and no line shows it", () => {
  assert.equal(isLonely([]), false);
  assert.equal(isLonely([null, null]), false);
  assert.equal(isLonely([null, 0, undefined]), true);
  assert.equal(isLonely([1, null, 2]), false);
});
