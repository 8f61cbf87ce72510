/** Asks how much the network gets right: when something has changed, and someone looks. */
import { api } from "./api.js";

const PAUSE = { asked: 500, failed: 3000 }; // milliseconds until the next question

/** @param {State} state @param {() => void} changed @returns cheap to call often */
export function createAccuracy(state, changed) {
  let busy = false;

  async function check() {
    const { run, accuracy, connection } = state;
    const known = accuracy?.generation === run?.generation && accuracy?.iteration === run?.iteration;
    if (busy || !run || known || connection.phase !== "open" || document.hidden) return;
    busy = true;
    const found = await api.accuracy(run.id).catch(() => null);
    if (found && found.generation === state.run?.generation) state.accuracy = found;
    changed();
    setTimeout(() => {
      busy = false;
      check();
    }, found ? PAUSE.asked : PAUSE.failed);
  }

  return check;
}
