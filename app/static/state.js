/** What is known. Messages mutate it, views read it; nothing here draws or talks. */
import { createPlayback, empty, offer, settle } from "./playback.js";
import { trainingProblem } from "./problem.js";
import { addRaw, clear, createSeries, cutBack, extend } from "./series.js";

/** @type {(runId: string, palette: Palette) => State} */
export function createState(runId, palette) {
  return {
    runId,
    run: null,
    frame: null,
    arrived: false,
    series: createSeries(),
    accuracy: null,
    task: null,
    engine: null,
    connection: { phase: "connecting", detail: "", retryAt: 0, lost: false },
    playback: createPlayback(),
    prediction: { text: "", answer: null },
    followed: null,
    notice: null,
    palette,
    reducedMotion: false,
    now: 0,
  };
}

/**
 * Returns whether another generation began. The first of a connection, a greeting, is true even if older: a server
 * that began anew counts anew.
 * @type {ApplyStatus}
 */
export function applyStatus(state, run, greeting) {
  const before = state.run;
  if (before && run.generation < before.generation && !greeting) return false;
  state.run = run;
  const anew = run.generation !== before?.generation;
  if (before && anew) forget(state);
  extend(state.series, run.iteration);
  return anew;
}

/** Returns whether it was taken: an older generation's is not. @type {ApplyFrame} */
export function applyFrame(state, frame) {
  const { run, series, playback } = state;
  if (!run || frame.generation < run.generation) return false;
  if (frame.generation > run.generation) forget(state);
  if (frame.iteration < series.end) cutBack(series, frame.iteration);
  if (playback.newest && playback.newest.iteration > frame.iteration) empty(playback);
  extend(series, frame.iteration);
  addRaw(series, frame.errorsStart, frame.errors);
  const first = !state.arrived;
  state.arrived = true;
  state.frame = frame;
  const { generation, iteration, errors, iterationsPerSecond } = frame;
  Object.assign(run, { generation, iteration, state: frame.state, iterations_per_second: iterationsPerSecond, error: errors.at(-1) ?? run.error });
  const problem = trainingProblem(frame, run.config);
  if (problem && first && frame.state !== "running") settle(playback, problem);
  else if (problem) offer(playback, problem);
  return true;
}

/** A new generation: what was drawn is void. @param {State} state */
function forget(state) {
  clear(state.series);
  empty(state.playback);
  state.frame = state.accuracy = state.task = state.followed = null;
  state.prediction = { text: "", answer: null };
  state.notice = null;
}

/** @type {Notify} */
export function notify(state, text, tone) {
  state.notice = { text, tone, until: performance.now() + 8000 };
}
