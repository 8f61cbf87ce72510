// Random frames whose numbers fit together as a network's do, in float32 as the server sends them. Pure.
import { activate, slope } from "../../app/static/arithmetic.js";

/** Random numbers from 0 to 1, seeded by the words (mulberry32). */
export function randomly(words) {
  let state = [...words].reduce((sum, letter) => (Math.imul(sum, 31) + letter.codePointAt(0)) | 0, 7);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number as the page writes it. */
export const numberOf = (text) => Number(text.replaceAll("−", "-").replace("+", ""));

const LARGEST = 3.4028234663852886e38;
const single = (x) => Math.fround(Math.max(-LARGEST, Math.min(LARGEST, x)));
const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** One iteration of a small network with biases. `size` is the size of its weights. */
export function randomFrame({ cell, activation, loss, optimizer }, size, random) {
  const [T, H, rate] = [5, 3 + Math.floor(random() * 4), 0.1];
  const around = () => size * (2 * random() - 1);
  const many = (count, make) => Array.from({ length: count }, make);
  const letters = { elman: "h", gru: "zrn", lstm: "ifgo" }[cell];
  const shapes = { W_hy: [H, 1], b_y: [1] };
  for (const letter of letters)
    Object.assign(shapes, { [`W_x${letter}`]: [2, H], [`W_h${letter}`]: [H, H], [`b_${letter}`]: [H] });
  const before = Object.fromEntries(
    Object.entries(shapes).map(([name, [rows, columns = 1]]) => [name, many(rows * columns, around)]),
  );
  const inputs = many(T * 2, () => Math.round(random()));
  const targets = many(T, () => Math.round(random()));
  const states = new Array((T + 1) * H).fill(0);
  const memory = new Array((T + 1) * H).fill(0);
  const names = { elman: [], gru: ["update", "reset", "candidate"], lstm: ["input", "forget", "candidate", "output"] }[
    cell
  ];
  const gates = Object.fromEntries(
    names.map((name) => [name, many(T * H, () => (name === "candidate" ? 2 * random() - 1 : random()))]),
  );
  for (let t = 0; t < T; t++) {
    for (let j = 0; j < H; j++) {
      const [at, old] = [t * H + j, states[t * H + j]];
      let state = 0;
      if (cell === "gru") state = gates.update[at] * old + (1 - gates.update[at]) * gates.candidate[at];
      if (cell === "lstm") {
        memory[at + H] = gates.forget[at] * memory[at] + gates.input[at] * gates.candidate[at];
        state = gates.output[at] * Math.tanh(memory[at + H]);
      }
      if (cell === "elman") {
        let z = before.b_h[j];
        for (let i = 0; i < 2; i++) z += inputs[t * 2 + i] * before.W_xh[i * H + j];
        for (let k = 0; k < H; k++) z += states[t * H + k] * before.W_hh[k * H + j];
        state = activate(activation, z);
      }
      states[at + H] = state;
    }
  }
  const outputs = targets.map((_, t) =>
    sigmoid(before.W_hy.reduce((sum, w, j) => sum + w * states[(t + 1) * H + j], before.b_y[0])),
  );
  const outputDeltas = outputs.map((o, t) => (targets[t] - o) * (loss === "squared_error" ? o * (1 - o) : 1));
  const hiddenDeltas = new Array(T * H).fill(0);
  for (let t = T - 1; t >= 0; t--) {
    for (let j = 0; j < H; j++) {
      let asked = outputDeltas[t] * before.W_hy[j];
      if (cell === "elman") {
        for (let k = 0; k < H && t + 1 < T; k++) asked += hiddenDeltas[(t + 1) * H + k] * before.W_hh[j * H + k];
        asked *= slope(activation, states[(t + 1) * H + j]);
      } else if (t + 1 < T) asked += around();
      hiddenDeltas[t * H + j] = asked;
    }
  }
  const sumOver = (came, went) => targets.reduce((sum, _, t) => sum + came(t) * went(t), 0);
  const gradients = {
    W_hy: (i) =>
      sumOver(
        (t) => states[(t + 1) * H + i],
        (t) => outputDeltas[t],
      ),
    b_y: () =>
      sumOver(
        () => 1,
        (t) => outputDeltas[t],
      ),
    W_xh: (at) =>
      sumOver(
        (t) => inputs[t * 2 + Math.floor(at / H)],
        (t) => hiddenDeltas[t * H + (at % H)],
      ),
    W_hh: (at) =>
      sumOver(
        (t) => states[t * H + Math.floor(at / H)],
        (t) => hiddenDeltas[t * H + (at % H)],
      ),
    b_h: (j) =>
      sumOver(
        () => 1,
        (t) => hiddenDeltas[t * H + j],
      ),
  };
  // For other optimizers and for gates the page knows the update, but not its terms.
  const known = (name) => optimizer === "sgd" && gradients[name];
  const updates = Object.fromEntries(
    Object.entries(before).map(([name, data]) => [
      name,
      data.map((_, at) => (known(name) ? known(name)(at) : around())),
    ]),
  );
  const after = Object.fromEntries(
    Object.entries(before).map(([name, data]) => [name, data.map((w, at) => w + rate * updates[name][at])]),
  );
  const tensor = (data, ...shape) => ({ shape, data: Float32Array.from(data, single) });
  const group = (values) =>
    Object.fromEntries(Object.entries(values).map(([name, data]) => [name, tensor(data, ...shapes[name])]));
  const trace = {
    inputs: tensor(inputs, T, 2),
    targets: tensor(targets, T),
    outputs: tensor(outputs, T),
    hidden_states: tensor(states, T + 1, H),
    output_deltas: tensor(outputDeltas, T),
    hidden_deltas: tensor(hiddenDeltas, T, H),
  };
  if (cell === "lstm") trace.cell_states = tensor(memory, T + 1, H);
  return {
    light: false,
    generation: 0,
    iteration: 7,
    errorsStart: 6,
    errors: Float32Array.of(1),
    learningRate: rate,
    state: "paused",
    iterationsPerSecond: 0,
    weights: group(after),
    updates: group(updates),
    trace,
    gates: Object.fromEntries(Object.entries(gates).map(([name, data]) => [name, tensor(data, T, H)])),
    operands: [1, 2],
    expected: 3,
    predicted: 3,
  };
}
