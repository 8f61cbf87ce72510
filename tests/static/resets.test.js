import assert from "node:assert/strict";
import { test } from "node:test";
import { applyReset, applyStatus, createState, isUndoable } from "../../app/static/state.js";

const config = {
  task: "addition",
  bits: 2,
  cell: "elman",
  activation: "sigmoid",
  hidden_size: 1,
  max_iterations: 100,
  seed: 0,
};
const status = (generation, iteration, more = {}) => ({
  id: "main",
  state: iteration ? "paused" : "ready",
  generation,
  iteration,
  config,
  changes: [],
  learning_rate: 0.1,
  error: null,
  ...more,
});

/** A page that meets these statuses, one after the other. */
function page(who, ...statuses) {
  const state = createState("main", {});
  for (const run of statuses) {
    const before = state.run && { ...state.run };
    if (applyStatus(state, run, !before) && before)
      applyReset(state, before, typeof who === "string" ? { who, undo: false } : who);
  }
  return state;
}

test("who reset the run, and where it stood, is said, and undo is possible until it goes on", () => {
  for (const [who, words] of [
    ["me", "You reset this run at iteration 31,310."],
    ["tab", "You reset this run at iteration 31,310, in another tab."],
    ["other", "Another visitor reset this run at iteration 31,310."],
    ["unknown", "This run was reset while the connection was lost."],
  ]) {
    const state = page(who, status(0, 31_310), status(1, 0));
    assert.deepEqual([state.notice.text, state.notice.tone], [words, "info"]);
    assert.equal(isUndoable(state), true);
    for (const next of [status(1, 1), status(1, 0, { state: "running" }), status(2, 31_310)]) {
      applyStatus(state, next, false);
      assert.equal(isUndoable(state), false);
    }
  }
});

test("a reset of a run that has done nothing leaves what was said of the one before", () => {
  assert.equal(page("me", status(0, 0), status(1, 0)).notice, null);
  const state = page("me", status(0, 500), status(1, 0), status(2, 0, { config: { ...config, seed: 5 } }));
  assert.equal(state.notice.text, "You reset this run at iteration 500.");
  assert.equal(isUndoable(state), true);
  assert.equal(
    page("me", status(0, 0), status(1, 0, { config: { ...config, seed: 5 } })).notice.text,
    "This run has other settings now.",
  );
  assert.equal(
    page("other", status(0, 0), status(1, 0, { config: { ...config, seed: 5 } })).notice.text,
    "Another visitor gave this run other settings.",
  );
});

test("who undid it is said, too, and then there is nothing to undo", () => {
  const mine = page({ who: "me", undo: true }, status(1, 0), status(2, 500));
  assert.equal(mine.notice.tone, "info");
  assert.equal(mine.notice.text, "The reset is undone: the run is at iteration 500 again.");
  const others = page("other", status(0, 500), status(1, 0), status(2, 500));
  assert.equal(others.notice.text, "Another visitor undid the reset: the run is at iteration 500 again.");
  assert.equal(isUndoable(others), false);
});

test("a reset can be undone for an hour", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const state = page("me", status(0, 500), status(1, 0));
  now = 3_599_999;
  assert.equal(isUndoable(state), true);
  now = 3_600_000;
  assert.equal(isUndoable(state), false);
});

test("nothing can be undone where nothing was reset", () => {
  assert.equal(isUndoable(createState("main", {})), false);
  assert.equal(isUndoable(page("me", status(0, 500))), false);
  assert.equal(isUndoable({ ...page("me", status(0, 500), status(1, 0)), run: null }), false);
});

test("a page that has only just come tells of no reset", () => {
  const state = createState("main", {});
  applyReset(state, null, { who: "me", undo: false });
  assert.equal(state.notice, null);
  applyStatus(state, status(1, 0), true);
  applyReset(state, null, { who: "me", undo: false });
  assert.deepEqual([state.notice, state.reset], [null, null]);
});
