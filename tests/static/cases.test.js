import assert from "node:assert/strict";
import { test } from "node:test";
import { caseWords, describeCase, describeCases, judge } from "../../app/static/cases.js";
import { addition, threeNumbers, xor } from "./tasks.js";

const answer = (state, bits, expected, output) => ({ state, bits, expected, output });

test("a mean is right near the truth, wrong beyond one half, and unsure in between, to either side", () => {
  const verdicts = [0.02, 0.24, 0.3, 0.5, 0.6, 1].map((output) => judge(answer("", [], 0, output)));
  assert.deepEqual(verdicts, ["right", "right", "unsure", "unsure", "wrong", "wrong"]);
  assert.deepEqual([0.98, 0.6, 0.4].map((output) => judge(answer("", [], 1, output))), ["right", "unsure", "wrong"]);
  assert.equal(judge(answer("", [], 1, null)), "unknown");
});

test("a line reads as its bits and what is carried in, where anything is", () => {
  assert.deepEqual(caseWords(answer("carry 1", [1, 0], 0, 0.1), addition), ["1", "0", "1"]);
  assert.deepEqual(caseWords(answer("carry 2", [1, 0, 1], 0, 0.1), threeNumbers), ["1", "0", "1", "2"]);
  assert.deepEqual(caseWords(answer(xor.states[0], [1, 0], 1, 0.1), xor), ["1", "0"]);
});

test("a line is said whole, and how many are understood", () => {
  const last = answer("carry 1", [1, 1], 1, 0.4321);
  assert.equal(describeCase(last, addition), "a 1, b 1, carry 1: should be 1, the network says 0.43: wrong");
  assert.match(describeCase({ ...last, output: null }, addition), /should be 1, does not occur$/);
  assert.equal(describeCases([last, answer("carry 0", [0, 0], 0, 0)]), "1 of 2 understood");
  assert.equal(describeCases([answer("carry 0", [0, 0], 0, 0)]), "All 1 understood");
});
