/** The entry script of the page of sweeps. It watches the sweep that is shown, and polls for the list. */
import { api } from "./api.js";
import {
  arrived,
  connect,
  copy,
  find,
  findAll,
  findNamed,
  languages,
  make,
  on,
  save,
  setAttribute,
  setHidden,
  setStyle,
  setText,
} from "./dom.js";
import { whole } from "./format.js";
import { LOOKS, theme, toggleTheme } from "./palette.js";
import { createPoll } from "./poll.js";
import { pictureOf } from "./sweep-picture.js";
import { watch } from "./sweep-stream.js";
import { sweepsApi } from "./sweeps-api.js";
import { up } from "./up.js";
import * as sweepForm from "./views/sweep-form.js";
import * as sweepSheet from "./views/sweep-sheet.js";
import * as toast from "./views/toast.js";
import { nameOf, say } from "./words.js";

/** @import { CreateSweep, SweepStatus } from "./wire.d.ts" */

const PAUSE = 2000; // milliseconds between two lists
const LONGEST = 60; // characters of a name

theme();
languages();
const fields = JSON.parse(document.body.dataset.fields ?? "{}");
const { list, none, item, template, creation, opener, sure } = findNamed(document, {
  list: "ul#list",
  none: "#none",
  item: ".sweeps-side template",
  template: "template#sweep",
  creation: "#new",
  opener: "button#open-form",
  sure: "dialog#sure",
});
const rooms = findAll(document, ".sweeps-shown");
const tell = toast.create(find(document, "#toast"));
const complain = (/** @type {{ message: string }} */ { message }) => tell(message, { tone: "problem" });
/** The sweeps that are shown, by slot, and how to stop watching them. @type {({ id: string, stop: () => void,
 *   sheet: ReturnType<typeof sweepSheet.create> } | null)[]} */
const shown = [null, null];
/** @type {SweepStatus[]} */
let sweeps = [];

// The list

const look = createPoll(async () => {
  if (document.hidden) return;
  try {
    takeList(await sweepsApi.all());
    if (!shown[0]) connect("open");
  } catch (error) {
    if (!shown[0]) connect("lost");
    if (!sweeps.length) setText(none, /** @type {Error} */ (error).message);
  }
  return PAUSE;
});

/** @param {SweepStatus[]} found */
function takeList(found) {
  sweeps = found;
  const there = new Map(findAll(list, "li").map((row) => [row.dataset.id, row]));
  const rows = found.toReversed().map((sweep) => {
    const row = there.get(sweep.id) ?? copy(/** @type {HTMLTemplateElement} */ (item));
    const { link, name, how, bar } = findNamed(row, {
      link: "a",
      name: ".sweeps-name",
      how: ".sweeps-how",
      bar: ".sweeps-bar i",
    });
    row.dataset.id = sweep.id;
    link.href = addressOf(sweep.id);
    setAttribute(link, "aria-current", shown[0]?.id === sweep.id ? "page" : null);
    setText(name, sweep.name);
    setText(
      how,
      say("{state}, {done} of {members}", {
        state: nameOf(sweep.state),
        done: whole(sweep.done),
        members: whole(sweep.members),
      }),
    );
    setStyle(bar, "width", `${100 * sweep.progress}%`);
    return row;
  });
  if (rows.some((row, k) => list.children[k] !== row) || list.children.length !== rows.length)
    list.replaceChildren(...rows);
  setHidden(none, found.length);
  setText(none, say("There are none yet. Choose a question, or set what you like."));
  offer();
}

/** @type {(id: string, other?: string) => string} */
function addressOf(id, other = "") {
  const query = new URLSearchParams(location.search);
  const lang = query.get("lang");
  const made = new URLSearchParams([
    ["sweep", id],
    ...(other ? [["with", other]] : []),
    ...(lang ? [["lang", lang]] : []),
  ]);
  return `?${made}`;
}

on(list, "click", (event) => {
  const link = /** @type {HTMLElement} */ (event.target).closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  goTo();
});
on(window, "popstate", () => goTo());

/** Shows what the address names. */
async function goTo() {
  const query = new URLSearchParams(location.search);
  const [first, second] = [query.get("sweep") ?? "", query.get("with") ?? ""];
  openForm(!first);
  await Promise.all([show(0, first), show(1, second === first ? "" : second)]);
  takeList(sweeps);
}

// What is shown

/** @type {(slot: number, id: string) => Promise<void>} */
async function show(slot, id) {
  if (shown[slot]?.id === id) return;
  shown[slot]?.stop();
  shown[slot] = null;
  rooms[slot].replaceChildren();
  setHidden(rooms[slot], !id);
  if (!id) return;
  let sweep;
  try {
    sweep = await sweepsApi.get(id);
  } catch (error) {
    rooms[slot].replaceChildren(
      Object.assign(make("p", "strong"), { textContent: /** @type {Error} */ (error).message }),
    );
    return;
  }
  const sheet = sweepSheet.create(template, slot, fields, sweep, actions);
  rooms[slot].replaceChildren(sheet.root);
  sheet.begin();
  const stop = watch(id, {
    news: sheet.update,
    connection: (open) => connect(open ? "open" : "lost"),
    gone(reason) {
      tell(reason);
      forget(id);
    },
  });
  shown[slot] = { id, stop, sheet };
  offer();
}

/** Leaves a sweep that is gone. @param {string} id */
function forget(id) {
  sweeps = sweeps.filter((sweep) => sweep.id !== id);
  const [first, second] = shown.map((one) => (one?.id === id ? "" : (one?.id ?? "")));
  const left = first || second;
  history.replaceState(null, "", left ? addressOf(left) : location.pathname);
  goTo();
}

/** Offers the sweeps that may be compared. */
function offer() {
  for (const [slot, one] of shown.entries())
    one?.sheet.offer(
      sweeps.filter(({ id }) => id !== one.id),
      slot ? "" : (shown[1]?.id ?? ""),
    );
}

/** @type {import("./views/sweep-sheet.js").Actions} */
const actions = {
  command: (id, name) => void sweepsApi.command(id, name).then(look, complain),
  rename: (id, name) => sweepsApi.rename(id, name).then(look, complain),
  again({ name, ...sweep }) {
    openForm(true);
    fill({ ...sweep, name });
    find(creation, "h2").scrollIntoView();
    find(creation, "select").focus();
  },
  csv: (id) => void saveTable(id, sweepsApi.csv, "csv"),
  parquet: (id) => void saveTable(id, sweepsApi.parquet, "parquet"),
  png: (sweep, words) => void pictureOf(fields, sweep, words).then((blob) => save(`${sweep.id}.png`, blob), complain),
  remove({ id, name }) {
    setText(find(sure, "#sure-words"), say("Delete “{name}” with all its results? There is no undo.", { name }));
    sure.returnValue = "";
    sure.showModal();
    sure.onclose = () => {
      if (sure.returnValue === "yes") sweepsApi.remove(id).then(() => forget(id), complain);
    };
  },
  compare(other) {
    history.pushState(null, "", addressOf(shown[0]?.id ?? "", other));
    goTo();
  },
  members: sweepsApi.members,
  async open({ config }, words) {
    const name = [...words].slice(0, LONGEST).join("");
    try {
      const run = await api.create({ name, config, speed: null });
      await api.command(run.id, "start"); // its past is computed again, at full speed
      location.assign(`${up}runs/${run.id}`);
    } catch (error) {
      complain(/** @type {Error} */ (error));
    }
  },
};

/** @type {(id: string, kind: "text/csv" | "application/vnd.apache.parquet", ending: string) => Promise<void>} */
const saveTable = (id, kind, ending) =>
  sweepsApi.table(id, kind).then((blob) => save(`${id}.${ending}`, blob), complain);

// A new one

/** @param {boolean} open */
function openForm(open) {
  setHidden(creation, !open);
  setAttribute(opener, "aria-expanded", open);
}
const fill = sweepForm.create(creation, fields, async (wanted) => {
  const sweep = await sweepsApi.create(/** @type {CreateSweep} */ (wanted));
  sweeps = [...sweeps, sweep];
  history.pushState(null, "", addressOf(sweep.id));
  await goTo();
  tell(say("“{name}” has begun.", { name: sweep.name }));
});
on(opener, "click", () => {
  openForm(creation.hidden);
  if (!creation.hidden) find(creation, "button[data-body]").focus();
});
on(find(document, "#close-form"), "click", () => {
  openForm(false);
  opener.focus();
});

const redraw = () => shown.forEach((one) => one?.sheet.redraw());
on(find(document, "button#theme"), "click", () => {
  toggleTheme();
  redraw();
});
for (const name of LOOKS) on(matchMedia(name), "change", redraw);
on(window, "resize", redraw);
on(document, "visibilitychange", look);
goTo();
look();
arrived();
