// Run with: node --test tests/static/*.test.js
import assert from "node:assert/strict";
import { test } from "node:test";
import { linePath, logarithm } from "../../app/static/inside/draw.js";
import { meaning } from "../../app/static/inside/reach.js";

test("a line has a gap where a height is not known", () => {
  assert.equal(
    linePath([
      [0, 1],
      [1, 2],
      [2, null],
      [3, 4],
    ]),
    "M0.0 1.0L1.0 2.0M3.0 4.0",
  );
  assert.equal(linePath([[0, null]]), "");
});

test("a logarithmic scale has its powers at equal distances, and what is beyond at its edge", () => {
  const y = logarithm(0.01, 1, 100);
  assert.deepEqual([1, 0.1, 0.01, 5, 0.0001, 0].map(y), [0, 50, 100, 0, 100, 100]);
});

for (const [shares, words] of [
  [
    [1, 0.3, 0.09, 0.027],
    "One position back 30.0% of an error is left, 3 positions back 2.7%. The gradient vanishes: what happened long ago is hardly corrected.",
  ],
  [
    [1, 0.95, 0.9],
    "One position back 95.0% of an error is left, 2 positions back 90.0%. The gradient reaches far: what happened long ago is corrected, too.",
  ],
  [
    [1, 3, 9],
    "One position back 300.0% of an error is left, 2 positions back 900.0%. The gradient explodes: what happened long ago is corrected too much.",
  ],
  [
    [1, 0.001, 0.000001, null],
    "One position back 0.1% of an error is left, 2 positions back 0.0001%. The gradient vanishes: what happened long ago is hardly corrected.",
  ],
  [[1, 0, 0], "No error reaches an earlier state."],
  [[1], "No error reaches an earlier state."],
  [[null, null], "No error reaches an earlier state."],
])
  test(`the shares ${JSON.stringify(shares)} in words`, () => assert.equal(meaning(shares), words));
