import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeFrame } from "../../app/static/frames.js";
import { planMatrices } from "../../app/static/matrix-plan.js";
import { predictionProblem, trainingProblem } from "../../app/static/problem.js";
import { signed } from "../../app/static/format.js";
import { nameOf } from "../../app/static/names.js";
import { explain, product, rowsOf, total } from "../../app/static/terms.js";
import { numberOf, randomly, randomFrame } from "./random-frames.js";
import { addition } from "./tasks.js";

const GATES = { elman: [], gru: ["update", "reset", "candidate"], lstm: ["input", "forget", "candidate", "output"] };

/** A frame that the server wrote (see frames/make.py), its configuration, and the stage's problem from it. */
function load(name) {
  const read = (ending) => readFileSync(new URL(`frames/${name}.${ending}`, import.meta.url));
  const config = JSON.parse(read("json"));
  const frame = decodeFrame(Uint8Array.from(read("frame")).buffer);
  return {
    config,
    frame,
    problem: trainingProblem(frame, config),
    plans: planMatrices(Object.keys(frame.weights), GATES[config.cell]),
  };
}

/** Within the rounding of float32 for numbers of the size of the terms. */
function isWhatTheNetworkComputed({ result, value, terms }, words) {
  const size = Math.max(1e-3, Math.abs(value), ...terms.map((term) => Math.abs(term.value)));
  assert.ok(Math.abs(result - value) < 4e-6 * size, `${words}: ${result} is not ${value}`);
}

/** The shown numbers add up to the shown sum, and the rounding error is within its bound. */
function addsUpAsShown(found, words) {
  for (const most of [Infinity, 6]) {
    const rows = rowsOf(found, most);
    if (!rows.length) return;
    const numbers = rows.map(({ text }) => numberOf(text));
    const shown = numbers.pop();
    const unit = 10 ** (found.sum.digits.power - found.sum.digits.decimals);
    const added = numbers.reduce((x, y) => x + y, 0);
    assert.ok(Math.abs(added - shown) < 1e-3 * unit, `${words}: ${rows.map(({ text }) => text)}`);
    assert.ok(Math.abs(shown - found.sum.value) < 0.501 * unit, `${words}: ${shown} is not ${found.sum.value}`);
    const rounding = rows.find(({ symbol }) => symbol === "rounding");
    if (rounding)
      assert.ok(
        Math.abs(numberOf(rounding.text)) <= (found.terms.length / 2 + 1) * unit + found.sum.doubt,
        `${words}: ${rounding.text}`,
      );
  }
  for (const line of found.lines.filter((line) => /^(w_new|δ_\d)/.test(line))) {
    const [, left, right] = line.replace(/ \(rounding\)/, "").split("=");
    const parts = left.match(/[+−]?[\d.]+(e−?\d+)?/g).map(numberOf);
    const size = Math.max(...parts.map(Math.abs));
    assert.ok(Math.abs(parts.reduce((x, y) => x + y, 0) - numberOf(right)) <= 1e-9 * size, `${words}: ${line}`);
  }
}

/** Everything of a problem that can be asked for. */
function* everything({ frame, problem, plans }) {
  for (let position = 0; position < problem.width; position++) {
    yield { kind: "predicted", position };
    yield { kind: "delta", position };
    for (let unit = 0; unit < problem.hidden; unit++) {
      yield { kind: "hidden", position, unit };
      yield { kind: "part", position, unit };
    }
  }
  for (const plan of plans) {
    const { shape } = frame.weights[plan.name];
    const [rows, columns] = shape.length > 1 ? shape : [1, shape[0]];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) yield { kind: "weight", plan, row, column };
  }
}

for (const name of ["elman", "tanh", "relu", "gru", "lstm", "adam", "batch", "clipped"]) {
  test(`all numbers of a real frame follow from their terms: ${name}`, () => {
    const loaded = load(name);
    let asked = 0;
    for (const value of everything(loaded)) {
      const found = explain(value, loaded.problem, loaded.config);
      isWhatTheNetworkComputed(found, nameOf(value));
      addsUpAsShown(found, nameOf(value));
      asked++;
    }
    assert.ok(asked > 100);
  });
}

const RANDOM = ["sigmoid", "tanh", "relu"]
  .map((activation) => ["elman", activation])
  .concat([
    ["gru", "sigmoid"],
    ["lstm", "sigmoid"],
  ])
  .flatMap(([cell, activation]) =>
    ["squared_error", "cross_entropy"].flatMap((loss) =>
      ["sgd", "momentum", "adam"].map((optimizer) => ({ cell, activation, loss, optimizer })),
    ),
  );

for (const config of RANDOM) {
  test(`what is shown of random frames adds up as shown: ${Object.values(config).join(" ")}`, () => {
    const random = randomly(JSON.stringify(config));
    // From tiny to exploding weights. Larger numbers would be cut in a frame.
    for (const size of [1e-6, 1e-2, 1, 5, 100, 1e5, 1e9]) {
      const frame = randomFrame(config, size, random);
      const full = { bits: frame.trace.inputs.shape[0], batch_size: 1, bias: true, task: "addition", ...config };
      const problem = trainingProblem(frame, full);
      const plans = planMatrices(Object.keys(frame.weights), GATES[config.cell]);
      for (const asked of everything({ frame, problem, plans })) {
        const found = explain(asked, problem, full);
        assert.notEqual(found.note, "none");
        const words = `${nameOf(asked)} at ${size}`;
        addsUpAsShown(found, words);
        if (found.note !== "cut")
          assert.ok(
            Math.abs(found.result - found.value) <=
              1e-5 * Math.max(1e-30, Math.abs(found.value), ...found.terms.map(({ value }) => Math.abs(value))) +
                40 * (found.sum?.doubt ?? 0) +
                (asked.kind === "delta" ? 1e-6 : 0),
            `${words}: ${found.result} is not ${found.value}`,
          );
      }
    }
  });
}

test("no more digits are shown than a float32 has", () => {
  const { config, problem } = load("relu");
  const hiddenStates = Float32Array.from(problem.hiddenStates).fill(0);
  const weights = {
    ...problem.weights,
    b_h: { shape: [problem.hidden], data: new Float32Array(problem.hidden).fill(12871204.0103) },
  };
  hiddenStates.fill(12871204, problem.hidden);
  const { lines, terms, sum } = explain(
    { kind: "hidden", position: 0, unit: 1 },
    { ...problem, hiddenStates, weights },
    config,
  );
  assert.equal(lines[0], "h_1=relu(1.2871e7)=1.287120e7");
  assert.ok(rowsOf({ terms, sum }).every(({ text }) => /^[+−]\d\.\d{4}e7$/.test(text)));
});

test("of a weight before its update no more is shown than is known of the two it is worked out from", () => {
  const { config, problem } = load("elman");
  const [weights, updates] = ["weights", "updates"].map((group) => ({
    ...problem[group],
    W_hy: { shape: [16, 1], data: problem[group].W_hy.data.slice() },
  }));
  [weights.W_hy.data[3], updates.W_hy.data[3]] = [1e6, 9999995]; // 0.5 ± 0.1
  const { terms, sum } = explain({ kind: "predicted", position: 2 }, { ...problem, weights, updates }, config);
  const rows = rowsOf({ terms, sum });
  assert.ok(
    rows.every(({ text }) => !/\.\d\d/.test(text)),
    rows.map(({ text }) => text),
  );
  assert.doesNotMatch(rows.find(({ symbol }) => symbol.startsWith("h_3")).numbers, /×.*\.\d\d/);
});

test("numbers that were cut off are not explained", () => {
  const { config, problem } = load("relu");
  const hiddenStates = Float32Array.from(problem.hiddenStates).fill(3.5e38);
  const clamped = hiddenStates.map((x) => (x === Infinity ? 3.4028234663852886e38 : x));
  assert.equal(explain({ kind: "predicted", position: 1 }, { ...problem, hiddenStates: clamped }, config).note, "cut");
  assert.equal(signed(clamped[0]), "≥ +3.402823e38");
});

for (const name of ["elman", "tanh", "relu"]) {
  test(`the contributions of the positions add up to each update: ${name}`, () => {
    const { config, frame, problem, plans } = load(name);
    for (const plan of plans) {
      const found = explain({ kind: "weight", plan, row: 0, column: 0 }, problem, config);
      assert.equal(found.note, "");
      assert.equal(found.terms.length, config.bits);
      const update = frame.updates[plan.name].data[0];
      assert.ok(Math.abs(found.sum.value - update) < 1e-6 * Math.max(1, Math.abs(update)));
    }
  });
}

test("a wrong term shows: a weight after the update is not the one before it", () => {
  const { config, problem } = load("elman");
  const none = { ...problem, updates: {} };
  const asked = { kind: "predicted", position: 2 };
  isWhatTheNetworkComputed(explain(asked, problem, config), "output");
  assert.throws(() => isWhatTheNetworkComputed(explain(asked, none, config), "output"), /is not/);
});

for (const [tensor, asked] of [
  ["hiddenStates", { kind: "predicted", position: 2 }],
  ["hiddenStates", { kind: "hidden", position: 3, unit: 1 }],
  ["outputDeltas", { kind: "part", position: 2, unit: 1 }],
]) {
  test(`a wrong term shows: ${tensor} behind ${asked.kind}`, () => {
    const { config, problem } = load("elman");
    const wrong = { ...problem, [tensor]: problem[tensor].map((x) => x + 0.01) };
    assert.throws(
      () =>
        isWhatTheNetworkComputed(
          { ...explain(asked, wrong, config), value: explain(asked, problem, config).value },
          asked.kind,
        ),
      /is not/,
    );
  });
}

test("a position that contributed something else is no sum that is shown", () => {
  const { config, problem, plans } = load("elman");
  const wrong = { ...problem, hiddenDeltas: problem.hiddenDeltas.map((x) => x * 1.01) };
  const plan = plans.find(({ name }) => name === "W_hh");
  const found = explain({ kind: "weight", plan, row: 1, column: 2 }, wrong, config);
  assert.equal(found.note, "changed");
  assert.deepEqual(found.terms, []);
});

test("the two parts of a hidden delta are those that the stage draws", () => {
  const { config, problem } = load("elman");
  const { terms, sum, lines, result } = explain({ kind: "part", position: 4, unit: 3 }, problem, config);
  const at = 4 * problem.hidden + 3;
  const steep = result / sum.value;
  assert.ok(Math.abs(terms[0].value * steep - problem.outputPart[at]) < 1e-8);
  assert.ok(Math.abs(total(terms.slice(1)) * steep - problem.futurePart[at]) < 1e-8);
  assert.deepEqual(
    lines.map((line) => line.split("=")[0]),
    ["output", "future", "δ_3"],
  );
});

test("after the last position there is no future", () => {
  const { config, problem } = load("elman");
  assert.equal(explain({ kind: "part", position: 7, unit: 0 }, problem, config).terms.length, 1);
});

test("the terms of an output come with the largest first, each the product of what it names", () => {
  const { config, problem } = load("elman");
  const { terms, lines } = explain({ kind: "predicted", position: 1 }, problem, config);
  assert.equal(terms.length, 16);
  terms.forEach(({ value, factors }, k) => {
    assert.equal(value, factors[0] * factors[1]);
    assert.ok(k === 0 || Math.abs(value) <= Math.abs(terms[k - 1].value));
  });
  assert.match(lines[0], /^o=σ\(−?\d+\.\d{4}\)=0\.\d{4}$/);
});

test("none of the six largest terms is shown as zero, however small they are beside the sum", () => {
  const { frame, config, problem } = load("elman");
  const [H, t] = [problem.hidden, problem.width - 2];
  const small = { ...problem, hiddenDeltas: problem.hiddenDeltas.map((x) => x * 1e-4) };
  const found = explain(
    { kind: "part", line: "outputPart", position: t, unit: 0, problem: small, frame },
    small,
    config,
  );
  const largest = found.terms.map(({ value }) => Math.abs(value)).sort((x, y) => y - x);
  assert.ok(largest[5] > 0 && largest[5] < 1e-4 && H > 5);
  const shown = rowsOf(found).slice(0, 6);
  assert.ok(
    shown.every(({ text }) => numberOf(text) !== 0),
    shown.map(({ text }) => text),
  );
});

test("biases are terms of their own", () => {
  const { config, problem } = load("tanh");
  assert.ok(explain({ kind: "predicted", position: 0 }, problem, config).terms.some(({ symbol }) => symbol === "b_y"));
  assert.ok(
    explain({ kind: "hidden", position: 0, unit: 2 }, problem, config).terms.some(({ symbol }) => symbol === "b_h[2]"),
  );
});

test("an update that is not the sum of this problem's positions says whose it is", () => {
  for (const [name, matrix, note] of [
    ["adam", "W_hh", "optimizer"],
    ["batch", "W_hh", "batch"],
    ["clipped", "W_hh", "changed"],
    ["lstm", "W_hi", "gate"],
    ["lstm", "W_hy", ""],
  ]) {
    const { config, problem, plans } = load(name);
    const found = explain(
      { kind: "weight", plan: plans.find((plan) => plan.name === matrix), row: 1, column: 0 },
      problem,
      config,
    );
    assert.equal(found.note, note);
    assert.equal(found.terms.length, note ? 0 : config.bits);
    assert.deepEqual(
      found.lines.map((line) => line.split("=")[0]),
      ["η·Δw", "w_new"],
    );
  }
});

/** The answer of /predict for these weights, most significant bit first. */
function answered(frame, config) {
  const { outputs, inputs, targets } = trainingProblem(frame, config);
  const falling = (values) => [...values].reverse();
  const [expected, a, b] = [targets, ...inputs].map(falling);
  const { generation, iteration } = frame;
  return {
    generation,
    iteration,
    a: 9,
    b: 60,
    expected: 69,
    predicted: 69,
    width: 8,
    bits: { a, b, expected, predicted: expected },
    probabilities: falling(outputs),
  };
}

test("a typed problem has outputs and hidden units, but no deltas", () => {
  const { config, frame } = load("elman");
  const problem = predictionProblem(answered(frame, config), addition, frame, config);
  for (const kind of ["hidden", "predicted"]) {
    const found = explain({ kind, position: 3, unit: 2 }, problem, config);
    assert.equal(found.note, "");
    assert.equal(found.terms.length, kind === "hidden" ? 18 : 16);
    // One update lies between the weights that computed the outputs and these.
    assert.ok(Math.abs(found.result - found.value) < 0.05);
  }
  for (const kind of ["delta", "part", "weight"])
    assert.equal(explain({ kind, position: 3, unit: 2 }, problem, config).note, "typed");
});

test("weights that have moved on since an answer are not taken for those it was made with", () => {
  const { config, frame } = load("elman");
  const problem = predictionProblem({ ...answered(frame, config), iteration: 299 }, addition, frame, config);
  assert.equal(explain({ kind: "predicted", position: 3 }, problem, config).note, "since");
});

test("what is not there is not explained", () => {
  const { config, problem } = load("elman");
  assert.equal(explain({ kind: "predicted", position: 0 }, null, config).note, "none");
  assert.equal(explain({ kind: "predicted", position: 8 }, problem, config).note, "none");
  const lstm = load("lstm");
  const typed = predictionProblem(answered(lstm.frame, lstm.config), addition, lstm.frame, lstm.config);
  assert.equal(explain({ kind: "predicted", position: 0 }, typed, lstm.config).note, "gated");
});

test("negative factors stand in brackets, but the first", () => {
  assert.equal(product([-1, -0.5, 2]), "−1×(−0.5000)×2");
});

test("a number says what it is", () => {
  assert.equal(nameOf({ kind: "predicted", position: 2 }), "Output at position 2");
  assert.equal(nameOf({ kind: "delta", position: 2 }), "Output at position 2, its delta");
  assert.equal(nameOf({ kind: "hidden", position: 2, unit: 7 }), "Hidden unit 7 at position 2");
  assert.equal(nameOf({ kind: "part", position: 2, unit: 7 }), "Hidden unit 7 at position 2, its delta");
  const plan = planMatrices(["W_hy"], [])[0];
  assert.equal(nameOf({ kind: "weight", plan, row: 3, column: 0 }), "W_hy from hidden unit 3 to the output");
});
