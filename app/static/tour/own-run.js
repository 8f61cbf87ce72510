/**
 * The run that the tour works on: the article's network, in a run of its own, so that nobody else's is disturbed. A tab
 * keeps in mind which one is its own, and at which stop it left.
 */
import { isAs } from "../address.js";
import { api } from "../api.js";
import { chosenTheme } from "../palette.js";
import { up } from "../up.js";
import { say } from "../words.js";

/**
 * @import { State } from "../state.js"
 * @import { RunStatus } from "../wire.d.ts"
 */

/** @typedef {{ run: string; stop: number }} Place */

/** Another lab may have the same origin, under another prefix. */
const key = () => `rnn-adder tour at ${new URL(up || "./", location.href).pathname}`;

/** Where this tab's tour is. The storage may be blocked. @returns {Place | null} */
export function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(key()) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Place} place */
export function remember(place) {
  try {
    sessionStorage.setItem(key(), JSON.stringify(place));
  } catch {
    // Then the tour begins anew when the page is opened again.
  }
}

/** Whether a run is the article's network, as it began. @param {RunStatus} run */
const isArticle = (run) => isAs(run, { config: {}, changes: [] }, JSON.parse(document.body.dataset.defaults ?? "{}"));

/** The name of such a run. */
const name = () => say("Tour");

/** Whether the tour may train this page's run: it was made for a tour, and nobody else watches it. @param {State} state */
export function isOwn({ run, runId }) {
  if (!run || runId === "main" || !isArticle(run) || run.state === "diverged" || run.state === "failed") return false;
  return recall()?.run === runId || (run.name === name() && run.viewers <= 1);
}

/**
 * Opens a run for the tour at a stop: this tab's, else one that a tour left and nobody watches, else a new one.
 * Rejects with the server's words if there is no room for another run.
 * @param {number} stop
 */
export async function openRun(stop) {
  const mine = recall()?.run;
  const all = await api.runs();
  const runs = all.filter(
    (run) => run.access === "command" && run.id !== "main" && run.name === name() && isArticle(run),
  );
  const found =
    runs.find(({ id }) => id === mine) ?? runs.find(({ viewers, state }) => !viewers && state !== "running");
  // A visitor's run is a copy of one that they see.
  const model = all.find((run) => run.access === "watch" && isArticle(run));
  const made = model ? { from: { run: model.id, iteration: 0 } } : { config: {} };
  const { id } = found ?? (await api.create({ name: name(), ...made }));
  remember({ run: id, stop });
  const theme = chosenTheme();
  location.assign(`${up}runs/${id}${location.search}#${theme ? `theme=${theme}&` : ""}tour=${stop}`);
}

/** The address of an experiment, such as "bits=24". @param {string} experiment */
export const addressOf = (experiment) => `${up || "./"}${location.search}#${experiment}`;
