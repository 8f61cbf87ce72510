/** A picture of a sweep's map with its title, for reports and slides. */
import { arranged, medianWords, placeOf, shareOf, shareWords, strength } from "./sweep-map.js";
import { say } from "./words.js";

/**
 * @import { Fields } from "./sweep-map.js"
 * @import { SweepStatus } from "./wire.d.ts"
 */

const CELL = { width: 76, height: 50 };
const EDGE = 20;
const LINE = 22;
const RATIO = 2; // pixels of the picture for each pixel here

/** @type {(fields: Fields, sweep: SweepStatus, common: string) => Promise<Blob>} */
export function pictureOf(fields, sweep, common) {
  const map = arranged(fields, sweep.vary);
  const canvas = document.createElement("canvas");
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const style = getComputedStyle(document.documentElement);
  const font = style.getPropertyValue("--font");
  const probe = document.body.appendChild(document.createElement("i"));
  const token = (/** @type {string} */ name) => {
    probe.style.color = name;
    return getComputedStyle(probe).color;
  };
  const [ink, muted, surface, line, inkOnStrong] = ["ink", "muted", "surface", "line", "accent-ink"].map((name) =>
    token(`var(--${name})`),
  );
  const fill = (/** @type {number} */ share) =>
    token(`color-mix(in srgb, var(--scale-positive-2) ${100 * strength(share)}%, var(--scale-zero))`);

  context.font = `14px ${font}`;
  const labels =
    Math.max(context.measureText(map.down).width, ...map.rows.map((row) => context.measureText(row).width)) + 12;
  const wide = Math.max(labels + map.columns.length * CELL.width, 520) + 2 * EDGE;
  const words = wrapped(context, common, wide - 2 * EDGE);
  const top = EDGE + LINE * (2 + words.length + (map.across ? 2 : 1));
  canvas.width = wide * RATIO;
  canvas.height = (top + map.rows.length * CELL.height + LINE * 1.5 + EDGE) * RATIO;
  context.scale(RATIO, RATIO);
  context.fillStyle = surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  let y = EDGE;
  /** @type {(text: string, x: number, weight?: number, color?: string) => void} */
  const write = (text, x, weight = 400, color = ink) => {
    context.font = `${weight} ${weight > 600 ? 18 : 14}px ${font}`;
    context.fillStyle = color;
    context.fillText(text, x, y + 14);
  };
  write(sweep.name, EDGE, 650);
  y += LINE * 1.3;
  for (const row of words) {
    write(row, EDGE, 400, muted);
    y += LINE;
  }
  y = top - LINE * (map.across ? 2 : 1);
  if (map.across) {
    write(map.across, EDGE + labels, 400, muted);
    y += LINE;
  }
  write(map.down, EDGE, 400, muted);
  context.textAlign = "center";
  map.columns.forEach((text, column) => write(text, EDGE + labels + (column + 0.5) * CELL.width));
  map.rows.forEach((text, row) => {
    context.textAlign = "left";
    y = top + row * CELL.height + CELL.height / 2 - 9;
    write(text, EDGE);
    map.columns.forEach((_, column) => {
      const cell = sweep.cells[placeOf(map, row, column)];
      const share = shareOf(cell);
      const [left, at] = [EDGE + labels + column * CELL.width, top + row * CELL.height];
      context.fillStyle = share === null ? surface : fill(share);
      context.strokeStyle = line;
      context.beginPath();
      context.roundRect(left + 2, at + 2, CELL.width - 4, CELL.height - 4, 5);
      context.fill();
      context.stroke();
      const color = share !== null && share > 0.5 ? inkOnStrong : ink;
      context.textAlign = "center";
      y = at + 6;
      write(shareWords(cell), left + CELL.width / 2, 600, color);
      y = at + 24;
      context.font = `12px ${font}`;
      context.fillStyle = color;
      context.fillText(medianWords(cell), left + CELL.width / 2, y + 14);
    });
  });
  context.textAlign = "left";
  y = top + map.rows.length * CELL.height + 8;
  write(say("The share that learned; below it, the median of iterations until 99% are right."), EDGE, 400, muted);
  probe.remove();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error(say("The browser made no picture.")))));
  });
}

/** A text in lines of at most some pixels. @type {(context: CanvasRenderingContext2D, text: string, width: number)
 *   => string[]} */
function wrapped(context, text, width) {
  const lines = [""];
  for (const word of text.split(/(?<=[\s、，])/)) {
    if (lines[lines.length - 1] && context.measureText(lines[lines.length - 1] + word).width > width) lines.push("");
    lines[lines.length - 1] += word;
  }
  return lines;
}
