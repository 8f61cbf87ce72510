/**
 * The only entry: it joins the state, the socket, the actions and the views. One animation frame draws what changed.
 */
import { createActions } from "./actions.js";
import { api } from "./api.js";
import { readAddress } from "./address.js";
import { createAddressBar } from "./address-bar.js";
import { diagnosis } from "./diagnosis.js";
import { addStyles, arrived, find, languages, on, setStyle } from "./dom.js";
import { decodeFrame } from "./frames.js";
import { createHelp } from "./help.js";
import { listenToKeys } from "./keys.js";
import { whenNeeded } from "./later.js";
import { createLoop } from "./loop.js";
import { LOOKS, onPrint, readPalette, theme } from "./palette.js";
import { advance } from "./playback.js";
import { createAccuracy, createAnswer, createFollower, createHistory, createInside } from "./questions.js";
import { describeReset } from "./resets.js";
import { liveSource } from "./source.js";
import { applyFrame, applyMilestones, applyMoment, createState, notify } from "./state.js";
import { createStatuses } from "./statuses.js";
import { STRANGE } from "./stream.js";
import { createTravel } from "./travel.js";
import * as bits from "./views/bits.js";
import * as branch from "./views/branch.js";
import * as cases from "./views/cases.js";
import * as controls from "./views/controls.js";
import * as drawer from "./views/drawer.js";
import * as head from "./views/head.js";
import * as matrices from "./views/matrices.js";
import * as settings from "./views/settings.js";
import * as share from "./views/share.js";
import * as stage from "./views/stage.js";
import * as strip from "./views/strip.js";
import * as timeline from "./views/timeline.js";
import * as tryIt from "./views/try.js";
import * as whyButton from "./views/why-button.js";
import { createWitness } from "./witness.js";
import { addWords, isTranslated, say } from "./words.js";

/**
 * @import { Actions, CreateView } from "./actions.js"
 * @import { Changes } from "./address.js"
 * @import { Connection } from "./state.js"
 */

const fetchLazily = () => import("./lazy.js");

/**
 * A part of the page that is fetched with its texts and styles: they have to be there when its scripts begin.
 * @param {"tour" | "inside" | "visitor" | "class"} part
 * @param {() => Promise<{ create: CreateView }>} scripts
 */
async function fetchPart(part, scripts) {
  const { style } = find(document, `#${part}`).dataset;
  const [words] = await Promise.all([isTranslated ? api.words(part) : {}, style && addStyles(style)]);
  addWords(words);
  return scripts();
}

/** Views by the class of their part of the page. */
const VIEWS = {
  head,
  past: {
    create: whenNeeded(
      async () => (await fetchLazily()).past,
      ({ moment }) => moment,
    ),
  },
  controls,
  stage,
  cases,
  matrices,
  curve: {
    create: whenNeeded(
      async () => (await fetchLazily()).curve,
      ({ run, connection }) => run && connection.phase === "open",
    ),
  },
  timeline,
  milestones: {
    create: whenNeeded(
      async () => (await fetchLazily()).milestones,
      ({ milestones }) => milestones?.length,
    ),
  },
  try: tryIt,
  drawer,
  strip,
  bits,
  settings,
  share,
  branch,
  tour: {
    create: whenNeeded(
      () => fetchPart("tour", () => import("./tour.js")),
      ({ tour }) => tour !== null,
    ),
  },
  inside: {
    create: whenNeeded(
      () => fetchPart("inside", () => import("./inside.js")),
      ({ tab }) => tab === "inside",
    ),
  },
  edits: {
    create: whenNeeded(
      async () => (await fetchLazily()).edits,
      ({ hand, run }) => hand || run?.edits?.length,
    ),
  },
  code: {
    create: whenNeeded(
      async () => (await fetchLazily()).code,
      ({ tab }) => tab === "code",
    ),
  },
  words: {
    create: whenNeeded(
      async () => (await fetchLazily()).glossary,
      ({ run, connection }) => run && connection.phase === "open",
    ),
  },
  terms: {
    create: whenNeeded(
      async () => (await fetchLazily()).terms,
      ({ asked }) => asked,
    ),
  },
  discovery: {
    create: whenNeeded(
      async () => (await fetchLazily()).discovery,
      ({ run, connection }) => run && connection.phase === "open",
    ),
  },
  visitor: {
    create: whenNeeded(
      () => fetchPart("visitor", () => import("./visitor.js")),
      ({ run }) => run?.access === "watch" || run?.private,
    ),
  },
  class: {
    create: whenNeeded(
      () => fetchPart("class", () => import("./class.js")),
      ({ connection }) => leads && connection.phase === "open",
    ),
  },
  "why-button": whyButton,
  why: {
    create: whenNeeded(
      async () => (await fetchLazily()).why,
      ({ why }) => why,
    ),
  },
};

/** The longest step in milliseconds, so that the stage does not jump. */
const LONGEST_STEP = 250;
/** Milliseconds in which the stage plays a problem while a story runs. */
const STORY_PACE = 2500;

// State

const root = document.documentElement;
const { dataset } = root;
/** Whether this is the page of a class's presenter. */
const leads = Boolean(find(document, "#class").dataset.style);
const runId = document.body.dataset.run ?? "main";
/** @type {Changes} */
const defaults = JSON.parse(document.body.dataset.defaults ?? "{}");
const wanted = readAddress(location.hash, defaults);
theme();
languages(wanted.lang);
if (wanted.theme) dataset.theme = wanted.theme; // for this visit only
const state = createState(runId, readPalette());
state.hidden = wanted.hide;
state.present = wanted.present;
if (!("embed" in document.body.dataset)) state.tour = wanted.tour;

// Requests

const source = liveSource(runId);
const { wake, wakeIn } = createLoop(draw);
const fillGaps = createHistory(state, source, wake);
const askAccuracy = createAccuracy(state, source, wake);
const followOn = createFollower(state, source, wake);
const askAnswer = createAnswer(state, source, wake);
const askInside = createInside(state, source, wake);
const travel = createTravel(source.moment, {
  arrived(frame) {
    applyMoment(state, frame);
    actions.arrived(frame);
    askAccuracy();
    askAnswer();
    wake();
  },
  failed(error) {
    state.heading = null;
    actions.complain(error);
    wake();
  },
});

/** A message from another tab may come after the reset that it is about. */
const witness = createWitness(runId, (generation) => {
  const { reset } = state;
  if (reset?.generation !== generation || reset.who !== "other") return;
  reset.who = "tab";
  notify(state, describeReset(reset), "info");
  wake();
});

// Actions

/** @type {Actions} */
const actions = createActions(state, {
  source,
  witness,
  send: (message) => send(message),
  takeStatus: (run) => statuses.take(run),
  travel,
  keepAddress: () => addressBar.keep(),
  repaint,
  askAnswer,
  followOn,
  askInside,
  wake,
  wakeIn,
});
const addressBar = createAddressBar(state, wanted, defaults, actions);
const statuses = createStatuses(state, source, witness, addressBar, { ...actions, followOn });
const views = Object.entries(VIEWS).map(([name, view]) => view.create(find(document, `.${name}`), actions));

// Messages

const send = source.follow({
  open(overHttp) {
    if (overHttp && !state.connection.overHttp) notify(state, blockedWords(), "info");
    connect({ phase: "open", lost: true, overHttp });
    state.accuracy = null; // a restarted server may have to compile
    statuses.greet();
  },
  message(message) {
    if (message.type === "status") {
      if (typeof message.run?.iteration !== "number") return false;
      statuses.take(message.run);
    }
    if (message.type === "milestones") {
      const news = applyMilestones(state, message.generation, message.milestones);
      if (news.length && state.run?.speed === "story") actions.happened(news[news.length - 1]);
    }
    if (message.type === "presenter") state.presenter = message;
    if (message.type === "problem") actions.complain({ message: message.detail ?? message.title });
    wake();
    return true;
  },
  frame(buffer) {
    const frame = readable(buffer);
    if (!frame) return false;
    if (applyFrame(state, frame)) {
      fillGaps();
      askAccuracy();
      followOn();
      askInside();
    }
    wake();
    return true;
  },
  waiting(delay, reason) {
    connect({ phase: "waiting", retryAt: performance.now() + delay, detail: reason });
    if (!reason) diagnosis().then((detail) => state.connection.phase === "waiting" && connect({ detail }));
  },
  gone: (code, reason) => connect({ phase: "gone", detail: goneWords(code, reason) }),
});

/** The frame in what came, or null if that is no frame. @param {ArrayBuffer} buffer */
function readable(buffer) {
  try {
    return decodeFrame(buffer);
  } catch {
    return null;
  }
}

const blockedWords = () =>
  say("Something on the way to the server blocks WebSockets. The page goes on over plain HTTP, and all works.");

/** @type {(code: number, reason: string) => string} */
function goneWords(code, reason) {
  if (code === 1008) return say("This run was deleted, or never existed.");
  if (code === STRANGE)
    return say("This page does not understand the server: one of them is older. Reload the page to get on.");
  return say("The server closed the connection ({code} {reason}). Reload the page to connect again.", { code, reason });
}

/** @param {Partial<Connection>} news */
function connect(news) {
  Object.assign(state.connection, news);
  wake();
}

// Drawing

/** @param {number} now */
function draw(now) {
  const when = state.moment ? "past" : "now";
  if (dataset.when !== when) {
    dataset.when = when;
    state.palette = readPalette();
  }
  const passed = Math.min(LONGEST_STEP, Math.max(0, now - state.now));
  state.now = now;
  if (state.notice && now > state.notice.until) state.notice = null;
  if (state.connection.phase === "waiting" || state.notice) wakeIn(500);
  const lit = state.focus ?? state.asked;
  dataset.lit = lit ? (lit.kind === "name" ? "name" : lit.unit === undefined ? "bit" : "unit") : "";
  setStyle(root, "--unit", lit?.unit ?? 0);
  const { run, playback } = state;
  playback.within = run?.speed === "story" && run.state === "running" ? STORY_PACE : Infinity;
  // The stage stands still while one of its numbers or its answer is explained.
  let moving = !state.asked && !state.why && advance(playback, passed);
  for (const view of views) moving = view.update(state) || moving;
  return moving;
}

function repaint() {
  state.palette = readPalette();
  wake();
}

/**
 * Calls `changed` now, and each time the result of the media query changes.
 * @type {(query: string, changed: (matches: boolean) => void) => void}
 */
function watch(query, changed) {
  const list = matchMedia(query);
  on(list, "change", () => changed(list.matches));
  changed(list.matches);
}

listenToKeys(state, actions);
createHelp();
for (const look of LOOKS) watch(look, repaint);
watch("(prefers-reduced-motion: reduce)", (matches) => {
  state.reducedMotion = matches;
  wake();
});
onPrint(() => {
  state.palette = readPalette();
  draw(state.now);
});
on(window, "hashchange", () => location.reload());
on(window, "visibilitychange", () => {
  askAccuracy();
  followOn();
  askInside();
});
arrived();
