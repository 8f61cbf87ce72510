/** The stops of the guided tour: what they ask, which answer is right, and what they say. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeFrame } from "../../app/static/frames.js";
import { trainingProblem } from "../../app/static/problem.js";
import { addRaw, createSeries } from "../../app/static/series.js";
import { clearUnits, lastBelow, meanError, sumOf } from "../../app/static/tour/facts.js";
import { answerWords, isRight, STOPS } from "../../app/static/tour/stops.js";
import { randomly, randomFrame } from "./random-frames.js";
import { addition } from "./tasks.js";

const TASK = {
  ...addition,
  reference_errors: [
    { key: "half", label: "always one half", error: 4 },
    { key: "no_carry", label: "adding without ever carrying", error: 3.00390625 },
  ],
};

/** The cases of addition: how often those without and with a carry are right. */
const cases = (without, within) =>
  addition.machine.map(([state, bits]) => ({ state, bits, right: state.endsWith("1") ? within : without }));

/** An answer of the network with so many wrong bits. */
const answered = (wrong) => ({
  correct: wrong === 0,
  predicted: 32768 - wrong,
  width: 16,
  bits: { expected: Array(16).fill(0), predicted: Array.from({ length: 16 }, (_, k) => Number(k < wrong)) },
});

/** What a stop knows when the article's network is at its iteration: from a frame that the server wrote. */
function factsOf({ at }, more = {}) {
  const read = (ending) => readFileSync(new URL(`frames/tour-${at}.${ending}`, import.meta.url));
  const config = JSON.parse(read("json"));
  const problem = trainingProblem(decodeFrame(Uint8Array.from(read("frame")).buffer), config);
  const series = createSeries();
  addRaw(series, 0, new Float32Array(at).fill(3.97));
  const seen = [
    { iteration: 5000, cases: cases(1, 0.5) },
    { iteration: 6000, cases: cases(1, 1) },
  ];
  return { at, task: TASK, config, problem, series, accuracy: null, seen, answer: answered(0), ...more };
}

const stopOf = (id) => STOPS.find((stop) => stop.id === id);

/** The guesses that people can make. */
const guessesOf = ({ options, range }) =>
  range
    ? Array.from({ length: 1 + (range.high - range.low) / range.step }, (_, k) => range.low + k * range.step)
    : options.map(({ value }) => value);

test("each question has exactly one right answer, and wrong ones beside it", () => {
  for (const stop of STOPS) {
    const facts = factsOf(stop);
    const asked = stop.ask(facts);
    const answer = stop.answer(facts);
    const right = guessesOf(asked).filter((guess) => isRight(asked, guess, answer));
    const wrong = guessesOf(asked).length - right.length;
    assert.ok(wrong >= 1, stop.id);
    if (asked.kind !== "value") assert.deepEqual(right, [answer], stop.id);
    else assert.ok(right.length && wrong > right.length, `${stop.id}: ${right}`);
    assert.equal(new Set(asked.options.map(({ words }) => words)).size, asked.options.length, stop.id);
  }
});

test("the article's network answers as its numbers say", () => {
  const answers = STOPS.map((stop) => stop.answer(factsOf(stop)));
  assert.equal(Math.round(100 * Number(answers[2])), 95);
  assert.deepEqual(
    answers.filter((_, k) => k !== 2),
    [4, "other", 4, 7, "share", "carry", "few", "yes", "sets", "none"],
  );
});

test("no word before the guess holds the answer", () => {
  for (const stop of STOPS) {
    const facts = factsOf(stop);
    const asked = stop.ask(facts);
    const before = [stop.title, ...asked.intro, asked.words, asked.how ?? ""].join(" ");
    const answer = stop.answer(facts);
    const words = asked.kind === "position" ? String(answer) : answerWords(asked, answer).replace(/[“”]/g, "");
    const shown = new RegExp(`(?<![\\d.])${words.replaceAll(".", "\\.")}(?![\\d.]\\d)(?!\\d)`);
    assert.doesNotMatch(before, shown, stop.id);
    assert.ok(stop.tell(facts).length >= 3, stop.id);
  }
});

test("what is said holds the numbers of the page", () => {
  const told = (id, more) =>
    stopOf(id)
      .tell(factsOf(stopOf(id), more))
      .join(" ");
  assert.match(told("problem"), /At position 3 both bits are 1\./);
  assert.match(told("error"), /make 4\.0.*After 1,000 problems the network’s error is 4\.0.*at 3\.0 of the 8/);
  assert.match(told("error", { series: createSeries() }), /An error there means/);
  assert.match(told("click"), /from iteration 5,000 on; with one, from 6,000 on/);
  assert.match(told("mind"), /It is 4 of 16\. Most of all unit 7: 0\.28 in 127 \+ 1, 0\.88 in 126 \+ 1\./);
  assert.match(told("far"), /It says 32,768: all 16 bits are right/);
  assert.match(told("far", { answer: answered(2) }), /It says 32,766: 2 of 16 bits are wrong/);
  assert.equal(stopOf("far").answer(factsOf(stopOf("far"), { answer: answered(2) })), "no");
});

test("of networks with any numbers, too, each question about them has one right answer", () => {
  const task = { ...TASK, bits: 5, operand_limit: 16 };
  const config = { cell: "elman", activation: "sigmoid", loss: "squared_error", optimizer: "sgd" };
  for (let k = 0; k < 60; k++) {
    const problem = trainingProblem(randomFrame(config, 1 + (k % 4), randomly(`tour ${k}`)), config);
    for (const id of ["state", "step", "back", "weights", "mind"]) {
      const stop = stopOf(id);
      const facts = { ...factsOf(stop), task, config, problem };
      const asked = stop.ask(facts);
      const right = guessesOf(asked).filter((guess) => isRight(asked, guess, stop.answer(facts)));
      assert.ok(asked.kind === "value" ? right.length : right.length === 1, `${id} of network ${k}`);
    }
  }
});

test("the sum that a unit squeezes gives the state that the server sent", () => {
  const stop = stopOf("step");
  const { problem } = factsOf(stop);
  const { position, unit, value, fromBits, fromState, sum } = sumOf(problem);
  assert.equal(sum, fromBits + fromState);
  assert.ok(Math.abs(value - problem.hiddenStates[(position + 1) * problem.hidden + unit]) < 1e-6);
});

test("the cases that were right last are those without a carry, those with one, or both", () => {
  const answer = (...seen) =>
    stopOf("click").answer({
      seen: seen.map(([without, within], k) => ({ iteration: k, cases: cases(without, within) })),
    });
  assert.equal(answer([0, 0], [1, 0], [1, 1]), "carry");
  assert.equal(answer([0, 0], [0.5, 0.95], [1, 1]), "plain");
  assert.equal(answer([0, 0], [1, 1]), "together");
  assert.equal(answer([1, 0.5], [0.89, 1], [1, 1]), "plain", "what is forgotten again does not count as understood");
  assert.equal(lastBelow([{ iteration: 5, cases: cases(null, 1) }], 0, 0.9), -1, "a case that does not occur");
});

test("the mean error is of the last 200 iterations, if all are known", () => {
  const series = createSeries();
  addRaw(
    series,
    0,
    Float32Array.from({ length: 300 }, (_, k) => (k < 100 ? 8 : 2)),
  );
  assert.equal(meanError(series, 300), 2);
  assert.equal(meanError(series, 199), null);
  addRaw(series, 400, new Float32Array(100));
  assert.equal(meanError(series, 500), null);
});

test("at the position in the middle both sums read the same bits, and only one carries", () => {
  const { hard, easy, bits, position } = clearUnits(factsOf(stopOf("mind")));
  assert.deepEqual([hard, easy, bits, position], ["127 + 1", "126 + 1", [1, 0], 4]);
});
