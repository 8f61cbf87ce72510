import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, isMatrixLit, rolesOf } from "../../app/static/lit.js";
import { advance, createPlayback, hold, nextBit, offer, PACE } from "../../app/static/playback.js";
import { descentOf, describeName, isNear, piecesOf, short, stepOf, valueOf } from "../../app/static/program.js";

const SIMPLE = { cell: "elman", batch_size: 1, optimizer: "sgd" };

/** A problem of two positions and two hidden units, with round numbers. */
const problem = {
  kind: "training",
  generation: 0,
  iteration: 1234,
  width: 2,
  hidden: 2,
  operands: [1, 2],
  inputs: [
    [1, 0],
    [0, 1],
  ],
  targets: [1, 1],
  outputs: [0.75, 0.25],
  hiddenStates: Float32Array.of(0, 0, 0.5, 0.25, 0.125, 0.75),
  outputDeltas: [0.0625, 0.5],
  hiddenDeltas: Float32Array.of(0.5, -0.25, 0.125, 0.25),
  gates: {},
  weights: { W_hy: { shape: [2, 1], data: Float32Array.of(-1.5, 0.5) } },
  updates: { W_hy: { shape: [2, 1], data: Float32Array.of(0.25, -0.5) } },
  learningRate: 0.5,
};

/** A held playback after this many presses of Next bit, each shown to its end. */
function played(presses, shown = problem) {
  const p = createPlayback();
  offer(p, shown);
  hold(p, true);
  for (let k = 0; k < presses; k++) {
    advance(p, PACE.prediction);
    nextBit(p);
  }
  advance(p, PACE.prediction);
  return p;
}

const value = (role, step, p, config = SIMPLE) => valueOf(role, step, p, config, 0.1);

test("a line is cut into names with their index, keywords, numbers and comments", () => {
  const line = "h[t + 1] = sigmoid(h[t] @ W_hh.T, 1e-8)  # of h";
  const pieces = piecesOf(line, ["h", "t", "W_hh", "T"], "t");
  assert.equal(pieces.map(({ text }) => text).join(""), line);
  const names = pieces.filter(({ kind }) => kind === "name").map(({ text, shift }) => [text, shift]);
  assert.deepEqual(names, [
    ["h", 1],
    ["t", undefined],
    ["h", 0],
    ["t", undefined],
    ["W_hh", undefined],
  ]);
  assert.deepEqual(
    pieces.filter(({ kind }) => !["name", "plain"].includes(kind)).map(({ kind, text }) => [kind, text]),
    [
      ["number", "1"],
      ["number", "1e-8"],
      ["comment", "# of h"],
    ],
  );
  assert.deepEqual(
    piecesOf('for gate in "zrn":', ["z"], "t").map(({ kind }) => kind),
    ["keyword", "plain", "keyword", "plain", "text", "plain"],
  );
  assert.deepEqual(piecesOf('"""What h is."""', ["h"], "t"), [{ kind: "comment", text: '"""What h is."""' }]);
  assert.deepEqual(piecesOf("", [], "t"), []);
});

test("the step at work follows the stage: state, then output, error, deltas, update", () => {
  const p = createPlayback();
  const seen = [stepOf(p)];
  offer(p, problem);
  for (let k = 0; k < 4000 && p.phase !== "rest"; k++) {
    const step = stepOf(p);
    if (seen.at(-1) !== step) seen.push(step);
    advance(p, 10);
  }
  seen.push(stepOf(p));
  const forward = ["forward.state", "forward.output"];
  const backward = ["backward.output", "backward.state", "backward.weights"];
  assert.deepEqual(seen, ["", ...forward, ...forward, "error", ...backward, ...backward, "update", ""]);
  assert.ok(isNear("forward", "forward") && isNear("forward.output", "forward"));
  assert.ok(!isNear("backward.state", "forward") && !isNear("", "rest"));
});

test("a held stage shows what a position has computed, and nothing of what follows", () => {
  const first = played(0);
  assert.equal(stepOf(first), "forward.output");
  assert.equal(value("operand.a", "problem", first), "1, 2");
  assert.equal(value("iteration", "problem", first), "1,233");
  assert.equal(value("inputs", "problem", first), "1, 0");
  assert.equal(value("position", "forward", first), "0");
  assert.equal(value("hidden_states", "forward.state", first), "2 numbers, 0.250 to 0.500");
  assert.equal(value("outputs", "forward.output", first), "0.750");
  assert.equal(value("error", "error", first), "");
  assert.equal(value("hidden_states", "setup", first), "");
  const second = played(1);
  assert.equal(value("hidden_states", "forward.state", second), "2 numbers, 0.125 to 0.750");
  const answered = played(2);
  assert.equal(value("error", "error", answered), "1");
  assert.equal(value("outputs", "forward.output", answered), "2 numbers, 0.250 to 0.750");
  assert.equal(value("targets", "problem", answered), "11");
  assert.equal(value("output_deltas", "backward.output", answered), "");
  const back = played(3);
  assert.equal(value("output_deltas", "backward.output", back), "0.500");
  assert.equal(value("hidden_deltas", "backward.state", back), "2 numbers, 0.125 to 0.250");
  assert.equal(value("weights.W_hy", "update", back), "");
  const moved = played(5);
  assert.equal(value("weights.W_hy", "update", moved), "2 numbers, −1.50 to 0.500; moved by up to 0.250");
  assert.equal(value("learning_rate", "problem", moved), "0.5");
  assert.equal(value("hidden_deltas", "backward.state", played(6)), "4 numbers, −0.250 to 0.500");
});

test("an answer has no backward pass, and an empty stage no values", () => {
  const typed = { ...problem, kind: "prediction", hiddenDeltas: undefined, outputDeltas: undefined, updates: {} };
  const ended = played(3, typed);
  assert.equal(ended.phase, "rest");
  assert.equal(value("error", "error", ended), "1");
  assert.equal(value("iteration", "problem", ended), "");
  for (const [role, step] of [
    ["hidden_deltas", "backward.state"],
    ["weights.W_hy", "update"],
  ])
    assert.equal(value(role, step, ended), "");
  assert.equal(value("operand.a", "problem", createPlayback()), "");
  assert.equal(
    value("hidden_states", "forward.state", played(0, { ...typed, hidden: 0, hiddenStates: undefined })),
    "",
  );
});

test("the sums of the backward pass are added up from the last position to this one", () => {
  assert.deepEqual([...descentOf("W_xh", problem, 1, SIMPLE)], [0, 0, 0.125, 0.25]);
  assert.deepEqual([...descentOf("W_xh", problem, -1, SIMPLE)], [0.5, -0.25, 0.125, 0.25]);
  // h of position 0 times dh of position 1; before position 0 the state is empty.
  assert.deepEqual([...descentOf("W_hh", problem, 0, SIMPLE)], [0.0625, 0.125, 0.03125, 0.0625]);
  assert.deepEqual(
    [...descentOf("W_hy", problem, 0, SIMPLE)],
    [0.5 * 0.0625 + 0.125 * 0.5, 0.25 * 0.0625 + 0.75 * 0.5],
  );
  assert.deepEqual([...descentOf("b_h", problem, 0, SIMPLE)], [0.625, 0]);
  assert.deepEqual([...descentOf("b_y", problem, 0, SIMPLE)], [0.5625]);
  assert.equal(descentOf("W_hh", problem, 0, { ...SIMPLE, batch_size: 2 }), null);
  assert.equal(descentOf("W_hz", problem, 0, { ...SIMPLE, cell: "gru" }), null);
  assert.equal(descentOf("W_hy", problem, 0, { ...SIMPLE, cell: "gru" }).length, 2);
});

test("of a batch the stage has the first problem, and the error is the mean", () => {
  const batch = { ...SIMPLE, batch_size: 2 };
  const first = { ...problem, frame: { errors: Float32Array.of(3, 0.5) } };
  assert.equal(value("operand.a", "problem", played(0, first), batch), "1, 2, the first of the batch");
  assert.equal(value("error", "error", played(2, first), batch), "0.500");
  assert.equal(value("error", "error", played(2), batch), "");
});

test("numbers have three digits", () => {
  for (const [x, text] of [
    [0.94, "0.940"],
    [-0.048, "−0.0480"],
    [0.9984, "0.998"],
    [0, "0"],
    [-3, "−3"],
    [-0.0000314, "−3.1e−5"],
    [1234567.5, "1.2e6"],
  ])
    assert.equal(short(x), text);
  assert.equal(describeName("h", "the states", [9, 1, 16]), "h, 9 × 1 × 16: the states");
  assert.equal(describeName("t", "the position", null), "t: the position");
});

test("a name of the program lights up its rows, at the position that its index is about", () => {
  const h = (shift) => ({ kind: "name", role: "hidden_states", shift });
  assert.deepEqual(cellsOf(h(1), 3), { rows: ["hidden"], position: 3 });
  assert.deepEqual(cellsOf(h(0), 3), { rows: ["hidden"], position: 2 });
  assert.deepEqual(cellsOf(h(0), -1), { rows: ["hidden"] });
  assert.deepEqual(cellsOf(h(undefined), 3), { rows: ["hidden"] });
  assert.deepEqual(cellsOf({ kind: "name", role: "hidden_deltas", shift: 1 }, 3).position, 4);
  assert.deepEqual(cellsOf({ kind: "name", role: "gates.update", shift: 0 }, 3), { rows: ["update"], position: 3 });
  assert.deepEqual(cellsOf(null, 3), { rows: [] });
  assert.deepEqual(cellsOf({ kind: "bit", line: "hidden", position: 1 }, 3), { rows: [] });
});

test("a name that holds weights lights up their matrix", () => {
  const name = (role) => ({ kind: "name", role });
  assert.ok(isMatrixLit(name("weights.W_hh"), "W_hh") && isMatrixLit(name("updates.W_hh"), "W_hh"));
  assert.ok(isMatrixLit(name("weights"), "W_hy") && !isMatrixLit(name("weights.W_hh"), "W_hy"));
  assert.ok(!isMatrixLit(null, "W_hy") && !isMatrixLit({ kind: "unit", unit: 1, matrix: "W_hy" }, "W_hy"));
});

test("what is pointed at on the stage or in a matrix has its names", () => {
  assert.deepEqual(rolesOf({ kind: "unit", line: "hidden", unit: 3, position: 1 }), ["hidden_states"]);
  assert.deepEqual(rolesOf({ kind: "unit", line: "hidden", gate: "update", unit: 3 }), ["gates.update"]);
  assert.deepEqual(rolesOf({ kind: "unit", line: "hidden", gate: "cell", unit: 3 }), ["cell_states"]);
  assert.deepEqual(rolesOf({ kind: "part", line: "futurePart", unit: 3 }), ["hidden_deltas"]);
  assert.deepEqual(rolesOf({ kind: "bit", line: "a", position: 1 }), ["inputs", "operand.a"]);
  assert.deepEqual(rolesOf({ kind: "bit", line: "predicted", position: 1 }), ["outputs"]);
  assert.deepEqual(rolesOf({ kind: "unit", unit: 1, matrix: "W_hh" }), ["weights.W_hh", "updates.W_hh"]);
  assert.deepEqual(rolesOf({ kind: "weight", plan: { name: "b_y" }, row: 0 }), ["weights.b_y", "updates.b_y"]);
  assert.deepEqual(rolesOf({ kind: "name", role: "error" }), ["error"]);
  // The true carry is what the network is never shown.
  assert.deepEqual(rolesOf({ kind: "bit", line: "state", position: 1 }), []);
  assert.deepEqual(rolesOf(null), []);
});
