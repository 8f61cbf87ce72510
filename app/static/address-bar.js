/** The address bar. It opens the experiment that it names, and it follows what the page shows. */
import { isAs, writeAddress } from "./address.js";
import { api } from "./api.js";
import { chosenTheme } from "./palette.js";
import { up } from "./up.js";

/**
 * @import { Actions } from "./actions.js"
 * @import { Address, Changes } from "./address.js"
 * @import { State } from "./state.js"
 * @import { RunStatus } from "./wire.d.ts"
 */

/**
 * @typedef {object} AddressBar
 * @property {(run: RunStatus) => void} follow The address follows the run, from the first complete status on.
 * @property {() => void} keep Writes what the page shows now into the address.
 */

/**
 * @param {State} state
 * @param {Address} wanted what the address asked for when the page was opened
 * @param {Changes} defaults
 * @param {Pick<Actions, "speed" | "complain" | "wake">} actions
 * @returns {AddressBar}
 */
export function createAddressBar(state, wanted, defaults, actions) {
  /** Whether the experiment in the address has been handled. */
  let reached = false;

  /** @param {RunStatus} run */
  function follow(run) {
    if (reached) keep();
    else reach(run);
  }

  /**
   * Goes to the experiment that the address asks for. If this run is a different one, it looks for a run of that
   * experiment, so that a class that opens one address comes to one run. If there is none, it creates one.
   * @param {RunStatus} run
   */
  function reach(run) {
    const { config, changes, edits, speed } = wanted;
    const anything = !Object.keys(config).length && !changes.length && !edits.length;
    reached = true;
    if (!anything && !isAs(run, wanted, defaults)) go();
    else if (speed !== undefined && speed !== run.speed && run.state === "ready" && run.access === "command")
      actions.speed(speed);
    else keep();
  }

  async function go() {
    const { config, changes, speed } = wanted;
    const edits = wanted.edits.length ? { edits: wanted.edits } : {};
    const { search, hash } = location;
    try {
      const runs = await Promise.all((await api.runs()).map(inFull));
      const same = runs.find((other) => isAs(other, wanted, defaults));
      const { id } = same ?? (await api.create({ config, changes, ...edits, speed }));
      location.replace(`${up}runs/${id}${search}${hash}`);
    } catch (error) {
      actions.complain(/** @type {Error} */ (error));
    }
    actions.wake();
  }

  /** The run with all its changes, if it has as many as the address names. @param {RunStatus} other */
  function inFull(other) {
    const missing = other.changes_left_out ?? 0;
    return missing + other.changes.length === wanted.changes.length ? api.whole(other) : other;
  }

  function keep() {
    const { run, hidden, tour, present } = state;
    if (!run || run.changes_left_out) return;
    const view = { theme: chosenTheme(), hide: hidden, tour, present };
    state.address = writeAddress(run, view, defaults);
    state.shared = writeAddress(run, view, defaults, true);
    if (location.hash === state.address) return;
    history.replaceState(null, "", `${location.pathname}${location.search}${state.address}`);
  }

  return { follow, keep };
}
