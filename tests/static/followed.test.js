import assert from "node:assert/strict";
import { test } from "node:test";
import { follow, missing, momentAt, picture, rightSince, take } from "../../app/static/followed.js";

const run = { generation: 3 };
const answers = (iterations, predicted, generation = 3) => ({
  generation,
  expected: 2,
  bits: [1, 0],
  iterations,
  predicted,
  probabilities: predicted.map((n) => [n & 2 ? 0.9 : 0.2, n & 1 ? 0.8 : 0.1]),
});

test("at first everything is asked for, then what has come since, about as far apart", () => {
  const followed = follow(run, [1, 1]);
  assert.deepEqual(followed, { generation: 3, operands: [1, 1], expected: 0, bits: [], moments: [] });
  assert.deepEqual(missing(followed, 5000), { start: 0, stop: 5000, points: 120 });
  take(followed, answers([0], [3]));
  assert.deepEqual(missing(followed, 1), { start: 1, stop: 1, points: 1 });
  take(followed, answers([0, 2500, 5000], [3, 3, 3]));
  assert.equal(missing(followed, 5000), null);
  assert.deepEqual(missing(followed, 5100), { start: 5014, stop: 5100, points: 3 });
  assert.deepEqual(missing(followed, 5001), { start: 5001, stop: 5001, points: 1 });
  assert.deepEqual(missing(followed, 1_000_000), { start: 8254, stop: 1_000_000, points: 120 });
  assert.deepEqual(missing(followed, 4000), { start: 0, stop: 4000, points: 120 }, "a run that was cut back");
});

test("answers join on in order, replace what they overlap, and those of another generation are none", () => {
  const followed = follow(run, [1, 1]);
  take(followed, answers([0, 10, 20], [3, 3, 3]));
  take(followed, answers([20, 30], [2, 2]));
  take(followed, answers([40], [3], 4));
  take(followed, answers([], []));
  assert.deepEqual(
    followed.moments.map(({ iteration, predicted }) => [iteration, predicted]),
    [
      [0, 3],
      [10, 3],
      [20, 2],
      [30, 2],
    ],
  );
  assert.deepEqual([followed.expected, followed.bits], [2, [1, 0]]);
});

test("of very many every other one goes, never the newest", () => {
  const followed = follow(run, [1, 1]);
  for (let k = 0; k < 1000; k++) {
    take(followed, answers([k], [2]));
    assert.equal(followed.moments.at(-1).iteration, k);
    assert.ok(followed.moments.length <= 240);
  }
  assert.equal(followed.moments[0].iteration, 0);
});

test("240 moments are kept, and of more every other one and the newest", () => {
  for (const [given, kept] of [
    [240, 240],
    [241, 121],
    [242, 122],
  ]) {
    const followed = follow(run, [1, 1]);
    const places = Array.from({ length: given }, (_, k) => k);
    take(followed, answers(places, new Array(given).fill(2)));
    assert.equal(followed.moments.length, kept);
    assert.deepEqual(
      [followed.moments[1].iteration, followed.moments.at(-1).iteration],
      [kept < given ? 2 : 1, given - 1],
    );
  }
});

test("it is right since the moment after its last wrong answer", () => {
  const followed = follow(run, [1, 1]);
  take(followed, answers([0, 10, 20, 30, 40], [2, 3, 2, 2, 2]));
  assert.equal(rightSince(followed), 20);
  take(followed, answers([50], [1]));
  assert.equal(rightSince(followed), null);
  take(followed, answers([0, 10], [2, 2]));
  assert.equal(rightSince(followed), 0);
});

test("the picture has a row a bit, and each column the last moment before its middle", () => {
  const followed = follow(run, [1, 1]);
  take(followed, answers([0, 50, 100], [0, 3, 2]));
  const rounded = [...picture(followed, 4, 100)].map((x) => Number(x.toFixed(2)));
  assert.deepEqual(rounded, [-0.6, -0.6, 0.8, 0.8, -0.8, -0.8, 0.6, 0.6]);
  assert.equal(momentAt(followed, 99).iteration, 50);
  assert.equal(momentAt(followed, 50).iteration, 50);
  assert.equal(momentAt(followed, -1).iteration, 0);
});
