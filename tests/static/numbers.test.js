import assert from "node:assert/strict";
import { test } from "node:test";
import {
  describeAccuracy,
  describeAnswer,
  describeAsked,
  describeFocus,
  describeRange,
  describeStep,
} from "../../app/static/describe.js";
import { brief, delta, errorValue, percent, plain, rate, signed, whole } from "../../app/static/format.js";
import { notchOf, speedAt, speedWords, STORY, UNLIMITED } from "../../app/static/speed.js";
import { backoff } from "../../app/static/backoff.js";
import { areLong, checkOperand } from "../../app/static/task.js";
import { addition, comparison, parity, threeNumbers } from "./tasks.js";

test("numbers are whole, with separators, never shortened", () => {
  assert.equal(whole(12345), "12,345");
  assert.equal(whole(10_000_000), "10,000,000");
  assert.equal(whole(2 ** 52 - 1), "4,503,599,627,370,495");
});

test("an error always has four decimals", () => {
  assert.equal(errorValue(3.5), "3.5000");
  assert.equal(errorValue(null), "–");
});

test("signed values carry a sign, and small ones an exponent", () => {
  assert.equal(signed(0.031), "+0.0310");
  assert.equal(signed(-0.42171), "−0.4217");
  assert.equal(signed(-0.000031), "−3.100e−5");
  assert.equal(signed(0), "+0.0000");
});

test("no more digits are shown than a frame's numbers have, which are float32", () => {
  assert.equal(signed(Math.fround(12345.6789)), "+12345.68");
  assert.equal(signed(Math.fround(-1234567.89)), "−1234568");
  assert.equal(signed(12871204.0103), "+1.287120e7");
  assert.equal(plain(12871204), "1.287120e7");
  assert.deepEqual([signed(1e39), signed(-1e39)], ["≥ +3.402823e38", "≤ −3.402823e38"]);
});

test("deltas have three decimals, two where there is little room, and no sign where they round to nothing", () => {
  assert.equal(delta(0.0312), "+0.031");
  assert.equal(delta(-0.0002), "0.000");
  assert.equal(delta(-0.126, true), "−.13");
});

test("rates read well", () => {
  assert.equal(rate(0), "0");
  assert.equal(rate(2.5), "2.5");
  assert.equal(rate(12345.6), "12,346");
});

test("the slider goes from one iteration in ten seconds to a million, and then unlimited", () => {
  assert.equal(speedAt(STORY), "story");
  assert.equal(notchOf("story"), STORY);
  assert.equal(speedWords("story"), "story");
  assert.equal(speedAt(0), 0.1);
  assert.equal(speedAt(UNLIMITED - 1), 1_000_000);
  assert.equal(speedAt(UNLIMITED), null);
  for (let notch = 0; notch <= UNLIMITED; notch++) assert.equal(notchOf(speedAt(notch)), notch);
  for (let notch = 1; notch < UNLIMITED; notch++) assert.ok(speedAt(notch) > speedAt(notch - 1));
  assert.equal(speedAt(notchOf(300)), 300);
});

test("speeds are said in words", () => {
  assert.equal(speedWords(0.1), "1 in 10 seconds");
  assert.equal(speedWords(1.5), "1.5 a second");
  assert.equal(speedWords(300), "300 a second");
  assert.equal(speedWords(1_000_000), "1,000,000 a second");
  assert.equal(speedWords(null), "unlimited");
});

test("operands are whole numbers of at most 1,024 bits; anything else is explained", () => {
  assert.deepEqual(checkOperand("a", "60"), { value: 60, problem: "" });
  assert.deepEqual(checkOperand("a", "4503599627370495"), { value: 2 ** 52 - 1, problem: "" });
  for (const bad of ["", "-1", "1.5", "1e3", "0x10", String(2n ** 1024n), "9".repeat(400)]) {
    const { problem } = checkOperand("b", bad);
    assert.match(problem, /\bb\b/);
  }
  assert.deepEqual(checkOperand("a", "9007199254740993"), { value: 9007199254740993n, problem: "" });
  const most = 2n ** 1024n - 1n;
  assert.deepEqual(checkOperand("a", String(most)), { value: most, problem: "" });
  assert.match(checkOperand("a", "", true).problem, /whole number/);
});

test("of a long number the ends are shown", () => {
  assert.equal(brief(1234567), "1,234,567");
  assert.equal(brief(2 ** 53), "9,007,199,254,740,992");
  assert.equal(brief(2n ** 1024n - 1n), "179…215");
});

test("operands are long where they or their sum leave what the server answers in numbers", () => {
  assert.equal(areLong([2 ** 52 - 1, 2 ** 52 - 1]), false);
  assert.equal(areLong([2 ** 52, 0]), true);
  assert.equal(areLong([2n ** 60n, 1]), true);
  assert.equal(areLong([2 ** 52 - 1, 2 ** 52 - 1, 2]), true);
});

test("a long problem is answered in words", () => {
  const asked = { operands: [2n ** 1023n - 1n, 1], expected: 2n ** 1023n, predicted: 2n ** 1023n, iteration: 7 };
  assert.equal(describeAsked(asked, addition), "89…607 + 1 = 89…608. The network is right, after 7 iterations.");
  assert.equal(
    describeAsked({ ...asked, predicted: 5 }, addition),
    "89…607 + 1 = 89…608. The network says 5, which is wrong.",
  );
});

test("the status region says whether the network is right, and what it said", () => {
  const answer = { a: 9, b: 60, expected: 69, predicted: 69, correct: true, iteration: 12345 };
  assert.equal(describeAnswer(answer, addition), "9 + 60 = 69. The network is right, after 12,345 iterations.");
  assert.equal(
    describeAnswer({ ...answer, predicted: 67, correct: false }, addition),
    "9 + 60 = 69. The network says 67, which is wrong.",
  );
  assert.match(describeAnswer({ ...answer, iteration: 1 }, addition), /after 1 iteration\.$/);
  assert.match(
    describeAnswer({ ...answer, correct: false, overflow: true }, addition),
    /has no answer.*counts as wrong\.$/,
  );
});

test("an accuracy says over what it is, and of a sample how many hard problems are right", () => {
  const found = { sampled: false, problems: 16_384, hard_problems: 0, hard_right: 0 };
  assert.equal(describeAccuracy(found), "accuracy, all 16,384 problems");
  assert.equal(describeAccuracy({ ...found, sampled: true }), "accuracy, a sample of 16,384 problems");
  const hard = { sampled: true, problems: 65_536, hard_problems: 3840, hard_right: 3795 };
  assert.equal(describeAccuracy(hard), "accuracy, a sample of 65,536 problems; of 3,840 hard ones 3,795 are right");
});

test("every step of the stage has its line", () => {
  const problem = {
    kind: "training",
    width: 8,
    inputs: [
      [0, 0, 1],
      [1, 0, 0],
    ],
    outputs: [0.1, 0.2, 0.83],
    bits: [0, 0, 1],
    targets: [1, 0, 1],
    learningRate: 0.1,
    iteration: 1,
  };
  const at = (phase, position) => describeStep({ phase, position, problem }, addition);
  assert.equal(at("forward", 2), "Position 2: 1 + 0 and what the state remembers → 0.83");
  assert.equal(at("backward", 5), "Backward, position 5: gradients from this bit and from later bits");
  assert.equal(at("update", -1), "Update: every weight moves by 0.1 × its update");
});

test("a bit that is pointed at is called by its row", () => {
  const problem = {
    kind: "training",
    width: 2,
    inputs: [
      [1, 0],
      [1, 0],
    ],
    targets: [0, 1],
    iteration: 7,
  };
  const at = (line, position) => describeFocus({ kind: "bit", line, position }, problem, addition);
  assert.equal(at("a", 0), "a at position 0: 1 (The problem of iteration 7)");
  assert.equal(at("true", 1), "true bit at position 1: 1 (The problem of iteration 7)");
  assert.equal(at("state", 1), "carry at position 1: 1 (The problem of iteration 7)");
});

test("without a problem the stage says why there is none", () => {
  const at = (moment, iteration) =>
    describeStep({ phase: "empty", position: -1, problem: null }, addition, { moment, run: { iteration } });
  assert.equal(at(null, 0), "Press Start, and the first problem is drawn here.");
  assert.equal(at(null, 2000), "Press Start, and the next problem is drawn here.");
  assert.equal(at({ iteration: 0 }, 2000), "Before the first problem: the weights are as they were drawn.");
  assert.equal(at({ iteration: 1000 }, 2000), "The last problem before this moment is not known.");
});

test("the words follow the task", () => {
  const answer = { a: 60, b: 9, expected: 1, predicted: 0, correct: false, iteration: 5 };
  assert.equal(describeAnswer(answer, comparison), "60 > 9: yes. The network says no, which is wrong.");
  assert.equal(
    describeAnswer({ ...answer, correct: true }, parity),
    "running parity of 60 = 1. The network is right, after 5 iterations.",
  );
  const problem = {
    kind: "prediction",
    width: 2,
    inputs: [
      [1, 0],
      [1, 1],
      [0, 1],
    ],
    outputs: [0.2, 0.83],
    bits: [0, 1],
    targets: [0, 0],
    predicted: 1,
  };
  const at = (phase, position, task) => describeStep({ phase, position, problem }, task);
  assert.equal(at("forward", 1, threeNumbers), "Position 1: 0 + 1 + 1 and what the state remembers → 0.83");
  assert.equal(at("forward", 0, comparison), "Position 0: 1 > 1 and an empty state → 0.20");
  assert.equal(at("forward", 0, parity), "Position 0: running parity of 1 and an empty state → 0.20");
  assert.equal(at("answer", -1, comparison), "Read at the last position, 1: yes. 1 of 2 bits is wrong");
  assert.equal(at("answer", -1, threeNumbers), "1 of 2 bits is wrong");
});

test("a strip of units is said by its least and its largest", () => {
  assert.equal(describeRange(Float32Array.of(0.25, -0.914, 0.5)), "−0.91 to 0.50");
  assert.equal(describeRange([]), "none");
});

test("waiting doubles up to fifteen seconds, with jitter", () => {
  assert.equal(
    backoff(0, () => 0.5),
    500,
  );
  assert.equal(
    backoff(3, () => 0.5),
    4000,
  );
  assert.equal(
    backoff(20, () => 0.5),
    15_000,
  );
  assert.notEqual(
    backoff(2, () => 0),
    backoff(2, () => 0.9),
  );
});

test("all is said only of all", () => {
  assert.equal(percent(1), "100.0%");
  assert.equal(percent(16383 / 16384), "99.9%");
  assert.equal(percent(0), "0.0%");
  assert.equal(percent(0.9348), "93.4%");
});
