import assert from "node:assert/strict";
import { test } from "node:test";
import { describeCells, editsOf, heldIn, meantBy, rectanglesOf } from "../../app/static/edits.js";
import { isRecurrent, planMatrices } from "../../app/static/matrix-plan.js";
import { readEdits, readSigned, writeEdits } from "../../app/static/written-edits.js";

const SHAPES = {
  W_xh: { shape: [2, 4] },
  W_hy: { shape: [4, 1] },
  W_hh: { shape: [4, 4] },
  b_h: { shape: [4] },
  b_y: { shape: [1] },
};
const PLANS = planMatrices(Object.keys(SHAPES), []);
const planOf = (name) => PLANS.find((plan) => plan.name === name);
const hold = (parameter, at, iteration = 0, frozen = true) => ({ iteration, parameter, ...(at && { at }), frozen });

/** What is held of W_hh, as text: a row each, # for a held weight. */
const picture = (edits, iteration = 9) =>
  heldIn(edits, "W_hh", [4, 4], iteration).map((row) => row.map((cell) => (cell ? "#" : ".")).join(""));

test("what is held follows the edits in their order, up to the moment", () => {
  const edits = [
    hold("W_hh", [1, null]),
    hold("W_hh", [null, 2], 5),
    hold("W_hh", [1, 1], 7, false),
    { iteration: 8, parameter: "W_hh", value: 0 },
    hold("W_xh", null, 8),
  ];
  assert.deepEqual(picture(edits, 4), ["....", "####", "....", "...."]);
  assert.deepEqual(picture(edits, 5), ["..#.", "####", "..#.", "..#."]);
  assert.deepEqual(picture(edits, 8), ["..#.", "#.##", "..#.", "..#."]);
  assert.deepEqual(heldIn([hold("b_h", [2])], "b_h", [4], 0), [[false, false, true, false]]);
});

test("held cells are few rectangles that cover exactly them", () => {
  const all = rectanglesOf(heldIn([hold("W_hh", null)], "W_hh", [4, 4], 0));
  assert.deepEqual(all, [{ row: 0, column: 0, rows: 4, columns: 4 }]);
  const cross = heldIn([hold("W_hh", [1, null]), hold("W_hh", [null, 2])], "W_hh", [4, 4], 0);
  assert.deepEqual(rectanglesOf(cross), [
    { row: 1, column: 0, rows: 1, columns: 4 },
    { row: 0, column: 2, rows: 4, columns: 1 },
  ]);
  assert.deepEqual(rectanglesOf(heldIn([], "W_hh", [4, 4], 0)), []);
  for (let seed = 1; seed < 200; seed++) {
    const held = [0, 1, 2].map((row) => [0, 1, 2, 3].map((column) => ((seed * 2654435761) >> (row * 4 + column)) & 1));
    const covered = held.map((row) => row.map(() => 0));
    for (const { row, column, rows, columns } of rectanglesOf(held.map((row) => row.map(Boolean))))
      for (let r = row; r < row + rows; r++) for (let c = column; c < column + columns; c++) covered[r][c] = 1;
    assert.deepEqual(covered, held);
  }
});

test("a rectangle becomes as few edits as can name it", () => {
  const change = { value: 0, frozen: true };
  const of = (name, row, column, rows, columns) =>
    editsOf(name, { row, column, rows, columns }, SHAPES[name].shape, change).map(({ at }) => at ?? null);
  assert.deepEqual(of("W_hh", 0, 0, 4, 4), [null]);
  assert.deepEqual(of("W_hh", 1, 0, 2, 4), [
    [1, null],
    [2, null],
  ]);
  assert.deepEqual(of("W_hh", 0, 3, 4, 1), [[null, 3]]);
  assert.deepEqual(of("W_hh", 1, 2, 1, 2), [
    [1, 2],
    [1, 3],
  ]);
  assert.deepEqual(of("W_hy", 2, 0, 1, 1), [[2, null]]);
  assert.deepEqual(of("b_h", 0, 3, 1, 1), [[3]]);
  assert.deepEqual(of("b_y", 0, 0, 1, 1), [null]);
  assert.deepEqual(editsOf("W_hh", { row: 0, column: 0, rows: 4, columns: 4 }, [4, 4], change), [
    { parameter: "W_hh", value: 0, frozen: true },
  ]);
});

test("what is meant: a weight, its row, its column, its matrix, or all that goes into its unit and out", () => {
  const meant = (name, scope) =>
    meantBy({ plan: planOf(name), row: 1, column: 2, scope }, PLANS, SHAPES).map(({ plan, rectangle }) => [
      plan.name,
      ...Object.values(rectangle),
    ]);
  assert.deepEqual(meant("W_hh", "weight"), [["W_hh", 1, 2, 1, 1]]);
  assert.deepEqual(meant("W_hh", "row"), [["W_hh", 1, 0, 1, 4]]);
  assert.deepEqual(meant("W_hh", "column"), [["W_hh", 0, 2, 4, 1]]);
  assert.deepEqual(meant("W_hh", "matrix"), [["W_hh", 0, 0, 4, 4]]);
  assert.deepEqual(meant("W_hh", "unit"), [
    ["W_xh", 0, 2, 2, 1],
    ["W_hh", 0, 2, 4, 1],
    ["W_hh", 2, 0, 1, 4],
    ["W_hy", 2, 0, 1, 1],
    ["b_h", 0, 2, 1, 1],
  ]);
  assert.deepEqual(meantBy({ plan: planOf("W_hy"), row: 3, column: 0, scope: "unit" }, PLANS, SHAPES)[0].rectangle, {
    row: 0,
    column: 3,
    rows: 2,
    columns: 1,
  });
  assert.deepEqual(
    PLANS.filter(isRecurrent).map(({ name }) => name),
    ["W_hh"],
  );
  const gated = planMatrices(
    ["W_xz", "W_xr", "W_xn", "W_hz", "W_hr", "W_hn", "W_hy"],
    ["update", "reset", "candidate"],
  );
  assert.deepEqual(
    gated.filter(isRecurrent).map(({ name }) => name),
    ["W_hz", "W_hr", "W_hn"],
  );
});

test("cells are told in words", () => {
  const words = (name, ...[row, column, rows, columns]) =>
    describeCells(planOf(name), { row, column, rows, columns }, SHAPES[name].shape);
  assert.equal(words("W_hh", 1, 2, 1, 1), "W_hh from hidden unit 1 to hidden unit 2");
  assert.equal(words("W_hh", 0, 0, 4, 4), "W_hh: all");
  assert.equal(words("W_hh", 1, 0, 1, 4), "W_hh: row 1");
  assert.equal(words("W_xh", 0, 3, 2, 1), "W_xh: column 3");
  assert.equal(words("W_hh", 0, 1, 3, 2), "W_hh: rows 0 to 2, columns 1 to 2");
});

test("an address writes edits so that they can be read, and leaves what it can't read", () => {
  const edits = [
    { iteration: 0, parameter: "W_hh", value: 0, frozen: true },
    { iteration: 5000, parameter: "W_hh", at: [3, null], frozen: false },
    { iteration: 5000, parameter: "b_h", at: [12], value: -0.5 },
    { iteration: 6000, parameter: "W_xz", at: [0, 1], value: 1e-7, frozen: true },
  ];
  const text = "0:W_hh:*:0:h,5000:W_hh:3.*::r,5000:b_h:12:-0.5:,6000:W_xz:0.1:1e-7:h";
  assert.equal(writeEdits(edits), text);
  assert.deepEqual(readEdits(text), edits);
  for (const nonsense of ["x", "0:W_hh", "0:W_hh:*:0:x", "0:W_hh:*:0,5:h", "-1:W_hh:*:0:h", "0:W_hh:*:zero:h", ""])
    assert.equal(readEdits(nonsense), nonsense);
});

test("a typed value may have a minus of either kind, and what is no number stays a text", () => {
  assert.deepEqual(["1.5", "-0.5", "−2", " 0 ", "- 3"].map(readSigned), [1.5, -0.5, -2, 0, -3]);
  assert.deepEqual(["", "x", "--1", "1,5"].map(readSigned), ["", "x", "--1", "1,5"]);
});
