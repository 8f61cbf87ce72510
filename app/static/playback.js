/**
 * The stage's play-through, a state machine that knows no clock. Pure.
 * One problem is held until its end; only then the newest is taken: sixty a second teach nobody.
 */

/** In milliseconds. */
export const PACE = { position: 250, answer: 900, prediction: 3000, update: 900 };

/** @returns {Playback} */
export function createPlayback() {
  return { phase: "empty", problem: null, newest: null, position: -1, elapsed: 0, held: false, version: 0 };
}

/** @type {Takes} */
export function offer(p, problem) {
  if (p.newest && !isNewer(problem, p.newest)) return;
  p.newest = problem;
  if (p.phase === "empty") play(p, problem);
}

/** As it ended: for who comes while nothing runs. @type {Takes} */
export function settle(p, problem) {
  p.newest = problem;
  enter(p, problem, "rest");
}

/** At once: for what was typed. @type {Takes} */
export const play = (p, problem) => enter(p, problem, "forward", 0);

/** @param {Playback} p */
export function empty(p) {
  p.newest = null;
  enter(p, null, "empty");
}

/** @type {(p: Playback, held: boolean) => void} */
export function hold(p, held) {
  p.held = held;
  p.version++;
}

/** @param {Playback} p */
export function nextBit(p) {
  hold(p, true);
  const again = p.newest ?? p.problem;
  if (p.phase !== "rest") move(p);
  else if (again) play(p, again);
}

/** By the time since the last call; whether more comes without anything new arriving. @type {Advance} */
export function advance(p, milliseconds) {
  if (p.phase === "empty") return false;
  if (p.phase === "rest") {
    if (p.held || !p.newest || !isNewer(p.newest, p.problem)) return false;
    play(p, p.newest);
    return true;
  }
  p.elapsed = Math.min(p.elapsed + milliseconds, duration(p));
  if (p.elapsed < duration(p)) return true;
  if (!p.held) move(p);
  return !p.held;
}

/** Of this step, 0 to 1. @param {Playback} p */
export const progress = (p) => p.elapsed / duration(p);

/** Positions below it have their output. @param {Playback} p */
export const forwardReach = ({ phase, position, problem }) => (phase === "forward" ? position + 1 : problem?.width ?? 0);

/** The lowest position that has its deltas. @param {Playback} p */
export function backwardReach({ phase, position, problem }) {
  if (phase === "backward") return position;
  return problem?.hiddenDeltas && (phase === "update" || phase === "rest") ? 0 : Infinity;
}

/** @param {Playback} p */
function duration({ phase, problem }) {
  if (phase === "update") return PACE.update;
  if (phase === "answer") return problem?.kind === "prediction" ? PACE.prediction : PACE.answer;
  return PACE.position;
}

/** @param {Playback} p */
function move(p) {
  const { problem, phase, position } = p;
  if (!problem) return;
  if (phase === "forward" && position + 1 < problem.width) enter(p, problem, "forward", position + 1);
  else if (phase === "forward") enter(p, problem, "answer");
  else if (phase === "answer" && problem.hiddenDeltas) enter(p, problem, "backward", problem.width - 1);
  else if (phase === "backward" && position > 0) enter(p, problem, "backward", position - 1);
  else enter(p, problem, phase === "backward" ? "update" : "rest");
}

/** @type {Enter} */
function enter(p, problem, phase, position = -1) {
  Object.assign(p, { problem, phase, position, elapsed: 0, version: p.version + 1 });
}

/** @type {(a: Problem, b: Problem | null) => boolean} */
const isNewer = (a, b) => !b || a.generation !== b.generation || a.iteration > b.iteration;
