/** The error of every iteration: raw faint, smoothed clear; all of it, or the stretch one has zoomed to. */
import uPlot from "../vendor/uPlot.js";
import { decimate, smoothingWindow } from "../decimate.js";
import { find, setAttribute, setText } from "../dom.js";
import { whole } from "../format.js";
import { roundUp } from "../scale.js";

const PACE = 100; // milliseconds between two drawings
/** @type {CreateView} */
export const create = (root, { wake, wakeIn }) => {
  const [place, all, windowText] = ["plot", "all", "window"].map((name) => find(root, `#curve-${name}`));
  /** @type {uPlot | undefined} */
  let plot;
  /** @type {[number, number] | null} */
  let zoom = null;
  let size = { width: 0, height: 0 };
  let [drawnAt, paletteSeen, generation, yEnd] = [0, 0, -1, 5];
  let seen = "";

  new ResizeObserver(([{ contentRect: { width, height } }]) => {
    size = { width: Math.floor(width), height: Math.floor(height) };
    plot?.setSize(size);
    wake();
  }).observe(place);
  all.addEventListener("click", () => setZoom(null));

  /** @param {[number, number] | null} range */
  function setZoom(range) {
    zoom = range;
    seen = "";
    wake();
  }

  /** The whole history, up to a round end: the axis does not slide at every drawing. @param {State} state */
  function everything({ series, run }) {
    return [0, Math.max(100, Math.min(roundUp(Math.max(100, series.end)), run?.config.max_iterations ?? Infinity))];
  }

  /** @param {State} state */
  function build(state) {
    const { color, font } = state.palette;
    const axis = { stroke: color.muted, font: `12px ${font}`, ticks: { show: false }, gap: 6 };
    const line = { stroke: color.accent, points: { show: false } };
    plot?.destroy();
    plot = new uPlot(
      {
        ...size,
        legend: { show: false },
        padding: [10, 44, 0, 0],
        cursor: { x: false, y: false, points: { show: false }, drag: { x: true, y: false, setScale: false }, bind: { dblclick: () => () => (setZoom(null), null) } },
        scales: { x: { time: false, range: (_, min, max) => [min, max] }, y: { range: () => [0, yEnd] } },
        axes: [
          { ...axis, size: 26, space: 90, grid: { show: false }, values: (_, ticks) => ticks.map(whole) },
          { ...axis, size: 34, space: 28, grid: { stroke: color.line, width: 1 } },
        ],
        series: [{}, { ...line, stroke: color.accent.replace(")", ", 0.24)"), width: 1 }, { ...line, width: 2.2 }],
        hooks: { draw: [(u) => (drawReferences(u, state), drawAccuracy(u, state))], setSelect: [select] },
      },
      [[], [], []],
      place,
    );
  }

  /** @param {uPlot} u */
  function select(u) {
    const { left, width } = u.select;
    if (!width) return;
    const range = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
    if (width > 4 && range[1] - range[0] >= 4) setZoom([Math.max(0, range[0]), range[1]]);
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  return {
    update(state) {
      const { series, task, run, accuracy, palette, now } = state;
      if (!size.width || !size.height) return;
      if (generation !== run?.generation) zoom = null;
      generation = run?.generation ?? -1;
      if (paletteSeen !== palette.version) build(state);
      const key = `${series.version} ${zoom} ${accuracy?.iteration} ${task?.bits} ${size.width} ${size.height} ${palette.version}`;
      if (key === seen || !plot) return;
      if (seen && paletteSeen === palette.version && now < drawnAt + PACE) return wakeIn(drawnAt + PACE - now);
      [seen, drawnAt, paletteSeen] = [key, now, palette.version];
      const [from, to] = zoom ?? everything(state);
      const { x, raw, smooth } = decimate(series, from, to, Math.max(50, size.width - 72));
      const references = task?.reference_errors.map(({ error }) => error * 1.15) ?? [4];
      yEnd = Math.ceil(2.04 * raw.reduce((/** @type {number} */ most, e) => Math.max(most, e ?? 0), Math.max(...references))) / 2;
      plot.setData([x, raw, smooth], false);
      plot.setScale("x", { min: from, max: to });
      setText(windowText, `mean of about ${whole(smoothingWindow(from, to))}`);
      all.hidden = !zoom;
      const last = smooth.at(-1)?.toFixed(2);
      setAttribute(place, "aria-label", `Error of every iteration, ${last ? `${whole(from)} to ${whole(Math.min(to, series.end))}; smoothed, it ends at ${last}` : "none yet"}`);
    },
  };
};

/** @param {uPlot} u @param {State} state */
function drawReferences({ ctx, bbox, valToPos }, { task, palette: { color, font } }) {
  const ratio = devicePixelRatio;
  let above = -Infinity;
  ctx.save();
  ctx.font = `${12 * ratio}px ${font}`;
  ctx.textAlign = "right";
  ctx.lineJoin = "round";
  for (const { label, error } of task?.reference_errors ?? []) {
    const y = Math.round(valToPos(error, "y", true)) + 0.5;
    ctx.lineWidth = ratio;
    ctx.strokeStyle = color.muted;
    ctx.setLineDash([5 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    // A label stands on its line; one that would run into its neighbour hangs below.
    const hangs = y - above < 16 * ratio;
    ctx.textBaseline = hangs ? "top" : "bottom";
    /** @type {[string, number, number]} */
    const text = [`${label}: ${error.toFixed(1)}`, bbox.left + bbox.width - 4 * ratio, y + (hangs ? 4 : -3) * ratio];
    ctx.setLineDash([]);
    ctx.lineWidth = 4 * ratio;
    ctx.strokeStyle = color.surface;
    ctx.strokeText(...text);
    ctx.fillStyle = color.ink;
    ctx.fillText(...text);
    above = y;
  }
  ctx.restore();
}

/** By an axis of its own on the right; a dot is a measurement. @param {uPlot} u @param {State} state */
function drawAccuracy({ ctx, bbox, valToPos }, { accuracy, palette: { color, font } }) {
  const ratio = devicePixelRatio;
  const height = (/** @type {number} */ share) => bbox.top + (1 - share) * bbox.height;
  ctx.save();
  ctx.fillStyle = ctx.strokeStyle = color.good;
  ctx.font = `${12 * ratio}px ${font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (const share of [0, 0.5, 1]) ctx.fillText(`${share * 100}%`, bbox.left + bbox.width + 6 * ratio, height(share));
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top - 4 * ratio, bbox.width + 4 * ratio, bbox.height + 8 * ratio);
  ctx.clip();
  ctx.lineWidth = 1.6 * ratio;
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  ctx.beginPath();
  const dots = (accuracy?.history ?? []).map(([iteration, share]) => [valToPos(iteration, "x", true), height(share)]);
  for (const [x, y] of dots) ctx.lineTo(x, y);
  ctx.stroke();
  for (const [x, y] of dots) ctx.fillRect(x - 2 * ratio, y - 2 * ratio, 4 * ratio, 4 * ratio);
  ctx.restore();
}
