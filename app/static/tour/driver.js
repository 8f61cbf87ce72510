/**
 * Drives the page for the tour, as a person would: goes to a moment, sets the stage to a step, trains, asks for an
 * answer. What is under way ends when another stop is gone to.
 */
import { whole as numberWords } from "../format.js";
import { trainingProblem } from "../problem.js";
import { shown } from "../state.js";
import { say } from "../words.js";

/**
 * @import { Actions } from "../actions.js"
 * @import { State } from "../state.js"
 * @import { Facts } from "./facts.js"
 * @import { Scene, Show, Stop } from "./stops.js"
 */

/** The most iterations of one step. */
const MOST = 10_000;

/** More steps than the longest problem has. */
const ENOUGH = 200;

/** Thrown to whoever waits when another stop was gone to. */
export const OVERTAKEN = Symbol();

/**
 * @typedef {object} Driver
 * @property {(state: State) => void} update Tells what is new.
 * @property {() => void} stop Ends what is under way.
 * @property {(stop: Stop) => Promise<Facts>} prepare
 * @property {(stop: Stop) => Promise<Facts>} watch Waits until the presenter's page has brought this one to the stop.
 * @property {(show: Show, facts: Facts) => Promise<void>} act Adds to the facts what was seen.
 * @property {(operands: Record<string, number>) => Promise<void>} answer Shows a problem with its answer at once.
 */

/** @param {number} at */
const couldNot = (at) => say("The page could not go to iteration {at}.", { at: numberWords(at) });

/** @type {(actions: Actions) => Driver} */
export function createDriver(actions) {
  /** @type {State} */
  let state;
  /** @type {{ test: (state: State) => unknown; done: () => void; fail: (why: unknown) => void }[]} */
  let waiting = [];

  /** @param {(state: State) => unknown} test */
  function until(test) {
    /** @type {Promise<void>} */
    const met = new Promise((done, fail) => waiting.push({ test, done, fail }));
    actions.wake();
    return met;
  }

  function stop() {
    for (const { fail } of waiting) fail(OVERTAKEN);
    waiting = [];
  }

  /** @param {State} newest */
  function update(newest) {
    state = newest;
    const met = waiting.filter(({ test }) => test(state));
    waiting = waiting.filter((one) => !met.includes(one));
    for (const { done } of met) done();
  }

  /** The run as it stands. */
  const run = () => /** @type {NonNullable<State["run"]>} */ (state.run);

  /** Shows the moment after so many iterations: trains up to it, or goes back to it. @param {number} at */
  async function goTo(at) {
    await until(({ run, task, connection }) => run && task && connection.phase === "open");
    if (run().state === "running") {
      actions.command("pause");
      await until(() => run().state !== "running");
    }
    while (run().iteration < at) {
      const before = run().iteration;
      const { iteration, detail } = await actions.train(Math.min(MOST, at - before));
      if (iteration <= before) throw new Error(detail ?? couldNot(at));
    }
    if (run().iteration === at) {
      if (state.moment) actions.back();
      return until(({ moment, frame }) => !moment && frame?.iteration === at);
    }
    if (state.moment?.iteration === at) return;
    actions.visit(at);
    await until(({ moment, heading }) => moment?.iteration === at || heading !== at);
    if (state.moment?.iteration !== at) throw new Error(couldNot(at));
  }

  /** Sets the stage to a step of the moment's problem. @param {Scene} scene */
  function set({ phase, position, plays = phase === "rest" }) {
    const { playback } = state;
    if (playback.problem !== playback.newest) actions.replay();
    const isThere = () => playback.phase === phase && (position ?? playback.position) === playback.position;
    for (let k = 0; k < ENOUGH && !isThere(); k++) actions.nextBit();
    if (playback.held === plays) actions.hold();
  }

  /** @param {Stop} stop */
  async function prepare({ at, tab, scene, measured }) {
    if (state.present && tab) actions.present();
    if (state.hidden.length) actions.hide([]);
    actions.openTab(tab ?? "weights"); // the program would tell what is veiled
    actions.focus(null);
    await goTo(at);
    const facts = await factsOf(at, measured);
    set(scene?.(facts) ?? { phase: "rest" });
    return facts;
  }

  /** @type {Driver["watch"]} */
  async function watch({ at, tab, measured }) {
    actions.openTab(tab ?? "weights");
    await until((state) => state.task && shown(state).frame?.iteration === at);
    return factsOf(at, measured);
  }

  /** What the stop at this moment, which is shown, can be asked about. @type {(at: number, measured?: boolean) => Promise<Facts>} */
  async function factsOf(at, measured) {
    const accuracy = measured ? await accuracyAt(at) : null;
    const { task, series } = state;
    const { frame } = shown(state);
    const { config } = run();
    const problem = frame && trainingProblem(frame, config);
    if (!task || !problem) throw new Error(couldNot(at));
    return { at, task, config, problem, accuracy, series, seen: [], answer: null };
  }

  /** The accuracy of a moment, as soon as the page has it. @param {number} at */
  async function accuracyAt(at) {
    await until((state) => shown(state).accuracy?.iteration === at);
    return shown(state).accuracy;
  }

  /** @type {(operands: Record<string, number>, facts?: Facts) => Promise<void>} */
  async function ask(operands, facts) {
    await actions.predict(operands);
    const { answer, text } = state.prediction;
    if (!answer) throw new Error(text);
    const numbers = String(Object.values(operands));
    await until(({ playback: { problem } }) => problem?.kind === "prediction" && String(problem.operands) === numbers);
    if (facts) facts.answer = answer;
  }

  /** @type {Driver["answer"]} */
  async function answer(operands) {
    if (!state.playback.held) actions.hold();
    await ask(operands);
  }

  /** @type {Driver["act"]} */
  async function act({ scene, focus, train, predict, whole, panel }, facts) {
    if (scene) set(scene);
    if (panel) actions.lookInside(panel);
    for (let at = facts.at; train && at < train.to;) {
      at = Math.min(train.to, (Math.floor(at / train.by) + 1) * train.by);
      await goTo(at);
      facts.accuracy = await accuracyAt(at);
      facts.seen.push({ iteration: at, cases: facts.accuracy?.cases ?? [] });
    }
    if (predict) {
      if (state.playback.held !== Boolean(whole)) actions.hold();
      await ask(predict, facts);
      await until(({ playback: { phase, held } }) => phase !== "forward" || held);
    }
    if (focus) actions.focus({ kind: "unit", ...focus });
  }

  return { update, stop, prepare, watch, act, answer };
}
