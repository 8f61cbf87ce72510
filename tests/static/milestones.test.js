import assert from "node:assert/strict";
import { test } from "node:test";
import { marksOf } from "../../app/static/milestones.js";

const at = (iteration, kind = "understood") => ({ iteration, kind, case: null, text: `${kind} at ${iteration}` });

test("marks stand where their moments are", () => {
  const marks = marksOf([at(1000), at(5000, "all_right")], 10_000, 500);
  assert.deepEqual(
    marks.map(({ left, sign }) => [left, sign]),
    [
      [50, "▲"],
      [250, "★"],
    ],
  );
});

test("milestones of one moment have one mark, which shows the greatest", () => {
  const [mark, ...more] = marksOf([at(100), at(100), at(100, "all_right")], 1000, 500);
  assert.equal(more.length, 0);
  assert.equal(mark.kind, "all_right");
  assert.equal(mark.milestones.length, 3);
});

test("marks never touch, and none stands outside", () => {
  const lefts = marksOf(
    [5000, 5010, 5020, 9990, 9995, 10_000].map((place) => at(place)),
    10_000,
    500,
  ).map(({ left }) => left);
  for (const [k, left] of lefts.entries()) {
    assert.ok(left >= 0 && left <= 500);
    if (k) assert.ok(left - lefts[k - 1] >= 24);
  }
});

test("where there is not room for all, the nearest become one, and none is lost", () => {
  const many = [0, 100, 101, 200, 300, 400, 500].map((place) => at(place));
  const marks = marksOf(many, 500, 5 * 24);
  assert.deepEqual(
    marks.map(({ milestones }) => milestones.length),
    [1, 2, 1, 1, 1, 1],
  );
  assert.ok(marks.every(({ left }) => left >= 0 && left <= 120));
  assert.equal(marksOf(many, 500, 10).length, 1);
});
