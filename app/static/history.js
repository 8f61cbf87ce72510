/** Fetches what the error series lacks, one call at a time: a little as it is, much as a summary. */
import { api } from "./api.js";
import { addSummary, gaps } from "./series.js";

/** The most values a call returns. */
const MOST = 5_000;
/** Missing iterations that are worth fetching one by one. */
const WORTH = 60_000;
const PAUSE = { little: 15, much: 500, failed: 3000 }; // milliseconds between two calls

/** @param {State} state @param {() => void} changed @returns looks for gaps; cheap to call often */
export function createHistory(state, changed) {
  let busy = false;

  async function check() {
    const request = busy || state.connection.phase !== "open" ? null : plan(state.series);
    if (!request) return;
    busy = true;
    let pause = request.stop - request.start > MOST ? PAUSE.much : PAUSE.little;
    await get(state, request).then(changed, () => (pause = PAUSE.failed));
    setTimeout(() => {
      busy = false;
      check();
    }, pause);
  }

  return check;
}

/** @param {Series} series */
export function plan(series) {
  const missing = gaps(series);
  if (missing.length === 0) return null;
  const total = missing.reduce((sum, [start, stop]) => sum + stop - start, 0);
  const start = missing[0][0];
  const end = missing[missing.length - 1][1];
  return { start, stop: total > WORTH ? end : Math.min(end, start + MOST) };
}

/** @param {State} state @param {{start: number, stop: number}} request */
async function get(state, { start, stop }) {
  const { runId, run, series } = state;
  const points = Math.min(MOST, Math.ceil((stop - start) / series.stride));
  const summary = await api.errors(runId, start, stop, points);
  // The run may have been reset, or cut back, while the answer travelled.
  if (summary.generation !== run?.generation || summary.generation !== state.run?.generation) return;
  addSummary(series, summary, Math.min(stop, series.end, start + summary.mean.length * summary.stride));
}
