/** Handles a run's status: takes what it says, and asks for what it leaves out. */
import { completed } from "./changes.js";
import { applyMilestones, applyReset, applyStatus } from "./state.js";

/**
 * @import { Actions } from "./actions.js"
 * @import { Source } from "./source.js"
 * @import { State } from "./state.js"
 * @import { RunStatus } from "./wire.d.ts"
 * @import { Witness } from "./witness.js"
 */

/** Milliseconds between two questions while the engine is compiled. */
const ENGINE_PAUSE = 1000;

/**
 * @typedef {object} Statuses
 * @property {() => void} greet The next status is the first of its connection.
 * @property {(run: RunStatus) => void} take
 */

/**
 * @param {State} state
 * @param {Source} source
 * @param {Witness} witness
 * @param {import("./address-bar.js").AddressBar} addressBar
 * @param {Pick<Actions, "complain" | "wake"> & { followOn: () => void }} actions
 * @returns {Statuses}
 */
export function createStatuses(state, source, witness, addressBar, { complain, wake, followOn }) {
  let greeting = true;
  /** Whether a request for the changes of the learning rate is under way. */
  let changesAsked = false;
  let engineTimer = 0;

  /** @param {RunStatus} told */
  function take(told) {
    const before = state.run && { ...state.run };
    const run = completed(told, before);
    const began = applyStatus(state, run, greeting);
    const anew = began || greeting;
    if (began && before && run.generation > before.generation) {
      applyReset(state, before, greeting ? { who: "unknown", undo: false } : witness.of(run.generation));
    }
    if (!before) rememberReset(run);
    greeting = false;
    if (run.changes_left_out) askChanges(run);
    else addressBar.follow(run);
    askEngine();
    if (anew) askTask(run);
    if (anew) askMilestones(run);
  }

  /**
   * A reset that this tab made before it was loaded again can still be undone, if the server says so.
   * @param {RunStatus} run
   */
  function rememberReset({ generation }) {
    const { undoable } = document.body.dataset;
    if (!undoable || !witness.made(generation)) return;
    state.reset = { generation, from: Number(undoable), who: "me", until: Infinity };
  }

  /** Asks for the changes that a status leaves out, one question at a time. @param {RunStatus} run */
  async function askChanges(run) {
    if (changesAsked) return;
    changesAsked = true;
    try {
      const all = await source.whole(run);
      if (state.run?.changes_left_out) {
        state.run = completed(state.run, all);
        if (!state.run.changes_left_out) addressBar.follow(state.run);
      }
    } catch (error) {
      complain(/** @type {Error} */ (error));
    }
    changesAsked = false;
    wake();
  }

  /**
   * Asks again until this network has the best engine that it can have, and until its first accuracy has come.
   */
  async function askEngine() {
    clearTimeout(engineTimer);
    const engine = await source.engine().catch(() => null);
    if (engine) {
      state.engine = engine;
      clearTimeout(engineTimer);
      if (engine.state === "compiling" || !state.accuracy) engineTimer = setTimeout(askEngine, ENGINE_PAUSE);
    }
    wake();
  }

  /** Asks for the task of this generation of the run. @param {RunStatus} run */
  async function askTask({ generation }) {
    try {
      const task = await source.task();
      if (generation === state.run?.generation) {
        state.task = task;
        followOn();
      }
    } catch (error) {
      complain(/** @type {Error} */ (error));
    }
    wake();
  }

  /**
   * Asks what the run has learned so far. Without an answer, a message of the socket tells it later.
   * @param {RunStatus} run
   */
  async function askMilestones({ generation }) {
    const found = await source.milestones().catch(() => null);
    if (!found) return;
    applyMilestones(state, generation, found);
    wake();
  }

  const greet = () => {
    greeting = true;
  };
  return { greet, take };
}
