import assert from "node:assert/strict";
import { test } from "node:test";
import {
  coloursOf,
  describeFailure,
  describeLengths,
  describePicture,
  describeSquare,
  farthest,
  namedWidths,
  placeOf,
  playable,
  problemAt,
  remembering,
  solver,
} from "../../app/static/far.js";
import { addition, comparison, parity, subtraction, threeNumbers, xor } from "./tasks.js";

const WIDTHS = [8, 16, 64, 1024];

const lengths = (random, hard, first_failure) => ({ widths: WIDTHS, random, hard, first_failure });

const FADING = {
  width: 48,
  position: 36,
  a: "140737488355327",
  b: "1",
  expected: "140737488355328",
  predicted: "140668768878592",
  hard: true,
};

test("a network that carries is said to be right up to the end", () => {
  assert.equal(
    describeLengths(lengths([1, 1, 1, 1], [1, 1, 1, 1], null)),
    "Trained on 8 bits, right on every tried problem up to 1,024 bits.",
  );
});

test("one that forgets is said to fail, and how far random numbers go", () => {
  assert.equal(
    describeLengths(lengths([1, 1, 1, 0.9], [1, 1, 0.4, 0.2], { ...FADING, width: 64 })),
    "Trained on 8 bits, right on every tried problem up to 16, but not at 64. " +
      "Random numbers stay right up to 64 bits: they hardly need a memory.",
  );
  assert.equal(
    describeLengths(lengths([0.9, 0, 0, 0], [0.5, 0, 0, 0], { ...FADING, width: 8 })),
    "It does not get all problems of its own 8 bits right.",
  );
});

test("shares reach as far as all before are 1", () => {
  assert.deepEqual(
    [
      [1, 1, 1, 1],
      [1, 1, 0.5, 1],
      [0.5, 1, 1, 1],
    ].map((shares) => farthest(WIDTHS, shares)),
    [1024, 16, 0],
  );
});

test("a failing problem is told with its bit and its numbers, of which the long ones show their ends", () => {
  assert.equal(
    describeFailure(addition, FADING),
    "The first failure, at 48 bits: position 36 should be 0, and it says 1. " +
      "140,737,488,355,327 + 1 = 140,737,488,355,328, the network says 140,668,768,878,592.",
  );
  assert.deepEqual(playable(addition, FADING), { a: 140737488355327, b: 1 });
  const [a, expected] = [2n ** 1023n - 1n, 2n ** 1023n];
  const long = { width: 1024, position: 3, a: `${a}`, b: "1", expected: `${expected}`, predicted: `${expected + 8n}` };
  assert.equal(
    describeFailure(addition, long),
    "The first failure, at 1,024 bits: position 3 should be 0, and it says 1. " +
      "89…607 + 1 = 89…608, the network says 89…616.",
  );
  assert.deepEqual(playable(addition, long), { a, b: 1 });
});

test("a yes-or-no task has one bit that is right or wrong", () => {
  const failure = { width: 4, position: 3, a: "9", b: "3", expected: "1", predicted: "0", hard: false };
  assert.equal(
    describeFailure(comparison, failure),
    "The first failure, at 4 bits: position 3 should be 1, and it says 0. 9 > 3: yes, the network says no.",
  );
  assert.deepEqual(playable(parity, { ...failure, b: null }), { a: 9 });
});

test("each doubling has the same room, and names do not overlap", () => {
  assert.deepEqual(
    [8, 16, 1024].map((width) => placeOf([8, 1024], width).toFixed(4)),
    ["0.0000", "0.1429", "1.0000"],
  );
  assert.deepEqual(namedWidths([8, 12, 16, 24, 32, 64]), [8, 16, 64]);
  assert.deepEqual(namedWidths([15, 16, 24, 32, 96]), [15, 32, 96]);
});

/** A picture of all pairs of two bits, right but for 3 + 3. */
const picture = (more = {}) => ({
  ...{ generation: 0, iteration: 7, size: 4, side: 1, lows: [[0, 0]], worst: null, c: 0 },
  ...{ right: 15, tried: 16, problems: 16n },
  margins: Float32Array.from({ length: 16 }, (_, k) => (k === 15 ? -0.25 : 0.31)),
  predicted: Float32Array.from({ length: 16 }, (_, k) => (k === 15 ? 2 : (k >> 2) + (k & 3))),
  ...more,
});

test("a square says its problem, the answer and the margin", () => {
  assert.equal(describeSquare(picture(), addition, 2, 1), "2 + 1 = 3, the network says 3, least margin +0.3100");
  assert.equal(describeSquare(picture(), addition, 3, 3), "3 + 3 = 6, the network says 2, least margin −0.2500");
});

test("where there is no problem it says so", () => {
  const margins = Float32Array.from({ length: 16 }, () => NaN);
  assert.equal(describeSquare(picture({ margins }), subtraction, 0, 2), "0 − 2: no problem of this task");
});

test("a square of many pairs stands for the worst of them", () => {
  const lows = [
    [0, 0],
    [1, 3],
  ];
  const wide = picture({ side: 4, lows, worst: Float32Array.from({ length: 16 }, (_, k) => (k === 6 ? 1 : 0)) });
  assert.deepEqual(problemAt(wide, addition, 1, 2), [5, 11]);
  assert.deepEqual(problemAt(wide, addition, 2, 2), [8, 8]);
  assert.equal(remembering(wide, addition), null);
});

test("three numbers have a third, which is that of the slice", () => {
  assert.deepEqual(problemAt(picture({ c: 5 }), threeNumbers, 1, 2), [1, 2, 5]);
});

test("the machine of the task solves its problems", () => {
  for (const [task, numbers, result, remembers] of [
    [addition, [93, 35], 128, true],
    [addition, [80, 47], 127, false],
    [threeNumbers, [63, 63, 63], 189, true],
    [subtraction, [128, 1], 127, true],
    [xor, [200, 77], 200 ^ 77, false],
    [comparison, [9, 3], 1, true],
    [comparison, [3, 9], 0, true],
  ])
    assert.deepEqual(solver(task)(numbers), { result, remembers }, `${task.task} ${numbers}`);
});

test("the picture counts, and compares problems with and without a carry", () => {
  const carries = remembering(picture(), addition);
  const carrying = [...carries].map((one, k) => (one ? [k >> 2, k & 3] : null)).filter(Boolean);
  assert.deepEqual(carrying, [
    [1, 1],
    [1, 3],
    [2, 2],
    [2, 3],
    [3, 1],
    [3, 2],
    [3, 3],
  ]);
  assert.equal(
    describePicture(picture(), addition, carries),
    "15 of 16 problems are right. Without a carry 100.0% are right, with one 85.7%. " +
      "The squares within squares are the carry: it depends on all lower bits.",
  );
  assert.equal(describePicture(picture({ right: 16 }), xor, null), "16 of 16 problems are right.");
  assert.equal(
    describePicture(picture({ problems: 2n ** 62n }), xor, null),
    "15 of 16 tried problems are right. There are 4,611,686,018,427,387,904.",
  );
});

test("a wrong square has another colour than a right one, however small the margin", () => {
  const [wrong, hardly, nearly, right, none] = coloursOf([-0.5, -1e-9, 0, 0.5, NaN]);
  assert.deepEqual([wrong, right], [-1, 1]);
  assert.ok(hardly < -0.1 && nearly > 0.1);
  assert.ok(Number.isNaN(none));
});
