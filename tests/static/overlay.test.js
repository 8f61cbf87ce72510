import assert from "node:assert/strict";
import { test } from "node:test";
import { aligned, divided, piecesOf, read, smoothed, valueRange } from "../../app/static/overlay.js";
import { readingWords } from "../../app/static/views/compared.js";

const raw = (errors) => piecesOf({ start: 0, stride: 1, min: errors, mean: errors, max: errors }, errors.length);

test("a summary is pieces one after the other, the last as long as what is left", () => {
  const pieces = piecesOf({ start: 100, stride: 10, min: [1, 2], mean: [3, 4], max: [5, 6] }, 115);
  assert.deepEqual(pieces, [
    { start: 100, size: 10, min: 1, mean: 3, max: 5 },
    { start: 110, size: 5, min: 2, mean: 4, max: 6 },
  ]);
  assert.deepEqual(
    piecesOf({ start: 100, stride: 10, min: [1, 2], mean: [3, 4], max: [5, 6] }, 115, 110),
    pieces.slice(1),
  );
});

test("smoothing begins at the first error, stays at a constant one, and by hand is debiased as Adam's", () => {
  const [first, second, third] = smoothed(raw([4, 1, 2]), 0.5);
  assert.equal(first, 4);
  assert.ok(Math.abs(second - (0.25 * 4 + 0.5 * 1) / 0.75) < 1e-12);
  assert.ok(Math.abs(third - (0.125 * 4 + 0.25 * 1 + 0.5 * 2) / 0.875) < 1e-12);
  for (const value of smoothed(raw(Array(500).fill(3)), 0.999)) assert.ok(Math.abs(value - 3) < 1e-12);
  assert.deepEqual(smoothed(raw([4, 1, 2]), 0), [4, 1, 2]);
});

test("a piece of many iterations counts as many", () => {
  const errors = [5, 5, 5, 1, 1, 1, 2, 2];
  const pieces = piecesOf({ start: 0, stride: 3, min: [5, 1, 2], mean: [5, 1, 2], max: [5, 1, 2] }, 8);
  const one = smoothed(raw(errors), 0.8);
  smoothed(pieces, 0.8).forEach((value, k) => assert.ok(Math.abs(value - one[[2, 5, 7][k]]) < 1e-12));
});

test("curves share their iterations; what a logarithm has no place for is left out", () => {
  const curves = [
    [
      [0, 4],
      [2, 0],
    ],
    [
      [1, 3],
      [2, 2],
    ],
  ];
  const nothing = undefined;
  assert.deepEqual(aligned(curves, { x: false, y: false }), [
    [0, 1, 2],
    [4, nothing, 0],
    [nothing, 3, 2],
  ]);
  assert.deepEqual(aligned(curves, { x: true, y: true }), [
    [1, 2],
    [nothing, nothing],
    [3, 2],
  ]);
});

test("a curve that breaks does so on either axis, and another's iterations do not break it", () => {
  const curves = [
    [
      [1, 0.5],
      [3, null],
      [5, 0.75],
    ],
    [
      [2, 1],
      [4, 1],
    ],
  ];
  for (const log of [false, true])
    assert.deepEqual(aligned(curves, { x: log, y: log })[1], [0.5, undefined, null, undefined, 0.75]);
});

test("a logarithm has no place for negative numbers either", () => {
  assert.deepEqual(
    aligned(
      [
        [
          [-1, 2],
          [1, -3],
          [2, 5],
        ],
      ],
      { x: true, y: true },
    ),
    [[2], [5]],
  );
  assert.deepEqual(aligned([], { x: true, y: true }), [[]]);
});

test("per position every value is divided, and else the pieces are the same", () => {
  const pieces = piecesOf({ start: 100, stride: 10, min: [0, 2], mean: [4, 4], max: [8, 6] }, 115);
  assert.deepEqual(divided(pieces, 8), [
    { start: 100, size: 10, min: 0, mean: 0.5, max: 1 },
    { start: 110, size: 5, min: 0.25, mean: 0.5, max: 0.75 },
  ]);
  assert.equal(divided(pieces, 1), pieces);
});

test("an axis holds whatever there is to show: nothing, zeros, a constant, tiny and huge values", () => {
  const log = (low, high, most) => valueRange(low, high, true, most);
  assert.deepEqual(log(null, null, 1), [0.1, 1]);
  assert.deepEqual(log(null, null), [0.1, 1]);
  assert.deepEqual(log(4, 4), [1, 10]);
  assert.deepEqual(log(1, 1), [0.1, 1]);
  assert.deepEqual(log(1, 1, 1), [0.1, 1]);
  assert.deepEqual(log(0.004, 0.5, 1), [0.001, 1]);
  assert.deepEqual(
    log(2e-300, 3e300).map((end) => Math.round(Math.log10(end))),
    [-300, 301],
  );
  const straight = (low, high, most) => valueRange(low, high, false, most);
  assert.deepEqual(straight(null, null), [0, 0.5]);
  assert.deepEqual(straight(0, 0), [0, 0.5]);
  assert.deepEqual(straight(4, 4), [0, 4.08]);
  assert.deepEqual(straight(0.2, 0.4, 1), [0, 1]);
});

test("one reads the piece that holds an iteration and the accuracy found last by then", () => {
  const pieces = piecesOf({ start: 0, stride: 10, min: [1, 2], mean: [3, 4], max: [5, 6] }, 15);
  const run = {
    pieces,
    smooth: [3, 3.5],
    history: [
      [5, 0.25],
      [15, 0.75],
    ],
  };
  assert.deepEqual(read(run, 9), { piece: pieces[0], smooth: 3, accuracy: [5, 0.25] });
  assert.deepEqual(read(run, 14), { piece: pieces[1], smooth: 3.5, accuracy: [15, 0.75] });
  assert.deepEqual(read(run, null), read(run, 14));
  assert.deepEqual(read(run, 3).accuracy, undefined);
  const broken = {
    ...run,
    history: [
      [5, 0.25],
      [9, null],
      [15, 0.75],
    ],
  };
  assert.deepEqual(read(broken, 7).accuracy, [5, 0.25]);
  assert.equal(read(broken, 9).accuracy, undefined);
  assert.deepEqual(read(broken, 14).accuracy, [15, 0.75]);
  assert.deepEqual(read(run, 15), { piece: undefined, smooth: undefined, accuracy: undefined });
});

test("what is read in words says of when its accuracy is, where that is not of then", () => {
  const pieces = [{ start: 0, size: 700, min: 0, mean: 1.5, max: 4 }];
  const run = {
    name: "Mine",
    pieces,
    smooth: [1.5],
    history: [
      [0, 0],
      [680, 0.25],
    ],
    status: { iteration: 700 },
  };
  assert.equal(readingWords(run, null), "Mine: error 1.5000, accuracy 25.0% at 680");
  assert.equal(readingWords(run, 3), "Mine: error 1.5000, accuracy 0.0% at 0");
  assert.equal(readingWords(run, 680), "Mine: error 1.5000, accuracy 25.0%");
});
