/** The only entry. Messages change the state; one animation frame draws what changed. */
import { isAs, readAddress, writeAddress } from "./address.js";
import { api } from "./api.js";
import { completed } from "./changes.js";
import { describeAll, describeAnswer } from "./describe.js";
import { find, findAll, languages, on, setStyle } from "./dom.js";
import { follow } from "./followed.js";
import { decodeFrame } from "./frames.js";
import { createLoop } from "./loop.js";
import { chosenTheme, LOOKS, onPrint, readPalette, theme, toggleTheme } from "./palette.js";
import { advance, answer, hold, nextBit, play, show } from "./playback.js";
import { predictionProblem, trainingProblem } from "./problem.js";
import { createAccuracy, createAnswer, createFollower, createHistory } from "./questions.js";
import { describeReset } from "./resets.js";
import { applyFrame, applyMoment, applyReset, applyStatus, createState, leave, notify, shown } from "./state.js";
import { createStream } from "./stream.js";
import { operandsOf } from "./task.js";
import { createTravel } from "./travel.js";
import * as branch from "./views/branch.js";
import * as cases from "./views/cases.js";
import * as controls from "./views/controls.js";
import * as curve from "./views/curve.js";
import * as head from "./views/head.js";
import * as matrices from "./views/matrices.js";
import * as past from "./views/past.js";
import * as settings from "./views/settings.js";
import * as share from "./views/share.js";
import * as stage from "./views/stage.js";
import * as strip from "./views/strip.js";
import * as terms from "./views/terms.js";
import * as timeline from "./views/timeline.js";
import * as tryIt from "./views/try.js";
import { createWitness } from "./witness.js";
import { language, say } from "./words.js";

/** Milliseconds: the stage should not leap; between two questions while compiling; a slider may still move. */
const LONGEST_STEP = 100;
const ENGINE_PAUSE = 1000;
const SLIDER_PAUSE = 120;
/** Milliseconds that an answer waits for the weights it was made with. */
const WEIGHTS_PATIENCE = 2000;

const root = document.documentElement;
const { dataset } = root;
const runId = document.body.dataset.run ?? "main";
/** @type {Changes} */
const defaults = JSON.parse(document.body.dataset.defaults ?? "{}");
const wanted = readAddress(location.hash, defaults);
theme();
languages(wanted.lang);
if (wanted.theme) dataset.theme = wanted.theme; // of this visit alone
const state = createState(runId, readPalette());
state.hidden = wanted.hide;
const { wake, wakeIn } = createLoop(draw);
let [sliderTimer, engineTimer] = [0, 0];
/** Whether letters act by themselves: who speaks to a computer may not want them to. */
const singleKeys = find(document, "#keys-on");
/** Whether the next status is the first of its connection. */
let greeting = true;
/** Whether what the address asks for has been seen to. */
let reached = false;
/** Whether the changes of the learning rate are being asked for. */
let changesAsked = false;

/** @type {Actions} */
const actions = {
  wake,
  wakeIn,
  complain,
  command,
  toggle: () => command(state.run?.state === "running" ? "pause" : "start"),
  speed(speed) {
    clearTimeout(sliderTimer);
    sliderTimer = setTimeout(() => tell({ type: "speed", value: speed }, () => api.change(runId, { speed })), SLIDER_PAUSE);
  },
  check: api.check,
  async reset(config, look) {
    witness.act((state.run?.generation ?? 0) + 1);
    takeStatus(await api.command(runId, "reset", { config }));
    notify(state, look ?? say("The run has begun anew with these settings."), "info");
  },
  undo() {
    witness.act((state.run?.generation ?? 0) + 1, true);
    api.command(runId, "reset/undo").then(takeStatus, (error) => {
      state.reset = null;
      complain(error);
    }).then(wake);
  },
  create: (config) => api.create({ config }).then(({ id }) => location.assign(`/runs/${id}`)),
  learningRate: (learning_rate) => api.change(runId, { learning_rate }).then(takeStatus),
  hold: () => (hold(state.playback, !state.playback.held), wake()),
  nextBit: () => (nextBit(state.playback), wake()),
  focus: (focus) => ((state.focus = focus), wake()),
  explain(asked) {
    const { run } = state;
    state.focus = null;
    state.asked = asked;
    if (asked?.frame && run) explainFrame(asked, asked.frame, run.config);
    wake();
  },
  theme: () => (toggleTheme(), keepAddress(), repaint()),
  hide: (panels) => ((state.hidden = panels), keepAddress(), wake()),
  predict(operands) {
    const { task, run, moment } = state;
    if (!task || !run) return;
    api.predict(runId, operands, moment?.iteration).then(
      (found) => {
        if (task !== state.task) return;
        state.prediction = { text: describeAnswer(found, task), answer: found, moment };
        if (moment === state.moment) showAnswer(found, task, run.config);
        else askAnswer();
        state.followed = follow(run, operandsOf(task, found));
        followOn();
      },
      (error) => (state.prediction = { text: error.message, answer: null, moment }),
    ).then(wake);
  },
  visit(iteration) {
    const { run, series } = state;
    if (!run || iteration >= run.iteration) return actions.back();
    state.heading = Math.max(series.first, iteration);
    travel(state.heading);
    wake();
  },
  back() {
    travel(null);
    leave(state);
    askAnswer();
    wake();
  },
  replay() {
    const { newest } = state.playback;
    hold(state.playback, false);
    if (newest) play(state.playback, newest);
    wake();
  },
  async branch(values) {
    const { run, moment } = state;
    if (!moment) return;
    const made = await api.create({ ...values, from: { run: runId, iteration: moment.iteration }, speed: run?.speed });
    location.assign(`/runs/${made.id}`);
  },
};

/** A weight is explained by the problem that its frame learned from, and the stage shows that, unless it shows an answer. @type {ExplainFrame} */
function explainFrame(asked, frame, config) {
  const { playback } = state;
  const shows = playback.problem?.frame === frame && playback.problem.kind === "training";
  asked.problem = shows ? playback.problem : trainingProblem(frame, config);
  if (!shows && asked.problem && playback.problem?.kind === "training") show(playback, asked.problem);
}

/** An answer on the stage, with the weights that made it. @type {ShowAnswer} */
async function showAnswer(found, task, config) {
  const isOf = (/** @type {Frame | null | undefined} */ frame) => frame?.generation === found.generation && frame.iteration === found.iteration;
  const known = [shown(state).frame, state.playback.problem?.frame].find(isOf);
  const asked = () => api.moment(runId, found.iteration, AbortSignal.timeout(WEIGHTS_PATIENCE)).then(decodeFrame).catch(() => null);
  const frame = known ?? (await asked());
  if (found !== state.prediction.answer || state.prediction.moment !== state.moment) return; // something else was asked since
  answer(state.playback, predictionProblem(found, task, frame, config));
  wake();
}

const views = Object.entries({ head, past, controls, stage, cases, matrices, curve, timeline, try: tryIt, strip, settings, share, branch, terms })
  .map(([name, view]) => view.create(find(document, `.${name}`), actions));

/** @param {number} now */
function draw(now) {
  const when = state.moment ? "past" : "now";
  if (dataset.when !== when) (dataset.when = when), (state.palette = readPalette());
  const passed = Math.min(LONGEST_STEP, Math.max(0, now - state.now));
  state.now = now;
  if (state.notice && now > state.notice.until) state.notice = null;
  if (state.connection.phase === "waiting" || state.notice) wakeIn(500);
  const lit = state.focus ?? state.asked;
  dataset.lit = lit ? (lit.unit === undefined ? "bit" : "unit") : "";
  setStyle(root, "--unit", lit?.unit ?? 0);
  // The stage stands still while a number of its is explained.
  let moving = !state.asked && advance(state.playback, passed);
  for (const view of views) moving = view.update(state) || moving;
  return moving;
}

/** Word from another tab may come after the reset that it is about. */
const witness = createWitness(runId, (generation) => {
  const { reset } = state;
  if (reset?.generation !== generation || reset.who !== "other") return;
  reset.who = "tab";
  notify(state, describeReset(reset), "info");
  wake();
});
const fillGaps = createHistory(state, wake);
const askAccuracy = createAccuracy(state, wake);
const followOn = createFollower(state, wake);
const askAnswer = createAnswer(state, wake);
const travel = createTravel((iteration, signal) => api.moment(runId, iteration, signal).then(decodeFrame), {
  arrived(frame) {
    applyMoment(state, frame);
    askAccuracy();
    askAnswer();
    wake();
  },
  failed(error) {
    state.heading = null;
    complain(error);
    wake();
  },
});
const send = createStream(`${location.origin.replace("http", "ws")}/api/runs/${runId}/stream?lang=${language}`, {
  open() {
    connect({ phase: "open", lost: true });
    state.accuracy = null; // a server that began anew may have to compile
    greeting = true;
  },
  message(message) {
    if (message.type === "status") takeStatus(message.run);
    if (message.type === "problem") complain({ message: message.detail ?? message.title });
    wake();
  },
  frame(buffer) {
    if (applyFrame(state, decodeFrame(buffer))) (fillGaps(), askAccuracy(), followOn());
    wake();
  },
  waiting: (delay) => connect({ phase: "waiting", retryAt: performance.now() + delay }),
  gone(code, reason) {
    const detail = code === 1008 ? say("This run was deleted, or never existed.") : say("The server closed the connection ({code} {reason}). Reload the page to connect again.", { code, reason });
    connect({ phase: "gone", detail });
  },
});

/** @param {Partial<Connection>} news */
function connect(news) {
  Object.assign(state.connection, news);
  wake();
}

/** @param {RunStatus} told */
function takeStatus(told) {
  const before = state.run && { ...state.run };
  const run = completed(told, before);
  const began = applyStatus(state, run, greeting);
  const anew = began || greeting;
  if (began && before && run.generation > before.generation) applyReset(state, before, greeting ? { who: "unknown", undo: false } : witness.of(run.generation));
  if (!before) rememberReset(run);
  greeting = false;
  if (run.changes_left_out) askChanges();
  else lead(run);
  askEngine();
  if (anew) api.task(runId).then((task) => run.generation === state.run?.generation && ((state.task = task), followOn())).catch(complain).then(wake);
}

/** From the first status on that tells all of the run, the address follows. @param {RunStatus} run */
function lead(run) {
  if (reached) keepAddress();
  else reach(run);
}

/** Asks for the changes that the latest status leaves out, one question at a time. */
function askChanges() {
  if (changesAsked) return;
  changesAsked = true;
  api.changes(runId).then((all) => {
    if (!state.run?.changes_left_out) return;
    state.run = completed(state.run, all);
    if (!state.run.changes_left_out) lead(state.run);
  }).catch(complain).then(() => (changesAsked = false, wake()));
}

/**
 * Goes to the experiment that the address asks for. Where this run is another, a run that is as wanted is looked for, so
 * that a class that opens one address comes to one run; else one is made. @param {RunStatus} run
 */
function reach(run) {
  const { config, changes, speed } = wanted;
  const anything = !Object.keys(config).length && !changes.length;
  reached = true;
  if (!anything && !isAs(run, wanted, defaults)) {
    const { search, hash } = location;
    api.runs()
      .then((runs) => Promise.all(runs.map(inFull)))
      .then((runs) => runs.find((other) => isAs(other, wanted, defaults)) ?? api.create({ config, changes, speed }))
      .then(({ id }) => location.replace(`/runs/${id}${search}${hash}`), complain)
      .then(wake);
  } else if (speed !== undefined && speed !== run.speed && run.state === "ready") actions.speed(speed);
  else keepAddress();
}

/** With all changes, where there are as many as the address names. @param {RunStatus} other */
async function inFull(other) {
  const missing = other.changes_left_out ?? 0;
  return missing && missing + other.changes.length === wanted.changes.length ? completed(other, await api.changes(other.id)) : other;
}

/** The address follows what it leads to. */
function keepAddress() {
  const { run, hidden } = state;
  if (!run || run.changes_left_out) return;
  const view = { theme: chosenTheme(), hide: hidden };
  state.address = writeAddress(run, view, defaults);
  state.shared = writeAddress(run, view, defaults, true);
  if (location.hash !== state.address) history.replaceState(null, "", `${location.pathname}${location.search}${state.address}`);
}

/** Over the socket, in order; else over HTTP. @type {Tell} */
function tell(message, call) {
  if (!send(message)) call().then(takeStatus).catch(complain).then(wake);
}

/** What this tab did before it was loaded again can be undone still, as the server says. @param {RunStatus} run */
function rememberReset({ generation }) {
  const { undoable } = document.body.dataset;
  if (undoable && witness.made(generation)) state.reset = { generation, from: Number(undoable), who: "me", until: Infinity };
}

/** Commands act on the present, so they lead there first. @param {Command} type */
function command(type) {
  if (state.moment) notify(state, say("You are back at now: that is what commands act on."), "info");
  actions.back();
  if (type === "reset") witness.act((state.run?.generation ?? 0) + 1);
  tell({ type }, () => api.command(runId, type));
}

/** Asked again until this network has the best engine that it can have; before its first accuracy none is asked for. */
function askEngine() {
  clearTimeout(engineTimer);
  api.engine(runId).then((engine) => {
    state.engine = engine;
    if (engine.state === "compiling" || !state.accuracy) engineTimer = setTimeout(askEngine, ENGINE_PAUSE);
  }).catch(() => {}).then(wake);
}

/** What is refused of some fields is said in the names that people read. @param {{message: string, errors?: any[]}} error */
function complain({ message, errors = [] }) {
  const problems = errors.map(({ field, detail }) => say("{field} {detail}", { field: fieldWords(field), detail }));
  notify(state, problems.length ? say("{problem}.", { problem: problems.join(say("; ")) }) : message, "problem");
}

/** "config.hidden_size" -> "hidden size". @param {string} field */
function fieldWords(field) {
  const name = field.replace("config.", "");
  const [control] = findAll(document, "#settings [name]").filter((one) => one.name === name);
  return name === "changes" ? say("the changes of the learning rate") : control?.labels[0].textContent.toLowerCase() ?? name;
}

function repaint() {
  state.palette = readPalette();
  wake();
}

/** @type {Watch} */
function watch(query, changed) {
  const list = matchMedia(query);
  on(list, "change", () => changed(list.matches));
  changed(list.matches);
}

/** What keys do, where no control has the focus. @type {Record<string, () => unknown>} */
const KEYS = {
  " ": () => actions.toggle(),
  ArrowRight: () => (state.moment ? walk(1) : command("step")),
  ArrowLeft: () => state.moment && walk(-1),
  h: () => actions.hold(),
  n: () => actions.nextBit(),
  d: () => (notify(state, describeAll(state), "info"), wake()),
  "?": () => find(document, "#keys").togglePopover(),
};

/** @param {number} way */
const walk = (way) => state.moment && actions.visit((state.heading ?? state.moment.iteration) + way);

on(window, "keydown", (event) => {
  const { key, ctrlKey, metaKey, altKey, shiftKey, repeat, target } = event;
  // Out of an explanation, or back to now.
  if (key === "Escape" && (state.asked || !target.closest("dialog, [popover]"))) return state.asked ? actions.explain(null) : actions.back();
  const elsewhere = ctrlKey || metaKey || altKey || (shiftKey && key !== "?") || (document.activeElement ?? document.body) !== document.body;
  const act = KEYS[key];
  const single = key.length === 1 && key !== " ";
  if (elsewhere || !act || (single && !singleKeys.checked) || (key === "ArrowLeft" && !state.moment)) return;
  event.preventDefault();
  if (!repeat || key.startsWith("Arrow")) act();
});

for (const look of LOOKS) watch(look, repaint);
onPrint(() => ((state.palette = readPalette()), draw(state.now)));
watch("(prefers-reduced-motion: reduce)", (matches) => ((state.reducedMotion = matches), wake()));
on(window, "hashchange", () => location.reload());
on(window, "visibilitychange", () => (askAccuracy(), followOn()));
