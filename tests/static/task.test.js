import assert from "node:assert/strict";
import { test } from "node:test";
import { equals, hardest, said, statesOf, stateWords, written } from "../../app/static/task.js";
import { addition, comparison, parity, subtraction, threeNumbers, xor } from "./tasks.js";

const bitsOf = (n, width) => Array.from({ length: width }, (_, p) => (n >> p) & 1);
const numberOf = (bits) => bits.reduce((n, bit, p) => n + bit * 2 ** p, 0);

test("the states of the adding machine are the carries of adding by hand, for every pair of four-bit numbers", () => {
  for (let a = 0; a < 16; a++) {
    for (let b = 0; b < 16; b++) {
      const [x, y] = [bitsOf(a, 5), bitsOf(b, 5)];
      const carries = statesOf(addition, [x, y]);
      assert.equal(numberOf(x.map((bit, p) => (bit + y[p] + carries[p]) % 2)), a + b);
    }
  }
});

test("three numbers carry up to two, into the position after", () => {
  assert.deepEqual(
    statesOf(
      threeNumbers,
      [3, 3, 3].map((n) => bitsOf(n, 4)),
    ),
    [0, 1, 2, 1],
  );
});

test("a borrow runs on until a one pays it back", () => {
  assert.deepEqual(statesOf(subtraction, [bitsOf(8, 5), bitsOf(1, 5)]), [0, 1, 1, 1, 0]);
});

test("a comparison knows before each position what the lower bits say", () => {
  const states = statesOf(comparison, [bitsOf(0b0101, 4), bitsOf(0b0110, 4)]);
  assert.deepEqual(
    states.map((state) => stateWords(comparison)[state]),
    ["no", "yes", "no", "no"],
  );
});

test("states are said beside what is carried", () => {
  assert.deepEqual(stateWords(addition), ["0", "1"]);
  assert.deepEqual(stateWords(threeNumbers), ["0", "1", "2"]);
  assert.deepEqual(stateWords(parity), ["even", "odd"]);
});

test("problems and results are written as people write them", () => {
  assert.equal(written(addition, [9, 60]) + equals(addition) + said(addition, 69), "9 + 60 = 69");
  assert.equal(written(threeNumbers, ["1", "2", "1,003"]), "1 + 2 + 1,003");
  assert.equal(written(comparison, [9, 60]) + equals(comparison) + said(comparison, 0), "9 > 60: no");
  assert.equal(said(xor, 12345), "12,345");
});

test("the hardest problem of each task is one of those seen in training, and of its number of operands", () => {
  assert.deepEqual(hardest(addition), [127, 1]);
  assert.deepEqual(hardest(threeNumbers), [63, 63, 63]);
  assert.deepEqual(hardest(subtraction), [128, 1]);
  assert.deepEqual(hardest(comparison), [255, 254]);
  assert.deepEqual(hardest(parity), [255]);
  assert.deepEqual(hardest(xor), [255, 255]);
});
