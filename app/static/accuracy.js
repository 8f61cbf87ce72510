/** Asks how much the network gets right: when something has changed, and at most twice a second. */
import { api } from "./api.js";

const PAUSE = 500; // milliseconds

/** @param {State} state @param {() => void} changed @returns {() => void} cheap to call often */
export function createAccuracy(state, changed) {
  let busy = false;
  return async function check() {
    const { run, accuracy, connection } = state;
    const known = accuracy?.iteration === run?.iteration && accuracy?.generation === run?.generation;
    if (busy || !run || known || connection.phase !== "open" || document.hidden) return;
    busy = true;
    const found = await api.accuracy(run.id).catch(() => null);
    if (found?.generation === state.run?.generation) state.accuracy = found;
    changed();
    setTimeout(() => {
      busy = false;
      check();
    }, PAUSE);
  };
}
