/** The actions of people on the page. Most of them ask the server, and its answer changes the state. */
import { api } from "./api.js";
import { complainOf } from "./complaints.js";
import { describeAnswer, describeAsked } from "./describe.js";
import { follow } from "./followed.js";
import { toggleTheme } from "./palette.js";
import { answer, complete, hold, nextBit, play, queue, show } from "./playback.js";
import { momentOf, predictionProblem, tracedProblem, trainingProblem } from "./problem.js";
import { leave, notify, shown } from "./state.js";
import { areLong, namedOperands, operandsOf } from "./task.js";
import { up } from "./up.js";
import { say } from "./words.js";

/**
 * @import { Changes } from "./address.js"
 * @import { Command, ProgramNames } from "./api.js"
 * @import { Complaint } from "./complaints.js"
 * @import { Edit, Hand } from "./edits.js"
 * @import { Frame, Whole } from "./frames.js"
 * @import { Problem } from "./problem.js"
 * @import { Source } from "./source.js"
 * @import { Speed } from "./speed.js"
 * @import { Asked, AskedWhy, Focus, Moment, RunConfig, State, Wish } from "./state.js"
 * @import { SocketCommand } from "./stream.js"
 * @import { Answer, Glossary, Milestone, ProgramDocument, RunStatus, ShowCommand, TaskDescription as Task } from "./wire.d.ts"
 * @import { Witness } from "./witness.js"
 */

/**
 * What views may do.
 * @typedef {object} Actions
 * @property {() => void} toggle
 * @property {(name: Command) => void} command
 * @property {(iterations: number) => Promise<RunStatus>} train Trains so many iterations at once.
 * @property {(value: Speed) => void} speed
 * @property {() => void} hold
 * @property {() => void} nextBit
 * @property {(focus: Focus | null) => void} focus Lights up everything that belongs to it.
 * @property {(asked: Asked | null) => void} explain Opens the panel that explains how a value was computed. Null closes
 *   it.
 * @property {(problem: Problem | null) => void} why
 *   Asks why the answer to a problem is wrong, and opens the panel that says it. Null closes it.
 * @property {(operands: Record<string, Whole>, width?: number) => Promise<void>} predict
 *   Asks for the answer to a problem, and plays it. With a width, over so many positions.
 * @property {(config: Changes, look?: string, edits?: Edit[]) => Promise<void>} reset
 *   Resets the run. `config` holds the fields that differ from the default. Rejects with the errors in them.
 * @property {() => void} undo Undoes the last reset.
 * @property {(config: Changes) => Promise<unknown>} check Rejects with the errors in it.
 * @property {(config: Changes, edits?: Edit[]) => Promise<void>} create Creates a run with it and opens that run.
 * @property {(value: number | string) => Promise<void>} learningRate
 * @property {(iteration: number) => void} visit
 *   Goes to a moment of the past, or to now if the run has done no more iterations.
 * @property {(milestone: Milestone) => void} milestone Goes to the moment of a milestone, and plays the problem that
 *   changed.
 * @property {(milestone: Milestone) => void} happened Plays that problem next, because it has just happened.
 * @property {(frame: Frame) => void} arrived The page shows this moment of the past now.
 * @property {() => void} back
 * @property {() => void} replay Plays the moment's problem from its beginning.
 * @property {(values: { name?: string | null; config: Changes }) => Promise<void>} branch
 *   Creates a run that begins at this moment, and opens it. Rejects with the errors in `config`.
 * @property {(hand: Hand | null) => void} pick Chooses a weight to change. Null ends that.
 * @property {() => Promise<Glossary>} glossary The words of the page.
 * @property {(names: ProgramNames) => Promise<ProgramDocument>} program The program of the run.
 * @property {(panels: string[]) => void} hide Shows all panels but these.
 * @property {(panel: string) => void} openTab Shows a panel of the drawer.
 * @property {(panel: string) => void} lookInside Shows a panel of what is inside the network.
 * @property {() => void} enlarge Gives that panel the room of what stands above it, too, or takes it away again.
 * @property {Source["proof"]} proof Tells about a proof of the network, begins one, or cancels it.
 * @property {(wishes: Wish[]) => void} wish What the open panel wants to know from now on.
 * @property {(stop: number | null) => void} tour Goes to a stop of the guided tour. 0 is its beginning; null leaves it.
 * @property {() => void} present Makes everything large, for a projector, or as it was.
 * @property {(shown: Omit<ShowCommand, "type">) => boolean} show
 *   Tells the class what the presenter's page shows. Returns whether the socket took it.
 * @property {(error: Complaint) => void} complain
 * @property {() => void} theme
 * @property {() => void} wake Asks for a redraw. `wakeIn` asks for one after a delay.
 * @property {(milliseconds: number) => void} wakeIn
 */

/**
 * `update` returns whether something still moves by itself.
 * @typedef {(root: HTMLElement, actions: Actions) => { update(state: State): boolean | void }} CreateView
 */

/** Milliseconds without a new value after which a slider's value is sent. */
const SLIDER_PAUSE = 120;
/** The milliseconds after which an answer is shown without the weights that computed it, if they have not come. */
const WEIGHTS_PATIENCE = 2000;

/**
 * What the actions use.
 * @typedef {object} Tools
 * @property {Source} source
 * @property {Witness} witness
 * @property {(message: SocketCommand) => boolean} send Returns whether the socket took it.
 * @property {(run: RunStatus) => void} takeStatus
 * @property {(iteration: number | null) => void} travel
 * @property {() => void} keepAddress
 * @property {() => void} repaint
 * @property {() => void} askAnswer
 * @property {() => void} followOn
 * @property {() => void} askInside
 * @property {() => void} wake
 * @property {(milliseconds: number) => void} wakeIn
 */

/** @type {(state: State, tools: Tools) => Actions} */
export function createActions(state, tools) {
  const {
    source,
    witness,
    send,
    takeStatus,
    travel,
    keepAddress,
    repaint,
    askAnswer,
    followOn,
    askInside,
    wake,
    wakeIn,
  } = tools;
  const { runId } = state;
  let sliderTimer = 0;
  /** Calls off the weights that an earlier answer waits for. @type {AbortController | undefined} */
  let weightsAsked;

  /** @type {Actions["complain"]} */
  const complain = (error) => complainOf(state, error);

  /**
   * Sends over the socket, which keeps the order. If that fails, sends over HTTP.
   * @type {(message: SocketCommand, call: () => Promise<RunStatus>) => void}
   */
  function tell(message, call) {
    if (!send(message)) call().then(takeStatus).catch(complain).then(wake);
  }

  /** The generation after a reset, or after the undo of one. */
  const nextGeneration = () => (state.run?.generation ?? 0) + 1;

  /** Commands act on the present, so the page goes back to now first. @type {Actions["command"]} */
  function command(name) {
    if (state.moment) notify(state, say("You are back at now: that is what commands act on."), "info");
    back();
    if (name === "reset") witness.act(nextGeneration());
    tell({ type: name }, () => source.command(name));
  }

  /** @type {Actions["train"]} */
  async function train(iterations) {
    back();
    const run = await source.command("step", { iterations });
    takeStatus(run);
    wake();
    return run;
  }

  /** A run for which nobody has chosen a speed is told as a story. */
  function toggle() {
    const { run } = state;
    if (run?.state === "running") return command("pause");
    if (run?.speed_chosen === false) sendSpeed("story");
    command("start");
  }

  /** @param {Speed} value */
  const sendSpeed = (value) => tell({ type: "speed", value }, () => source.change({ speed: value }));

  /** @type {Actions["speed"]} */
  function speed(value) {
    clearTimeout(sliderTimer);
    sliderTimer = setTimeout(() => sendSpeed(value), SLIDER_PAUSE);
  }

  /** @type {Actions["reset"]} */
  async function reset(config, look, edits = []) {
    witness.act(nextGeneration());
    takeStatus(await source.command("reset", { config, ...(edits.length && { edits }) }));
    notify(state, look ?? say("The run has begun anew with these settings."), "info");
  }

  async function undo() {
    witness.act(nextGeneration(), true);
    try {
      takeStatus(await source.command("reset/undo"));
    } catch (error) {
      state.reset = null;
      complain(/** @type {Error} */ (error));
    }
    wake();
  }

  /** @type {Actions["create"]} */
  async function create(config, edits = []) {
    const { id } = await api.create({ config, ...(edits.length && { edits }) });
    location.assign(`${up}runs/${id}`);
  }

  /** @type {Actions["learningRate"]} */
  async function learningRate(rate) {
    takeStatus(await source.change({ learning_rate: rate }));
  }

  /** @type {Actions["branch"]} */
  async function branch(values) {
    const { run, moment } = state;
    if (!moment) return;
    const from = { run: runId, iteration: moment.iteration };
    const made = await api.create({ ...values, from, ...(run?.speed_chosen === false ? {} : { speed: run?.speed }) });
    location.assign(`${up}runs/${made.id}`);
  }

  /** @type {Actions["pick"]} */
  function pick(hand) {
    state.hand = hand;
    state.focus = state.asked = state.why = null;
    wake();
  }

  /** @type {Actions["visit"]} */
  function visit(iteration) {
    const { run, series } = state;
    if (!run || iteration >= run.iteration) return back();
    state.heading = Math.max(series.first, iteration);
    travel(state.heading);
    wake();
  }

  /** The milestone that the page is on its way to. @type {Milestone | null} */
  let goal = null;

  /** @type {Actions["milestone"]} */
  function milestone(one) {
    visit(one.iteration);
    goal = one;
    if (state.heading === null) happened(one); // it is now
  }

  /** @type {Actions["arrived"]} */
  async function arrivedAt(frame) {
    const one = goal;
    if (one?.iteration !== frame.iteration) return;
    goal = null;
    const problem = await changed(one, frame);
    if (state.moment?.frame !== frame) return;
    hold(state.playback, false);
    play(state.playback, problem ?? state.playback.newest ?? /** @type {Problem} */ (state.playback.problem));
    wake();
  }

  /** @type {Actions["happened"]} */
  async function happened(one) {
    const frame = await frameAsked(one);
    const problem = frame && (await changed(one, frame));
    if (problem && !state.moment) queue(state.playback, problem);
    wake();
  }

  /**
   * The problem that shows a milestone, as the network of that moment answers it. Null if none is known.
   * @type {(one: Milestone, frame: Frame) => Promise<Problem | null>}
   */
  async function changed(one, frame) {
    const { task, run } = state;
    if (!task || !run || one.a === undefined) return null;
    const operands = Object.fromEntries(task.operands.map((name) => [name, Number(one[/** @type {"a"} */ (name)])]));
    const found = await source.predict(operands, one.iteration).catch(() => null);
    return found && { ...predictionProblem(found, task, frame, run.config), milestone: true };
  }

  function back() {
    goal = null;
    travel(null);
    leave(state);
    askAnswer();
    wake();
  }

  /** @type {Actions["focus"]} */
  function focus(pointed) {
    state.focus = pointed;
    wake();
  }

  /** @type {Actions["explain"]} */
  function explain(asked) {
    const { run } = state;
    state.focus = state.why = null;
    state.asked = asked;
    if (asked?.frame && run) explainFrame(asked, asked.frame, run.config);
    wake();
  }

  /**
   * The problem that a frame learned from explains its weights. The stage shows that problem, unless it shows an
   * answer.
   * @type {(asked: Asked, frame: Frame, config: RunConfig) => void}
   */
  function explainFrame(asked, frame, config) {
    const { playback } = state;
    if (playback.problem?.frame === frame && playback.problem.kind === "training") {
      asked.problem = playback.problem;
      return;
    }
    asked.problem = trainingProblem(frame, config);
    if (asked.problem && playback.problem?.kind === "training") show(playback, asked.problem);
  }

  /** @type {Actions["why"]} */
  function why(problem) {
    const asked = problem && { problem, found: null, refused: "" };
    state.asked = null;
    state.why = asked;
    if (asked) askWhy(asked);
    wake();
  }

  /** @param {AskedWhy} asked */
  async function askWhy(asked) {
    const { task } = state;
    if (!task) return;
    const { operands } = asked.problem;
    const named = namedOperands(task, operands.map(Number)); // of long ones nobody can ask
    /** What the server says is new to the views, so the question becomes another one. @type {Partial<AskedWhy>} */
    let news;
    try {
      news = { found: await source.why(named, momentOf(asked.problem)) };
    } catch (error) {
      news = { refused: /** @type {Error} */ (error).message };
    }
    if (state.why === asked) state.why = { ...asked, ...news };
    wake();
  }

  /** @type {Actions["predict"]} */
  async function predict(operands, width) {
    const { task, run, moment } = state;
    if (!task || !run) return;
    state.why = null; // the stage plays the answer
    try {
      if (width || areLong(Object.values(operands))) {
        const asked = { ...operands, ...(width && { width }) };
        const found = await source.trace(asked, moment?.iteration);
        if (task === state.task) takeTraced(found, asked, task, moment);
      } else {
        const found = await source.predict(/** @type {Record<string, number>} */ (operands), moment?.iteration);
        if (task === state.task) takeAnswer(found, task, run, moment);
      }
    } catch (error) {
      state.prediction = { text: /** @type {Error} */ (error).message, answer: null, long: null, moment };
    }
    wake();
  }

  /** @type {(found: Frame, asked: Record<string, Whole>, task: Task, moment: Moment | null) => void} */
  function takeTraced(found, asked, task, moment) {
    if (found.generation !== state.run?.generation) return;
    weightsAsked?.abort();
    state.prediction = { text: describeAsked(found, task), answer: null, long: asked, moment };
    if (moment === state.moment) answer(state.playback, tracedProblem(found));
    else askAnswer();
  }

  /** @type {(found: Answer, task: Task, run: RunStatus, moment: Moment | null) => void} */
  function takeAnswer(found, task, run, moment) {
    state.prediction = { text: describeAnswer(found, task), answer: found, long: null, moment };
    if (moment === state.moment) showAnswer(found, task, run.config);
    else askAnswer();
    state.followed = follow(run, operandsOf(task, found));
    followOn();
  }

  /**
   * Shows an answer on the stage, with the weights that computed it. If they take long, they come in later.
   * @type {(found: Answer, task: Task, config: RunConfig) => Promise<void>}
   */
  async function showAnswer(found, task, config) {
    weightsAsked?.abort();
    weightsAsked = new AbortController();
    const { signal } = weightsAsked;
    const known = frameOf(found);
    const coming = known ?? frameAsked(found, signal);
    const frame = known ?? (await Promise.race([coming, patience()]));
    const overtaken = found !== state.prediction.answer || state.prediction.moment !== state.moment;
    if (overtaken) return;
    const problem = predictionProblem(found, task, frame, config);
    answer(state.playback, problem);
    wake();
    if (frame) return;
    const late = predictionProblem(found, task, await coming, config);
    if (!late.frame) return;
    complete(state.playback, problem, late);
    if (state.asked?.problem === problem) state.asked = { ...state.asked, problem: late };
    wake();
  }

  /** @returns {Promise<null>} */
  const patience = () => new Promise((done) => setTimeout(done, WEIGHTS_PATIENCE, null));

  /** The frame with the weights that computed an answer, if the page has it. @param {Answer} found */
  function frameOf({ generation, iteration }) {
    const frames = [shown(state).frame, state.playback.problem?.frame];
    return frames.find((frame) => frame?.generation === generation && frame.iteration === iteration);
  }

  /**
   * The same frame from the server, or null if it can't be had.
   * @type {(found: { iteration: number }, signal?: AbortSignal) => Promise<Frame | null>}
   */
  async function frameAsked({ iteration }, signal) {
    try {
      return await source.moment(iteration, signal);
    } catch {
      return null;
    }
  }

  /** Plays the moment's problem from its beginning. */
  function replay() {
    const { newest } = state.playback;
    hold(state.playback, false);
    if (newest) play(state.playback, newest);
    wake();
  }

  function toggleHold() {
    hold(state.playback, !state.playback.held);
    wake();
  }

  function playNextBit() {
    nextBit(state.playback);
    wake();
  }

  function theme() {
    toggleTheme();
    keepAddress();
    repaint();
  }

  /** @type {Actions["hide"]} */
  function hide(panels) {
    state.hidden = panels;
    keepAddress();
    wake();
  }

  /** @type {Actions["openTab"]} */
  function openTab(panel) {
    state.tab = panel;
    askInside();
    wake();
  }

  /** @type {Actions["lookInside"]} */
  function lookInside(panel) {
    state.inside.panel = panel;
    wake();
  }

  function enlarge() {
    state.inside.large = !state.inside.large;
    wake();
  }

  /** @type {Actions["wish"]} */
  function wish(wanted) {
    state.inside.wishes = wanted;
    askInside();
  }

  /** @type {Actions["tour"]} */
  function tour(stop) {
    state.tour = stop;
    keepAddress();
    wake();
  }

  function present() {
    state.present = !state.present;
    keepAddress();
    wake();
  }

  return {
    toggle,
    command,
    train,
    speed,
    hold: toggleHold,
    nextBit: playNextBit,
    focus,
    explain,
    why,
    predict,
    reset,
    undo,
    check: api.check,
    create,
    learningRate,
    visit,
    milestone,
    happened,
    arrived: arrivedAt,
    back,
    replay,
    branch,
    pick,
    glossary: api.glossary,
    program: source.program,
    proof: source.proof,
    hide,
    openTab,
    lookInside,
    enlarge,
    wish,
    tour,
    present,
    show: (shown) => send({ type: "show", ...shown }),
    complain,
    theme,
    wake,
    wakeIn,
  };
}
