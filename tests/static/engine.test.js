/** What the page says while an engine is being compiled. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { describeCompiling, describeEngine, isCompiling } from "../../app/static/describe.js";

const ENGINE = {
  name: "compiled",
  state: "compiling",
  detail: null,
  kernels: null,
  waiting: true,
  ahead: 0,
  seconds: 0,
  expected: null,
};

/** @type {(engine: object, run: object) => any} */
const known = (engine, run) => ({ engine: { ...ENGINE, ...engine }, run: { state: "running", iteration: 0, ...run } });

test("a run that waits is told what follows: training begins, goes on, or obeys a command", () => {
  assert.match(describeEngine(known({}, {})) ?? "", /^Compiling this network's engine\. Then training begins\.$/);
  assert.match(
    describeEngine(known({}, { iteration: 2446 })) ?? "",
    /^Compiling this network's engine\. Then training goes on\.$/,
  );
  assert.match(describeEngine(known({}, { state: "paused", iteration: 2446 })) ?? "", /Start and Step wait for it\.$/);
});

test("a run that a general engine trains does not wait, and is told of the one to come", () => {
  const state = known({ kernels: "general", waiting: false }, { iteration: 2446 });
  assert.equal(isCompiling(state), false);
  assert.match(describeEngine(state) ?? "", /^Trains with a general engine until its own/);
  assert.equal(describeEngine(known({ kernels: "general", waiting: false }, { state: "paused" })), null);
});

test("where nothing is compiled for this run nothing is said of it", () => {
  assert.equal(describeEngine(known({ state: "ready", waiting: false, kernels: "own" }, {})), null);
  assert.equal(isCompiling(/** @type {any} */ ({ engine: null })), false);
});

test("progress is said as it is known: a queue, seconds, and about how many", () => {
  const said = (/** @type {object} */ progress) => describeCompiling(/** @type {any} */ ({ ...ENGINE, ...progress }));
  assert.equal(said({ seconds: null, ahead: 1 }), "1 other network is compiled before it.");
  assert.equal(said({ seconds: null, ahead: 3 }), "3 other networks are compiled before it.");
  assert.equal(said({ seconds: null, ahead: 0 }), "");
  assert.equal(said({ seconds: 3.9 }), "3 s so far.");
  assert.equal(said({ seconds: 3.9, expected: 5.2 }), "3 s of about 6 s.");
  assert.equal(said({ seconds: 9.5, expected: 5.2 }), "9 s so far; the last took 6 s.");
});
