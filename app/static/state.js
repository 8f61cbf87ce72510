/** The state of the page. Messages change it, and views read it. Nothing here draws or sends. */
import { describeReset, describeUndone } from "./resets.js";
import { createPlayback, empty, offer, settle } from "./playback.js";
import { trainingProblem } from "./problem.js";
import { addRaw, clear, createSeries, cutBack, extend } from "./series.js";
import { inARow, say } from "./words.js";

/**
 * @import { Hand } from "./edits.js"
 * @import { Followed } from "./followed.js"
 * @import { Frame, Picture, Whole } from "./frames.js"
 * @import { MatrixPlan } from "./matrix-plan.js"
 * @import { Palette } from "./palette.js"
 * @import { Playback } from "./playback.js"
 * @import { Problem } from "./problem.js"
 * @import { Reset } from "./resets.js"
 * @import { Series } from "./series.js"
 * @import { Accuracy, Answer, EngineStatus as Engine, ExtractedMachine, Lengths, Milestone, Parting,
 *   PresenterMessage, ProofStatus, Reach, ReachAlong, RunStatus, States, TaskDescription as Task, Why } from "./wire.d.ts"
 * @import { Act } from "./witness.js"
 */

/** @typedef {RunStatus["state"]} RunState */

/** @typedef {RunStatus["config"]} RunConfig */

/**
 * @typedef {object} Connection
 * @property {"connecting" | "open" | "waiting" | "gone"} phase
 * @property {string} detail Why it is as it is, in words, if that is known.
 * @property {boolean} overHttp Whether WebSockets are blocked, and the page goes on without one.
 * @property {number} retryAt A time of performance.now(), as all times here.
 * @property {boolean} lost Whether it was open before.
 */

/**
 * A moment of the past that the page shows instead of now.
 * @typedef {object} Moment
 * @property {number} iteration
 * @property {Frame} frame
 * @property {number | null} error
 * @property {Accuracy | null} accuracy
 * @property {Parting | null} parting
 */

/**
 * The last question, and the moment that it was about.
 * @typedef {object} Prediction
 * @property {string} text
 * @property {Answer | null} answer
 * @property {Record<string, Whole> | null} long Of a long problem: what was asked. It has no answer in numbers.
 * @property {Moment | null} moment
 */

/** @typedef {"info" | "problem"} Tone */

/**
 * @typedef {object} State
 * @property {string} runId
 * @property {RunStatus | null} run
 * @property {Frame | null} frame The newest that is whole.
 * @property {Moment | null} moment Null is now.
 * @property {number | null} heading The iteration of a moment that was asked for and has not arrived yet.
 * @property {boolean} arrived Whether a frame has ever come.
 * @property {Series} series
 * @property {Accuracy | null} accuracy
 *   Null until the first accuracy of this generation has come. It needs the compiled engine.
 * @property {Milestone[] | null} milestones Null until they are known.
 * @property {Task | null} task
 * @property {Engine | null} engine
 * @property {Connection} connection
 * @property {Playback} playback
 * @property {Prediction} prediction
 * @property {Followed | null} followed Null until the task is known.
 * @property {Focus | null} focus What the pointer or the keyboard is at.
 * @property {Asked | null} asked The value that is explained. The stage stands still meanwhile.
 * @property {AskedWhy | null} why The answer that somebody wants explained. The stage stands still meanwhile.
 * @property {{ text: string; tone: Tone; until: number; milestone?: boolean } | null} notice What is told for a while.
 * @property {Hand | null} hand The weight that somebody wants to change. Clicks on a heatmap choose another one.
 * @property {Reset | null} reset The last reset that this page knows of.
 * @property {string[]} hidden Ids of panels that are not shown.
 * @property {string} tab The id of the panel that the drawer shows.
 * @property {Inside} inside What is asked and known of the inside of the network.
 * @property {number | null} tour The stop of the guided tour: 0 is its beginning, null if it is not open.
 * @property {PresenterMessage | null} presenter What the presenter of a class shows, as visitors hear it.
 * @property {boolean} follows Whether the page shows the same.
 * @property {boolean} present Whether everything is large, and only what the moment needs is shown, for a projector.
 * @property {string} address The part of the address that leads back here: "#seed=1", or nothing.
 * @property {string} shared
 *   The part of the address that leads to the same experiment from anywhere. It names the default experiment, too.
 * @property {Palette} palette
 * @property {boolean} reducedMotion
 * @property {number} now The time of this drawing.
 */

/**
 * What is pointed at.
 * @typedef {object} Focus
 * @property {"unit" | "bit" | "name"} kind
 *   A hidden unit, of one position or of all, a bit of the stage, or a name of the program.
 * @property {string} [line] The row of the stage that it stands in, or the gate.
 * @property {string} [gate]
 * @property {number} [unit]
 * @property {number} [position]
 * @property {string} [matrix] The matrix whose weight is pointed at.
 * @property {string} [role] What a name of the program holds, as the server calls it.
 * @property {number} [shift] The index behind the name: 0 for h[t], 1 for h[t + 1].
 * @property {string} [words] What the name means.
 * @property {boolean} [spoken] Whether it should be spoken, as after some keys.
 */

/**
 * A value that somebody wants explained.
 * @typedef {object} Asked
 * @property {string} kind
 *   "weight", or the row of the stage: "predicted", "hidden", "delta", and "part" for both parts of a hidden delta.
 * @property {number} [position]
 * @property {string} [line] The row of the stage that it stands in.
 * @property {string} [gate]
 * @property {number} [unit] The hidden unit that it belongs to.
 * @property {Problem | null} [problem]
 *   The problem that was drawn when the value was asked for. For a weight, it is the problem of the frame.
 * @property {Frame} [frame]
 * @property {MatrixPlan} [plan] For a weight: its matrix. Row and column follow.
 * @property {number} [row]
 * @property {number} [column]
 */

/**
 * An answer that somebody wants explained: why it is wrong, or how near to it.
 * @typedef {object} AskedWhy
 * @property {Problem} problem
 * @property {Why | null} found Null until the server has found it.
 * @property {string} refused Why the server has not, in words.
 */

/**
 * The calls that answer what is inside a network. Each panel shows the answer of one.
 * @typedef {{
 *   states: States;
 *   machine: ExtractedMachine;
 *   lengths: Lengths;
 *   map: Picture;
 *   reach: Reach;
 *   "reach/along": ReachAlong;
 *   proof: ProofStatus;
 * }} Found
 */

/**
 * What a panel wants to know: an answer of the server. Without `iteration`, of the moment that the page shows.
 * @typedef {object} Wish
 * @property {keyof Found} call
 * @property {Record<string, number>} query
 * @property {number} [iteration]
 */

/**
 * What is asked and known of the inside of the network.
 * @typedef {object} Inside
 * @property {string} panel The name of the panel that is open.
 * @property {boolean} large Whether it has the room of what stands above it, too.
 * @property {Wish[]} wishes What the open panel wants to know.
 * @property {{ [call in keyof Found]?: { query: string; at: number; found: Found[call] } }} found
 *   The last answer of each call, and its question: its query, and the iteration at which it was asked.
 * @property {{ question: string; words: string } | null} refused The last question that has no answer, and why.
 */

/** @type {() => Inside} */
const createInside = () => ({ panel: "states", large: true, wishes: [], found: {}, refused: null });

/** @type {(runId: string, palette: Palette) => State} */
export function createState(runId, palette) {
  return {
    runId,
    run: null,
    frame: null,
    moment: null,
    heading: null,
    arrived: false,
    series: createSeries(),
    accuracy: null,
    milestones: null,
    task: null,
    engine: null,
    connection: { phase: "connecting", detail: "", overHttp: false, retryAt: 0, lost: false },
    playback: createPlayback(),
    prediction: { text: "", answer: null, long: null, moment: null },
    followed: null,
    focus: null,
    asked: null,
    why: null,
    notice: null,
    hand: null,
    reset: null,
    hidden: [],
    tab: "weights",
    inside: createInside(),
    tour: null,
    presenter: null,
    follows: false,
    present: false,
    address: "",
    shared: "",
    palette,
    reducedMotion: false,
    now: 0,
  };
}

/**
 * Returns whether another generation began. The first status of a connection, the greeting, is taken even if it is
 * older: a restarted server counts from the beginning.
 * @type {(state: State, run: RunStatus, greeting: boolean) => boolean}
 */
export function applyStatus(state, run, greeting) {
  const before = state.run;
  if (before && run.generation < before.generation && !greeting) return false;
  state.run = run;
  const anew = run.generation !== before?.generation;
  if (before && anew) forget(state);
  if (before?.proving !== run.proving) delete state.inside.found.proof;
  extend(state.series, run.iteration);
  return anew;
}

/**
 * Returns whether the frame was taken. A frame of an older generation is not. A light one moves the curve and the
 * counters on; pictures, and the numbers in them, stay those of the last whole one.
 * @type {(state: State, frame: Frame) => boolean}
 */
export function applyFrame(state, frame) {
  const { run, series, playback, moment } = state;
  if (!run || frame.generation < run.generation) return false;
  if (frame.generation > run.generation) forget(state);
  if (frame.iteration < series.end) cutBack(series, frame.iteration);
  if (moment && moment.iteration > frame.iteration) {
    leave(state);
    notify(state, say("The run was cut back to before that moment: you are back at now."), "info");
  }
  if (playback.newest && playback.newest.iteration > frame.iteration) {
    state.asked = state.why = null; // what is explained is gone
    empty(playback);
  }
  extend(series, frame.iteration);
  addRaw(series, frame.errorsStart, frame.errors);
  const first = !state.arrived;
  if (!frame.light) {
    state.arrived = true;
    state.frame = frame;
  }
  const { generation, iteration, errors, iterationsPerSecond } = frame;
  Object.assign(run, {
    generation,
    iteration,
    state: frame.state,
    iterations_per_second: iterationsPerSecond,
    error: errors.at(-1) ?? run.error,
  });
  if (state.moment || frame.light) return true; // the stage has nothing new to show
  const problem = trainingProblem(frame, run.config);
  if (problem && first && frame.state !== "running") settle(playback, problem);
  else if (problem) offer(playback, problem);
  return true;
}

/**
 * Takes all milestones of a generation. Returns those that have just happened: of which this page has not known, while
 * it knew of the earlier ones.
 * @type {(state: State, generation: number, milestones: Milestone[]) => Milestone[]}
 */
export function applyMilestones(state, generation, milestones) {
  const known = state.milestones;
  if (generation !== state.run?.generation || milestones.length < (known?.length ?? 0)) return [];
  state.milestones = milestones;
  const news = known ? milestones.slice(known.length) : [];
  if (news.length) {
    notify(state, newsWords(news), "info");
    if (state.notice) state.notice.milestone = true;
  }
  return news;
}

/** Of several at once, as after a large step, the last one is told; the marks tell the others. @param {Milestone[]} news */
function newsWords(news) {
  const { text } = news[news.length - 1];
  return news.length === 1 ? text : inARow([say("{n} milestones at once. The last:", { n: news.length }), text]);
}

/** What the page shows: a moment of the past, or the newest. @param {State} state */
export const shown = (state) => state.moment ?? state;

/**
 * The frame whose weights the page draws: the newest, or that of a moment of the past. While a number is explained or
 * the stage is held, it is the frame that belongs to it, so that all pictures show one moment.
 * @type {(state: State) => Frame | null}
 */
export function pictured({ moment, asked, playback, frame }) {
  const explained = asked?.frame ?? asked?.problem?.frame;
  if (explained) return explained;
  const held = playback.held ? playback.problem?.frame : null;
  return moment?.frame ?? held ?? frame;
}

/**
 * Shows this moment, unless it is no longer in the run's past.
 * @type {(state: State, frame: Frame) => void}
 */
export function applyMoment(state, frame) {
  const { run } = state;
  const { generation, iteration, errors, parting } = frame;
  if (state.heading === iteration) state.heading = null;
  if (!run || generation !== run.generation || iteration > run.iteration) return;
  state.moment = { iteration, frame, error: errors.at(-1) ?? null, accuracy: null, parting };
  rest(state);
}

/** Back to now. @param {State} state */
export function leave(state) {
  const { moment } = state;
  state.moment = state.heading = null;
  if (moment) rest(state);
}

/** The stage shows the problem of the shown moment, at its end. @param {State} state */
function rest(state) {
  const { run, playback } = state;
  const { frame } = shown(state);
  const problem = frame && run && trainingProblem(frame, run.config);
  if (problem) settle(playback, problem);
  else empty(playback);
}

/** Clears what was drawn, because a new generation has begun. @param {State} state */
function forget(state) {
  const { moment } = state;
  clear(state.series);
  state.frame = state.accuracy = state.milestones = state.task = state.moment = state.heading = null;
  state.asked = state.why = state.hand = null;
  Object.assign(state.inside, { found: {}, refused: null });
  empty(state.playback);
  state.prediction = { text: "", answer: null, long: null, moment: null };
  state.followed = null;
  state.notice = null;
  if (moment) notify(state, say("The run was reset: you are back at now."), "info");
}

/** How long the server keeps a run's state from before a reset. */
const UNDO_MILLISECONDS = 3_600_000;

/**
 * Another generation has begun. Says who reset the run or undid that, and at which iteration. If nothing was lost, it
 * says nothing.
 * @type {(state: State, before: RunStatus | null, act: Act) => void}
 */
export function applyReset(state, before, { who, undo }) {
  const { run } = state;
  if (!run || !before) return;
  const generation = run.generation;
  if (undo || run.iteration > 0) {
    state.reset = null;
    notify(state, describeUndone(who, run.iteration), "info");
    return;
  }
  const from =
    who === "unknown"
      ? null
      : before.iteration || (state.reset?.generation === before.generation ? state.reset.from : 0);
  if (from === 0 && sameExperiment(before, run)) return;
  state.reset = { generation, from, who, until: performance.now() + UNDO_MILLISECONDS };
  notify(state, describeReset(state.reset), "info");
}

/** @type {(one: RunStatus, other: RunStatus) => boolean} */
const sameExperiment = (one, other) =>
  JSON.stringify([one.config, one.changes, one.edits]) === JSON.stringify([other.config, other.changes, other.edits]);

/**
 * Whether the last reset can be undone: within an hour, and only if nothing was trained since.
 * @param {State} state
 */
export const isUndoable = ({ run, reset }) =>
  reset !== null &&
  run?.generation === reset.generation &&
  run.iteration === 0 &&
  run.state !== "running" &&
  performance.now() < reset.until;

/** @type {(state: State, text: string, tone: Tone) => void} */
export function notify(state, text, tone) {
  state.notice = { text, tone, until: performance.now() + 8000 };
}
