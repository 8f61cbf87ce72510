import assert from "node:assert/strict";
import { test } from "node:test";
import {
  advance,
  answer,
  backwardReach,
  complete,
  createPlayback,
  empty,
  forwardReach,
  hold,
  isOver,
  nextBit,
  offer,
  PACE,
  play,
  progress,
  queue,
  settle,
  show,
} from "../../app/static/playback.js";

const training = (iteration, width = 3, generation = 0) => ({
  kind: "training",
  generation,
  iteration,
  width,
  hiddenDeltas: new Float32Array(width),
});
const typed = (iteration, width = 4) => ({
  kind: "prediction",
  generation: 0,
  iteration,
  width,
  hiddenDeltas: undefined,
});

/** Lets time pass in screen frames until the phase is reached. */
function runUntil(p, phase, most = 1000) {
  const steps = [];
  for (let k = 0; k < most && p.phase !== phase; k++) {
    advance(p, 16);
    const step = `${p.phase} ${p.position}`;
    if (steps.at(-1) !== step) steps.push(step);
  }
  assert.equal(p.phase, phase);
  return steps;
}

test("a problem plays forward, answers, plays backward, updates and rests", () => {
  const p = createPlayback();
  offer(p, training(1));
  assert.deepEqual(runUntil(p, "rest"), [
    "forward 0",
    "forward 1",
    "forward 2",
    "answer -1",
    "backward 2",
    "backward 1",
    "backward 0",
    "update -1",
    "rest -1",
  ]);
});

test("one problem is held until it has ended, then the newest is taken", () => {
  const p = createPlayback();
  offer(p, training(1));
  for (let iteration = 2; iteration < 100; iteration++) {
    offer(p, training(iteration));
    advance(p, 16);
    assert.equal(p.problem.iteration, 1);
  }
  runUntil(p, "rest");
  advance(p, 16);
  assert.equal(p.problem.iteration, 99);
  assert.equal(p.phase, "forward");
});

test("a position takes its time, and progress runs from 0 to 1", () => {
  const p = createPlayback();
  offer(p, training(1));
  assert.equal(progress(p), 0);
  advance(p, PACE.position / 2);
  assert.equal(progress(p), 0.5);
  advance(p, PACE.position / 2);
  assert.equal(p.position, 1);
  assert.equal(progress(p), 0);
});

test("held, it ends the step it is in and waits there", () => {
  const p = createPlayback();
  offer(p, training(1));
  hold(p, true);
  for (let k = 0; k < 100; k++) advance(p, 16);
  assert.equal(p.position, 0);
  assert.equal(progress(p), 1);
  assert.equal(advance(p, 16), false);
  hold(p, false);
  assert.equal(advance(p, 16), true);
  assert.equal(p.position, 1);
});

test("Next bit moves one position a press, holds, and takes the newest at the end", () => {
  const p = createPlayback();
  offer(p, training(1, 2));
  nextBit(p);
  assert.equal(p.held, true);
  assert.deepEqual([p.phase, p.position], ["forward", 1]);
  offer(p, training(7, 2));
  for (const expected of ["answer", "backward", "backward", "update", "rest"]) {
    nextBit(p);
    assert.equal(p.phase, expected);
  }
  for (let k = 0; k < 100; k++) advance(p, 16);
  assert.equal(p.phase, "rest");
  nextBit(p);
  assert.deepEqual([p.phase, p.position, p.problem.iteration], ["forward", 0, 7]);
});

test("Next bit plays again what is there when nothing newer came", () => {
  const p = createPlayback();
  offer(p, training(1));
  runUntil(p, "rest");
  nextBit(p);
  assert.deepEqual([p.phase, p.problem.iteration], ["forward", 1]);
});

test("a typed problem plays at once, forward only, and training comes back after it", () => {
  const p = createPlayback();
  offer(p, training(1));
  advance(p, 300);
  play(p, typed(1));
  assert.deepEqual([p.phase, p.position, p.problem.kind], ["forward", 0, "prediction"]);
  offer(p, training(5));
  const steps = runUntil(p, "rest");
  assert.ok(!steps.some((step) => step.startsWith("backward") || step.startsWith("update")));
  advance(p, 16);
  assert.deepEqual([p.problem.kind, p.problem.iteration], ["training", 5]);
});

test("a typed problem stays while nothing newer comes", () => {
  const p = createPlayback();
  settle(p, training(5));
  play(p, typed(5));
  runUntil(p, "rest");
  assert.equal(advance(p, 16), false);
  assert.equal(p.problem.kind, "prediction");
});

test("who comes while nothing runs finds the problem as it ended", () => {
  const p = createPlayback();
  settle(p, training(5));
  assert.equal(p.phase, "rest");
  assert.equal(advance(p, 16), false);
  offer(p, training(5));
  assert.equal(advance(p, 16), false);
});

test("a new generation empties the stage and then plays from its first problem", () => {
  const p = createPlayback();
  offer(p, training(500));
  empty(p);
  assert.equal(p.problem, null);
  assert.equal(advance(p, 16), false);
  offer(p, training(1, 3, 1));
  assert.equal(p.phase, "forward");
});

test("of a long problem only a stretch is played, and what is below it is there at once", () => {
  const p = createPlayback();
  play(p, { ...typed(7, 1000), stretch: [290, 293] });
  assert.deepEqual([p.phase, p.position, forwardReach(p)], ["forward", 290, 291]);
  assert.deepEqual(runUntil(p, "answer"), ["forward 290", "forward 291", "forward 292", "answer -1"]);
  assert.equal(forwardReach(p), 1000);
});

test("outputs appear as forward passes, deltas as backward passes", () => {
  const p = createPlayback();
  assert.equal(forwardReach(p), 0);
  offer(p, training(1));
  assert.equal(forwardReach(p), 1);
  assert.equal(backwardReach(p), Infinity);
  runUntil(p, "answer");
  assert.equal(forwardReach(p), 3);
  runUntil(p, "backward");
  assert.equal(backwardReach(p), 2);
  runUntil(p, "update");
  assert.equal(backwardReach(p), 0);
});

test("held, a typed problem shows its answer at once, and Next bit plays it before anything else", () => {
  const p = createPlayback();
  settle(p, training(5));
  hold(p, true);
  answer(p, typed(5, 2));
  assert.deepEqual([p.phase, p.problem.kind, forwardReach(p)], ["rest", "prediction", 2]);
  offer(p, training(6, 2));
  nextBit(p);
  assert.deepEqual([p.phase, p.position, p.problem.kind], ["forward", 0, "prediction"]);
  for (const expected of ["forward", "answer", "rest"]) {
    nextBit(p);
    assert.equal(p.phase, expected);
  }
  nextBit(p);
  assert.deepEqual([p.problem.kind, p.problem.iteration], ["training", 6]);
});

test("where nothing new comes, a held problem is over at its end, and begins again as such", () => {
  const p = createPlayback();
  settle(p, training(5, 2));
  assert.equal(isOver(p), false);
  hold(p, true);
  assert.equal(isOver(p), true);
  nextBit(p);
  assert.deepEqual([isOver(p), p.again], [false, false]); // its end was shown, but it was not played
  for (let k = 0; k < 6; k++) nextBit(p);
  assert.deepEqual([p.phase, isOver(p)], ["rest", true]);
  nextBit(p);
  assert.deepEqual([p.phase, p.again], ["forward", true]);
  nextBit(p);
  assert.equal(p.again, true);
  offer(p, training(6, 2));
  for (let k = 0; k < 5; k++) nextBit(p);
  assert.deepEqual([p.phase, isOver(p)], ["rest", false]);
  nextBit(p);
  assert.deepEqual([p.problem.iteration, p.again], [6, false]);
});

test("what is explained comes onto the stage as it ended, and the newest follows", () => {
  const p = createPlayback();
  offer(p, training(5));
  offer(p, training(9));
  show(p, training(7));
  assert.deepEqual([p.phase, p.problem.iteration], ["rest", 7]);
  advance(p, 16);
  assert.deepEqual([p.phase, p.problem.iteration], ["forward", 9]);
});

test("of another generation a problem is newer, though its iteration is less", () => {
  const p = createPlayback();
  settle(p, training(50));
  offer(p, training(3));
  assert.equal(advance(p, 1), false, "of the same generation it is not");
  offer(p, training(3, 3, 1));
  assert.equal(advance(p, 1), true);
  assert.deepEqual([p.phase, p.problem.generation, p.problem.iteration], ["forward", 1, 3]);
});

test("what comes later of a problem is shown at the same step, and not in place of another problem", () => {
  const p = createPlayback();
  const bare = typed(5);
  const whole = { ...bare, weights: {} };
  play(p, bare);
  advance(p, PACE.position + 1);
  const { phase, position, version } = p;
  assert.equal(position, 1);
  complete(p, bare, whole);
  assert.equal(p.problem, whole);
  assert.deepEqual([p.phase, p.position, p.version], [phase, position, version + 1]);
  complete(p, bare, bare);
  assert.equal(p.problem, whole);
});

test("each phase takes its time, an answer that was asked for more than one of training", () => {
  const took = (problem, phase) => {
    const p = createPlayback();
    play(p, problem);
    for (let k = 0; k < 1000 && p.phase !== phase; k++) advance(p, 10);
    let milliseconds = 0;
    while (p.phase === phase && milliseconds < 10_000) {
      advance(p, 10);
      milliseconds += 10;
    }
    return milliseconds;
  };
  assert.equal(took(training(1, 1), "forward"), PACE.position);
  assert.equal(took(training(1, 1), "answer"), PACE.answer);
  assert.equal(took(typed(1, 1), "answer"), PACE.prediction);
  assert.equal(took(training(1, 1), "update"), PACE.update);
});

test("where drawing is slow a problem takes no longer, and is seen at its end", () => {
  const took = (milliseconds) => {
    const p = createPlayback();
    p.within = 2500;
    play(p, training(1, 8));
    for (let time = milliseconds; ; time += milliseconds) {
      advance(p, milliseconds);
      if (p.phase === "rest") return time;
    }
  };
  assert.ok(took(1) >= 2500);
  for (const milliseconds of [10, 100, 250]) assert.ok(took(milliseconds) < 2500 + 2 * milliseconds, milliseconds);
});

test("only the same problem, played to its end before, is played again", () => {
  const asked = (operands, more = {}) => ({ ...typed(5, 1), operands, ...more });
  for (const [what, next, again] of [
    ["the same numbers", asked([1, 2]), true],
    ["other numbers", asked([2, 1]), false],
    ["after another iteration", asked([1, 2], { iteration: 6 }), false],
    ["of another generation", asked([1, 2], { generation: 1 }), false],
    ["a training problem with these numbers", asked([1, 2], { kind: "training" }), false],
  ]) {
    const p = createPlayback();
    play(p, asked([1, 2]));
    assert.equal(p.again, false);
    runUntil(p, "rest");
    play(p, next);
    assert.equal(p.again, again, what);
  }
});

test("a problem that was left before its end is not played again, but for the first time", () => {
  const p = createPlayback();
  play(p, training(5));
  play(p, training(5));
  assert.equal(p.again, false);
});

test("a problem that is played again is so to its end, and what is shown next is not", () => {
  const p = createPlayback();
  const problem = training(5);
  play(p, problem);
  runUntil(p, "rest");
  play(p, problem);
  runUntil(p, "rest");
  assert.equal(p.again, true);
  show(p, training(4));
  assert.equal(p.again, false);
});

test("an emptied stage has forgotten what was played", () => {
  const p = createPlayback();
  play(p, training(5));
  runUntil(p, "rest");
  empty(p);
  assert.deepEqual([p.phase, p.newest, p.played], ["empty", null, null]);
  play(p, training(5));
  assert.equal(p.again, false);
});

test("a new stage waits for its first problem", () => {
  const p = createPlayback();
  assert.deepEqual([p.phase, p.position, p.again, p.waiting, p.held], ["empty", -1, false, false, false]);
  assert.deepEqual([forwardReach(p), backwardReach(p)], [0, Infinity]);
  nextBit(p);
  assert.deepEqual([p.phase, p.problem], ["empty", null]);
});

test("at rest a training problem has all its deltas, and a typed one has none", () => {
  const p = createPlayback();
  show(p, training(5));
  assert.equal(backwardReach(p), 0);
  show(p, typed(5));
  assert.equal(backwardReach(p), Infinity);
  play(p, training(5));
  runUntil(p, "answer");
  assert.equal(backwardReach(p), Infinity);
});

test("an older problem that comes late is dropped", () => {
  const p = createPlayback();
  settle(p, training(5));
  offer(p, training(4));
  assert.equal(p.newest.iteration, 5);
});

test("while a problem moves, more will move; each step and each hold tells the views to draw", () => {
  const p = createPlayback();
  offer(p, training(1, 2));
  const begun = p.version;
  assert.equal(advance(p, PACE.position - 1), true);
  assert.equal(p.version, begun);
  assert.equal(advance(p, 1), true);
  assert.equal(p.version, begun + 1);
  hold(p, true);
  assert.equal(p.version, begun + 2);
});

test("Next bit leaves a typed problem that waits for it, and then follows the newest again", () => {
  const p = createPlayback();
  settle(p, training(5, 1));
  hold(p, true);
  answer(p, typed(5, 1));
  assert.equal(p.waiting, true);
  for (const phase of ["forward", "answer", "rest"]) {
    nextBit(p);
    assert.deepEqual([p.phase, p.waiting, p.problem.kind], [phase, false, "prediction"]);
  }
  nextBit(p);
  assert.deepEqual([p.phase, p.problem.kind], ["forward", "training"]);
});

test("a typed problem on a stage that is not held plays at once", () => {
  const p = createPlayback();
  settle(p, training(5));
  answer(p, typed(5));
  assert.deepEqual([p.phase, p.position, p.waiting], ["forward", 0, false]);
});

test("a queued problem is played next, before the newest, and once", () => {
  const p = createPlayback();
  offer(p, training(1));
  const changed = typed(7);
  queue(p, changed);
  offer(p, training(9));
  assert.equal(p.problem.iteration, 1);
  runUntil(p, "rest");
  advance(p, 16);
  assert.equal(p.problem, changed);
  runUntil(p, "rest");
  advance(p, 16);
  assert.equal(p.problem.iteration, 9);
});

test("an empty stage plays a queued problem at once, and a held one after the next press", () => {
  const p = createPlayback();
  const changed = typed(7, 1);
  queue(p, changed);
  assert.equal(p.problem, changed);
  runUntil(p, "rest");
  hold(p, true);
  const other = typed(8, 1);
  queue(p, other);
  assert.equal(isOver(p), false);
  nextBit(p);
  assert.deepEqual([p.problem, p.queued], [other, null]);
});

test("in a hurry a problem of training takes as long as it may, and an answer to people its own time", () => {
  const seconds = (problem, within) => {
    const p = createPlayback();
    p.within = within;
    play(p, problem);
    let milliseconds = 0;
    for (; p.phase !== "rest"; milliseconds += 10) advance(p, 10);
    return milliseconds / 1000;
  };
  assert.ok(Math.abs(seconds(training(1, 8), 2500) - 2.5) < 0.3);
  assert.ok(Math.abs(seconds(training(1, 32), 2500) - 2.5) < 0.8);
  assert.equal(seconds(training(1, 1), Infinity), (2 * PACE.position + PACE.answer + PACE.update) / 1000);
  assert.equal(seconds(typed(1, 1), 100), seconds(typed(1, 1), Infinity));
});
