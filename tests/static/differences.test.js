import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracyWords, distinct, facts, isSame } from "../../app/static/differences.js";

const status = {
  config: { loss: "squared_error", clip_norm: null, bias: false, learning_rate: 0.1 },
  learning_rate: 0.05,
  changes: [
    [1000, 0.2],
    [2500, 0.05],
  ],
  state: "paused",
  iteration: 12_345,
  error: 0.5,
};

test("a run is said field by field, its configuration and what became of it", () => {
  assert.deepEqual(
    facts({
      status,
      history: [
        [10, 0.1],
        [12_345, 0.875],
      ],
    }),
    {
      loss: "squared error",
      clip_norm: "none",
      bias: "no",
      learning_rate: "0.1",
      learning_rate_now: "0.05",
      changes: "0.2 from 1,000, 0.05 from 2,500",
      state: "paused",
      iteration: "12,345",
      last_error: "0.5000",
      last_accuracy: "87.5%",
    },
  );
});

test("an accuracy of before says of when it is", () => {
  assert.equal(accuracyWords([500, 0.5], 600), "50.0% at 500");
  assert.equal(accuracyWords(undefined, 600), "–");
});

test("a field is the same when all runs agree, and names that are the same are told apart", () => {
  assert.deepEqual([isSame(["8", "8", "8"]), isSame(["8", "8", "4"]), isSame([])], [true, false, true]);
  assert.deepEqual(
    distinct([
      { id: "a", name: "X" },
      { id: "b", name: "Y" },
      { id: "c", name: "X" },
    ]),
    ["X (a)", "Y", "X (c)"],
  );
});
