import assert from "node:assert/strict";
import { test } from "node:test";
import { momentOf } from "../../app/static/problem.js";
import { describeAsked, describeWhy } from "../../app/static/why.js";
import { addition, comparison, parity, threeNumbers, xor } from "./tasks.js";

const WRONG = { predicted: 1, expected: 0 };
const RIGHT = { predicted: 1, expected: 1 };

/** 1 + 0 with a carry at position 3, for which 7 + 1 has a state that carries. */
const memory = {
  run: "main",
  generation: 0,
  iteration: 6000,
  position: 3,
  case: { state: "carry 1", bits: [1, 0] },
  probability: 0.61,
  expected: 0,
  verdict: "memory",
  patched: { from: { a: 7, b: 1 }, position: 3, state: "carry 1", probability: 0.07, share: 0.934, problems: 6912 },
};

test("a training problem was answered before its update, a typed one after it", () => {
  assert.equal(momentOf({ kind: "training", iteration: 6000 }), 5999);
  assert.equal(momentOf({ kind: "training", iteration: 1 }), 0);
  assert.equal(momentOf({ kind: "prediction", iteration: 6000 }), 6000);
  assert.equal(
    describeAsked({ kind: "training", iteration: 6000, operands: [1200, 1], expected: 1201 }, addition),
    "1,200 + 1 = 1,201, answered after iteration 5,999",
  );
});

test("a wrong bit for which the memory is to blame", () => {
  assert.deepEqual(describeWhy(memory, WRONG, addition), [
    "The first wrong bit is at position 3. There 1 + 0 with carry 1 comes in, so it should be 0. " +
      "The network said 1 (0.61). That was a close call.",
    "Had the state been one with carry 1 (that of 7 + 1), it would have said 0 (0.07). " +
      "The states of 93% of the 6,912 other problems with carry 1 there would do as well. " +
      "So the memory was to blame, not the reading of it.",
  ]);
});

test("not every wrong bit is a close call", () => {
  const [sure] = describeWhy({ ...memory, probability: 0.98 }, WRONG, addition);
  assert.match(sure, /said 1 \(0\.98\)\. It was sure of that\.$/);
  const [neither] = describeWhy({ ...memory, probability: 0.75 }, WRONG, addition);
  assert.match(neither, /said 1 \(0\.75\)\.$/);
});

test("if all states would do, it says so without a share", () => {
  const [, blame] = describeWhy({ ...memory, patched: { ...memory.patched, share: 1 } }, WRONG, addition);
  assert.match(blame, /The states of all 6,912 other problems with carry 1 there would do as well\./);
});

test("a wrong bit for which the reading is to blame", () => {
  const patched = { ...memory.patched, from: { a: 14, b: 2 }, position: 2, probability: 0.58, share: 0 };
  const [, blame] = describeWhy({ ...memory, verdict: "reading", patched }, WRONG, addition);
  assert.equal(
    blame,
    "No other state with carry 1 helps. " +
      "With the best one, that of 14 + 2 before position 2, it would still have said 1 (0.58). " +
      "So the reading of the memory is to blame: the weights into and out of the state.",
  );
});

test("where no other state can be tried, it says why", () => {
  const alone = { ...memory, verdict: "reading", patched: null };
  assert.equal(
    describeWhy(alone, WRONG, addition)[1],
    "No other problem has carry 1 there, so no other state can be tried. The network reads the only one wrongly.",
  );
  const first = { ...alone, position: 0, case: { state: "carry 0", bits: [1, 1] } };
  assert.equal(
    describeWhy(first, WRONG, addition)[1],
    "Every problem begins with the same state of zeros, so the memory is not to blame. " +
      "The network reads these bits wrongly.",
  );
});

/** 1 + 0 with a carry, said rightly; `changes` says what the network would have said without one. */
const right = (probability) => ({
  ...memory,
  probability: 0.4,
  verdict: "right",
  patched: { ...memory.patched, state: "carry 0", from: { a: 4, b: 1 }, probability },
});

test("of a right answer it says how near it was, and whether that bit depends on the memory", () => {
  assert.deepEqual(describeWhy(right(0.94), RIGHT, addition), [
    "All bits are right. The bit nearest to being wrong is at position 3. " +
      "There 1 + 0 with carry 1 comes in, so it should be 0. The network said 0 (0.40). That was a close call.",
    "Had the state been one with carry 0 (that of 4 + 1), it would have said 1 (0.94). " +
      "So this bit depends on the memory, as it should.",
  ]);
  assert.match(
    describeWhy(right(0.3), RIGHT, addition)[1],
    /said 0 \(0\.30\)\. So this bit does not depend on the memory, though it should\.$/,
  );
});

test("in comparing, bits that differ decide alone", () => {
  const found = (probability) => ({
    ...memory,
    case: { state: "not greater", bits: [1, 0] },
    probability: 0.7,
    expected: 1,
    verdict: "right",
    patched: { ...memory.patched, state: "greater", from: { a: 1, b: 0 }, probability },
  });
  const [bit, depends] = describeWhy(found(0.99), RIGHT, comparison);
  assert.match(bit, /There a 1, b 0, a > b so far no comes in, so it should be 1\./);
  assert.match(depends, /one with a > b so far yes \(that of 1 > 0\), it would have said 1/);
  assert.match(depends, /So the bits alone decide here, as they should\.$/);
  assert.match(
    describeWhy(found(0.1), RIGHT, comparison)[1],
    /So this bit depends on the memory, though it should not\.$/,
  );
});

test("a right answer that has a wrong bit below is said to be right all the same", () => {
  const found = { ...memory, case: { state: "greater", bits: [0, 0] }, patched: null, verdict: "reading" };
  assert.equal(
    describeWhy(found, RIGHT, comparison).at(-1),
    "The answer is right all the same: it is read only at the last position.",
  );
});

test("a task without memory names no state", () => {
  const found = {
    ...memory,
    case: { state: "no memory", bits: [1, 0] },
    patched: { ...memory.patched, state: "no memory" },
  };
  const [bit, blame] = describeWhy(found, WRONG, xor);
  assert.match(bit, /There 1 xor 0 comes in/);
  assert.match(
    blame,
    /^Had the state been that of 7 xor 1, it would have said 0 \(0\.07\)\. The states of 93% of 6,912 /,
  );
  assert.match(describeWhy({ ...found, verdict: "right", patched: null }, RIGHT, xor)[1], /nothing to remember/);
});

test("other tasks are told in their own words", () => {
  const odd = {
    ...memory,
    case: { state: "odd", bits: [1] },
    patched: { ...memory.patched, state: "odd", from: { a: 5 } },
  };
  const [bit, blame] = describeWhy(odd, WRONG, parity);
  assert.match(bit, /There a 1, parity odd comes in/);
  assert.match(blame, /one with parity odd \(that of running parity of 5\)/);
  const three = {
    ...memory,
    case: { state: "carry 2", bits: [1, 0, 1] },
    patched: { ...memory.patched, state: "carry 2", from: { a: 7, b: 7, c: 7 } },
  };
  assert.match(describeWhy(three, WRONG, threeNumbers)[0], /There 1 \+ 0 \+ 1 with carry 2 comes in/);
  assert.match(describeWhy(three, WRONG, threeNumbers)[1], /that of 7 \+ 7 \+ 7/);
});

test("an answer that is no number is said to be none, and what this machine computes differently is told", () => {
  const parting = { iteration: 5, sound: [], detail: "What is shown is not exactly what was then." };
  const paragraphs = describeWhy({ ...memory, overflow: true, probability: 1, parting }, WRONG, addition);
  assert.match(paragraphs[0], /The network has no answer there/);
  assert.doesNotMatch(paragraphs[0], /said|sure/);
  assert.equal(paragraphs.at(-1), parting.detail);
});
