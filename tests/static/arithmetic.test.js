import assert from "node:assert/strict";
import { test } from "node:test";
import { elmanStates, flows, slope, splitDeltas, weightsBefore } from "../../app/static/arithmetic.js";

test("the weights before are those after, less the learning rate times the update", () => {
  const weights = { shape: [2, 1], data: Float32Array.of(1, 2) };
  const updates = { shape: [2, 1], data: Float32Array.of(10, -4) };
  assert.deepEqual([...weightsBefore(weights, updates, 0.5)], [-4, 4]);
});

test("a hidden delta is the output's part and the future's part, worked out by hand for two positions", () => {
  // One hidden unit, sigmoid: W_hy = 2, W_hh = 3, states 0.5 and 0.25, output deltas 0.1 and -0.2.
  const s = [0.5 * 0.5, 0.25 * 0.75];
  const last = -0.2 * 2 * s[1];
  const first = (last * 3 + 0.1 * 2) * s[0];
  const { outputPart, futurePart } = splitDeltas({
    outputDeltas: [0.1, -0.2],
    hiddenDeltas: Float32Array.of(first, last),
    hiddenStates: Float32Array.of(0, 0.5, 0.25),
    W_hy: Float32Array.of(2),
    slope: (h) => slope("sigmoid", h),
  });
  const close = (x, y) => assert.ok(Math.abs(x - y) < 1e-6, `${x} is not ${y}`);
  close(outputPart[0], 0.1 * 2 * s[0]);
  close(outputPart[1], last);
  close(futurePart[0], last * 3 * s[0]);
  close(futurePart[1], 0);
});

test("slopes are those of the activations", () => {
  assert.equal(slope("sigmoid", 0.5), 0.25);
  assert.equal(slope("tanh", 0.5), 0.75);
  assert.equal(slope("relu", 2), 1);
  assert.equal(slope("relu", 0), 0);
});

test("hidden states follow the formula of the Elman network", () => {
  const weights = {
    W_xh: { shape: [2, 2], data: Float32Array.of(0.1, -0.2, 0.3, 0.4) },
    W_hh: { shape: [2, 2], data: Float32Array.of(0.5, -0.5, 1, 0.25) },
  };
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const states = elmanStates(
    weights,
    [
      [1, 0],
      [1, 1],
    ],
    "sigmoid",
  );
  const h1 = [sigmoid(0.1 + 0.3), sigmoid(-0.2 + 0.4)];
  const h2 = [sigmoid(0.3 + h1[0] * 0.5 + h1[1]), sigmoid(0.4 - h1[0] * 0.5 + h1[1] * 0.25)];
  [0, 0, ...h1, ...h2].forEach((value, k) => assert.ok(Math.abs(states[k] - value) < 1e-6));
});

test("a delta at the state, as gated cells have it, is taken apart with a slope of one", () => {
  const { outputPart, futurePart } = splitDeltas({
    outputDeltas: [0.5],
    hiddenDeltas: Float32Array.of(2, 0),
    hiddenStates: Float32Array.of(0, 0, 0.3, 0.7),
    W_hy: Float32Array.of(2, -4),
    slope: () => 1,
  });
  assert.deepEqual([...outputPart], [1, -2]);
  assert.deepEqual([...futurePart], [1, 2]);
});

test("how strongly a state acts is the largest of what its weights make of it, whatever the cell", () => {
  // Two units, two positions: the start, then (1, -2); a matrix by rows.
  const problem = { hidden: 2, width: 2, hiddenStates: Float32Array.of(0, 0, 1, -2, 9, 9) };
  const matrix = (...data) => ({ shape: [2, 2], data: Float32Array.from(data) });
  const weights = { W_xh: matrix(50, 50, 50, 50), W_hh: matrix(1, 2, 3, 4), W_hy: matrix(70, 70) };
  assert.deepEqual(flows({ ...problem, weights, updates: {} }), [0, Math.abs(2 - 2 * 4)]);
  assert.deepEqual(
    flows({ ...problem, weights: { W_hz: matrix(1, 0, 0, 1), W_hn: matrix(0, 0, 0, 5) }, updates: {} }),
    [0, 10],
  );
  // The problem was computed with the weights before their update.
  assert.deepEqual(flows({ ...problem, weights, updates: { W_hh: matrix(0, 0, 0, 4) }, learningRate: 0.5 }), [0, 5]);
  assert.deepEqual(flows({ ...problem, updates: {} }), [0, 0], "a network that is not known has no widths");
});

test("what is too large for a float32 stays a number, so that nothing is drawn black", () => {
  const most = 3.4028234663852886e38;
  const outputDeltas = [0.5, -1];
  const parts = splitDeltas({
    outputDeltas,
    hiddenDeltas: Float32Array.of(most, -most, most, 0),
    hiddenStates: Float32Array.of(0, 0, most, 0, most, most),
    W_hy: weightsBefore({ data: Float32Array.of(most, -most) }, { data: Float32Array.of(-most, most) }, 100),
    slope: (h) => slope("relu", h),
  });
  for (const part of Object.values(parts)) assert.ok(part.every(Number.isFinite), part);
  const matrix = (...data) => ({ shape: [2, 2], data: Float32Array.from(data) });
  const problem = {
    hidden: 2,
    width: 2,
    hiddenStates: Float32Array.of(0, 0, most, most, most, most),
    learningRate: 100,
  };
  const found = flows({
    ...problem,
    weights: { W_hh: matrix(most, most, -most, most) },
    updates: { W_hh: matrix(most, -most, most, 0) },
  });
  assert.ok(found.every(Number.isFinite), found);
  const states = elmanStates(
    { W_xh: matrix(most, most, most, most), W_hh: matrix(most, -most, most, -most) },
    [
      [1, 1, 1],
      [1, 0, 1],
    ],
    "relu",
  );
  assert.ok(
    states.every((h) => h >= 0 && h <= most),
    states,
  );
});
