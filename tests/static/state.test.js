import assert from "node:assert/strict";
import { test } from "node:test";
import { hold } from "../../app/static/playback.js";
import {
  applyFrame,
  applyMilestones,
  applyMoment,
  applyStatus,
  createState,
  leave,
  notify,
  pictured,
  shown,
} from "../../app/static/state.js";

const config = { task: "addition", bits: 2, cell: "elman", activation: "sigmoid", hidden_size: 1, max_iterations: 100 };
const status = (generation, iteration) => ({
  id: "main",
  state: "running",
  generation,
  iteration,
  config,
  learning_rate: 0.1,
  error: null,
});
const tensor = (...shape) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5) });

function frame(iteration, { generation = 0, errors = [iteration / 10] } = {}) {
  const weights = { W_xh: tensor(2, 1), W_hh: tensor(1, 1), W_hy: tensor(1, 1) };
  const trace = iteration && {
    inputs: tensor(2, 2),
    targets: tensor(2),
    outputs: tensor(2),
    hidden_states: tensor(3, 1),
    output_deltas: tensor(2),
    hidden_deltas: tensor(2, 1),
  };
  return {
    generation,
    iteration,
    errorsStart: iteration - errors.length,
    errors: Float32Array.from(errors),
    learningRate: 0.1,
    state: "running",
    iterationsPerSecond: 5,
    weights,
    updates: iteration ? weights : {},
    trace: trace || {},
    gates: {},
    operands: [1, 0],
    expected: 1,
    predicted: 1,
  };
}

/** A page that has seen ten iterations. */
function page() {
  const state = createState("main", {});
  applyStatus(state, status(0, 9), true);
  applyFrame(state, frame(10));
  return state;
}

test("what is shown is what is newest, until somebody goes back", () => {
  const state = page();
  assert.equal(shown(state).frame.iteration, 10);
  state.heading = 4;
  applyMoment(state, frame(4));
  assert.deepEqual([shown(state).frame.iteration, state.heading, state.moment.iteration], [4, null, 4]);
  assert.ok(Math.abs(state.moment.error - 0.4) < 1e-6);
  assert.deepEqual([state.playback.phase, state.playback.problem.iteration], ["rest", 4]);
});

test("behind the past the run goes on, and the stage does not follow", () => {
  const state = page();
  applyMoment(state, frame(4));
  assert.equal(applyFrame(state, frame(11)), true);
  assert.deepEqual([state.run.iteration, state.series.end, state.frame.iteration], [11, 11, 11]);
  assert.deepEqual([shown(state).frame.iteration, state.playback.newest.iteration], [4, 4]);
  leave(state);
  assert.deepEqual([shown(state).frame.iteration, state.playback.problem.iteration], [11, 11]);
});

test("before the first iteration there is no problem to play, and no error", () => {
  const state = page();
  applyMoment(state, frame(0, { errors: [] }));
  assert.deepEqual([state.playback.phase, state.moment.error, state.moment.iteration], ["empty", null, 0]);
});

test("a moment that arrives late, of a run that was reset, is not shown", () => {
  const state = page();
  state.heading = 4;
  applyStatus(state, status(1, 0), false);
  assert.equal(state.heading, null);
  applyMoment(state, frame(4));
  assert.equal(state.moment, null);
  applyMoment(state, frame(4, { generation: 1 })); // farther than the run has come
  assert.equal(state.moment, null);
});

test("a reset leads back to now, and says so", () => {
  const state = page();
  applyMoment(state, frame(4));
  applyStatus(state, status(1, 0), false);
  assert.equal(state.moment, null);
  assert.match(state.notice.text, /reset/);
  assert.equal(state.notice.tone, "info");
  const other = page();
  applyMoment(other, frame(4));
  applyFrame(other, frame(1, { generation: 1 }));
  assert.deepEqual([other.moment, other.frame.generation, other.playback.problem.generation], [null, 1, 1]);
});

test("a run that is cut back below the moment leads back to now; one that still has it does not", () => {
  const state = page();
  applyMoment(state, frame(4));
  for (const end of [5, 4]) {
    applyFrame(state, frame(end));
    assert.equal(state.moment.iteration, 4);
  }
  applyFrame(state, frame(3));
  assert.equal(state.moment, null);
  assert.match(state.notice.text, /cut back/);
  assert.equal(state.notice.tone, "info");
  assert.equal(state.playback.problem.iteration, 3);
});

test("a new generation ends what was explained of the old one", () => {
  const state = createState("main", null);
  applyStatus(state, status(0, 3));
  state.asked = { kind: "predicted", position: 1 };
  applyStatus(state, status(0, 4));
  assert.equal(state.asked.position, 1);
  applyStatus(state, status(1, 0));
  assert.equal(state.asked, null);
});

test("matrices are of the newest; while the stage is held of its moment; of what is explained; of the past", () => {
  const state = page();
  applyFrame(state, frame(11));
  assert.equal(state.playback.problem.iteration, 10); // it still plays
  assert.equal(pictured(state).iteration, 11);
  hold(state.playback, true);
  assert.equal(pictured(state).iteration, 10);
  state.asked = { kind: "weight", frame: frame(11) };
  assert.equal(pictured(state).iteration, 11);
  state.asked = { kind: "predicted", position: 0, problem: state.playback.problem };
  assert.equal(pictured(state).iteration, 10);
  state.asked = null;
  hold(state.playback, false);
  assert.equal(pictured(state).iteration, 11);
  applyMoment(state, frame(4));
  assert.equal(pictured(state).iteration, 4);
  hold(state.playback, true);
  assert.equal(pictured(state).iteration, 4);
});

test("a held answer without its weights leaves the matrices live", () => {
  const state = page();
  hold(state.playback, true);
  state.playback.problem = { ...state.playback.problem, kind: "prediction", frame: null };
  applyFrame(state, frame(12));
  assert.equal(pictured(state).iteration, 12);
});

test("a run that is cut back ends what was explained of what is gone", () => {
  const state = page();
  state.asked = { kind: "predicted", position: 0, problem: state.playback.problem };
  applyFrame(state, frame(11));
  assert.notEqual(state.asked, null);
  applyFrame(state, frame(5));
  assert.equal(state.asked, null);
});

test("of an older generation only a greeting is true: a server that began anew counts anew", () => {
  const state = page();
  applyStatus(state, status(5, 20), false);
  assert.equal(applyStatus(state, status(4, 30), false), false);
  assert.deepEqual([state.run.generation, state.run.iteration], [5, 20]);
  assert.equal(applyStatus(state, status(0, 3), true), true);
  assert.deepEqual([state.run.generation, state.run.iteration, state.series.end], [0, 3, 3]);
  assert.equal(applyFrame(state, frame(3)), true);
});

test("before the first status no frame is taken, and later none of an older generation", () => {
  const state = createState("main", {});
  assert.equal(applyFrame(state, frame(1)), false);
  assert.deepEqual([state.arrived, state.frame], [false, null]);
  applyStatus(state, status(2, 0), true);
  assert.equal(applyFrame(state, frame(7, { generation: 1 })), false);
  assert.deepEqual([state.arrived, state.frame, state.run.iteration, state.series.end], [false, null, 0, 0]);
});

test("a frame says how far the run is, how fast, and in which state; without errors the last error stays", () => {
  const state = page();
  const { generation, iteration, state: told, iterations_per_second: rate, error } = state.run;
  assert.deepEqual([generation, iteration, told, rate, error], [0, 10, "running", 5, 1]);
  applyFrame(state, { ...frame(10, { errors: [] }), state: "paused", iterationsPerSecond: 0 });
  assert.deepEqual([state.run.state, state.run.iterations_per_second, state.run.error], ["paused", 0, 1]);
});

test("who comes to a run that rests finds its last problem at the end; where it trains, the problem plays", () => {
  for (const [told, phase] of [
    ["paused", "rest"],
    ["running", "forward"],
  ]) {
    const state = createState("main", {});
    applyStatus(state, status(0, 9), true);
    applyFrame(state, { ...frame(10), state: told });
    assert.deepEqual([state.playback.phase, state.playback.problem.iteration], [phase, 10]);
  }
  const state = page();
  applyFrame(state, { ...frame(11), state: "paused" });
  assert.equal(state.playback.phase, "forward", "what plays already goes on");
});

test("a moment that was asked for later is still to come when an earlier one arrives", () => {
  const state = page();
  state.heading = 6;
  applyMoment(state, { ...frame(4), parting: { iteration: 3 } });
  assert.deepEqual([state.heading, state.moment.iteration, state.moment.parting], [6, 4, { iteration: 3 }]);
  applyMoment(state, frame(10)); // the newest is a moment, too
  assert.equal(state.moment.iteration, 10);
});

test("back to now from now leaves the stage alone, and calls off what was asked for", () => {
  const state = page();
  state.heading = 6;
  leave(state);
  assert.deepEqual([state.heading, state.playback.phase], [null, "forward"]);
});

test("of the old generation nothing stays: no answer, no errors, no problem, no notice", () => {
  const state = page();
  state.prediction = { text: "The network is right.", answer: { a: 1, b: 2 }, moment: null };
  state.followed = { moments: [] };
  notify(state, "Saved.", "info");
  assert.equal(applyStatus(state, status(0, 11), false), false);
  assert.equal(state.prediction.answer.a, 1);
  assert.equal(applyStatus(state, status(1, 2), false), true);
  assert.deepEqual(state.prediction, { text: "", answer: null, long: null, moment: null });
  assert.deepEqual(
    [state.followed, state.notice, state.frame, state.accuracy, state.task],
    [null, null, null, null, null],
  );
  assert.deepEqual([state.series.end, state.series.known, state.playback.phase], [2, [], "empty"]);
});

test("the first status of all is a new generation, too", () => {
  const state = createState("main", {});
  assert.equal(applyStatus(state, status(0, 3), true), true);
  assert.deepEqual([state.run.iteration, state.series.end, state.notice], [3, 3, null]);
});

test("a notice stays for eight seconds", (t) => {
  t.mock.method(performance, "now", () => 1000);
  const state = page();
  notify(state, "It can't be saved.", "problem");
  assert.deepEqual(state.notice, { text: "It can't be saved.", tone: "problem", until: 9000 });
});

test("before it has heard anything, the page connects and shows nothing", () => {
  const { connection, prediction, hidden, address, shared, reducedMotion, run, frame, moment } = createState(
    "main",
    {},
  );
  assert.deepEqual(connection, { phase: "connecting", detail: "", retryAt: 0, lost: false, overHttp: false });
  assert.deepEqual(prediction, { text: "", answer: null, long: null, moment: null });
  assert.deepEqual([hidden, address, shared, reducedMotion, run, frame, moment], [[], "", "", false, null, null, null]);
});

test("a frame of a newer generation ends the old one, though its iteration is greater", () => {
  const state = page();
  state.prediction = { text: "The network is right.", answer: { a: 1, b: 2 }, moment: null };
  applyFrame(state, frame(20, { generation: 1 }));
  assert.deepEqual([state.prediction.answer, state.series.known, state.series.end], [null, [[19, 20]], 20]);
});

test("a run that is cut back has none of the errors after that", () => {
  const state = createState("main", {});
  applyStatus(state, status(0, 10), true);
  applyFrame(state, frame(10, { errors: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }));
  applyFrame(state, frame(5, { errors: [] }));
  assert.deepEqual([state.series.end, state.series.known], [5, [[0, 5]]]);
});

test("a frame that tells nothing new loses nothing: no errors, no problem, nothing explained", () => {
  const state = createState("main", {});
  applyStatus(state, status(0, 70_001), true);
  applyFrame(state, frame(70_001, { errors: new Array(70_001).fill(1) }));
  state.asked = { kind: "predicted", position: 0, problem: state.playback.problem };
  applyFrame(state, frame(70_001, { errors: [] }));
  assert.deepEqual(state.series.known, [[0, 70_001]]);
  assert.deepEqual([state.playback.problem.iteration, state.asked.kind], [70_001, "predicted"]);
});

test("where nothing was trained the stage stays empty, and the matrices are of the beginning", () => {
  const state = createState("main", {});
  applyStatus(state, status(0, 0), true);
  hold(state.playback, true);
  applyFrame(state, frame(0, { errors: [] }));
  assert.deepEqual([state.playback.phase, pictured(state).iteration], ["empty", 0]);
  state.asked = { kind: "weight", problem: null };
  assert.equal(pictured(state).iteration, 0);
});

test("a moment is not shown before there is a run, nor one of the generation before", () => {
  const state = createState("main", {});
  applyMoment(state, frame(4));
  assert.equal(state.moment, null);
  applyStatus(state, status(1, 9), true);
  applyMoment(state, frame(4));
  assert.equal(state.moment, null);
});

test("back from a moment that came before the first frame the stage is empty", () => {
  const state = createState("main", {});
  applyStatus(state, status(0, 9), true);
  applyMoment(state, frame(4));
  leave(state);
  assert.deepEqual([state.playback.phase, state.moment], ["empty", null]);
});

test("milestones are news if the earlier ones were known, and a reset forgets them", () => {
  const state = page();
  const generation = state.run?.generation ?? 0;
  applyStatus(state, status(generation, 5), true);
  const [one, two] = ["One.", "Two."].map((text, k) => ({ iteration: k, kind: "understood", case: null, text }));
  assert.deepEqual(applyMilestones(state, generation, [one]), []);
  assert.equal(state.notice, null);
  assert.deepEqual(applyMilestones(state, generation, [one, two]), [two]);
  assert.equal(state.notice.text, "Two.");
  assert.deepEqual(applyMilestones(state, generation, [one]), [], "an older answer came late");
  assert.equal(state.milestones.length, 2);
  assert.equal(applyMilestones(state, generation, [one, two, one, two]).length, 2);
  assert.equal(state.notice.text, "2 milestones at once. The last: Two.");
  assert.deepEqual(applyMilestones(state, generation + 1, [one, two, one]), []);
  applyStatus(state, status(generation + 1, 0), false);
  assert.equal(state.milestones, null);
});
