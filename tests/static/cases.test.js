import assert from "node:assert/strict";
import { test } from "node:test";
import { caseWords, describeCase, describeCases, judge, problemsOf, shareWords } from "../../app/static/cases.js";
import { addition, threeNumbers, xor } from "./tasks.js";

const answer = (state, bits, expected, output, right = 0) => ({ state, bits, expected, output, right });
/** A case that asks for the other bit, and mostly gets it. */
const told = answer("", [], 1, 0.7, 0.9);

test("a case is understood where all of its positions are right, however sure the mean is", () => {
  const verdicts = [1, 0.999, 0.5, 0.499, 0].map((right) => judge([answer("", [], 0, 0.3, right), told])[0]);
  assert.deepEqual(verdicts, ["right", "unsure", "unsure", "wrong", "wrong"]);
  assert.deepEqual(judge([answer("", [], 1, null, null)]), ["unknown"]);
});

test("signs say the same as the count: what is right only by always saying the same bit has no tick", () => {
  const always = addition.machine.map(([state, bits, , truth]) => answer(state, bits, truth, 0.3, Number(truth === 0)));
  assert.deepEqual(new Set(judge(always)), new Set(["unsure", "wrong"]));
  assert.match(
    describeCase(always[0], addition, judge(always)[0]),
    /right in 100% of its positions, but only because it says 0 where it should not, too$/,
  );
  const all = addition.machine.map(([state, bits, , truth]) => answer(state, bits, truth, truth, 1));
  assert.deepEqual(new Set(judge(all)), new Set(["right"]));
  assert.match(describeCase(all[0], addition, "right"), /right in 100% of its positions$/);
  for (const cases of [always, all, [...all.slice(0, 6), ...always.slice(6)]]) {
    const ticks = judge(cases).filter((verdict) => verdict === "right").length;
    assert.match(describeCases(cases), new RegExp(ticks === 8 ? "^All 8" : `^${ticks} of 8`));
  }
});

test("a share is 100% only of all positions, and 0% only of none", () => {
  assert.deepEqual([1, 0.9999, 0.5, 0.0001, 0].map(shareWords), ["100%", "99%", "50%", "1%", "0%"]);
});

test("a line reads as its bits and what is carried in, where anything is", () => {
  assert.deepEqual(caseWords(answer("carry 1", [1, 0], 0, 0.1), addition), ["1", "0", "1"]);
  assert.deepEqual(caseWords(answer("carry 2", [1, 0, 1], 0, 0.1), threeNumbers), ["1", "0", "1", "2"]);
  assert.deepEqual(caseWords(answer(xor.states[0], [1, 0], 1, 0.1), xor), ["1", "0"]);
});

test("a line is said whole", () => {
  const last = answer("carry 1", [1, 1], 1, 0.4321, 0.25);
  assert.equal(
    describeCase(last, addition, "wrong"),
    "a 1, b 1, carry 1: should be 1, the network says 0.43 on average, right in 25% of its positions",
  );
  assert.equal(
    describeCase({ ...last, output: null, right: 0 }, addition, "wrong"),
    "a 1, b 1, carry 1: should be 1, right in 0% of its positions",
  );
  assert.match(
    describeCase({ ...last, output: null, right: null }, addition, "unknown"),
    /should be 1, does not occur$/,
  );
});

test("lines are of so many problems, also where there are few", () => {
  assert.equal(problemsOf([{ positions: 5 }, { positions: 3 }, { positions: 0 }], { bits: 2 }), 4);
});

test("so many are understood of those that occur", () => {
  const [known, half, never] = [
    answer("carry 0", [1, 0], 1, 0.9, 1),
    answer("carry 1", [1, 1], 1, 0.9, 0.9),
    answer("carry 1", [0, 1], 0, null, null),
  ];
  const other = answer("carry 0", [0, 0], 0, 0, 1);
  assert.equal(describeCases([known, other, half]), "2 of 3 understood");
  assert.equal(describeCases([known, other, half, never]), "2 of 3 understood");
  assert.equal(describeCases([known, other, never]), "All 2 understood");
});

test("a network that answers the same everywhere has understood nothing", () => {
  const always = (said) =>
    addition.machine.map(([state, bits, , truth]) => answer(state, bits, truth, said, Number(truth === said)));
  assert.equal(describeCases(always(1)), "0 of 8 understood: nearly always 1");
  assert.equal(describeCases(always(0)), "0 of 8 understood: nearly always 0");
  const nearly = always(1).map((one) => (one.expected ? one : { ...one, right: 0.06 }));
  assert.equal(describeCases(nearly), "0 of 8 understood: nearly always 1");
  const deaf = addition.machine.map(([state, bits, , truth]) =>
    answer(state, bits, truth, 0.5, Number((bits[0] ^ bits[1]) === truth)),
  );
  assert.equal(describeCases(deaf), "4 of 8 understood");
});

test("a line that is right only because the answer is always the same is not understood", () => {
  const biased = addition.machine.map(([state, bits, , truth]) =>
    answer(state, bits, truth, 0.5, state === "carry 0" || truth === 1 ? 1 : 0.4),
  );
  // In both lines of carry 1 that ask for 1 all is right, but those that ask for 0 are wrong more often than not.
  assert.equal(describeCases(biased), "4 of 8 understood");
});
