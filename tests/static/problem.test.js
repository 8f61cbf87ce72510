import assert from "node:assert/strict";
import { test } from "node:test";
import { tracedProblem, trainingProblem } from "../../app/static/problem.js";

/** A frame that the server has traced for a problem of `width` positions, with two units, wrong at some positions. */
function traced(width, wrong = []) {
  const column = (values, shape) => ({ shape, data: Float32Array.from(values) });
  const targets = Array.from({ length: width }, (_, p) => p % 2);
  const bits = targets.map((bit, p) => (wrong.includes(p) ? 1 - bit : bit));
  return {
    ...{ generation: 2, iteration: 30, operands: [2n ** 70n, 5], expected: 2n ** 70n + 5n, predicted: 1 },
    ...{ weights: {}, updates: {}, gates: {}, errors: new Float32Array(0), learningRate: 0.1 },
    trace: {
      inputs: column(
        targets.flatMap((bit, p) => [bit, p === 0 ? 1 : 0]),
        [width, 2],
      ),
      targets: column(targets, [width]),
      bits: column(bits, [width]),
      outputs: column(bits, [width]),
      hidden_states: column(Array(2 * (width + 1)).fill(0.5), [width + 1, 2]),
    },
  };
}

test("a traced problem has its own numbers, states and weights, and nothing was learned from it", () => {
  const frame = traced(4, [3]);
  const problem = tracedProblem(frame);
  assert.deepEqual(
    [problem.kind, problem.width, problem.hidden, problem.iteration, problem.generation],
    ["prediction", 4, 2, 30, 2],
  );
  assert.deepEqual(problem.operands, [2n ** 70n, 5]);
  assert.deepEqual(problem.inputs, [
    [0, 1, 0, 1],
    [1, 0, 0, 0],
  ]);
  assert.deepEqual(
    [problem.targets, problem.bits],
    [
      [0, 1, 0, 1],
      [0, 1, 0, 0],
    ],
  );
  assert.equal(problem.hiddenStates.length, 10);
  assert.deepEqual(
    [problem.frame, problem.updates, problem.hiddenDeltas, problem.stretch],
    [frame, {}, undefined, undefined],
  );
  assert.equal(trainingProblem(frame, { cell: "elman", activation: "sigmoid" }), null);
});

test("of a long one the positions around the first wrong bit are played, or the last ones", () => {
  assert.deepEqual(tracedProblem(traced(1000, [300, 700])).stretch, [294, 304]);
  assert.deepEqual(tracedProblem(traced(1000, [2])).stretch, [0, 6]);
  assert.deepEqual(tracedProblem(traced(1000, [999])).stretch, [990, 1000]);
  assert.deepEqual(tracedProblem(traced(1000)).stretch, [990, 1000]);
});
