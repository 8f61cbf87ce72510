/** The only entry. Messages change the state; one animation frame draws what changed. */
import { createAccuracy } from "./accuracy.js";
import { api } from "./api.js";
import { describeAnswer } from "./describe.js";
import { find } from "./dom.js";
import { decodeFrame } from "./frames.js";
import { createHistory } from "./history.js";
import { listenToKeys } from "./keyboard.js";
import { createLoop } from "./loop.js";
import { readPalette, theme, toggleTheme } from "./palette.js";
import { advance, hold, nextBit, play } from "./playback.js";
import { predictionProblem } from "./problem.js";
import { applyFrame, applyStatus, createState, notify } from "./state.js";
import { createStream } from "./stream.js";
import * as controls from "./views/controls.js";
import * as curve from "./views/curve.js";
import * as head from "./views/head.js";
import * as matrices from "./views/matrices.js";
import * as stage from "./views/stage.js";
import * as tryIt from "./views/try.js";

/** Milliseconds: the stage should not leap; between two questions while compiling; a slider may still move. */
const LONGEST_STEP = 100;
const ENGINE_PAUSE = 1000;
const SLIDER_PAUSE = 120;

theme();
const runId = document.body.dataset.run ?? "main";
const state = createState(runId, readPalette());
const { wake, wakeIn } = createLoop(draw);
let sliderTimer = 0;
let engineTimer = 0;
/** Whether the next status is the first of its connection. */
let greeting = true;

/** @type {Actions} */
const actions = {
  wake,
  wakeIn,
  toggle: () => command(state.run?.state === "running" ? "pause" : "start"),
  command,
  speed(value) {
    clearTimeout(sliderTimer);
    sliderTimer = setTimeout(() => tell({ type: "speed", value }, () => api.setSpeed(runId, value)), SLIDER_PAUSE);
  },
  hold: () => (hold(state.playback, !state.playback.held), wake()),
  nextBit: () => (nextBit(state.playback), wake()),
  show: (what) => ((state.matrices = what), wake()),
  theme: () => (toggleTheme(), repaint()),
  predict(a, b) {
    api.predict(runId, a, b).then(
      (answer) => {
        state.prediction = { text: describeAnswer(answer), answer };
        if (state.run) play(state.playback, predictionProblem(answer, state.frame, state.run.config));
      },
      (error) => (state.prediction = { text: error.message, answer: null }),
    ).then(wake);
  },
};
const views = Object.entries({ head, controls, stage, matrices, curve, try: tryIt })
  .map(([name, view]) => view.create(find(document, `.${name}`), actions));

/** @param {number} now */
function draw(now) {
  const passed = Math.min(LONGEST_STEP, Math.max(0, now - state.now));
  state.now = now;
  if (state.notice && now > state.notice.until) state.notice = null;
  if (state.connection.phase === "waiting" || state.notice) wakeIn(500);
  let moving = advance(state.playback, passed);
  for (const view of views) moving = view.update(state) || moving;
  return moving;
}

const fillGaps = createHistory(state, wake);
const askAccuracy = createAccuracy(state, wake);
const send = createStream(`${location.origin.replace("http", "ws")}/api/runs/${runId}/stream`, {
  open() {
    state.connection = { phase: "open", detail: "", retryAt: 0, lost: true };
    state.accuracy = null; // a server that began anew may have to compile
    greeting = true;
    wake();
  },
  message(message) {
    if (message.type === "status") takeStatus(message.run);
    if (message.type === "problem") complain({ message: message.detail ?? message.title });
    wake();
  },
  frame(buffer) {
    if (applyFrame(state, decodeFrame(buffer))) (fillGaps(), askAccuracy());
    wake();
  },
  waiting(delay) {
    Object.assign(state.connection, { phase: "waiting", retryAt: performance.now() + delay });
    wake();
  },
  gone(code, reason) {
    const detail = code === 1008 ? "This run was deleted, or never existed." : `The server closed the connection (${code} ${reason}). Reload the page to connect again.`;
    Object.assign(state.connection, { phase: "gone", detail });
    wake();
  },
});

/** @param {RunStatus} run */
function takeStatus(run) {
  const anew = applyStatus(state, run, greeting);
  greeting = false;
  askEngine();
  if (anew) api.task(runId).then((task) => (state.task = task)).catch(complain).then(wake);
}

/** Over the socket, in order; else over HTTP. @param {object} message @param {() => Promise<RunStatus>} call */
function tell(message, call) {
  if (!send(message)) call().then(takeStatus).catch(complain).then(wake);
}

/** @param {Command} type */
function command(type) {
  tell({ type }, () => api.command(runId, type));
}

/** Asked again until the engine is ready for this network: its first accuracy shows that. */
function askEngine() {
  clearTimeout(engineTimer);
  api.engine().then((engine) => {
    state.engine = engine;
    if (engine.state === "compiling" || !state.accuracy) engineTimer = setTimeout(askEngine, ENGINE_PAUSE);
  }).catch(() => {}).then(wake);
}

/** @param {{message: string}} error */
function complain({ message }) {
  notify(state, message, "problem", performance.now());
}

function repaint() {
  state.palette = readPalette();
  wake();
}

/** @param {string} query @param {(matches: boolean) => void} changed */
function watch(query, changed) {
  const list = matchMedia(query);
  list.addEventListener("change", () => changed(list.matches));
  changed(list.matches);
}

watch("(prefers-color-scheme: dark)", repaint);
watch("(prefers-reduced-motion: reduce)", (matches) => ((state.reducedMotion = matches), wake()));
listenToKeys(actions.toggle, () => command("step"));
addEventListener("resize", wake);
addEventListener("visibilitychange", askAccuracy);
