import assert from "node:assert/strict";
import { test } from "node:test";
import {
  arranged,
  cellSentences,
  medianWords,
  placeOf,
  shareWords,
  strength,
  valuesWords,
} from "../../app/static/sweep-map.js";

const fields = {
  hidden_size: { title: "Hidden size", kind: "integer", choices: {} },
  learning_rate: { title: "Learning rate", kind: "number", choices: {} },
  cell: { title: "Cell", kind: "choice", choices: { gru: "GRU" } },
  bias: { title: "Biases", kind: "boolean", choices: {} },
};
const cell = {
  place: 0,
  values: {},
  members: 10,
  done: 10,
  learned: 8,
  sampled: false,
  diverged: 0,
  reached: [1000, 2500, 3000],
  reached_by: 9,
};

test("the first setting goes across, and the others go down, the last changing fastest", () => {
  const map = arranged(fields, { hidden_size: [1, 1000], cell: ["gru"], bias: [false, true] });
  assert.deepEqual(map.columns, ["1", "1,000"]);
  assert.deepEqual(map.rows, ["GRU, no", "GRU, yes"]);
  assert.equal(map.down, "Cell, Biases");
  assert.deepEqual(
    [0, 1].flatMap((column) => [0, 1].map((row) => placeOf(map, row, column))),
    [0, 1, 2, 3],
  );
  assert.deepEqual(arranged(fields, { hidden_size: [4] }).rows, ["Learned"]);
  assert.deepEqual(arranged(fields, {}).columns, ["The default"]);
});

test("a combination is said in words", () => {
  assert.equal(valuesWords(fields, { hidden_size: 4, learning_rate: 0.1 }), "Hidden size 4, Learning rate 0.1");
  assert.equal(valuesWords(fields, {}), "The default");
});

test("a cell says how many learned, how soon, and what is still to come", () => {
  assert.deepEqual(cellSentences(cell), [
    "8 of 10 learned every problem there is.",
    "9 reached 99%, in the median after 2,500 iterations; the middle half after 1,000 to 3,000.",
  ]);
  assert.deepEqual(cellSentences({ ...cell, done: 0 }), ["All 10 networks are still to come."]);
  assert.deepEqual(cellSentences({ ...cell, done: 4, learned: 0, sampled: true, diverged: 2, reached: null }), [
    "4 of 10 networks are done.",
    "0 of 4 were right on every problem of a sample, and on all hard ones.",
    "None reached 99%.",
    "2 diverged.",
  ]);
  assert.equal(cellSentences({ ...cell, reached_by: 1 })[1], "One reached 99%, after 2,500 iterations.");
});

test("its share is of those that have ended, and its colour has a step at one half", () => {
  assert.equal(shareWords(cell), "80%");
  assert.equal(shareWords({ ...cell, done: 0 }), "–");
  assert.equal(medianWords(cell), "2,500");
  assert.equal(medianWords({ ...cell, reached: null }), "");
  assert.deepEqual([0, 0.5, 1].map(strength), [0, 0.35, 1]);
  assert.ok(strength(0.51) > 0.7);
});
