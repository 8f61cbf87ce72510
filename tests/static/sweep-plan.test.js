import assert from "node:assert/strict";
import { test } from "node:test";
import { countWords, textOf, valuesOf } from "../../app/static/sweep-plan.js";

test("values come with commas, and whole numbers from one to another", () => {
  assert.deepEqual(valuesOf("integer", "1, 2,5"), [1, 2, 5]);
  assert.deepEqual(valuesOf("integer", "1..4, 8"), [1, 2, 3, 4, 8]);
  assert.deepEqual(valuesOf("integer", "3..3"), [3]);
  assert.deepEqual(valuesOf("integer", "4..1"), []);
  assert.deepEqual(valuesOf("number", "0.1, 1, 0.1"), [0.1, 1]);
  assert.deepEqual(valuesOf("number", "none, 1"), [null, 1]);
  assert.deepEqual(valuesOf("number", ""), []);
});

test("a range of numbers goes on by about three times each, or in as many as are asked for", () => {
  assert.deepEqual(valuesOf("number", "0.01..10"), [0.01, 0.03, 0.1, 0.3, 1, 3, 10]);
  assert.deepEqual(valuesOf("number", "1..100 in 3"), [1, 10, 100]);
  assert.equal(valuesOf("number", "0.001..100 in 13").length, 13);
  assert.deepEqual(valuesOf("integer", "1..64 in 4"), [1, 4, 16, 64]);
  assert.deepEqual(valuesOf("number", "0..1"), [0, 1]);
});

test("what is no number stays as it is, so that the server can say why not", () => {
  assert.deepEqual(valuesOf("integer", "two, 3"), ["two", 3]);
  assert.deepEqual(valuesOf("integer", "1..x"), ["1..x"]);
});

test("a million values are not made", () => {
  assert.ok(valuesOf("integer", "1..1000000").length < 2000);
  assert.ok(valuesOf("number", "1..2 in 1000000").length < 2000);
});

test("values are written as they are read", () => {
  for (const [kind, text] of [
    ["integer", "0..9"],
    ["integer", "1, 2, 5"],
    ["number", "0.01, 0.1"],
    ["number", "none, 1"],
  ])
    assert.equal(textOf(valuesOf(kind, text)), text);
});

test("the form says how many networks it makes", () => {
  assert.equal(
    countWords({ bits: [4, 8], cell: ["gru"] }, [0, 1, 2], 10_000),
    "2 combinations from 3 seeds: 6 networks of 10,000 iterations each.",
  );
  assert.equal(countWords({}, [0], 1), "1 combination from 1 seed: 1 network of 1 iterations.");
  assert.equal(countWords({ bits: [] }, [0], 1), "Name at least one value and one seed.");
});
