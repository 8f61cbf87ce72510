/** The strips of hidden units: forward the state travels left, as the carry does; backward the deltas travel right. */
import { context, fitCanvas } from "../dom.js";
import { backwardReach, forwardReach, progress } from "../playback.js";
import { largest, paint } from "../scale.js";

/** Of a column, and in pixels. */
const SHARE = 0.72;
const WIDEST = 120;

/** @param {StageTable["strips"]} canvases @param {number} width @param {() => void} wake */
export function createStrips(canvases, width, wake) {
  const [hidden, outputPart, futurePart] = [canvases.hidden, canvases.outputPart, canvases.futurePart].map((canvas) => createRow(canvas, width));
  /** What travels to the future's row. */
  const deltas = document.createElement("canvas");
  let paletteSeen = 0;
  let versionSeen = -1;
  /** @type {unknown} */
  let shown;

  const observer = new ResizeObserver(() => {
    for (const row of [hidden, outputPart, futurePart]) row.fit();
    versionSeen = -1;
    wake();
  });
  observer.observe(canvases.hidden);

  return {
    destroy: () => observer.disconnect(),

    /** @param {State} state */
    update({ playback, palette, reducedMotion, run }) {
      const { problem, phase, position, version } = playback;
      const moving = position >= 0 && !reducedMotion;
      const repaint = shown !== problem || paletteSeen !== palette.version;
      const changed = repaint || versionSeen !== version;
      if (!changed && !moving) return false;
      const units = problem?.hidden || run?.config.hidden_size || 1;
      if (repaint && problem) {
        const limit = largest(problem.hiddenDeltas ?? [1]) || 1;
        paintStrips(hidden.strips, problem.hiddenStates?.subarray(units), units, 1, palette);
        paintStrips(outputPart.strips, problem.outputPart, units, limit, palette);
        paintStrips(futurePart.strips, problem.futurePart, units, limit, palette);
        paintStrips(deltas, problem.hiddenDeltas, units, limit, palette);
      }
      [shown, paletteSeen, versionSeen] = [problem, palette.version, version];
      const t = moving ? progress(playback) : 1;
      const forward = problem?.hiddenStates ? forwardReach(playback) : 0;
      const backward = backwardReach(playback);
      /** @type {StripLook} */
      const ahead = { has: (p) => p < forward, active: phase === "forward" ? position : -1, from: -1, t, units, traveller: hidden.strips };
      /** @type {StripLook} */
      const back = { has: (p) => p >= backward, active: phase === "backward" ? position : -1, from: 1, t, units };
      if (changed || phase === "forward") hidden.draw(palette, ahead);
      if (changed || phase === "backward") {
        outputPart.draw(palette, back);
        futurePart.draw(palette, { ...back, traveller: deltas });
      }
      return t < 1;
    },
  };
}

/** @type {PaintStrips} */
function paintStrips(canvas, values, units, limit, { scale }) {
  if (!values) return;
  canvas.width = units;
  canvas.height = values.length / units;
  const image = new ImageData(canvas.width, canvas.height);
  paint(scale, values, limit, image.data);
  context(canvas).putImageData(image, 0, 0);
}

/** @param {HTMLCanvasElement} canvas @param {number} width */
function createRow(canvas, width) {
  const g = context(canvas);
  const strips = document.createElement("canvas");
  return {
    strips,
    fit: () => fitCanvas(canvas, canvas.clientWidth, canvas.clientHeight),

    /** @param {Palette} palette @param {StripLook} look */
    draw({ color }, { has, active, from, t, units, traveller }) {
      const ratio = devicePixelRatio;
      const column = canvas.width / width;
      const room = Math.min(column * SHARE, Math.max(WIDEST * ratio, units));
      // Whole pixels a unit where that costs little room: even strips.
      const even = Math.floor(room / units) * units;
      const w = even > 0.8 * room ? even : Math.floor(room);
      const top = Math.round(3 * ratio);
      const h = canvas.height - 2 * top;
      const left = (/** @type {number} */ p) => Math.round((width - 0.5 - p) * column - w / 2);
      /** @param {CanvasImageSource} source @param {number} row @param {number} x @param {number} alpha */
      const drawStrip = (source, row, x, alpha) => {
        g.globalAlpha = alpha;
        g.drawImage(source, 0, row, units, 1, x, top, w, h);
        g.globalAlpha = 1;
      };
      g.clearRect(0, 0, canvas.width, canvas.height);
      g.imageSmoothingEnabled = w < units;
      for (let p = 0; p < width; p++) {
        g.fillStyle = color.track;
        g.fillRect(left(p), top, w, h);
        if (has(p)) drawStrip(strips, p, left(p), p === active ? Math.max(0, (t - 0.4) / 0.6) : 1);
      }
      for (let p = traveller ? 0 : width; p + 1 < width; p++) {
        const target = from < 0 ? p + 1 : p;
        const start = left(p + 1) + w;
        g.strokeStyle = !has(target) ? color.faint : target === active ? color.accent : color.muted;
        g.lineWidth = (target === active ? 2.2 : 1.4) * ratio;
        arrow(g, start, left(p) - start, canvas.height / 2, 4 * ratio, from);
      }
      const origin = active + from;
      if (active < 0) return;
      if (traveller && t < 0.55 && origin >= 0 && origin < width) {
        const way = Math.sin((t / 0.55) * Math.PI / 2);
        drawStrip(traveller, origin, left(origin) + (left(active) - left(origin)) * way, 0.9 - 0.5 * way);
      }
      g.strokeStyle = color.accent;
      g.lineWidth = 1.5 * ratio;
      g.strokeRect(left(active) - ratio, top - ratio, w + 2 * ratio, h + 2 * ratio);
    },
  };
}

/** @type {DrawArrow} */
function arrow(g, x, room, y, size, from) {
  const inset = Math.min(size, room * 0.15);
  const head = Math.min(size, room * 0.4);
  const ends = [x + inset, x + room - inset];
  const [tip, tail] = from < 0 ? ends : ends.reverse();
  g.lineCap = g.lineJoin = "round";
  g.beginPath();
  g.moveTo(tail, y);
  g.lineTo(tip, y);
  g.moveTo(tip - from * head, y - head);
  g.lineTo(tip, y);
  g.lineTo(tip - from * head, y + head);
  g.stroke();
}
