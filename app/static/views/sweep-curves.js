/** Small curves: the mean error of each network of a cell, over its iterations. */
import { whole } from "../format.js";
import { readPalette } from "../palette.js";
import { say } from "../words.js";

/** @import { SweepMember } from "../wire.d.ts" */

const [WIDTH, HEIGHT] = [560, 130]; // pixels, before the screen's ratio
const EDGE = { left: 30, bottom: 18, top: 6, right: 6 };

/** @type {(canvas: HTMLCanvasElement, members: SweepMember[]) => void} */
export function draw(canvas, members) {
  const ratio = devicePixelRatio;
  const width = canvas.parentElement?.clientWidth || WIDTH;
  Object.assign(canvas, { width: width * ratio, height: HEIGHT * ratio });
  const context = canvas.getContext("2d");
  if (!context) return;
  const { color, font } = readPalette();
  const ended = members.filter(({ errors }) => errors.length);
  const top = Math.max(0.001, ...ended.flatMap(({ errors }) => errors));
  const longest = Math.max(1, ...members.map(({ config }) => Number(config.max_iterations)));
  context.scale(ratio, ratio);
  context.font = `11px ${font}`;
  const [right, bottom] = [width - EDGE.right, HEIGHT - EDGE.bottom];
  const x = (/** @type {number} */ iteration) => EDGE.left + (iteration / longest) * (right - EDGE.left);
  const y = (/** @type {number} */ error) => bottom - (Math.max(0, error) / top) * (bottom - EDGE.top);
  context.strokeStyle = color.line;
  for (const error of [0, top / 2, top]) {
    context.beginPath();
    context.moveTo(EDGE.left, y(error));
    context.lineTo(right, y(error));
    context.stroke();
  }
  context.fillStyle = color.muted;
  context.textAlign = "right";
  context.fillText("0", EDGE.left - 4, bottom + 3);
  context.fillText(top.toFixed(top < 10 ? 1 : 0), EDGE.left - 4, EDGE.top + 8);
  context.fillText(whole(longest), right, HEIGHT - 4);
  context.textAlign = "left";
  context.fillText("0", EDGE.left, HEIGHT - 4);
  context.lineWidth = 1.4;
  context.globalAlpha = Math.max(0.25, Math.min(0.9, 5 / Math.max(1, ended.length)));
  for (const { errors, iterations, learned } of ended) {
    context.strokeStyle = learned ? color.accent : color.second;
    context.setLineDash(learned ? [] : [4, 3]);
    context.beginPath();
    // Each value stands in the middle of its stretch.
    errors.forEach((error, k) => context.lineTo(x(((k + 0.5) / errors.length) * iterations), y(error)));
    context.stroke();
  }
  canvas.setAttribute(
    "aria-label",
    ended.length
      ? say("Curves of {n} networks, from an error of {first} to one of {last}; solid: learned, dashed: not", {
          n: ended.length,
          first: mean(ended, 0).toFixed(2),
          last: mean(ended, -1).toFixed(2),
        })
      : say("No curves yet"),
  );
}

/** @type {(members: SweepMember[], at: number) => number} */
const mean = (members, at) => members.reduce((sum, { errors }) => sum + (errors.at(at) ?? 0), 0) / members.length;
