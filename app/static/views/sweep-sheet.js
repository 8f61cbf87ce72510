/** One sweep: how far it is, its map, and what is known of the cell that somebody points at. */
import {
  byTouch,
  copy,
  find,
  findAll,
  findNamed,
  make,
  on,
  setAttribute,
  setHidden,
  setStyle,
  setText,
  STEPS,
} from "../dom.js";
import { percent, whole } from "../format.js";
import {
  arranged,
  cellSentences,
  medianWords,
  placeOf,
  shareOf,
  shareWords,
  strength,
  valuesWords,
  valueWords,
} from "../sweep-map.js";
import { inARow, nameOf, say } from "../words.js";
import * as curves from "./sweep-curves.js";

/**
 * @import { Fields } from "../sweep-map.js"
 * @import { SweepCell, SweepMember, SweepMessage, SweepStatus } from "../wire.d.ts"
 */

/**
 * @typedef {object} Actions
 * @property {(id: string, name: "start" | "pause") => void} command
 * @property {(id: string, name: string) => Promise<void>} rename
 * @property {(sweep: SweepStatus) => void} again
 * @property {(id: string) => void} csv
 * @property {(id: string) => void} parquet
 * @property {(sweep: SweepStatus, words: string) => void} png
 * @property {(sweep: SweepStatus) => void} remove
 * @property {(other: string) => void} compare
 * @property {(id: string, cell: number) => Promise<SweepMember[]>} members
 * @property {(member: SweepMember, words: string) => void} open
 */

/** How a network ended. @param {SweepMember} member */
function endWords({ done, diverged, reached, accuracy }) {
  if (!done) return say("to come");
  if (diverged) return nameOf("diverged");
  return reached === null
    ? say("{share} right", { share: percent(accuracy ?? 0) })
    : say("after {n}", { n: whole(reached) });
}

/** How long a cell is pointed at before it is shown, and shown before its networks are asked for, in milliseconds. */
const REST = 120;

/**
 * `update` takes news: the first have all that does not change.
 * @type {(template: HTMLTemplateElement, slot: number, fields: Fields, sweep: SweepStatus, actions: Actions)
 *   => { root: HTMLElement, sweep: SweepStatus, update: (news: SweepMessage | SweepStatus) => void,
 *   offer: (others: { id: string, name: string }[], chosen: string) => void, redraw: () => void, begin: () => void }}
 */
export function create(template, slot, fields, sweep, actions) {
  const root = copy(template);
  const parts = findNamed(root, {
    title: "h2",
    form: "form.sweeps-rename",
    field: ".sweeps-rename input",
    mark: ".controls-mark",
    state: ".sweeps-state",
    progress: "progress",
    detail: ".sweeps-detail",
    common: ".sweeps-common",
    table: "table",
    about: ".sweeps-cell",
    heading: "h3",
    facts: "ul.sweeps-facts",
    canvas: "canvas",
    members: ".sweeps-members",
    spoken: "[data-spoken]",
    command: "button[data-act=command]",
    select: "select",
  });
  const { id, vary } = sweep;
  const map = arranged(fields, vary);
  const last = { row: map.rows.length - 1, column: map.columns.length - 1 };
  let [chosen, timer, asked] = [0, 0, ""];
  /** @type {Map<number, HTMLTableCellElement>} */
  const places = new Map();
  parts.title.id = `shown-${slot}`;
  setText(parts.common, commonWords());
  build();

  /** What all its networks have, in words. */
  function commonWords() {
    const { config, seeds, every } = sweep;
    const own = Object.entries(config).map(([name, value]) =>
      say("{field} {value}", { field: fields[name].title, value: valueWords(fields, name, value) }),
    );
    const isRow = seeds.length > 1 && seeds.every((seed, k) => seed === seeds[0] + k);
    const from = isRow
      ? say("seeds {first} to {last}", { first: seeds[0], last: seeds[seeds.length - 1] })
      : say("seeds {list}", { list: seeds.slice(0, 9).join(say(", ")) + (seeds.length > 9 ? " …" : "") });
    return say("{what}. Looked at every {n} iterations.", {
      what: [...own, from].join(say(", ")),
      n: whole(every),
    });
  }

  /** Makes the table of the map. */
  function build() {
    const head = make("thead");
    const names = make("tr");
    const corner = map.down ? header(map.down, "col") : make("td");
    corner.className = "note sweeps-corner";
    corner.rowSpan = 2;
    const across = make("tr");
    const title = Object.assign(header(map.across || say("Settings"), "colgroup"), { colSpan: map.columns.length });
    title.classList.add("note");
    across.append(corner, title);
    names.append(...map.columns.map((words) => header(words, "col")));
    head.append(across, names);
    const body = make("tbody");
    map.rows.forEach((words, row) => {
      const line = make("tr");
      line.append(header(words, "row"));
      map.columns.forEach((_, column) => {
        const place = placeOf(map, row, column);
        const cell = make("td", "sweeps-square");
        cell.dataset.place = String(place);
        cell.tabIndex = -1;
        cell.setAttribute("role", "gridcell");
        // What is seen is short. Who hears it gets sentences.
        const seen = [make("b"), make("small"), make("i")];
        for (const part of seen) part.ariaHidden = "true";
        cell.append(...seen, make("span", "unseen"));
        places.set(place, cell);
        line.append(cell);
      });
      body.append(line);
    });
    parts.table.replaceChildren(head, body);
    setStyle(parts.table, "--columns", map.columns.length);
    const first = places.get(0);
    if (first) first.tabIndex = 0;
  }

  /** @type {(words: string, scope: string) => HTMLTableCellElement} */
  function header(words, scope) {
    return Object.assign(make("th", "", words), { scope });
  }

  /** @param {SweepCell} cell */
  function show(cell) {
    const square = places.get(cell.place);
    if (!square) return;
    const share = shareOf(cell);
    const [big, small, bar, heard] = square.children;
    setText(big, shareWords(cell));
    setText(small, medianWords(cell));
    setAttribute(square, "data-strong", share !== null && share > 0.5 ? "" : null);
    setAttribute(square, "data-open", share === null ? "" : null);
    setStyle(square, "--strength", `${100 * strength(share ?? 0)}%`);
    setStyle(/** @type {HTMLElement} */ (bar), "--done", `${(100 * cell.done) / cell.members}%`);
    setHidden(bar, cell.done === cell.members);
    setText(
      heard,
      say("{what}: {found}", { what: valuesWords(fields, cell.values), found: inARow(cellSentences(cell)) }),
    );
  }

  /** Shows a cell beside the map. @type {(place: number, soon?: boolean) => void} */
  function choose(place, soon = false) {
    for (const [other, square] of places) {
      square.tabIndex = other === place ? 0 : -1;
      setAttribute(square, "aria-selected", other === place);
    }
    if (place !== chosen) {
      asked = "";
      draw([]);
      parts.members.replaceChildren(); // those of the other cell
    }
    chosen = place;
    const cell = sweep.cells[place];
    setText(parts.heading, valuesWords(fields, cell.values));
    parts.facts.replaceChildren(...cellSentences(cell).map((words) => make("li", "", words)));
    clearTimeout(timer);
    timer = setTimeout(ask, soon ? 0 : REST);
  }

  /** Asks for the networks of the chosen cell, unless nothing new is known of them. */
  async function ask() {
    const cell = sweep.cells[chosen];
    const wanted = `${cell.place} ${cell.done}`;
    if (wanted === asked) return;
    const members = await actions.members(id, cell.place).catch(() => null);
    if (!members || sweep.cells[chosen].place !== cell.place) return;
    asked = wanted;
    draw(members);
    const focused = findAll(parts.members, "button").findIndex((button) => button === document.activeElement);
    parts.members.replaceChildren(
      ...members.map((member) => {
        const { seed } = member.config;
        const words = say("Seed {seed}: {found}", { seed, found: endWords(member) });
        const button = Object.assign(make("button", "button button-small", words), { type: "button" });
        setAttribute(button, "data-learned", member.learned ? "" : null);
        on(button, "click", () => open(member));
        return button;
      }),
    );
    if (focused >= 0) findAll(parts.members, "button")[focused]?.focus();
  }

  /** @type {SweepMember[]} */
  let drawn = [];
  /** @param {SweepMember[]} members */
  function draw(members) {
    drawn = members;
    curves.draw(parts.canvas, members);
  }

  /** @param {SweepMember} member */
  function open(member) {
    const { values } = sweep.cells[member.cell];
    actions.open(member, say("{what}, seed {n}", { what: valuesWords(fields, values), n: member.config.seed }));
  }

  /** Opens the network of a cell that is typical: the one with the median. @param {number} place */
  async function openTypical(place) {
    const members = await actions.members(id, place).catch(() => null);
    if (!members) return;
    const reached = members.filter((member) => member.reached !== null);
    reached.sort((x, y) => Number(x.reached) - Number(y.reached));
    open(reached[Math.floor((reached.length - 1) / 2)] ?? members[0]);
  }

  /** @param {Event} event */
  const placeAt = ({ target }) => {
    const square = /** @type {HTMLElement} */ (target).closest("td.sweeps-square");
    return square instanceof HTMLElement ? Number(square.dataset.place) : null;
  };

  let resting = 0;
  on(parts.table, "pointerover pointerleave", (event) => {
    const place = event.type === "pointerover" ? placeAt(event) : null;
    clearTimeout(resting); // a pointer on its way to the buttons of a cell passes over others
    if (place !== null && place !== chosen && !byTouch(event)) resting = setTimeout(() => choose(place), REST);
  });
  on(parts.table, "focusin", (event) => {
    const place = placeAt(event);
    if (place !== null && place !== chosen) choose(place);
  });
  let touched = false;
  on(parts.table, "pointerdown", (event) => {
    touched = byTouch(event) && placeAt(event) !== chosen; // the first touch only shows a cell
  });
  on(parts.table, "click", (event) => {
    const place = placeAt(event);
    if (place === null) return;
    if (touched) choose(place, true);
    else openTypical(place);
  });
  on(parts.table, "keydown", (event) => {
    const place = placeAt(event);
    if (place === null) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      openTypical(place);
      return;
    }
    const [row, column] = [place % map.rows.length, Math.floor(place / map.rows.length)];
    const ends = { Home: [row, 0], End: [row, last.column] };
    const [down, right] = STEPS[event.key] ?? [0, 0];
    const [y, x] = ends[/** @type {"Home" | "End"} */ (event.key)] ?? [row + down, column + right];
    if (!STEPS[event.key] && !(event.key in ends)) return;
    event.preventDefault();
    places.get(placeOf(map, Math.min(last.row, Math.max(0, y)), Math.min(last.column, Math.max(0, x))))?.focus();
  });

  on(root, "click", (event) => {
    const act = /** @type {HTMLElement} */ (event.target).dataset.act;
    if (act === "command") actions.command(id, sweep.state === "running" ? "pause" : "start");
    if (act === "rename") rename(true);
    if (act === "again") actions.again(sweep);
    if (act === "csv") actions.csv(id);
    if (act === "parquet") actions.parquet(id);
    if (act === "png") actions.png(sweep, commonWords());
    if (act === "remove") actions.remove(sweep);
  });
  on(parts.select, "change", () => actions.compare(parts.select.value));

  /** @param {boolean} begin */
  function rename(begin) {
    setHidden(parts.form, !begin);
    setHidden(parts.title, begin);
    parts.field.value = sweep.name;
    if (begin) parts.field.select();
    else find(root, "button[data-act=rename]").focus();
  }
  on(parts.form, "submit", async (event) => {
    event.preventDefault();
    if (parts.field.value !== sweep.name) await actions.rename(id, parts.field.value).catch(() => {});
    rename(false);
  });
  on(parts.field, "keydown", ({ key }) => key === "Escape" && rename(false));

  let before = "";
  /** @param {SweepMessage | SweepStatus} news */
  function update({ cells, ...status }) {
    Object.assign(sweep, status);
    for (const cell of cells) {
      sweep.cells[cell.place] = cell;
      show(cell);
    }
    if (cells.some(({ place }) => place === chosen)) choose(chosen, true);
    const { name, state, done, members, detail, progress } = sweep;
    setText(parts.title, name);
    setAttribute(parts.mark, "data-state", state);
    const words = say("{state}, {done} of {members} networks", {
      state: nameOf(state),
      done: whole(done),
      members: whole(members),
    });
    setText(parts.state, words);
    parts.progress.value = progress;
    setHidden(parts.progress, state === "finished");
    setText(parts.detail, detail ?? "");
    setText(parts.command, state === "running" ? say("Pause") : say("Resume"));
    setHidden(parts.command, state === "finished");
    if (before && before !== state) setText(parts.spoken, say("{name}: {words}", { name, words }));
    before = state;
  }

  return {
    root,
    sweep,
    update,
    offer(others, other) {
      parts.select.replaceChildren(
        new Option(say("nothing"), ""),
        ...others.map(({ id: value, name }) => new Option(name, value, false, value === other)),
      );
      setHidden(parts.select.parentElement ?? parts.select, !others.length || slot > 0);
    },
    redraw: () => curves.draw(parts.canvas, drawn),
    begin() {
      update(sweep);
      choose(0, true);
    },
  };
}
