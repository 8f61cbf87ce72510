/**
 * How far back the error of each position reaches: a triangle of squares in the order of the stage, and what is left of an
 * error by distance, now and earlier in training.
 */
import {
  createNews,
  findNamed,
  make,
  on,
  setAttribute,
  setClass,
  setHidden,
  setStyle,
  setText,
  STEPS,
  targetOf,
} from "../dom.js";
import { percent, whole } from "../format.js";
import { momentOf } from "../problem.js";
import { areLong, namedOperands } from "../task.js";
import { say } from "../words.js";
import { element, linePath, logarithm } from "./draw.js";

/**
 * @import { Reach } from "../wire.d.ts"
 * @import { CreatePanel } from "../views/inside.js"
 */

/** Powers of ten, from the darkest square to the palest, and from the top of the chart to its bottom. */
const DECADES = 6;

/** A step back that keeps less of the error than this is vanishing; one that adds as much, exploding. */
const LEVEL = 0.75;

/** The size of the chart, in its own units. */
const [WIDTH, HEIGHT] = [300, 120];

/** What is left of an error, in a few digits. @param {number} share */
const part = (share) => (share >= 0.01 ? percent(share) : `${(share * 100).toPrecision(1)}%`);

/** What the shares say, in words. @param {Reach["shares"]} shares */
export function meaning(shares) {
  const [first, far] = [shares[1], shares.findLastIndex((share) => share !== null && share > 0)];
  if (typeof first !== "number" || far < 1) return say("No error reaches an earlier state.");
  const left = Number(shares[far]);
  const each = left ** (1 / far);
  const values = { near: part(first), far: part(left), n: far };
  const facts = say("One position back {near} of an error is left, {n} positions back {far}.", values);
  const verdict =
    each < LEVEL
      ? say("The gradient vanishes: what happened long ago is hardly corrected.")
      : each > 1 / LEVEL
        ? say("The gradient explodes: what happened long ago is corrected too much.")
        : say("The gradient reaches far: what happened long ago is corrected, too.");
  return say("{one} {other}", { one: facts, other: verdict });
}

/** @type {CreatePanel} */
export const create = (root) => {
  const { words, pictures, table, readout, chart, legend } = findNamed(root, {
    words: ".reach-words",
    pictures: ".reach-pictures",
    table: ".reach-table",
    readout: ".reach-readout",
    chart: "svg.reach-chart",
    legend: ".reach-legend",
  });
  const areNormsNew = createNews();
  const isChartNew = createNews();
  const isPositionNew = createNews();
  /** @type {Reach | undefined} */
  let shown;
  /** The square that was read out last. @type {[t: number, s: number] | null} */
  let at = null;

  /** Reads out a square. @type {(t: number, s: number) => void} */
  function read(t, s) {
    const norm = shown?.norms[t]?.[s];
    if (typeof norm !== "number") return;
    at = [t, s];
    const values = { t, s, norm: norm.toPrecision(3) };
    setText(
      readout,
      say("The error at position {t} has a gradient of {norm} at the state after position {s}.", values),
    );
    for (const cell of table.querySelectorAll("td")) setClass(cell, "is-read", isAt(cell, t, s));
  }

  /** @type {(cell: HTMLElement, t: number, s: number) => boolean} */
  const isAt = ({ dataset }, t, s) => dataset.t === String(t) && dataset.s === String(s);

  on(table, "pointerover", (event) => {
    const { t, s } = targetOf(event).dataset;
    if (t) read(Number(t), Number(s));
  });
  on(table, "keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || !shown) return;
    event.preventDefault();
    const [t, s] = at ?? [shown.norms.length - 1, shown.norms.length];
    read(t - step[0], s - step[1]); // the highest position is at the top and on the left
  });

  /** @param {Reach} reach */
  function drawTriangle({ norms }) {
    const width = norms.length;
    const most = Math.max(...norms.flat().map((norm) => norm ?? 0));
    const places = Array.from({ length: width }, (_, k) => width - 1 - k);
    setStyle(table, "--positions", width);
    table.replaceChildren(
      ...places.map((t) => {
        const row = make("tr");
        row.append(...places.map((s) => square(t, s, norms[t][s], most)));
        return row;
      }),
    );
    setText(legend, say("Strongest: {most}. A tenth of it is one shade paler.", { most: most.toPrecision(2) }));
  }

  /** @type {(t: number, s: number, norm: number | null, most: number) => HTMLElement} */
  function square(t, s, norm, most) {
    const cell = make("td", norm === null ? "" : "reach-square");
    const depth = norm && most ? Math.max(0, 1 + Math.log10(norm / most) / DECADES) : 0;
    setStyle(cell, "--depth", depth);
    Object.assign(cell.dataset, { t, s });
    return cell;
  }

  /** @type {(now: Reach["shares"], along: { iteration: number; shares: Reach["shares"] }[]) => void} */
  function drawChart(now, along) {
    const x = (/** @type {number} */ distance) => (distance / Math.max(1, now.length - 1)) * WIDTH;
    const y = logarithm(10 ** -DECADES, 10, HEIGHT);
    const line = (/** @type {Reach["shares"]} */ shares, /** @type {string} */ kind) =>
      element("path", { class: kind, d: linePath(shares.map((share, d) => [x(d), share ? y(share) : null])) });
    chart.replaceChildren(
      element("line", { class: "reach-level", x1: 0, x2: WIDTH, y1: y(1), y2: y(1) }),
      ...along.map(({ shares, iteration }, k) => {
        const path = line(shares, "reach-earlier");
        setStyle(path, "--age", (k + 1) / along.length);
        path.append(element("title", {}, say("After iteration {iteration}", { iteration: whole(iteration) })));
        return path;
      }),
      line(now, "reach-now"),
    );
  }

  return {
    wish({ playback: { problem }, task }) {
      if (!problem || !task || areLong(problem.operands)) return null;
      const query = namedOperands(task, problem.operands.map(Number));
      return [
        { call: "reach", query, iteration: momentOf(problem) },
        { call: "reach/along", query },
      ];
    },

    update({ inside: { found }, playback: { problem, phase, position } }) {
      const isLong = problem !== null && areLong(problem.operands);
      for (const part of [pictures, readout]) setHidden(part, isLong);
      if (isLong) setText(words, say("The way back is shown for numbers below 2^52. The stage plays a longer one."));
      const reach = isLong ? null : found.reach?.found;
      const along = found["reach/along"]?.found.moments ?? [];
      if (!reach) return void areNormsNew(null);
      if (areNormsNew(reach)) {
        shown = reach;
        drawTriangle(reach);
        setText(words, meaning(reach.shares));
        setAttribute(table, "aria-label", meaning(reach.shares));
      }
      if (isChartNew(reach, along)) drawChart(reach.shares, along);
      // The way back visits the states one by one: every later error has arrived at the lit one.
      const lit = phase === "backward" ? position : -1;
      if (isPositionNew(lit, reach))
        for (const cell of table.querySelectorAll("td")) setClass(cell, "is-lit", cell.dataset.s === String(lit));
    },
  };
};
