import assert from "node:assert/strict";
import { test } from "node:test";
import { arrowsOf, draw, graphOf, graphOfTask, linesOf, run, stepWords } from "../../app/static/inside/graph.js";
import { countWords, describeLabels, describeMachine, describeTaken } from "../../app/static/inside/machine-words.js";
import { addition, comparison, parity, threeNumbers, xor } from "./tasks.js";

/** The answer of the server for a machine that is that of a task. */
const equal = (task, more = {}) => ({
  states: task.states,
  start: task.states[0],
  steps: task.machine.map(([state, bits, next, output]) => ({ state, bits, next, output, count: 10, of: 10 })),
  ...{ agrees_with_network: 1, agrees_with_task: 1, agrees_with_network_long: 1, agrees_with_task_long: 1 },
  ...{ equals_task: true, problems: 16384, sampled: false, long_bits: 60, most_states: 12, ...more },
});

/** A machine of n states that goes round, whatever it reads. */
const round = (n) => ({
  names: Array.from({ length: n }, (_, k) => String(k)),
  words: Array.from({ length: n }, (_, k) => String(k)),
  steps: Array.from({ length: 4 * n }, (_, k) => ({
    state: k >> 2,
    bits: [(k >> 1) & 1, k & 1],
    next: ((k >> 2) + (k & 1)) % n,
    output: 0,
  })),
});

test("the network's machine and an equal one of the task are drawn alike", () => {
  for (const task of [addition, threeNumbers, comparison, parity, xor]) {
    const own = draw(graphOf(equal(task), task));
    const other = draw(graphOfTask(task));
    const shape = ({ arrows, ...rest }) => [rest, arrows.map(({ line, head, at, labels }) => [line, head, at, labels])];
    assert.deepEqual(shape(own), shape(other));
  }
});

test("the start comes first, and words fit into circles", () => {
  const found = equal(addition, { states: ["B", "A"], start: "A", equals_task: false });
  found.steps = found.steps.map((step) => ({
    ...step,
    state: step.state === "carry 0" ? "A" : "B",
    next: step.next === "carry 0" ? "A" : "B",
  }));
  const { names, words, steps } = graphOf(found, addition);
  assert.deepEqual(
    [names, words],
    [
      ["A", "B"],
      ["A", "B"],
    ],
  );
  assert.deepEqual(steps[3], { state: 0, bits: [1, 1], next: 1, output: 0, count: 10, of: 10 });
  assert.deepEqual(graphOfTask(addition).words, ["0", "1"]);
  assert.deepEqual(graphOfTask(comparison).words, ["no", "yes"]);
  assert.deepEqual(graphOfTask(parity).words, ["even", "odd"]);
  assert.deepEqual(graphOfTask(xor).words, [""]);
});

test("arrows join the steps between the same states, in their order", () => {
  const arrows = arrowsOf(graphOfTask(addition)).map(({ state, next, steps }) => [
    state,
    next,
    stepWords(steps).join(" "),
  ]);
  assert.deepEqual(arrows, [
    [0, 0, "00/0 01/1 10/1"],
    [0, 1, "11/0"],
    [1, 0, "00/1"],
    [1, 1, "01/0 10/0 11/1"],
  ]);
});

test("of three numbers the number of ones is named where nothing else matters", () => {
  const [stay] = arrowsOf(graphOfTask(threeNumbers));
  assert.deepEqual(stepWords(stay.steps), ["Σ0/0", "Σ1/1"]);
  const one = stay.steps.filter(({ bits }) => String(bits) !== "0,0,1");
  assert.deepEqual(stepWords(one), ["Σ0/0", "010/1", "100/1"]);
});

test("a label has two lines at most, and says how many steps do not fit", () => {
  assert.deepEqual(linesOf(["a", "b", "c"]), ["a\u00a0b\u00a0c"]);
  assert.deepEqual(linesOf(["a", "b", "c", "d", "e", "f"]), ["a\u00a0b\u00a0c", "d\u00a0e\u00a0f"]);
  assert.deepEqual(linesOf(["a", "b", "c", "d", "e", "f", "g", "h"]), ["a\u00a0b\u00a0c", "d\u00a0e\u00a0+3"]);
});

for (let n = 1; n <= 12; n++)
  test(`${n} states have places of their own inside the drawing`, () => {
    const { width, height, radius, places, arrows, start } = draw(round(n));
    assert.equal(places.length, n);
    for (const [k, { x, y }] of places.entries()) {
      assert.ok(x - radius > 0 && x + radius < width && y - radius > 0 && y + radius < height);
      for (const other of places.slice(0, k)) assert.ok(Math.hypot(x - other.x, y - other.y) > 2 * radius + 4);
    }
    for (const { line, head, at } of arrows) {
      assert.doesNotMatch(line + head, /NaN/);
      for (const [, x, y] of head.matchAll(/(-?[\d.]+) (-?[\d.]+)/g))
        assert.ok(x > 0 && x < width && y > 0 && y < height, `${x} ${y}`);
      if (n <= 3) assert.ok(at.x > 0 && at.x < width && at.y > 0 && at.y < height);
    }
    assert.doesNotMatch(start, /NaN/);
    assert.equal(
      arrows.some(({ labels }) => labels.length > 0),
      n <= 3,
    );
  });

test("an arrow past the state in between has room below", () => {
  const { height, arrows } = draw(round(3));
  const past = arrows.find(({ state, next }) => state === 2 && next === 0);
  const near = arrows.find(({ state, next }) => state === 0 && next === 1);
  assert.ok(past.at.y > near.at.y + 60);
  assert.ok(height > draw(graphOfTask(threeNumbers)).height);
});

test("a machine runs over the bits of a problem", () => {
  // 3 + 1, least significant first, and the carry out of position 0 and 1.
  const inputs = [
    [1, 1, 0],
    [1, 0, 0],
  ];
  const taken = run(graphOfTask(addition), inputs).map(({ state, output, next }) => [state, output, next]);
  assert.deepEqual(taken, [
    [0, 0, 1],
    [1, 0, 1],
    [1, 1, 0],
  ]);
});

test("what a machine means is said in a sentence", () => {
  const alike = "The machine answers as the network does on all 16,384 problems, and on 100.0% of those with 60 bits.";
  assert.equal(
    describeMachine(equal(addition)),
    `2 states, and they do what the task needs: carry 0, carry 1. ${alike}`,
  );
  assert.equal(
    describeMachine(equal(xor)),
    `One state, and the task needs no more: nothing has to be remembered. ${alike}`,
  );
  const [one, other, none] = [
    { equals_task: false, states: ["A"], agrees_with_task: 0.1335 },
    { equals_task: false, states: ["A", "B"], agrees_with_task: 0.5798 },
    { equals_task: false, states: ["A", "B", "C"], agrees_with_task: 0.0024, agrees_with_network: 0.7585 },
  ].map((more) => describeMachine(equal(addition, { ...more, agrees_with_network_long: 0.5 })));
  assert.match(one, /^One state: it remembers nothing. That is right on 13.3% of the problems. .* on 50.0% of those/);
  assert.match(other, /^2 states, but not those that the task needs: right on 57.9% of the problems. /);
  assert.match(
    none,
    /^No machine of up to 12 states does what this network does. The nearest has 3; it is right on 0.2%. /,
  );
  assert.match(none, /on 75.8% of 16,384 problems, and on 50.0% of those with 60 bits.$/);
});

test("nearly all is not all, and a sample is not all", () => {
  assert.match(describeMachine(equal(addition, { agrees_with_network: 0.99999 })), /on 99.9% of 16,384 problems/);
  assert.match(describeMachine(equal(addition, { sampled: true })), /on 16,384 of 16,384 problems/);
  // A network that does not always follow the machine of the task has made it nevertheless.
  assert.match(
    describeMachine(equal(addition, { agrees_with_network: 0.5 })),
    /^2 states, and they do what the task needs/,
  );
});

test("a step is told, and where the network did something else", () => {
  const graph = graphOfTask(addition);
  const [, , , step] = graph.steps;
  const taken = "Position 3: in carry 0 it reads 1, 1, writes 0, and goes to carry 1.";
  assert.equal(describeTaken(step, graph, 3, 0), taken);
  assert.equal(describeTaken(step, graph, 3, 1), `${taken} The network wrote 1.`);
});

test("labels are explained by the first one", () => {
  assert.equal(describeLabels(graphOfTask(addition)), "00/0: it reads 0, 0 and writes 0.");
  assert.equal(describeLabels(graphOfTask(threeNumbers)), "Σ0/0: of the bits that it reads, 0 are 1; it writes 0.");
  assert.match(describeLabels(round(5)), /^The wider an arrow/);
});

test("counts say how often another way is gone", () => {
  assert.equal(countWords([{ count: 3040, of: 3040 }]), "3,040");
  assert.equal(
    countWords([
      { count: 960, of: 1056 },
      { count: 928, of: 1056 },
    ]),
    "1,888 of 2,112",
  );
});
