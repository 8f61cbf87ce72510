import assert from "node:assert/strict";
import { test } from "node:test";
import { describeDiscovery, laterShare } from "../../app/static/discovery.js";
import { addition, xor } from "./tasks.js";

const task = {
  ...addition,
  reference_errors: [
    { key: "half", label: "", error: 4 },
    { key: "no_carry", label: "", error: 3 },
  ],
};
const problem = { outputPart: [0.1, -0.2, 0], futurePart: [0.3, 0, -0.4] };
const cases = addition.machine.map(([state, bits, , expected]) => ({
  ...{ state, bits, expected, output: 0.5 },
  right: state === "carry 1" ? 0.25 : 0.9,
}));
const milestones = [
  { kind: "understood", iteration: 2960 },
  { kind: "understood", iteration: 3200 },
  { kind: "memory", iteration: 3680 },
  { kind: "all_right", iteration: 7360 },
];

test("the share of what comes from later bits is of all that asks the states to change", () => {
  assert.ok(Math.abs(laterShare(problem) - 0.7) < 1e-9);
  assert.equal(laterShare(null), null);
  assert.equal(laterShare({ outputPart: [0], futurePart: [0] }), null);
});

test("it says what there was to gain, how the error reached the memory, and when it turned", () => {
  const [need, way, turn] = describeDiscovery(task, cases, milestones, problem);
  assert.match(need, /^Nobody tells it what to remember \(carry\)/);
  assert.match(
    need,
    /below an error of 3\.0\. Now 25% of the bits are right where carry 1 comes in, and 90% where carry 0/,
  );
  assert.match(way, /70% of what moves the hidden states comes from later bits\.$/);
  assert.match(
    turn,
    /until iteration 2,960 no case was understood\. Since iteration 3,680 .* At iteration 7,360 every/,
  );
});

test("what is not known is not told, and a task without memory has nothing to tell", () => {
  const paragraphs = describeDiscovery(task, [], [], null);
  assert.equal(paragraphs.length, 3);
  assert.ok(!/\d/.test(paragraphs.join(" ").replace("3.0", "")));
  assert.deepEqual(describeDiscovery({ ...xor, reference_errors: [] }, [], [], null), []);
});
