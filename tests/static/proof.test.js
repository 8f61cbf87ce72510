/** Proofs in words, and the search for the moment from which on there is one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { borderOf, describeBorder, describeProof, describeSets, nextMoment, took } from "../../app/static/proof.js";
import { addition } from "./tasks.js";

const proof = {
  run: "main",
  generation: 0,
  iteration: 50_000,
  state: "none",
  progress: 0,
  stage: null,
  remembered: 0,
  ahead: 0,
  round: 0,
  nodes: 0,
  leaving: 0,
  margin: null,
  logit_margin: null,
  counterexample: null,
  seconds: 0,
  certificate: null,
  detail: null,
  pictures: 0,
  proofs: [],
  moments: [0],
};
const told = (more) => describeProof(addition, { ...proof, ...more });

test("each state of a proof is told in words", () => {
  assert.match(told({}), /^A test tries some numbers\. A proof speaks about all/);
  assert.equal(
    told({ state: "proved", margin: 0.36481709 }),
    "Proved: after iteration 50,000 it is right on every problem of every length. No output ever comes nearer to one half than 0.365.",
  );
  assert.match(told({ state: "undecided", detail: "Too hard." }), /is open: .* fails\. Too hard\.$/);
  assert.equal(
    told({ state: "cancelled", detail: "It was called off." }),
    "After iteration 50,000: It was called off.",
  );
});

test("a search is told stage by stage", () => {
  const running = (more) => told({ state: "running", ...more });
  assert.match(running({}), /the search begins\.$/);
  assert.match(running({ stage: "refuting" }), /first it tries problems/);
  assert.match(
    running({ stage: "closing", nodes: 2049, round: 3, leaving: 1204 }),
    /2,049 sets .* Round 3: something still leaves 1,204 of them, so they grow\.$/,
  );
  assert.match(running({ stage: "checking" }), /nothing leaves the sets any more/);
});

test("a failing problem is named, however long its numbers are", () => {
  const failing = (a, b) => ({
    state: "refuted",
    detail: "At position 2.",
    counterexample: { width: 4, position: 2, a, b, expected: String(BigInt(a) + BigInt(b)), predicted: "0" },
  });
  assert.equal(
    told(failing("3", "1")),
    "After iteration 50,000 it fails: 3 + 1 = 4, the network says 0. At position 2.",
  );
  const long = told(failing(String(2n ** 90n), "1"));
  assert.match(long, /^After iteration 50,000 it fails: 1…224 \+ 1 = 1…225, the network says 0\./);
});

test("the picture says whether something still leaves the sets", () => {
  assert.match(describeSets(["carry 0", "carry 1"], { leaving: 3 }), /carry 0, carry 1.* still leaves the dashed ones/);
  assert.match(describeSets(["carry 0", "carry 1"], { leaving: 0 }), /Nothing leaves them\.$/);
});

test("seconds have a digit only while they are few", () => {
  assert.equal(took(4.21), "4.2 s");
  assert.equal(took(75.4), "75 s");
});

const MOMENTS = [0, 10, 20, 30, 40, 50, 60, 70];

/** Searches in a training that is provable from an iteration on. Returns what was asked, and what was found. */
function searched(from, moments = MOMENTS, before = "refuted") {
  const known = new Map();
  const asked = [];
  for (let at = nextMoment(moments, known); at !== null; at = nextMoment(moments, known)) {
    asked.push(at);
    known.set(at, at >= from ? "proved" : before);
    assert.ok(asked.length <= moments.length);
  }
  return { asked, known };
}

test("the search halves what is left, and finds the first moment", () => {
  for (const from of MOMENTS) {
    const { asked, known } = searched(from);
    assert.equal(asked[0], 70);
    assert.ok(asked.length <= 4, String(asked));
    assert.equal(borderOf(MOMENTS, known).from, from);
  }
  const { asked, known } = searched(30, MOMENTS, "undecided");
  assert.deepEqual(asked, [70, 30, 10, 20]);
  assert.equal(
    describeBorder(MOMENTS, known),
    "Proved from iteration 30 on, of the moments that were tried; at 20: undecided.",
  );
});

test("where the last moment is not proved, there is nothing to search", () => {
  const { asked, known } = searched(Infinity);
  assert.deepEqual(asked, [70]);
  assert.match(describeBorder(MOMENTS, known), /At the last moment that was kept, 70: fails\./);
});

test("what was called off is asked again, and other moments are used", () => {
  const known = new Map([
    [70, "proved"],
    [30, "cancelled"],
    [20, "refuted"],
  ]);
  assert.equal(nextMoment(MOMENTS, known), 50);
  known.set(50, "proved").set(40, "proved");
  assert.equal(nextMoment(MOMENTS, known), 30);
});

test("before anything is tried, nothing is said, and a run that has not begun has one moment", () => {
  assert.equal(describeBorder(MOMENTS, new Map()), "");
  assert.deepEqual(searched(0, [0]).asked, [0]);
  assert.equal(
    describeBorder([0], searched(0, [0]).known),
    "Proved from iteration 0 on, of the moments that were tried.",
  );
});
