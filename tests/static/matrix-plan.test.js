import assert from "node:assert/strict";
import { test } from "node:test";
import { describeWeight, planMatrices } from "../../app/static/matrix-plan.js";

const GRU = ["update", "reset", "candidate"];
const LSTM = ["input", "forget", "candidate", "output"];
const places = (names, gates) =>
  planMatrices(names, gates).map(({ name, gate, row, column }) =>
    `${name} ${gate} ${row} ${column}`.replace("  ", " "),
  );

test("the simple cell keeps the article's names", () => {
  const plans = planMatrices(["W_hh", "W_hy", "W_xh"], []);
  assert.deepEqual(
    plans.map(({ name, seed }) => [name, seed]),
    [
      ["W_xh", "synapse_0"],
      ["W_hh", "synapse_h"],
      ["W_hy", "synapse_1"],
    ],
  );
});

test("gates stand side by side in the order of the formulas, whatever the order of a frame", () => {
  assert.deepEqual(places(["W_hn", "W_hr", "W_hy", "W_hz", "W_xn", "W_xr", "W_xz"], GRU), [
    "W_xz update 1 0",
    "W_xr reset 1 1",
    "W_xn candidate 1 2",
    "W_hz update 2 0",
    "W_hr reset 2 1",
    "W_hn candidate 2 2",
    "W_hy 2 3",
  ]);
  assert.deepEqual(places(["W_xf", "W_xg", "W_xi", "W_xo"], LSTM), [
    "W_xi input 1 0",
    "W_xf forget 1 1",
    "W_xg candidate 1 2",
    "W_xo output 1 3",
  ]);
});

test("biases are a row of their own, that of the output last", () => {
  assert.deepEqual(places(["b_f", "b_g", "b_i", "b_o", "b_y"], LSTM), [
    "b_i input 3 0",
    "b_f forget 3 1",
    "b_g candidate 3 2",
    "b_o output 3 3",
    "b_y 3 4",
  ]);
  assert.deepEqual(places(["b_h", "b_y"], []), ["b_h 3 0", "b_y 3 1"]);
});

test("a weight is told by where it comes from and where it leads", () => {
  const said = (name, gates, row, column) => describeWeight(planMatrices([name], gates)[0], row, column);
  assert.equal(said("W_xh", [], 1, 3), "W_xh from input b to hidden unit 3");
  assert.equal(said("W_hy", [], 5, 0), "W_hy from hidden unit 5 to the output");
  assert.equal(said("W_hf", LSTM, 2, 7), "W_hf from hidden unit 2 to the forget gate of hidden unit 7");
  assert.equal(said("W_xn", GRU, 2, 7), "W_xn from input c to the candidate of hidden unit 7");
  assert.equal(said("b_z", GRU, 0, 4), "b_z of the update gate of hidden unit 4");
  assert.equal(said("b_y", GRU, 0, 0), "b_y of the output");
});
