import assert from "node:assert/strict";
import { test } from "node:test";
import { marksOf } from "../../app/static/milestones.js";

const at = (iteration, kind = "understood") => ({ iteration, kind, case: null, text: `${kind} at ${iteration}` });

test("marks stand where their moments are", () => {
  const marks = marksOf([at(1000), at(5000, "all_right")], 10_000, 500);
  assert.deepEqual(
    marks.map(({ left, right, sign }) => [left, right, sign]),
    [
      [50, 50, "▲"],
      [250, 250, "★"],
    ],
  );
});

test("milestones of one moment have one mark, which shows the greatest", () => {
  const [mark, ...more] = marksOf([at(100), at(100), at(100, "all_right")], 1000, 500);
  assert.equal(more.length, 0);
  assert.equal(mark.kind, "all_right");
  assert.equal(mark.milestones.length, 3);
  assert.equal(mark.left, mark.right);
});

test("marks that would touch become one, which reaches from its first moment to its last, and none leaves its place", () => {
  const places = [5000, 5010, 5020, 6000, 9990, 9995, 10_000];
  const marks = marksOf(
    places.map((place) => at(place)),
    10_000,
    500,
  );
  assert.deepEqual(
    marks.map(({ left, right, milestones }) => [left, right, milestones.length]),
    [
      [250, 251, 3],
      [300, 300, 1],
      [499.5, 500, 3],
    ],
  );
});

test("no two marks touch, however many moments there are, and none is lost", () => {
  const many = Array.from({ length: 200 }, (_, k) => at((k * k) % 977)).sort((x, y) => x.iteration - y.iteration);
  for (const width of [100, 700, 3000]) {
    const marks = marksOf(many, 1000, width);
    marks.forEach(({ left }, k) => assert.ok(!k || left - marks[k - 1].right >= 24));
    assert.equal(
      marks.reduce((sum, { milestones }) => sum + milestones.length, 0),
      200,
    );
  }
});
