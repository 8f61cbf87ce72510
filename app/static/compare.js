/** The entry script of the page that compares runs. It polls the server, one request at a time. */
import { api } from "./api.js";
import { completed } from "./changes.js";
import { csvOf } from "./csv.js";
import { distinct } from "./differences.js";
import { arrived, connect, find, findAll, findNamed, languages, on, save, setAttribute, setText } from "./dom.js";
import { whole } from "./format.js";
import { createLoop } from "./loop.js";
import { divided, piecesOf, smoothed } from "./overlay.js";
import { LOOKS, onPrint, readPalette, theme, toggleTheme } from "./palette.js";
import { picture } from "./picture.js";
import { createPoll } from "./poll.js";
import * as compared from "./views/compared.js";
import * as overlay from "./views/overlay.js";
import { inARow, ngettext, say } from "./words.js";

/** @import { Compared, Comparison, Piece } from "./overlay.js" */

const PAUSE = 1000; // milliseconds between two rounds
const POINTS = 2000; // pieces of a curve
const ACCURACIES = 1000;
/** The number of pieces that are the beginning. A logarithmic axis shows it large, so it is fetched in finer pieces. */
const BEGINNING = 40;
/** A run of at most this many iterations is saved error by error. */
const EXACT = 100_000;
/** The status of an answer that comes when the server has more time. */
const BUSY = 503;
/** People can't tell more curves apart. */
const SLOTS = [0, 1, 2, 3];

theme();
languages();
const { charts, table, add, logX, logY, each, widthsText, slider, smoothingText, spoken, csv, csvText } = findNamed(
  document,
  {
    charts: "#charts",
    table: "#compared",
    add: "select#add",
    logX: "input#log-x",
    logY: "input#log-y",
    each: "input#each",
    widthsText: "#widths",
    slider: "input#smoothing",
    smoothingText: "#smoothing-text",
    spoken: "#spoken",
    csv: "button#csv",
    csvText: "#csv-text",
  },
);
/** @type {Comparison} */
const state = { runs: [], at: null, logX: false, logY: false, each: false, palette: readPalette() };
/** Whether somebody chose how errors are shown. If not, it follows from the runs. */
let eachChosen = false;
/** The looks of the sample lines beside the names. */
const looks = findAll(table, "svg").map((svg) => () => {
  const dash = (svg.getAttribute("stroke-dasharray") ?? "").split(" ").map(Number);
  return { stroke: getComputedStyle(svg).stroke, dash };
});

const showTable = compared.create(table, (slot) => {
  state.runs = state.runs.filter((run) => run.slot !== slot);
  arrange();
  offer();
  add.focus();
});
const drawCharts = overlay.create(charts, looks, (at, byKey) => {
  state.at = at;
  showTable(state);
  // What is read with keys is spoken, too.
  if (byKey)
    setText(
      spoken,
      say("Iteration {n}. {readings}", {
        n: whole(at ?? 0),
        readings: state.runs.map((run) => compared.readingWords(run, at)).join(say("; ")),
      }),
    );
});
const { wake } = createLoop(() => {
  drawCharts(state);
  showTable(state);
  return false;
});

const look = createPoll(async () => {
  if (document.hidden) return;
  for (const run of state.runs) {
    await ask(run).then(
      () => connect("open"),
      ({ status }) => {
        if (status !== 404) return status === BUSY || connect("lost");
        Object.assign(run, { status: null, errors: [], pieces: [], smooth: [], history: [], drawn: "gone" });
      },
    );
    arrange();
  }
  return PAUSE;
});

/**
 * Fetches a run. The server does not load a stored run into memory for it. A run that has not changed is fetched once.
 * @param {Compared} run
 */
async function ask(run) {
  const { id } = run;
  run.status = await api.whole(completed(await api.run(id), run.status));
  const { generation, iteration, state } = run.status;
  const drawn = `${state} ${generation} ${iteration}`;
  if (drawn === run.drawn) return;
  const { run: status, errors, history = [], pending } = await api.overview(id, POINTS, ACCURACIES);
  const { start, stride } = errors;
  const finely = stride > 1 ? start + BEGINNING * stride : 0;
  const beginning = finely ? await api.errors(id, start, finely, POINTS) : errors;
  if (beginning.generation !== errors.generation) return;
  const all = [...(finely ? piecesOf(beginning, finely) : []), ...piecesOf(errors, status.iteration, finely)];
  // While accuracies are missing, the run is fetched again.
  Object.assign(run, {
    status: await api.whole(completed(status, run.status)),
    errors: all,
    drawn: pending ? "" : drawn,
    history,
  });
  measure(run);
}

/** Computes a run's curves by the chosen unit and smoothing. @param {Compared} run */
function measure(run) {
  run.pieces = divided(run.errors, each.checked ? (run.status?.config.bits ?? 1) : 1);
  run.smooth = smoothed(run.pieces, 1 - 10 ** -Number(slider.value));
}

/**
 * An error is a sum over positions. For runs of different widths it is shown per position, unless somebody chose. For
 * runs of one width it may stay a sum, even for different tasks: a network that always answers one half has an error of
 * half the width in each.
 */
function chooseUnit() {
  const widths = new Set(state.runs.flatMap(({ status }) => status?.config.bits ?? []));
  if (!eachChosen) each.checked = widths.size > 1;
  if (each.checked !== state.each) {
    state.each = each.checked;
    state.runs.forEach(measure);
  }
  widthsText.hidden = widths.size < 2;
  setText(
    widthsText,
    state.each
      ? say(
          "The runs have different numbers of positions: each error is divided by them, so that always one half is 0.5.",
        )
      : say(
          "The runs have different numbers of positions: over more of them an error is larger. “per position” makes them comparable.",
        ),
  );
}

/** @param {string} id */
function take(id) {
  const slot = SLOTS.find((one) => state.runs.every((run) => run.slot !== one)) ?? 0;
  state.runs.push({ id, slot, name: id, status: null, errors: [], pieces: [], smooth: [], history: [], drawn: "" });
}

/** Updates names and address after another set of runs is compared. */
function arrange() {
  const { runs } = state;
  const names = distinct(runs.map(({ id, status }) => ({ id, name: status?.name ?? id })));
  runs.forEach((run, k) => (run.name = names[k]));
  chooseUnit();
  keepAddress();
  wake();
}

/** Writes into the address what is compared, and how. */
function keepAddress() {
  const lang = new URLSearchParams(location.search).get("lang");
  const view = [];
  if (logX.checked) view.push("x=log");
  if (logY.checked) view.push("y=log");
  if (eachChosen) view.push(`error=${each.checked ? "position" : "sum"}`);
  if (slider.value !== slider.defaultValue) view.push(`smooth=${slider.value}`);
  const runs = state.runs.map(({ id }) => encodeURIComponent(id));
  const asked = lang ? `&lang=${lang}` : "";
  const hash = view.length ? `#${view.join("&")}` : "";
  history.replaceState(null, "", `?runs=${runs}${asked}${hash}`);
}

/** Offers the runs that may be added. */
async function offer() {
  const full = state.runs.length === SLOTS.length;
  const list = await api.runs().catch(() => []);
  if (list.length) connect("open");
  const others = list.filter(({ id }) => !full && state.runs.every((run) => run.id !== id));
  add.replaceChildren(
    new Option(full ? say("Four at most") : say("Add a run …"), ""),
    ...others.map(({ id, name }) => new Option(name, id)),
  );
}

/** Applies the choices of the tools. */
function adjust() {
  Object.assign(state, { logX: logX.checked, logY: logY.checked, palette: readPalette() });
  const iterations = Math.round(10 ** Number(slider.value));
  setText(smoothingText, iterations > 1 ? say("about {n} iterations", { n: whole(iterations) }) : say("none"));
  setAttribute(slider, "aria-valuetext", smoothingText.textContent);
  chooseUnit();
  state.runs.forEach(measure);
  wake();
}

/** A run for the table, with every error if the run is not too long. @param {Compared} run */
async function tabled(run) {
  const { name, history, errors, status } = run;
  const [stop, first] = [status?.iteration ?? 0, errors[0]?.start ?? 0];
  if (stop - first > EXACT || !errors.length) return { name, history, pieces: errors };
  const found = await api.exactErrors(run.id, first, stop).catch(() => null);
  const same = found?.generation === status?.generation && found;
  return { name, history, pieces: same ? piecesOf(same, first + same.mean.length) : errors };
}

/** Saves the file, and says what is in it. */
async function saveTable() {
  const runs = [];
  for (const run of state.runs) {
    if (!run.drawn) await ask(run).catch(() => {}); // it has not been fetched yet
    if (run.status) runs.push(await tabled(run));
  }
  save("rnn-adder-compare.csv", new Blob([csvOf(runs)], { type: "text/csv" }));
  setText(csvText, inARow(savedWords(runs)));
}

/** How many iterations a row of the file stands for, run by run. @param {{ name: string, pieces: Piece[] }[]} runs */
function savedWords(runs) {
  const words = [];
  let exact = 0;
  for (const { name, pieces } of runs) {
    const most = Math.max(1, ...pieces.slice(-2).map(({ size }) => size));
    if (most === 1) exact += pieces.length;
    else
      words.push(
        say("For {name}, each row of the file has the smallest, mean and largest error of up to {n} iterations.", {
          name,
          n: whole(most),
        }),
      );
  }
  if (words.length && !exact) return words;
  return [
    ngettext("{n} error is in the file, each by itself.", "{n} errors are in the file, each by itself.", exact),
    ...words,
  ];
}

on(csv, "click", async () => {
  csv.disabled = true;
  await saveTable().finally(() => (csv.disabled = false));
});
on(find(document, "button#png"), "click", async () => {
  const lines = state.runs
    .filter(({ status }) => status)
    .map((run) => ({ words: compared.readingWords(run, null), ...looks[run.slot]() }));
  save("rnn-adder-compare.png", await picture(lines, findAll(charts, "canvas"), state.palette));
});
on(add, "change", () => {
  take(add.value);
  arrange();
  offer();
  look();
});
on(find(document, "button#theme"), "click", () => {
  toggleTheme();
  adjust();
});
for (const look of LOOKS) on(matchMedia(look), "change", adjust);
onPrint(() => {
  state.palette = readPalette();
  drawCharts(state);
});
on(each, "input", () => {
  eachChosen = true;
});
on(document, "input", () => {
  adjust();
  keepAddress();
});
on(window, "resize", wake);
on(document, "visibilitychange", () => {
  look();
  offer();
});

const view = new URLSearchParams(location.hash.slice(1));
logX.checked = view.get("x") === "log";
logY.checked = view.get("y") === "log";
eachChosen = view.has("error");
each.checked = view.get("error") === "position";
slider.value = view.get("smooth") ?? slider.defaultValue;
const asked = new Set((new URLSearchParams(location.search).get("runs") ?? "main").split(",").filter(Boolean));
for (const id of [...asked].slice(0, SLOTS.length)) take(id);
arrange();
adjust();
offer();
look();
arrived();
