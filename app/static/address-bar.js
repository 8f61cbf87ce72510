/** The address bar: it leads to the experiment that it names, and follows what the page shows. */
import { isAs, writeAddress } from "./address.js";
import { api } from "./api.js";
import { chosenTheme } from "./palette.js";

/**
 * @import { Actions } from "./actions.js"
 * @import { Address, Changes } from "./address.js"
 * @import { State } from "./state.js"
 * @import { RunStatus } from "./wire.d.ts"
 */

/**
 * @typedef {object} AddressBar
 * @property {(run: RunStatus) => void} follow From the first status on that tells all of the run, the address follows.
 * @property {() => void} keep The address says what the page shows now.
 */

/**
 * @param {State} state
 * @param {Address} wanted what the address asked for when the page was opened
 * @param {Changes} defaults
 * @param {Pick<Actions, "speed" | "complain" | "wake">} actions
 * @returns {AddressBar}
 */
export function createAddressBar(state, wanted, defaults, actions) {
  /** Whether what the address asks for has been seen to. */
  let reached = false;

  /** @param {RunStatus} run */
  function follow(run) {
    if (reached) keep();
    else reach(run);
  }

  /**
   * Goes to the experiment that the address asks for. Where this run is another, a run that is as wanted is looked for,
   * so that a class that opens one address comes to one run; else one is made. @param {RunStatus} run
   */
  function reach(run) {
    const { config, changes, speed } = wanted;
    const anything = !Object.keys(config).length && !changes.length;
    reached = true;
    if (!anything && !isAs(run, wanted, defaults)) go();
    else if (speed !== undefined && speed !== run.speed && run.state === "ready") actions.speed(speed);
    else keep();
  }

  async function go() {
    const { config, changes, speed } = wanted;
    const { search, hash } = location;
    try {
      const runs = await Promise.all((await api.runs()).map(inFull));
      const same = runs.find((other) => isAs(other, wanted, defaults));
      const { id } = same ?? (await api.create({ config, changes, speed }));
      location.replace(`/runs/${id}${search}${hash}`);
    } catch (error) {
      actions.complain(/** @type {Error} */ (error));
    }
    actions.wake();
  }

  /** With all changes, where there are as many as the address names. @param {RunStatus} other */
  function inFull(other) {
    const missing = other.changes_left_out ?? 0;
    return missing + other.changes.length === wanted.changes.length ? api.whole(other) : other;
  }

  function keep() {
    const { run, hidden } = state;
    if (!run || run.changes_left_out) return;
    const view = { theme: chosenTheme(), hide: hidden };
    state.address = writeAddress(run, view, defaults);
    state.shared = writeAddress(run, view, defaults, true);
    if (location.hash === state.address) return;
    history.replaceState(null, "", `${location.pathname}${location.search}${state.address}`);
  }

  return { follow, keep };
}
