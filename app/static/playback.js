/**
 * The playback of problems on the stage: a state machine without a clock. Pure. A problem is played to its end, and
 * only then the newest follows: nobody learns from sixty problems a second.
 */

/** @import { Problem } from "./problem.js" */

/** @typedef {"empty" | "forward" | "answer" | "backward" | "update" | "rest"} Phase */

/**
 * @typedef {object} Playback
 * @property {Phase} phase
 * @property {Problem | null} problem The problem that is played.
 * @property {Problem | null} newest The newest training problem that was offered.
 * @property {Problem | null} queued A problem that is played next, before the newest.
 * @property {number} within Milliseconds in which a training problem is played at most; Infinity for no hurry.
 * @property {Problem | null} played The last problem that was played to its end.
 * @property {boolean} again Whether that one is played again now.
 * @property {boolean} waiting Whether an answer is shown that Next bit has not played yet.
 * @property {number} position The active position in forward and backward, else -1.
 * @property {number} elapsed Milliseconds in this step.
 * @property {boolean} held
 * @property {number} version Counts steps, so that views see when to update.
 */

/** In milliseconds. */
export const PACE = { position: 250, answer: 900, prediction: 3000, update: 900 };

/** @returns {Playback} */
export function createPlayback() {
  return {
    phase: "empty",
    problem: null,
    newest: null,
    queued: null,
    within: Infinity,
    played: null,
    again: false,
    waiting: false,
    position: -1,
    elapsed: 0,
    held: false,
    version: 0,
  };
}

/** @type {(playback: Playback, problem: Problem) => void} */
export function offer(p, problem) {
  if (p.newest && !isNewer(problem, p.newest)) return;
  p.newest = problem;
  if (p.phase === "empty") play(p, problem);
}

/**
 * Shows a problem at its end, for people who come while nothing runs.
 * @type {(playback: Playback, problem: Problem) => void}
 */
export function settle(p, problem) {
  p.newest = problem;
  enter(p, problem, "rest");
}

/**
 * Shows an explained problem at its end, in between. The newest problem comes after it.
 * @type {(playback: Playback, problem: Problem) => void}
 */
export const show = (p, problem) => enter(p, problem, "rest");

/** Plays a problem as soon as the current one has ended. @type {(playback: Playback, problem: Problem) => void} */
export function queue(p, problem) {
  p.queued = problem;
  if (p.phase === "empty") playNext(p);
}

/** Plays what comes next, if there is anything. @param {Playback} p */
function playNext(p) {
  const next = p.queued ?? (p.newest && isNewer(p.newest, p.problem) ? p.newest : null);
  p.queued = null;
  if (next) play(p, next);
  return next !== null;
}

/** Plays a problem from its first position, at once. @type {(playback: Playback, problem: Problem) => void} */
export function play(p, problem) {
  const again = p.played !== null && isSame(p.played, problem);
  enter(p, problem, "forward", problem.stretch?.[0] ?? 0);
  p.again = again;
}

/**
 * Plays a typed problem at once. If the stage is held, shows its answer, and Next bit plays it.
 * @type {(playback: Playback, problem: Problem) => void}
 */
export function answer(p, problem) {
  if (!p.held) return play(p, problem);
  enter(p, problem, "rest");
  p.waiting = true;
}

/**
 * Shows in the place of a problem the same one of which more is known, at the same step.
 * @type {(playback: Playback, problem: Problem, whole: Problem) => void}
 */
export function complete(p, problem, whole) {
  if (p.problem === problem) Object.assign(p, { problem: whole, version: p.version + 1 });
}

/** @param {Playback} p */
export function empty(p) {
  p.newest = p.played = p.queued = null;
  enter(p, null, "empty");
}

/** @type {(p: Playback, held: boolean) => void} */
export function hold(p, held) {
  p.held = held;
  p.version++;
}

/**
 * Moves one position and holds there. From the end it moves to the newest problem, or to the start of the same one.
 * @param {Playback} p
 */
export function nextBit(p) {
  hold(p, true);
  const next = (p.waiting ? null : (p.queued ?? p.newest)) ?? p.problem;
  if (p.phase !== "rest") move(p);
  else if (next) {
    if (next === p.queued) p.queued = null;
    play(p, next);
  }
}

/** Whether the problem has ended and is held, and nothing new has come. @param {Playback} p */
export const isOver = ({ phase, held, queued, newest, problem }) =>
  phase === "rest" && held && !queued && !(newest && isNewer(newest, problem));

/**
 * Advances by the time since the last call, by several steps if they are shorter: where drawing is slow, a problem takes no
 * longer for it. Returns whether more will move without new data.
 * @type {(playback: Playback, milliseconds: number) => boolean}
 */
export function advance(p, milliseconds) {
  if (p.phase === "empty") return false;
  if (p.phase === "rest") {
    return !p.held && playNext(p);
  }
  const left = p.elapsed + milliseconds - duration(p);
  p.elapsed = Math.min(p.elapsed + milliseconds, duration(p));
  if (left < 0) return true;
  if (p.held) return false;
  move(p);
  return /** @type {Phase} */ (p.phase) === "rest" || left === 0 || advance(p, left);
}

/** The share of this step that has passed, 0 to 1. @param {Playback} p */
export const progress = (p) => p.elapsed / duration(p);

/** The positions below this one have their output. @param {Playback} p */
export const forwardReach = ({ phase, position, problem }) =>
  phase === "forward" ? position + 1 : (problem?.width ?? 0);

/** The lowest position that has its deltas. @param {Playback} p */
export function backwardReach({ phase, position, problem }) {
  if (phase === "backward") return position;
  return problem?.hiddenDeltas && (phase === "update" || phase === "rest") ? 0 : Infinity;
}

/** @param {Playback} p */
const duration = (p) => normalDuration(p) * haste(p);

/** The part of the normal time that the problem may take. Answers to people are not hurried. @param {Playback} p */
function haste({ problem, within }) {
  if (problem?.kind !== "training") return 1;
  const whole = 2 * problem.width * PACE.position + PACE.answer + PACE.update;
  return Math.min(1, within / whole);
}

/** @param {Playback} p */
function normalDuration({ phase, problem }) {
  if (phase === "update") return PACE.update;
  if (phase === "answer") return problem?.kind === "prediction" ? PACE.prediction : PACE.answer;
  return PACE.position;
}

/** @param {Playback} p */
function move(p) {
  const { problem, phase, position } = p;
  if (!problem) return;
  if (phase === "forward" && position + 1 < (problem.stretch?.[1] ?? problem.width))
    enter(p, problem, "forward", position + 1);
  else if (phase === "forward") enter(p, problem, "answer");
  else if (phase === "answer" && problem.hiddenDeltas) enter(p, problem, "backward", problem.width - 1);
  else if (phase === "backward" && position > 0) enter(p, problem, "backward", position - 1);
  else if (phase === "backward") enter(p, problem, "update");
  else {
    p.played = problem;
    enter(p, problem, "rest");
  }
}

/** @type {(playback: Playback, problem: Problem | null, phase: Phase, position?: number) => void} */
function enter(p, problem, phase, position = -1) {
  const again = p.again && problem === p.problem;
  Object.assign(p, { problem, phase, position, again, waiting: false, elapsed: 0, version: p.version + 1 });
}

/** @type {(a: Problem, b: Problem | null) => boolean} */
const isNewer = (a, b) => !b || a.generation !== b.generation || a.iteration > b.iteration;

/** @type {(a: Problem, b: Problem) => boolean} */
const isSame = (a, b) =>
  a.kind === b.kind &&
  a.generation === b.generation &&
  a.iteration === b.iteration &&
  String(a.operands) === String(b.operands);
