/**
 * The stage's table: one column for each position, the most significant on the left. The page's template has its rows. Of a
 * long problem it has only the columns around those that are seen; the others are empty room.
 */
import { flows } from "../arithmetic.js";
import { describeRange } from "../describe.js";
import {
  byTouch,
  copy,
  createNews,
  find,
  findAll,
  findNamed,
  on,
  setAttribute,
  setClass,
  setHidden,
  setStyle,
  setText,
  STEPS,
  targetOf,
} from "../dom.js";
import { bound, delta, probability } from "../format.js";
import { cellsOf } from "../lit.js";
import { largest, rooted, roundUp, squares } from "../scale.js";
import { statesOf, stateWords } from "../task.js";
import { columnsOf, boundsOf } from "../units.js";
import { nameOf, say } from "../words.js";

/**
 * @import { Actions } from "../actions.js"
 * @import { Numbers } from "../frames.js"
 * @import { Palette } from "../palette.js"
 * @import { Playback } from "../playback.js"
 * @import { Problem } from "../problem.js"
 * @import { Asked, Focus, RunConfig } from "../state.js"
 * @import { TaskDescription as Task } from "../wire.d.ts"
 */

/**
 * The stage's table of positions.
 * @typedef {object} StageTable
 * @property {HTMLElement} element
 * @property {number} width
 * @property {Task} task The task of the table. Another task needs another table.
 * @property {(position: number) => number} left Where a column begins.
 * @property {(position: number) => void} reveal Has the column of this position.
 * @property {() => number} middle The middle of the columns that are there.
 * @property {(left: number, right: number) => void} follow Has the columns that are seen between these places.
 * @property {(problem: Problem | null, palette: Palette, config: RunConfig) => void} show
 *   Shows the problem itself, before anything is computed.
 * @property {(lit: Focus | Asked | null, played: number) => void} light
 *   Lights up a bit's inputs and the incoming state, a unit, or what a name of the program holds. `played` is the position that
 *   is played.
 * @property {(problem: Problem | null, forward: number, backward: number, playback: Playback) => void} step
 *   `forward`: the number of positions that have their output. `backward`: the lowest position that has its deltas.
 */

/**
 * @typedef {(template: HTMLTemplateElement, width: number, task: Task, actions: Actions, most: number) => StageTable} CreateTable
 *   `most`: if there are more positions, this many columns are there at a time.
 */

/** Rows of pictures, in words. */
const STRIPS = {
  hidden: say("hidden state"),
  outputPart: say("gradient from this bit"),
  futurePart: say("gradient from later bits"),
};

/** With more positions than this, columns are narrow. */
const NARROW = 12;

/** Rows of numbers that the stage has not reached yet. */
const LATER = ["predicted", "delta"];

/** The name of the row that a cell stands in. @param {HTMLElement} cell */
const lineOf = (cell) => cell.parentElement?.dataset.name ?? "";

/** The parts of a cell of the network's outputs. */
const OUT = { box: ".stage-out", bit: ".stage-out-bit", p: ".stage-out-p" };

/** @type {CreateTable} */
export function createTable(template, width, task, actions, most) {
  const element = copy(template);
  const columns = Math.min(width, most);
  /** The lowest position that has a column. */
  let first = 0;
  const words = stateWords(task);
  for (const row of findAll(element, "[data-gate]")) if (!hasGate(task, row.dataset.gate ?? "")) row.remove();
  /** Cells by row, that of position `first` first. @type {Record<string, HTMLTableCellElement[]>} */
  const rows = {};
  for (const row of findAll(element, "tr")) {
    const { name = "", operand } = row.dataset;
    for (let k = 1; k < columns; k++) row.append(row.cells[1].cloneNode(true));
    rows[name] = [...row.cells].slice(1).reverse();
    row.hidden = operand !== undefined && !task.operands.includes(name);
    if (name !== "state") continue;
    row.hidden = !task.carried;
    setText(find(row, ".stage-carried"), say("true {carry}", { carry: task.carried }));
    setClass(row, "is-number", Number(words[1]) > 0);
  }
  const outs = rows.predicted.map((cell) => findNamed(cell, OUT));
  setStyle(element, "--columns", columns);
  setClass(element, "is-narrow", width > NARROW);
  /** The rows of gates that this cell has. */
  const gateNames = Object.keys(rows).filter((name) => rows[name][0].parentElement?.matches("[data-gate]"));
  const legend = findNamed(element, {
    low: ".stage-legend-low",
    high: ".stage-legend-high",
    back: ".stage-legend-back",
  });
  for (const cells of Object.values(rows)) cells.forEach((cell, k) => setStyle(cell, "--place", columns - 1 - k));
  setAttribute(element, "aria-colcount", width + 1);

  /**
   * The element of a cell that takes the keyboard focus: the picture, if there is one, says what it shows; in the head of
   * a row it is the word.
   * @type {(cell: HTMLElement) => HTMLElement}
   */
  const target = (cell) => cell.querySelector(".stage-units, .word") ?? cell;
  for (const cell of findAll(element, "td")) target(cell).tabIndex = -1;
  /** The element that Tab leads to. */
  let current = target(rows.predicted[0]);
  current.tabIndex = 0;
  /** The unit that was pointed at last, the number of units, and how many of them stand in a row. */
  let unit = 0;
  let units = 0;
  let across = 1;

  const isLitNew = createNews();
  /** The problem that is drawn. @type {Problem | null} */
  let drawn = null;

  /**
   * Lights up the content of a cell, or asks for its explanation.
   * @type {(inside: Element, asks?: boolean, spoken?: boolean) => void}
   */
  function point(inside, asks, spoken) {
    const cell = inside.closest("td");
    if (!cell) return actions.focus(null);
    const [known, strip] = [".is-known", ".stage-strip"].map((kind) => cell.matches(kind));
    const position = first + columns - cell.cellIndex;
    const line = lineOf(cell);
    if (asks && !known) return;
    if (asks) {
      const row = gateNames.includes(line) ? "hidden" : line;
      const kind = row.replace(/.*P/, "p");
      return actions.explain({ kind, line: row, position, unit: strip ? unit : undefined, problem: drawn });
    }
    if (!strip) {
      const unseen = LATER.includes(line) && !known;
      return actions.focus({ kind: "bit", line: unseen ? undefined : line, position, spoken });
    }
    if (!known) return actions.focus(null);
    const gate = cell.parentElement?.dataset.gate;
    actions.focus({ kind: "unit", line: gate ? "hidden" : line, gate, unit, position, spoken });
  }

  /** @param {number} place */
  function choose(place) {
    unit = Math.max(0, Math.min(units - 1, Math.floor(place)));
  }

  on(element, "pointermove pointerdown", (event) => {
    const { clientX, clientY } = event;
    const inside = targetOf(event);
    const picture = inside.closest(".stage-strip")?.querySelector(".stage-units");
    if (picture) {
      const { left, top, width, height } = picture.getBoundingClientRect();
      const column = Math.max(0, Math.min(across - 1, Math.floor(((clientX - left) / width) * across)));
      const row = Math.floor(((clientY - top) / height) * Math.ceil(units / across));
      choose(Math.max(0, row) * across + column);
    }
    point(inside);
  });
  on(element, "pointerleave focusout", (event) => byTouch(event) || actions.focus(null));
  on(element, "click", (event) => point(targetOf(event), true));
  on(element, "focusin", (event) => {
    current.tabIndex = -1;
    current = targetOf(event);
    current.tabIndex = 0;
    if (current.matches(":focus-visible")) point(current);
  });
  /** The index of a position's column, after it has got one; 0 if there is no such position. @param {number} position */
  function reach(position) {
    if (position < 0 || position >= width) return 0;
    if (position < first || position >= first + columns) center(position);
    return first + columns - position;
  }

  on(element, "keydown", (event) => {
    const { key, shiftKey } = event;
    const step = STEPS[key];
    const end = { Home: width - 1, End: 0 }[key];
    if (end !== undefined) {
      event.preventDefault();
      const row = /** @type {HTMLTableRowElement} */ (current.closest("tr"));
      const column = reach(end);
      return target(row.cells[column]).focus();
    }
    if (key === "Escape") current.blur();
    if (key === "Enter" && !current.matches("button")) current.click(); // a button does so by itself
    if (!step) return;
    event.preventDefault();
    if (shiftKey) {
      choose(unit + step[1] + step[0] * across);
      return point(current, false, true);
    }
    const cell = /** @type {HTMLTableCellElement} */ (current.closest("td, th"));
    const words = findAll(cell, ".word");
    const word = words[words.indexOf(current) + step[1]];
    if (step[1] && word) return word.focus();
    let column = cell.cellIndex + step[1];
    if (cell.cellIndex && column !== cell.cellIndex) column = reach(first + columns - column) || column;
    const visible = findAll(element, "tr:not([hidden])");
    const here = visible.findIndex((row) => row === cell.parentElement);
    // Numbers of positions take no focus: the way leads over them.
    const ahead = step[0] < 0 ? visible.slice(0, here).reverse() : step[0] ? visible.slice(here + 1) : [visible[here]];
    const next = ahead.map((row) => row.cells[column]).find((one) => one?.matches("td, th[scope]"));
    if (next) target(next).focus();
  });

  /** @type {(row: string, words: string, position: number, text: string) => void} */
  const label = (row, words, p, text) =>
    setAttribute(
      target(rows[row][p - first]),
      "aria-label",
      say("{what} at position {p}: {text}", { what: words, p, text }),
    );

  /** @type {(rows: string[], className: string, test: (position: number) => unknown) => void} */
  function mark(names, className, test) {
    for (const name of names) rows[name].forEach((cell, k) => setClass(cell, className, test(first + k)));
  }

  /** Paints the columns that are there. */
  let paintColumns = () => {};
  /** Lights them up, and shows what is reached, as was asked for last. @type {(() => void)[]} */
  const again = [];

  /** Has the columns around a position. @param {number} position */
  function center(position) {
    const cell = element.contains(document.activeElement) ? current.closest("td") : null;
    const focused = cell ? first + columns - cell.cellIndex : NaN;
    first = Math.max(0, Math.min(width - columns, Math.round(position - columns / 2)));
    number();
    paintColumns();
    again.forEach((act) => act()); // it may have holes
    // The focus stays at its position.
    const kept = /** @type {HTMLTableRowElement} */ (current.closest("tr")).cells[first + columns - focused];
    if (focused >= first && focused < first + columns && kept) target(kept).focus({ preventScroll: true });
  }

  function number() {
    setStyle(element, "--before", width - first - columns);
    for (const cells of Object.values(rows))
      cells.forEach((cell, k) => setAttribute(cell, "aria-colindex", width - first - k + 1));
    rows.position.forEach((cell, k) => setText(cell, first + k));
    outs.forEach(({ box }, k) => setClass(box, "is-read", task.truth && first + k === width - 1));
  }
  number();

  /** In pixels; a browser may round each column. */
  function columnWidth() {
    const [low, high] = [rows.position[0], rows.position[columns - 1]];
    return columns > 1 ? (low.offsetLeft - high.offsetLeft) / (columns - 1) : low.offsetWidth;
  }

  return {
    element,
    width,
    task,
    reveal: (position) => void reach(position),
    left: (position) => element.offsetLeft + rows.position[0].offsetLeft + (first - position) * columnWidth(),

    middle: () => element.offsetLeft + rows.position[columns - 1].offsetLeft + (columns * columnWidth()) / 2,

    follow(left, right) {
      if (columns === width) return;
      const start = element.offsetLeft + rows.position[columns - 1].offsetLeft; // where the highest column begins
      const positionAt = (/** @type {number} */ x) => first + columns - 1 - Math.floor((x - start) / columnWidth());
      const [high, low] = [Math.min(width - 1, positionAt(left)), Math.max(0, positionAt(right))];
      if (high >= first + columns || low < first) center((high + low) / 2);
    },

    show(problem, palette, config) {
      const inputs = task.operands.map((name, k) => [name, problem?.inputs[k]]);
      const bits = {
        state: problem && statesOf(task, problem.inputs),
        true: problem?.targets,
        ...Object.fromEntries(inputs),
      };
      const paintBits = () => {
        for (const [row, values] of Object.entries(bits)) {
          const text = (/** @type {number} */ p) => (!values ? "·" : row === "state" ? words[values[p]] : values[p]);
          rows[row].forEach((cell, k) => setText(cell, text(first + k)));
          mark([row], "is-one", (p) => values?.[p]);
        }
      };
      drawn = problem;
      if (!problem) {
        paintColumns = paintBits;
        paintColumns();
        return Object.entries(STRIPS).forEach(([name, words]) =>
          rows[name].forEach((_, k) => label(name, words, first + k, say("none yet"))),
        );
      }
      const { hidden, hiddenStates, hiddenDeltas = [], outputPart, futurePart, gates } = problem;
      const most = largest([outputPart ?? [], futurePart ?? []].flatMap((part) => largest(part)));
      const limit = most ? roundUp(most) : 1;
      units = hidden;
      across = columnsOf(hidden);
      setStyle(element, "--across", across);
      setStyle(element, "--down", Math.ceil(hidden / across) || 1);
      setClass(element, "is-fine", across > 8);
      const [low, high] = boundsOf(config, hiddenStates ?? []);
      setText(legend.low, bound(low));
      setText(legend.high, bound(high));
      setClass(element, "is-signed", low < 0);
      /** Sets the width of a row's links, as shares of the widest. @type {(row: string, sizes: number[]) => void} */
      const link = (row, sizes) => {
        const widest = largest(sizes) || 1;
        rows[row].forEach((cell, k) =>
          setStyle(cell, "--flow", Math.min(1, (sizes[first + k] ?? 0) / widest).toFixed(2)),
        );
      };
      const flowing = hiddenStates && flows(problem);
      const future =
        futurePart && problem.targets.map((_, p) => largest(futurePart.subarray(p * hidden, (p + 1) * hidden)));
      /** Paints a row of units, and says the range of each position. @type {(row: string, words: string,
       *   values: Numbers | undefined, limit: number, small?: boolean) => void} */
      const paint = (row, words, values, limit, small) => {
        for (let p = first; p < first + columns; p++) {
          const start = values ? values.length - (width - p) * hidden : 0; // states have one more row, the start
          const some = values?.subarray(start, start + hidden) ?? [];
          setStyle(
            find(rows[row][p - first], ".stage-units"),
            "background",
            small
              ? squares(palette.scale, rooted(some, limit), 1, across)
              : squares(palette.scale, some, limit, across),
          );
          label(row, words, p, describeRange(some));
        }
      };
      const gateLimits = gateNames.map((gate) => Math.max(1, largest(gates[gate]?.data ?? [])));
      paintColumns = () => {
        paintBits();
        if (flowing) link("hidden", flowing);
        if (future) link("futurePart", future);
        paint("hidden", STRIPS.hidden, hiddenStates, high);
        paint("outputPart", STRIPS.outputPart, outputPart, limit, true);
        paint("futurePart", STRIPS.futurePart, futurePart, limit, true);
        gateNames.forEach((gate, k) => paint(gate, nameOf(gate), gates[gate]?.data, gateLimits[k]));
      };
      paintColumns();
      setHidden(legend.back, !hiddenDeltas.length);
      setText(find(legend.back, ".stage-limit"), `±${bound(limit)}`);
    },

    light(lit, played) {
      again[0] = () => this.light(lit, played);
      if (!isLitNew(lit, played, across, first)) return;
      const named = cellsOf(lit, played);
      const isNamed = (/** @type {string} */ row, /** @type {number} */ p) =>
        named.rows.includes(row) && (named.position ?? p) === p;
      const position = lit?.unit === undefined ? (lit?.position ?? NaN) : NaN; // else no cell lights up
      setStyle(element, "--unit-column", (lit?.unit ?? 0) % across);
      setStyle(element, "--unit-row", Math.floor((lit?.unit ?? 0) / across));
      for (const row of ["a", "b", "c", "predicted"]) mark([row], "is-lit", (p) => p === position || isNamed(row, p));
      mark(["hidden"], "is-lit", (p) => p === position - 1 || isNamed("hidden", p));
      for (const row of ["true", "delta", "outputPart", "futurePart", ...gateNames])
        mark([row], "is-lit", (p) => isNamed(row, p));
    },

    step(problem, forward, backward, playback) {
      again[1] = () => this.step(problem, forward, backward, playback);
      const { phase, position } = playback;
      const narrow = rows.delta[0].clientWidth < 52;
      const ahead = (/** @type {number} */ p) => problem !== null && p >= forward;
      setAttribute(element, "data-phase", phase);
      mark(Object.keys(rows), "is-active", (p) => p === position);
      mark(["state", "a", "b", "c", "true"], "is-ahead", ahead);
      mark(["hidden"], "is-known", (p) => problem?.hiddenStates && !ahead(p));
      mark(gateNames, "is-known", (p) => problem?.hiddenStates && !ahead(p));
      // Rolled up, all positions lie in one place; this is the one that shows.
      const last = (problem?.stretch?.[1] ?? width) - 1;
      const seen = position >= 0 ? position : Math.max(first, Math.min(first + columns - 1, last));
      mark(Object.keys(rows), "is-seen", (p) => p === seen);
      mark(["predicted"], "is-known", (p) => problem && !ahead(p));
      mark(["delta", "outputPart", "futurePart"], "is-known", (p) => p >= backward);
      outs.forEach((out, k) => showOut(out, ahead(first + k) ? null : problem, first + k));
      rows.delta.forEach((cell, k) => {
        const p = first + k;
        setText(cell, problem?.outputDeltas && p >= backward ? delta(problem.outputDeltas[p], narrow) : "");
      });
    },
  };
}

/** Whether the cell of the task's network has this gate, or this further state. @type {(task: Task, gate: string) => boolean} */
const hasGate = ({ gates }, gate) => gates.includes(gate) || (gate === "cell" && gates.includes("forget"));

/** @type {(out: Record<"box" | "bit" | "p", HTMLElement>, problem: Problem | null, position: number) => void} */
function showOut({ box, bit, p }, problem, position) {
  const output = problem?.outputs[position] ?? 0;
  setClass(box, "is-blank", !problem);
  setClass(box, "is-wrong", problem !== null && problem.bits[position] !== problem.targets[position]);
  setStyle(box, "--p", output.toFixed(4));
  setText(bit, problem ? problem.bits[position] : "");
  setText(p, problem ? probability(output) : "");
}
