import assert from "node:assert/strict";
import test from "node:test";
import { isAs } from "../../app/static/address.js";
import { completed } from "../../app/static/changes.js";

const all = Array.from({ length: 250 }, (_, k) => [k, k % 2 ? 0.1 : 0.2]);
const status = (count, generation = 0) => ({
  generation,
  config: {},
  changes: all.slice(Math.max(0, count - 100), count),
  ...(count > 100 && { changes_left_out: count - 100 }),
});

test("a status that leaves changes out is completed from what is known of the same generation", () => {
  const whole = completed(status(130), { generation: 0, changes: all.slice(0, 125) });
  assert.deepEqual(whole.changes, all.slice(0, 130));
  assert.deepEqual(completed(status(140), whole).changes, all.slice(0, 140));
  assert.deepEqual(completed(status(230), whole).changes, all.slice(0, 230), "just enough is known");
  assert.deepEqual(completed(status(250), whole), status(250), "too little is known");
  assert.deepEqual(completed(status(130, 1), whole), status(130, 1), "it has been reset");
  assert.deepEqual(completed(status(130), status(125)), status(130), "that one leaves some out itself");
  assert.deepEqual(completed(status(130), null), status(130));
});

test("a status that tells all stays as it is", () => {
  assert.equal(completed(status(100), null).changes.length, 100);
  assert.deepEqual(completed(status(7), { generation: 0, changes: all }), status(7));
});

test("a run of which changes are left out is no experiment that an address could name by the newest", () => {
  assert.equal(isAs(status(130), { config: {}, changes: status(130).changes }, {}), false);
  assert.equal(
    isAs(completed(status(130), { generation: 0, changes: all }), { config: {}, changes: all.slice(0, 130) }, {}),
    true,
  );
});
