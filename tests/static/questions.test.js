import assert from "node:assert/strict";
import { test } from "node:test";
import { api } from "../../app/static/api.js";
import { decimate } from "../../app/static/decimate.js";
import { createPoll } from "../../app/static/poll.js";
import { createAccuracy, createAnswer, createFollower, createHistory, plan } from "../../app/static/questions.js";
import { addOutline, addRaw, createSeries, cutBack, extend, gaps } from "../../app/static/series.js";

globalThis.document = { hidden: false };

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A page that is at an iteration and has seen no error. */
function page(generation, iteration) {
  const series = createSeries();
  extend(series, iteration);
  const connection = { phase: "open" };
  return {
    runId: "main",
    run: { id: "main", generation, iteration },
    series,
    connection,
    accuracy: null,
    moment: null,
  };
}

/** Questions of one kind that are answered when the test says so. */
function held(t, name) {
  const asked = [];
  t.mock.method(
    api,
    name,
    (...values) =>
      new Promise((answer, refuse) => asked.push({ values, answer, refuse: () => refuse(new Error("no")) })),
  );
  return asked;
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
  const asked = held(t, "errors");
  const state = page(3, 4);
  let changes = 0;
  createHistory(state, () => changes++)();
  assert.deepEqual(asked[0].values, ["main", 0, 4, undefined]);
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
    const asked = held(t, "errors");
    const state = page(3, 4);
    createHistory(state, () => {})();
    state.run = { ...state.run, generation: now };
    asked[0].answer(errors(answered, 0, [1, 2, 3, 4]));
    await settle();
    assert.deepEqual(plan(state.series), { start: 0, stop: 4 });
  });
}

test("a question that failed is asked again, later", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = held(t, "errors");
  createHistory(page(0, 4), () => {})();
  asked[0].refuse();
  await settle();
  t.mock.timers.tick(2999);
  assert.equal(asked.length, 1);
  t.mock.timers.tick(1);
  assert.equal(asked.length, 2);
});

test("nothing is asked while the connection is lost", (t) => {
  const asked = held(t, "errors");
  const state = page(0, 4);
  state.connection.phase = "waiting";
  createHistory(state, () => {})();
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
  const asked = held(t, "accuracy");
  const state = page(1, 50);
  const check = createAccuracy(state, () => {});
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
  const asked = held(t, "accuracy");
  createAccuracy(page(1, 50), () => {})();
  asked[0].answer({ generation: 1, iteration: 50, pending: 3, history: [] });
  await settle();
  t.mock.timers.tick(500);
  assert.equal(asked.length, 2);
});

test("an answer of before is dropped where something else was asked meanwhile", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = held(t, "predict");
  const moment = { iteration: 7 };
  const newer = { text: "", answer: null, moment: null };
  const state = {
    ...page(0, 50),
    task: { operands: ["a", "b"] },
    moment,
    prediction: { text: "", answer: { a: 1, b: 2 }, moment: null },
  };
  createAnswer(state, () => {})();
  assert.deepEqual(asked[0].values, ["main", { a: 1, b: 2 }, 7]);
  state.prediction = newer;
  asked[0].answer({ a: 1, b: 2 });
  await settle();
  assert.equal(state.prediction, newer);
});

test("of a run whose beginning nobody knows no errors of before are asked for again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = held(t, "errors");
  const state = page(3, 6);
  createHistory(state, () => {})();
  asked[0].answer(errors(3, 4, [1, 2]));
  await settle();
  assert.deepEqual([state.series.first, plan(state.series)], [4, null]);
});

test("of much that is missing an outline comes first, and then each error", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = held(t, "errors");
  const state = page(3, 50_000);
  createHistory(state, () => {})();
  assert.deepEqual(asked[0].values.slice(1), [0, 50_000, 1000]);
  asked[0].answer({ ...errors(3, 0, Array(1000).fill(0.5)), stride: 50 });
  await settle();
  assert.deepEqual(decimate(state.series, 0, 50_000, 500).raw, Array(1000).fill(0.5), "it is drawn");
  assert.deepEqual(gaps(state.series), [[0, 50_000]], "and nothing of it is known");
  t.mock.timers.tick(15);
  assert.deepEqual(asked[1].values.slice(1), [0, 50_000, undefined]);
  asked[1].answer(errors(3, 0, Array(50_000).fill(0.25)));
  await settle();
  assert.deepEqual(decimate(state.series, 0, 50_000, 500).raw, Array(1000).fill(0.25), "what is known is drawn");
  cutBack(state.series, 10);
  assert.equal(state.series.outline, null, "an outline of what was taken back is not drawn");
});

test("after a large piece the next question waits longer", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = held(t, "errors");
  const state = page(3, 70_000);
  addOutline(state.series, { start: 0, stride: 70, min: [0], mean: [0], max: [0] });
  createHistory(state, () => {})();
  asked[0].answer({ ...errors(3, 0, [0.5]), stride: 14 });
  await settle();
  t.mock.timers.tick(499);
  assert.equal(asked.length, 1);
  t.mock.timers.tick(1);
  assert.equal(asked.length, 2);
  assert.equal(asked[1].values[1], 14, "what came is known");
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
  test(`no answer is asked again where ${what}`, (t) => {
    const asked = held(t, "predict");
    createAnswer({ ...asking(), ...lacking }, () => {})();
    assert.equal(asked.length, 0);
  });
}

for (const [what, lacking] of [
  ["there is no run", { run: null }],
  ["there is no task", { task: null }],
  ["the connection is lost", { connection: { phase: "waiting" } }],
]) {
  test(`no problem is followed where ${what}`, (t) => {
    const asked = held(t, "answers");
    createFollower({ ...asking(), ...lacking }, () => {})();
    assert.equal(asked.length, 0);
  });
}

test("how much is right is asked of the moment that one looks at, and only if someone looks", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = held(t, "accuracy");
  const state = { ...page(0, 50), moment: { iteration: 7, accuracy: null } };
  globalThis.document.hidden = true;
  createAccuracy(state, () => {})();
  globalThis.document.hidden = false;
  assert.equal(asked.length, 0);
  createAccuracy(state, () => {})();
  assert.deepEqual(asked[0].values, ["main", 7]);
  const found = { generation: 0, iteration: 7, pending: 0, history: [] };
  asked[0].answer(found);
  await settle();
  assert.deepEqual([state.moment.accuracy, state.accuracy], [found, null]);
});
