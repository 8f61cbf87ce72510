/** The error of every iteration, raw and smoothed, and the accuracy. */
import uPlot from "../vendor/uPlot.js";
import { axisEnd, decimate, isLonely, smoothingWindow } from "../decimate.js";
import { describeHistory } from "../describe.js";
import { findNamed, on, setAttribute, setClass, setHidden, setStyle, setText } from "../dom.js";
import { percent, whole } from "../format.js";
import { stretches } from "../history.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { State } from "../state.js"
 */

const PACE = 100; // milliseconds between two drawings
const FEWEST = 4; // iterations that a zoom shows
const CLICK = 4; // pixels that a click may move; more is a drag
/** Room around the plot, in letters; past.css puts the slider between the plot and its numbers by the same sizes. */
const [LEFT, RIGHT, BELOW, SLIDER] = [2.3, 3, 1.95, 1];
/** Room above the plot, in pixels, so that its upper end is not cut off. */
const ABOVE = 6;
/** How far a key moves the left and the right end, in widths. @type {Record<string, number[]>} */
const KEYS = { "+": [0.25, -0.25], "-": [-0.5, 0.5], ArrowLeft: [-0.25, -0.25], ArrowRight: [0.25, 0.25] };

/** @type {CreateView} */
export const create = (root, { wake, wakeIn, visit }) => {
  const { place, all, windowText, accuracyText, later } = findNamed(root, {
    place: "#curve-plot",
    all: "button#curve-all",
    windowText: "#curve-window",
    accuracyText: "#curve-accuracy",
    later: "#curve-later",
  });
  /** @type {uPlot | undefined} */
  let plot;
  /** @type {number[] | null} */
  let zoom = null;
  /** The visible range, and the end of the whole range. */
  let shown = [0, 1];
  let most = 1;
  let size = { width: 0, height: 0 };
  let pressedAt = 0;
  let drawnAt = 0;
  let paletteSeen = 0;
  /** The size of the page's letters, in pixels: the chart's are a share of it. And the one the chart was built with. */
  let letters = 0;
  let lettersBuilt = 0;
  let generation = -1;
  let yEnd = 5;
  let seen = "";

  new ResizeObserver(
    ([
      {
        contentRect: { width, height },
      },
    ]) => {
      size = { width: Math.floor(width), height: Math.floor(height) };
      // All sizes of the page are in letters, so another size of letters always comes with another size of the chart.
      letters = parseFloat(getComputedStyle(document.documentElement).fontSize);
      plot?.setSize(size);
      wake();
    },
  ).observe(place);
  on(all, "click", () => setZoom([0, Infinity]));
  // A zoom by mouse does not move the focus, so the space bar works as before.
  on(place, "mousedown", (event) => {
    event.preventDefault();
    pressedAt = event.clientX;
  });
  on(place, "click", ({ clientX }) => {
    if (!plot || Math.abs(clientX - pressedAt) > CLICK) return;
    // An error is drawn at its iteration. The moment is the one after that iteration.
    visit(Math.max(0, Math.round(plot.posToVal(clientX - plot.over.getBoundingClientRect().left, "x"))) + 1);
  });
  on(place, "keydown", (event) => {
    const ends = KEYS[event.key];
    if (!ends) return;
    event.preventDefault();
    setZoom(shown.map((end, k) => end + ends[k] * (shown[1] - shown[0])));
  });

  /** @param {number[]} ends */
  function setZoom([from, to]) {
    const range = [Math.max(0, from), Math.min(most, to)];
    if (range[1] - range[0] < FEWEST) return;
    zoom = range[0] > 0 || range[1] < most ? range : null;
    seen = "";
    wake();
  }

  /** @param {State} state */
  function build(state) {
    const { color, font } = state.palette;
    const axis = { stroke: color.muted, font: `${small(letters)} ${font}`, ticks: { show: false }, gap: 6 };
    /** @type {uPlot.Series.Points} */
    const points = { show: (plot, s) => isLonely(plot.data[s]) };
    const line = { stroke: color.accent, points };
    plot?.destroy();
    plot = new uPlot(
      {
        ...size,
        legend: { show: false },
        padding: [ABOVE, RIGHT * letters, 0, 0],
        cursor: {
          x: false,
          y: false,
          points: { show: false },
          drag: { x: true, y: false, setScale: false },
          bind: { dblclick: () => null },
        },
        scales: { x: { time: false, range: (_, min, max) => [min, max] }, y: { range: () => [0, yEnd] } },
        axes: [
          {
            ...axis,
            size: BELOW * letters,
            gap: SLIDER * letters,
            space: 6 * letters,
            grid: { show: false },
            values: (_, ticks) => ticks.map(whole),
          },
          { ...axis, size: LEFT * letters, space: 1.8 * letters, grid: { stroke: color.line, width: 1 } },
        ],
        series: [{}, { ...line, stroke: color.accent.replace(")", ", 0.24)"), width: 1 }, { ...line, width: 2.2 }],
        hooks: { draw: [(u) => drawMarks(u, state, letters), () => veil(state)], setSelect: [select] },
      },
      [[], [], []],
      place,
    );
  }

  /** @param {uPlot} u */
  function select(u) {
    const { left, width } = u.select;
    if (!width) return;
    if (width > CLICK) setZoom([left, left + width].map((x) => u.posToVal(x, "x")));
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  /** Veils what came after the shown moment. @param {State} state */
  function veil({ moment }) {
    const at = plot && moment && moment.iteration <= shown[1] ? moment.iteration : null;
    setHidden(later, at === null);
    if (!plot || at === null) return;
    const [left, width] = [plot.bbox.left, plot.bbox.width].map((pixels) => pixels / devicePixelRatio);
    // Between the last error that was known then and the first that was not.
    const edge = Math.max(0, plot.valToPos(at - 0.5, "x"));
    setStyle(later, "left", `${left + edge}px`);
    setStyle(later, "width", `${width - edge}px`);
    setAttribute(later, "data-at", whole(at));
    setClass(later, "is-right", edge > width / 2);
  }

  /** @param {State} state */
  function draw(state) {
    const { series, task, run, accuracy, palette, now } = state;
    if (generation !== run?.generation) zoom = null;
    generation = run?.generation ?? -1;
    if (paletteSeen !== palette.version || letters !== lettersBuilt) {
      lettersBuilt = letters;
      seen = "";
      build(state);
    }
    const known = [accuracy?.iteration, accuracy?.history.length, accuracy?.pending, state.milestones?.length];
    const key = String([series.version, zoom, ...known, task?.title, size.width, size.height, palette.version]);
    if (key === seen || !plot) return;
    if (seen && paletteSeen === palette.version && now < drawnAt + PACE) return wakeIn(drawnAt + PACE - now);
    seen = key;
    drawnAt = now;
    paletteSeen = palette.version;
    most = axisEnd(series.end, run?.config.max_iterations ?? Infinity);
    const [from, to] = (shown = zoom ?? [0, most]);
    const { x, raw, smooth } = decimate(series, from, to, Math.max(50, size.width - (LEFT + RIGHT) * letters));
    const references = task?.reference_errors.map(({ error }) => error * 1.15) ?? [4];
    yEnd = Math.ceil(2.04 * Math.max(...references, ...raw.map(Number))) / 2;
    plot.setData([x, raw, smooth], false);
    plot.setScale("x", { min: from, max: to });
    setText(windowText, say("mean of about {n}", { n: whole(smoothingWindow(from, to)) }));
    setHidden(all, !zoom);
    const last = smooth.at(-1)?.toFixed(2);
    const right = accuracy
      ? say("accuracy {p} after iteration {n}", { p: percent(accuracy.accuracy), n: whole(accuracy.iteration) })
      : "";
    setText(accuracyText, accuracy ? describeHistory(accuracy) : say("accuracy"));
    const curve = last
      ? say("Error of every iteration, {from} to {to}; smoothed, it ends at {last}", {
          from: whole(from),
          to: whole(Math.min(to, series.end)),
          last,
        })
      : say("Error of every iteration, none yet");
    setAttribute(place, "aria-label", [curve, right].filter(Boolean).join(say("; ")));
  }

  return {
    update(state) {
      if (!size.width || !size.height) return;
      const drawn = draw(state);
      veil(state);
      return drawn;
    },
  };
};

/** The size of the chart's letters. @param {number} letters */
const small = (letters) => `${Math.round(0.8 * letters)}px`;

/**
 * Draws the accuracy, with its axis on the right, and the errors of simple behaviours.
 * @type {(u: uPlot, state: State, letters: number) => void}
 */
function drawMarks({ ctx, bbox, valToPos }, { accuracy, milestones, task, palette: { color, font } }, letters) {
  const ratio = devicePixelRatio;
  const [width, height] = [bbox.width / ratio, bbox.height / ratio];
  /** @type {(points: number[][], look: object, dash: number[]) => void} */
  const line = (points, look, dash) => {
    Object.assign(ctx, look);
    ctx.setLineDash(dash);
    ctx.beginPath();
    for (const [x, y] of points) ctx.lineTo(x, y);
    ctx.stroke();
  };
  ctx.save();
  ctx.translate(bbox.left, bbox.top);
  ctx.scale(ratio, ratio);
  Object.assign(ctx, {
    font: `${small(letters)} ${font}`,
    lineJoin: "round",
    textAlign: "left",
    textBaseline: "middle",
    fillStyle: color.second,
  });
  for (const share of [0, 0.5, 1]) ctx.fillText(`${share * 100}%`, width + 8, (1 - share) * height);
  ctx.save();
  ctx.rect(0, -4, width + 4, height + 8);
  ctx.clip();
  for (const { iteration } of milestones ?? []) {
    const x = Math.round(valToPos(iteration, "x")) + 0.5;
    line(
      [
        [x, height - 8],
        [x, height],
      ],
      { strokeStyle: color.accent, lineWidth: 2 },
      [],
    );
  }
  for (const stretch of stretches(accuracy?.history ?? [])) {
    const points = stretch.map(([iteration, share]) => [valToPos(iteration, "x"), (1 - share) * height]);
    line(points, { strokeStyle: color.second, lineWidth: 2.2 }, [6, 4]);
    // A single point is no line.
    if (points.length === 1) ctx.fillRect(points[0][0] - 3, points[0][1] - 3, 6, 6);
  }
  ctx.restore();
  let above = -Infinity;
  for (const { label, error } of task?.reference_errors ?? []) {
    const y = Math.round(valToPos(error, "y")) + 0.5;
    line(
      [
        [0, y],
        [width, y],
      ],
      { strokeStyle: color.muted, lineWidth: 1 },
      [5, 4],
    );
    // A label is above its line. If it would touch its neighbour, it is below.
    const hangs = y - above < 1.1 * letters;
    /** @type {[string, number, number]} */
    const text = [label + say(": ") + error.toFixed(1), 4, y + (hangs ? 4 : -3)];
    Object.assign(ctx, {
      textAlign: "left",
      textBaseline: hangs ? "top" : "bottom",
      lineWidth: 4,
      strokeStyle: color.surface,
      fillStyle: color.ink,
    });
    ctx.setLineDash([]);
    ctx.strokeText(...text);
    ctx.fillText(...text);
    above = y;
  }
  ctx.restore();
}
