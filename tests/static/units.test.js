import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf, boundsOf } from "../../app/static/units.js";

test("units stand nearly square, without an empty place where that is not too wide", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 128].map(columnsOf), [1, 2, 2, 2, 3, 3, 4, 4, 4, 6, 16]);
});

test("each number of units fits, and the last row is not empty", () => {
  for (let count = 1; count <= 128; count++) {
    const columns = columnsOf(count);
    const rows = Math.ceil(count / columns);
    assert.ok(columns * rows >= count && columns * (rows - 1) < count);
    assert.ok(columns * columns <= 2 * count || columns === Math.ceil(Math.sqrt(count)));
  }
});

test("a state's colours reach as far as its activation", () => {
  assert.deepEqual(boundsOf({ cell: "elman", activation: "sigmoid" }, [0.5]), [0, 1]);
  assert.deepEqual(boundsOf({ cell: "elman", activation: "tanh" }, [0.5]), [-1, 1]);
  assert.deepEqual(boundsOf({ cell: "gru", activation: "sigmoid" }, [0.5]), [-1, 1]);
  assert.deepEqual(boundsOf({ cell: "elman", activation: "relu" }, [0, 2.7]), [0, 3]);
});
