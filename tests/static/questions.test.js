import assert from "node:assert/strict";
import { test } from "node:test";
import { decimate } from "../../app/static/decimate.js";
import { createPoll } from "../../app/static/poll.js";
import { createAccuracy, createAnswer, createFollower, createHistory, plan } from "../../app/static/questions.js";
import { addOutline, addRaw, createSeries, cutBack, extend, gaps } from "../../app/static/series.js";
import { addition } from "./tasks.js";

globalThis.document = { hidden: false };

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A page that is at an iteration and has seen no error. */
function page(generation, iteration) {
  const series = createSeries();
  extend(series, iteration);
  const connection = { phase: "open" };
  return {
    run: { id: "main", generation, iteration },
    series,
    connection,
    accuracy: null,
    moment: null,
  };
}

/** A source of which one kind of question is answered when the test says so. */
function held(name) {
  const asked = [];
  const ask = (...values) =>
    new Promise((answer, refuse) => asked.push({ values, answer, refuse: () => refuse(new Error("no")) }));
  return { asked, source: { [name]: ask } };
}

const errors = (generation, start, values) => ({
  generation,
  start,
  stride: 1,
  min: values,
  mean: values,
  max: values,
});

test("one question is under way at a time, and the next one waits", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const answers = [];
  let asked = 0;
  const check = createPoll(() => {
    asked++;
    return new Promise((resolve) => answers.push(resolve));
  });
  check();
  check();
  assert.equal(asked, 1);
  answers[0](100);
  await settle();
  check();
  t.mock.timers.tick(99);
  assert.equal(asked, 1);
  t.mock.timers.tick(1);
  assert.equal(asked, 2);
  answers[1](0); // there is nothing to ask, so the next check asks at once
  await settle();
  check();
  assert.equal(asked, 3);
});

test("what is missing of the errors is fetched and added", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("errors");
  const state = page(3, 4);
  let changes = 0;
  createHistory(state, source, () => changes++)();
  assert.deepEqual(asked[0].values, [0, 4, undefined]);
  asked[0].answer(errors(3, 0, [1, 2, 3, 4]));
  await settle();
  assert.deepEqual([[...state.series.sum.slice(0, 4)], plan(state.series), changes], [[1, 2, 3, 4], null, 1]);
});

for (const [now, answered] of [
  [4, 3],
  [3, 4],
  [4, 4],
]) {
  test(`asked in generation 3, errors of generation ${answered} are not drawn where ${now} is`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { asked, source } = held("errors");
    const state = page(3, 4);
    createHistory(state, source, () => {})();
    state.run = { ...state.run, generation: now };
    asked[0].answer(errors(answered, 0, [1, 2, 3, 4]));
    await settle();
    assert.deepEqual(plan(state.series), { start: 0, stop: 4 });
  });
}

test("a question that failed is asked again, later", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("errors");
  createHistory(page(0, 4), source, () => {})();
  asked[0].refuse();
  await settle();
  t.mock.timers.tick(2999);
  assert.equal(asked.length, 1);
  t.mock.timers.tick(1);
  assert.equal(asked.length, 2);
});

test("nothing is asked while the connection is lost", () => {
  const { asked, source } = held("errors");
  const state = page(0, 4);
  state.connection.phase = "waiting";
  createHistory(state, source, () => {})();
  assert.equal(asked.length, 0);
});

test("small gaps come one by one with their neighbours, and many missing ones as a summary", () => {
  const series = createSeries();
  extend(series, 100);
  addRaw(series, 10, new Float32Array(80));
  assert.deepEqual(plan(series), { start: 0, stop: 100 });
  const long = createSeries();
  extend(long, 60_001);
  addOutline(long, { start: 0, stride: 61, min: [0], mean: [0], max: [0] });
  assert.deepEqual(plan(long), { start: 0, stop: 60_001, points: 5000 });
});

test("an accuracy of another generation is not taken", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("accuracy");
  const state = page(1, 50);
  const check = createAccuracy(state, source, () => {});
  check();
  asked[0].answer({ generation: 0, iteration: 50, pending: 0, history: [] });
  await settle();
  assert.equal(state.accuracy, null);
  t.mock.timers.tick(500);
  const right = { generation: 1, iteration: 50, pending: 0, history: [] };
  asked[1].answer(right);
  await settle();
  assert.equal(state.accuracy, right);
  t.mock.timers.tick(500);
  assert.equal(asked.length, 2, "it is known now");
});

test("an accuracy is asked again while points of the history are still to come", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("accuracy");
  createAccuracy(page(1, 50), source, () => {})();
  asked[0].answer({ generation: 1, iteration: 50, pending: 3, history: [] });
  await settle();
  t.mock.timers.tick(500);
  assert.equal(asked.length, 2);
});

test("an answer of before is dropped where something else was asked meanwhile", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("predict");
  const moment = { iteration: 7 };
  const newer = { text: "", answer: null, moment: null };
  const state = {
    ...page(0, 50),
    task: { operands: ["a", "b"] },
    moment,
    prediction: { text: "", answer: { a: 1, b: 2 }, moment: null },
  };
  createAnswer(state, source, () => {})();
  assert.deepEqual(asked[0].values, [{ a: 1, b: 2 }, 7]);
  state.prediction = newer;
  asked[0].answer({ a: 1, b: 2 });
  await settle();
  assert.equal(state.prediction, newer);
});

test("of a run whose beginning nobody knows no errors of before are asked for again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("errors");
  const state = page(3, 6);
  createHistory(state, source, () => {})();
  asked[0].answer(errors(3, 4, [1, 2]));
  await settle();
  assert.deepEqual([state.series.first, plan(state.series)], [4, null]);
});

test("of much that is missing an outline comes first, and then each error", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("errors");
  const state = page(3, 50_000);
  createHistory(state, source, () => {})();
  assert.deepEqual(asked[0].values, [0, 50_000, 1000]);
  asked[0].answer({ ...errors(3, 0, Array(1000).fill(0.5)), stride: 50 });
  await settle();
  assert.deepEqual(decimate(state.series, 0, 50_000, 500).raw, Array(1000).fill(0.5), "it is drawn");
  assert.deepEqual(gaps(state.series), [[0, 50_000]], "and nothing of it is known");
  t.mock.timers.tick(15);
  assert.deepEqual(asked[1].values, [0, 50_000, undefined]);
  asked[1].answer(errors(3, 0, Array(50_000).fill(0.25)));
  await settle();
  assert.deepEqual(decimate(state.series, 0, 50_000, 500).raw, Array(1000).fill(0.25), "what is known is drawn");
  cutBack(state.series, 10);
  assert.equal(state.series.outline, null, "an outline of what was taken back is not drawn");
});

test("after a large piece the next question waits longer", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("errors");
  const state = page(3, 70_000);
  addOutline(state.series, { start: 0, stride: 70, min: [0], mean: [0], max: [0] });
  createHistory(state, source, () => {})();
  asked[0].answer({ ...errors(3, 0, [0.5]), stride: 14 });
  await settle();
  t.mock.timers.tick(499);
  assert.equal(asked.length, 1);
  t.mock.timers.tick(1);
  assert.equal(asked.length, 2);
  assert.equal(asked[1].values[0], 14, "what came is known");
});

/** A page that has all that an answer is asked for. */
const asking = () => ({
  ...page(0, 50),
  task: { operands: ["a", "b"] },
  moment: { iteration: 7 },
  prediction: { text: "", answer: { a: 1, b: 2 }, moment: null },
});

for (const [what, lacking] of [
  ["there is no run", { run: null }],
  ["there is no task", { task: null }],
  ["nothing was asked", { prediction: { text: "", answer: null, moment: null } }],
  ["the connection is lost", { connection: { phase: "waiting" } }],
  ["it is known of this moment", { moment: null }],
]) {
  test(`no answer is asked again where ${what}`, () => {
    const { asked, source } = held("predict");
    createAnswer({ ...asking(), ...lacking }, source, () => {})();
    assert.equal(asked.length, 0);
  });
}

test("how much is right is asked of the moment that one looks at, and only if someone looks", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("accuracy");
  const state = { ...page(0, 50), moment: { iteration: 7, accuracy: null } };
  globalThis.document.hidden = true;
  createAccuracy(state, source, () => {})();
  globalThis.document.hidden = false;
  assert.equal(asked.length, 0);
  createAccuracy(state, source, () => {})();
  assert.deepEqual(asked[0].values, [7]);
  const found = { generation: 0, iteration: 7, pending: 0, history: [] };
  asked[0].answer(found);
  await settle();
  assert.deepEqual([state.moment.accuracy, state.accuracy], [found, null]);
});

/** A page whose run has done 50 iterations of additions. */
const learning = () => ({ ...page(0, 50), task: addition, followed: null });

/** Answers to 127 + 1 after these iterations; the network is wrong. */
const answers = (...iterations) => ({
  generation: 0,
  expected: 128,
  bits: [1, 0, 0, 0, 0, 0, 0, 0],
  iterations,
  predicted: iterations.map(() => 0),
  probabilities: iterations.map(() => new Array(8).fill(0.1)),
});

test("the hardest problem is followed at first, from iteration 0 on, and then what is new", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("answers");
  const state = learning();
  let changes = 0;
  const check = createFollower(state, source, () => changes++);
  check();
  assert.deepEqual(asked[0].values, [{ a: 127, b: 1, start: 0, stop: 50, points: 120 }]);
  asked[0].answer(answers(0, 50));
  await settle();
  assert.deepEqual([state.followed.expected, state.followed.moments.length, changes], [128, 2, 1]);
  t.mock.timers.tick(500);
  await settle();
  assert.equal(asked.length, 1, "nothing is new");
  state.run = { ...state.run, iteration: 52 };
  check();
  assert.deepEqual(asked[1].values, [{ a: 127, b: 1, start: 51, stop: 52, points: 2 }]);
});

test("a problem that somebody chose is followed on", () => {
  const { asked, source } = held("answers");
  const chosen = { generation: 0, operands: [2, 3], expected: 5, bits: [0, 1, 0, 1], moments: [] };
  const state = { ...learning(), followed: chosen };
  createFollower(state, source, () => {})();
  const { a, b } = asked[0].values[0];
  assert.deepEqual([a, b, state.followed], [2, 3, chosen]);
});

test("no problem is followed on a page that nobody sees", () => {
  const { asked, source } = held("answers");
  globalThis.document.hidden = true;
  createFollower(learning(), source, () => {})();
  globalThis.document.hidden = false;
  assert.equal(asked.length, 0);
});

for (const [what, lacking] of [
  ["there is no run", { run: null }],
  ["there is no task", { task: null }],
  ["the connection is lost", { connection: { phase: "waiting" } }],
]) {
  test(`no problem is followed where ${what}`, () => {
    const { asked, source } = held("answers");
    createFollower({ ...learning(), ...lacking }, source, () => {})();
    assert.equal(asked.length, 0);
  });
}

for (const [what, create, name] of [
  ["the followed problem", createFollower, "answers"],
  ["the accuracy", createAccuracy, "accuracy"],
  ["the last answer", createAnswer, "predict"],
]) {
  test(`a failed question for ${what} is asked again after three seconds`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { asked, source } = held(name);
    const state = { ...asking(), task: addition, moment: { iteration: 7, accuracy: null } };
    const before = structuredClone(state);
    create(state, source, () => {})();
    asked[0].refuse();
    await settle();
    assert.deepEqual([state.accuracy, state.moment, state.prediction], [null, before.moment, before.prediction]);
    t.mock.timers.tick(2999);
    assert.equal(asked.length, 1);
    t.mock.timers.tick(1);
    assert.equal(asked.length, 2);
  });
}

test("the last question is answered by the network of the moment that the page shows", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("predict");
  const state = { ...asking(), task: addition };
  let changes = 0;
  const check = createAnswer(state, source, () => changes++);
  check();
  const then = { a: 1, b: 2, iteration: 7, predicted: 0, expected: 3, probabilities: [0.1, 0.1, 0.1] };
  asked[0].answer(then);
  await settle();
  assert.deepEqual([state.prediction.answer, state.prediction.moment, changes], [then, state.moment, 1]);
  assert.match(state.prediction.text, /1 \+ 2/);
  t.mock.timers.tick(15);
  await settle();
  assert.equal(asked.length, 1, "it is answered");
  state.moment = null; // back to now
  check();
  assert.deepEqual(asked[1].values, [{ a: 1, b: 2 }, undefined]);
});

for (const [what, accuracy] of [
  ["of another iteration", { generation: 0, iteration: 49, pending: 0 }],
  ["of another generation", { generation: 1, iteration: 50, pending: 0 }],
]) {
  test(`an accuracy ${what} is no reason not to ask`, () => {
    const { asked, source } = held("accuracy");
    createAccuracy({ ...page(0, 50), accuracy }, source, () => {})();
    assert.deepEqual(asked[0]?.values, [undefined]);
  });
}

test("no accuracy is asked for while the connection is lost", () => {
  const { asked, source } = held("accuracy");
  createAccuracy({ ...page(0, 50), connection: { phase: "waiting" } }, source, () => {})();
  createAccuracy({ ...page(0, 50), run: null }, source, () => {})();
  assert.equal(asked.length, 0);
});

test("what comes for a run that the page no longer has is dropped", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const [name, create, answer] of [
    ["errors", createHistory, errors(0, 0, new Array(50).fill(1))],
    ["accuracy", createAccuracy, { generation: 0, iteration: 50, pending: 0, history: [] }],
  ]) {
    const { asked, source } = held(name);
    const state = page(0, 50);
    create(state, source, () => {})();
    state.run = null;
    asked[0].answer(answer);
    await settle();
    assert.deepEqual([state.accuracy, plan(state.series)], [null, { start: 0, stop: 50 }]);
  }
});

test("a gap in the middle is filled, and the run keeps its beginning", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("errors");
  const state = page(3, 6);
  addRaw(state.series, 0, [1, 2]);
  addRaw(state.series, 4, [5, 6]);
  createHistory(state, source, () => {})();
  assert.deepEqual(asked[0].values, [2, 4, undefined]);
  asked[0].answer(errors(3, 2, [3, 4]));
  await settle();
  assert.deepEqual([...state.series.sum.slice(0, 6)], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([state.series.first, plan(state.series)], [0, null]);
});

/**
 * An outline that says nothing: with it a page goes on to ask for the errors themselves.
 * @param {import("../../app/static/series.js").Series} series
 */
const outlined = (series) => addOutline(series, { start: 0, stride: 1, min: [0], mean: [0], max: [0] });

test("after a small piece the next question follows soon", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("errors");
  const state = page(3, 12_000);
  outlined(state.series);
  createHistory(state, source, () => {})();
  assert.deepEqual(asked[0].values, [0, 12_000, undefined]);
  asked[0].answer(errors(3, 0, new Array(6_000).fill(1)));
  await settle();
  t.mock.timers.tick(15);
  assert.deepEqual(asked[1].values, [6_000, 12_000, undefined]);
});

test("a summary's last piece may reach beyond the run, which ends where it ended", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("errors");
  const state = page(3, 65_536);
  outlined(state.series);
  createHistory(state, source, () => {})();
  asked[0].answer({ ...errors(3, 0, new Array(4682).fill(1)), stride: 14 });
  await settle();
  assert.deepEqual([state.series.end, plan(state.series)], [65_536, null]);
});

test("up to 60,000 missing errors come one by one", () => {
  const series = createSeries();
  outlined(series);
  extend(series, 60_000);
  assert.deepEqual(plan(series), { start: 0, stop: 60_000 });
  addRaw(series, 30_000, new Float32Array(6_000));
  assert.deepEqual(plan(series), { start: 0, stop: 30_000 });
  const holes = createSeries(); // twice 10,000 are missing, late in the run
  addRaw(holes, 0, new Float32Array(40_000));
  addRaw(holes, 50_000, new Float32Array(5_000));
  extend(holes, 65_000);
  outlined(holes);
  assert.deepEqual(plan(holes), { start: 40_000, stop: 50_000 });
});

test("of a long run missing errors come as coarse as they are kept, at most 5,000 iterations at once", () => {
  const series = createSeries();
  addRaw(series, 0, new Float32Array(65_000));
  extend(series, 70_001);
  outlined(series);
  assert.equal(series.stride, 2);
  assert.deepEqual(plan(series), { start: 65_000, stop: 70_000, points: 2_500 });
  addRaw(series, 65_000, new Float32Array(5_000));
  assert.deepEqual(plan(series), { start: 70_000, stop: 70_001, points: 1 });
});

test("a piece of a long run is followed soon, however late in the run it lies", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, source } = held("errors");
  const state = page(3, 70_000);
  outlined(state.series);
  addRaw(state.series, 0, new Float32Array(58_000));
  createHistory(state, source, () => {})();
  assert.deepEqual(asked[0].values, [58_000, 63_000, 2_500]);
  asked[0].answer({ ...errors(3, 58_000, new Array(2_500).fill(1)), stride: 2 });
  await settle();
  t.mock.timers.tick(15);
  assert.deepEqual(asked[1].values, [63_000, 68_000, 2_500]);
});
