import assert from "node:assert/strict";
import { test } from "node:test";
import { readChanges, readNumber, writeChanges } from "../../app/static/typed.js";
import { checkOperand } from "../../app/static/task.js";

test("a whole number is digits, and what would come out as another number stays what was typed", () => {
  for (const [text, number] of [
    ["0", 0],
    ["12", 12],
    [" 5 ", 5],
    ["007", 7],
    ["4294967295", 4294967295],
  ])
    assert.equal(readNumber(text, "integer"), number, text);
  for (const text of [
    "",
    " ",
    "0,05",
    "50.000",
    "1.000",
    "1.0",
    "1e3",
    "１２",
    "٣",
    "+5",
    "-0",
    "-1",
    "0x10",
    "0b1001",
    "1 000",
    "1_000",
    "1'000",
    "5 5",
    "5\n",
    "Infinity",
    "NaN",
    "12345678901234567890",
    "9007199254740993",
  ]) {
    const read = readNumber(text, "integer");
    if (text === "5\n") assert.equal(read, 5);
    else assert.equal(read, text, text);
  }
});

test("a number may have a point and a power of ten, and nothing else", () => {
  for (const [text, number] of [
    ["0.05", 0.05],
    [".5", 0.5],
    ["5.", 5],
    ["1e-3", 0.001],
    ["2E+1", 20],
    [" 0.1 ", 0.1],
    ["1.000", 1],
    ["0", 0],
    ["0e5", 0],
    ["0.0", 0],
  ])
    assert.equal(readNumber(text, "number"), number, text);
  for (const text of [
    "",
    ".",
    "e5",
    "0,05",
    "1.000,5",
    "1,000.5",
    "1 000",
    "０.１",
    "+5",
    "-0",
    "-0.1",
    "0x10",
    "0b1001",
    "1e",
    "1e999",
    "1e-999",
    "12345678901234567890",
    "Infinity",
    "five",
    "1/2",
    "5%",
    "null",
  ])
    assert.equal(readNumber(text, "number"), text, text);
});

test("changes of the learning rate are read as they were written, and nonsense stays for the server to refuse", () => {
  const changes = [
    [0, 0.5],
    [2000, 0.05],
    [5000, 1e-7],
  ];
  assert.equal(writeChanges(changes), "0:0.5,2000:0.05,5000:1e-7");
  assert.deepEqual(readChanges(writeChanges(changes)), changes);
  for (const text of [
    "2000",
    "2000:",
    ":0.05",
    "2000:0,05",
    "2e3:0.05",
    "2000:0.05:1",
    "2000:0.05,",
    "a:b",
    "-1:0.5",
    "1:-1",
  ])
    assert.equal(readChanges(text), text);
});

test("an operand is what was typed, or what is wrong with just that is said", () => {
  for (const [text, value] of [
    ["9", 9],
    [" 60 ", 60],
    ["4503599627370495", 2 ** 52 - 1],
  ])
    assert.deepEqual(checkOperand("a", text), { value, problem: "" });
  for (const text of ["0b1001", "1e3", "１２", "+5", "0x10", "1 000", "1.5", "0,5"])
    assert.match(checkOperand("a", text).problem, new RegExp(`^a is ${text.replace(/[+.]/g, "\\$&")}: it must be`));
  assert.match(checkOperand("a", "-0").problem, /0 or more/);
  assert.match(checkOperand("a", " ").problem, /Type a whole number/);
});

test("before and after the point, and in a power of ten, there may be several digits", () => {
  for (const [text, number] of [
    ["12.5", 12.5],
    [".25", 0.25],
    ["1e-10", 1e-10],
  ])
    assert.equal(readNumber(text, "number"), number, text);
});
