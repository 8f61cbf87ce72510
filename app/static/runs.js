/**
 * The entry script of the page of all runs. It polls, one request at a time, for the list and for the runs in view.
 */
import { api } from "./api.js";
import { arrived, connect, find, findNamed, languages, make, on, save, setAttribute, setText } from "./dom.js";
import { whole } from "./format.js";
import { theme, toggleTheme } from "./palette.js";
import { createPoll } from "./poll.js";
import { arranged, copyName, importName } from "./run-list.js";
import { up } from "./up.js";
import * as audit from "./views/audit.js";
import * as bin from "./views/bin.js";
import * as runCard from "./views/run-card.js";
import * as toast from "./views/toast.js";
import { inARow, ngettext, say } from "./words.js";

/**
 * @import { Card, RunActions } from "./views/run-card.js"
 * @import { Overview, RunStatus } from "./wire.d.ts"
 */

/** Pieces of a small curve. */
const POINTS = 120;
/** People can't tell more runs apart in one chart. */
const MOST_COMPARED = 4;
/**
 * Milliseconds between two requests, if there is nothing to ask, without a server, and between two curves of a run.
 */
const PAUSE = { soon: 15, idle: 250, failed: 2000, curve: 1000 };
/** Milliseconds between two lists, and how many more for each run in the list. */
const LIST = { pause: 1500, run: 8 };

theme();
languages();
const { body } = document;
const kept = body.dataset.kept !== "none";
const most = Number(body.dataset.most);
const { template, list, none, summary, search, sort, creation, file, chosen } = findNamed(document, {
  template: "template",
  list: "ul#list",
  none: "#none",
  summary: "#count",
  search: "input#find",
  sort: "select#sort",
  creation: "form#new",
  file: "input#import",
  chosen: "a#chosen",
});
/** The runs as the server last sent them, in the order of their creation. @type {Map<string, RunStatus>} */
let runs = new Map();
/** @type {Map<string, Card>} */
const cards = new Map();
/** Counts the actions on this page. An answer to a request from before the last action is ignored. */
let version = 0;
let listDue = 0;

const tell = toast.create(find(document, "#toast"));
const fillBin = bin.create(find(document, "details#bin"), restore);
const record = document.querySelector("details#audit"); // only for those who may read it
if (record instanceof HTMLDetailsElement) audit.create(record, api.audit, linked);
const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const card = cards.get(target.id);
      if (card) card.inView = isIntersecting;
    }
  },
  { rootMargin: "200px" },
);

// State

const look = createPoll(async () => {
  if (document.hidden) return;
  const [asked, now] = [version, performance.now()];
  // The run in view whose curve has waited longest.
  const inView = [...list.children]
    .flatMap(({ id }) => cards.get(id) ?? [])
    .filter((card) => card.inView && card.drawn !== key(card.id));
  const [card] = inView.filter(({ askedAt }) => now > askedAt + PAUSE.curve).sort((x, y) => x.askedAt - y.askedAt);
  if (now < listDue && !card) return PAUSE.idle;
  try {
    if (now >= listDue) {
      const found = await api.runs();
      if (asked === version) takeList(found);
    } else {
      card.askedAt = now;
      const overview = await api.overview(card.id, POINTS);
      if (asked === version) takeOverview(card, overview);
    }
    connect("open");
  } catch (error) {
    const { status, message } = /** @type {{ status?: number, message: string }} */ (error);
    const listed = now >= listDue;
    listDue = 0; // a run that is no longer there is not in the list either
    if (listed || !status) {
      connect("lost");
      if (!runs.size) setText(none, message);
      return PAUSE.failed;
    }
  }
  return PAUSE.soon;
});

/** Names what a curve shows. Empty while a run trains: then no curve is up to date. @param {string} id */
function key(id) {
  const run = runs.get(id);
  return run?.state === "running" ? "" : `${run?.generation} ${run?.iteration}`;
}

/** @type {(card: Card, overview: Overview) => void} */
function takeOverview(card, overview) {
  runs.set(card.id, overview.run);
  card.update(overview.run);
  card.show(overview);
  // While accuracies are missing, the curve is not up to date.
  card.drawn = overview.pending ? "pending" : key(card.id) || "running";
}

/** @param {RunStatus[]} found */
function takeList(found) {
  listDue = performance.now() + LIST.pause + LIST.run * found.length;
  const gone = new Map(runs);
  runs = new Map(found.map((run) => [run.id, run]));
  setAttribute(body, "data-access", runs.get("main")?.access ?? null);
  for (const run of found) {
    gone.delete(run.id);
    cardOf(run).update(run);
  }
  for (const { id, name } of gone.values()) {
    forget(id);
    tell(say("“{name}” was deleted by somebody else.", { name }), { back: kept ? () => restore(id) : undefined });
    lookIntoBin();
  }
  arrange();
}

/** @param {RunStatus} run */
function cardOf(run) {
  const card = cards.get(run.id) ?? runCard.create(template, run, actions);
  if (!cards.has(run.id)) sight.observe(card.root);
  cards.set(run.id, card);
  return card;
}

/** @param {string} id */
function forget(id) {
  const root = cards.get(id)?.root;
  if (root?.contains(document.activeElement)) list.focus();
  if (root) sight.unobserve(root);
  cards.delete(id);
  runs.delete(id);
  choose();
}

/** Shows the runs that match the search, in order. A card that is in its place is not moved. */
function arrange() {
  /** @type {Set<Element>} */
  const wanted = new Set(arranged([...runs.values()], search.value, sort.value).map((run) => cardOf(run).root));
  const focused = /** @type {HTMLElement} */ (document.activeElement);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  let next = list.firstElementChild;
  for (const root of wanted) {
    if (root === next) next = root.nextElementSibling;
    else list.insertBefore(root, next);
  }
  if (list.contains(focused)) focused.focus();
  setText(
    summary,
    wanted.size < runs.size
      ? ngettext("{some} of {n} run", "{some} of {n} runs", runs.size, { some: whole(wanted.size) })
      : ngettext("{n} run", "{n} runs", runs.size),
  );
  setText(none, wanted.size ? "" : say("No run has “{text}” in its name.", { text: search.value }));
}

/** A run as the record of commands shows it: a link if it is there, else its id. @param {string | null} id */
function linked(id) {
  const name = id && runs.get(id)?.name;
  if (!name) return id ?? "";
  const link = make("a", "", name);
  link.href = `${up}runs/${id}`;
  return link;
}

function lookIntoBin() {
  if (kept) api.deleted().then(fillBin, () => {});
}

/** Updates the link to the chosen runs, also those that a search hides. Returns their number. */
function choose() {
  const ids = [...cards].filter(([, { root }]) => find(root, ".card-compare>input").checked).map(([id]) => id);
  chosen.hidden = !ids.length;
  setText(chosen, ngettext("Compare {n} run", "Compare {n} runs", ids.length));
  chosen.href = `${up}compare?runs=${ids}`;
  return ids.length;
}

// Actions

/** @param {{ message: string }} error */
function complain({ message }) {
  tell(message, { tone: "problem" });
  listDue = 0; // somebody else may have changed the list
}

/** Takes in a run as it is now. @param {RunStatus} run */
function take(run) {
  version++;
  runs.set(run.id, run);
  cardOf(run).update(run);
  arrange();
}

/** Shows a new run, and says so. @type {(run: RunStatus, words: string) => void} */
function welcome(run, words) {
  listDue = 0; // the server knows its place in the list
  if (!arranged([run], search.value, "").length) search.value = "";
  take(run);
  cardOf(run).focus();
  tell(words);
}

/** @param {string} id */
function restore(id) {
  api
    .restore(id)
    .then((run) => welcome(run, say("“{name}” is back.", { name: run.name })))
    .catch(complain)
    .then(lookIntoBin);
}

/** @type {RunActions} */
const actions = {
  kept,
  rename: (id, name) => api.change(id, { name }).then(take),
  command: (id, name) => api.command(id, name).then(take, complain),
  duplicate: (id) =>
    api
      .run(id)
      .then(async ({ name, iteration, speed, speed_chosen }) => {
        const run = await api.create({
          name: copyName(name),
          from: { run: id, iteration },
          ...(speed_chosen === false ? {} : { speed }),
        });
        welcome(
          run,
          say("“{name}” goes on from iteration {n}, with all that came before.", {
            name: run.name,
            n: whole(iteration),
          }),
        );
      })
      .catch(complain),
  save: (id) =>
    api.checkpoint(id).then((file) => {
      save(file.name, file);
      tell(say("{name} holds the run as it stands: weights, optimizer and random state.", { name: file.name }));
    }, complain),
  remove: (id) =>
    api.remove(id).then(() => {
      const name = runs.get(id)?.name;
      version++;
      forget(id);
      arrange();
      tell(say("“{name}” is deleted.", { name }), kept ? { back: () => restore(id), focus: true } : {});
      lookIntoBin();
    }, complain),
};

/** Imports files one after the other. @param {Iterable<File>} files */
async function bringIn(files) {
  for (const file of files) {
    await api.bringIn(importName(file.name), file).then(
      (run) => {
        const words = say(
          "“{name}” is imported. What came before iteration {n} is not in the file: its curve begins there.",
          { name: run.name, n: whole(run.iteration) },
        );
        welcome(run, run.detail ? inARow([words, run.detail]) : words);
      },
      ({ message, errors }) => {
        const { name } = file;
        if (file.size > most)
          complain({
            message: say("{name} was not imported: a checkpoint has at most {n} MB.", { name, n: most >> 20 }),
          });
        else
          complain({
            message: errors?.length ? say("{name} was not imported. {why}", { name, why: message }) : message,
          });
      },
    );
  }
}

on(creation, "submit", (event) => {
  event.preventDefault();
  const { name, config } = findNamed(creation, { name: "input[name=name]", config: "select[name=config]" });
  const edits = JSON.parse(config.selectedOptions[0].dataset.edits ?? "[]");
  const wanted = { name: name.value || undefined, config: JSON.parse(config.value), ...(edits.length && { edits }) };
  api.create(wanted).then(
    ({ id }) => location.assign(`${up}runs/${id}`),
    ({ message, errors = [] }) => {
      const found = errors.find((/** @type {{ field: string }} */ { field }) => field === "name");
      complain({ message: found ? say("The name {problem}.", { problem: found.detail }) : message });
    },
  );
});
on(list, "change", (event) => {
  if (choose() <= MOST_COMPARED) return;
  /** @type {HTMLInputElement} */ (event.target).checked = false;
  choose();
  tell(say("Four runs at most can be compared."), { tone: "problem" });
});
on(search, "input", arrange);
on(sort, "change", arrange);
on(file, "change", async () => {
  await bringIn([...(file.files ?? [])]);
  file.value = "";
});
on(find(document, "button#theme"), "click", toggleTheme);
on(window, "dragover dragleave drop", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  body.classList.toggle("is-dropping", event.type === "dragover");
  if (event.type === "drop") bringIn([...event.dataTransfer.files]);
});
on(document, "visibilitychange", look);
look();
lookIntoBin();
arrived();
