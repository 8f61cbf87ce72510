/** A picture of places: points that glide to where they belong, and a path through them. */

/**
 * @import { Palette } from "../palette.js"
 * @import { ProofOutline } from "../wire.d.ts"
 * @import { Stop } from "./places.js"
 */

/**
 * @typedef {object} Look
 * @property {Palette} palette
 * @property {number[]} labels For each point its kind.
 * @property {Stop[]} path The part of it that has been walked.
 * @property {boolean} isWalking Whether its last stop is where the stage stands.
 * @property {number} chosen The point that is pointed at, or -1.
 * @property {ProofOutline[]} [sets] Outlines of sets, beneath the points.
 */

/** The colours of the kinds, and their shapes. Each kind differs in both. */
const COLORS = /** @type {const} */ (["accent", "second", "muted"]);
export const SHAPES = ["●", "◆", "▲"];

const GLIDE = 350; // milliseconds
const MARGIN = 14; // pixels around the points

/** @param {number} kind */
export const colorOf = (kind) => COLORS[kind % COLORS.length];
/** @param {number} kind */
export const shapeOf = (kind) => SHAPES[kind % SHAPES.length];

/** @type {(context: CanvasRenderingContext2D, kind: number, x: number, y: number, r: number) => void} */
function trace(context, kind, x, y, r) {
  const sides = [0, 4, 3][kind % SHAPES.length];
  if (!sides) {
    context.moveTo(x + r, y);
    context.arc(x, y, r, 0, 2 * Math.PI);
    return;
  }
  for (let k = 0; k < sides; k++) {
    const turn = (2 * Math.PI * k) / sides - Math.PI / 2;
    const [px, py] = [x + 1.25 * r * Math.cos(turn), y + 1.25 * r * Math.sin(turn)];
    if (k) context.lineTo(px, py);
    else context.moveTo(px, py);
  }
  context.closePath();
}

/** @param {HTMLCanvasElement} canvas */
export function createScatter(canvas) {
  /** Where the points come from. @type {number[][]} */
  let before = [];
  /** Where they belong. @type {number[][]} */
  let goal = [];
  let since = 0;
  /** What the picture holds, [least x, least y, most x, most y]. It only grows, so that nothing jumps. */
  let room = [Infinity, Infinity, -Infinity, -Infinity];
  let size = [1, 1];

  /** @type {(places: Iterable<number[]>) => void} */
  function hold(places) {
    for (const [x, y] of places)
      room = [Math.min(room[0], x), Math.min(room[1], y), Math.max(room[2], x), Math.max(room[3], y)];
  }

  /** The share of the way that the points have gone. @param {number} now */
  const gone = (now) => Math.min(1, (now - since) / GLIDE);

  /** @param {number} now */
  function places(now) {
    const share = gone(now);
    const eased = share * (2 - share);
    return goal.map(([x, y], k) => {
      const [fromX, fromY] = before[k];
      return [fromX + (x - fromX) * eased, fromY + (y - fromY) * eased];
    });
  }

  /** In pixels. @param {number[]} place */
  function inPicture([x, y]) {
    const shares = [(x - room[0]) / (room[2] - room[0] || 1), (room[3] - y) / (room[3] - room[1] || 1)];
    return shares.map((share, axis) => MARGIN + share * (size[axis] - 2 * MARGIN));
  }

  return {
    /** The points go to other places. @type {(places: number[][], now: number, anew: boolean, still: boolean) => void} */
    move(next, now, anew, still) {
      before = next.length === goal.length && !still ? places(now) : next;
      goal = next;
      since = now;
      if (anew) room = [Infinity, Infinity, -Infinity, -Infinity];
      hold(next);
    },

    /** Makes the picture wide enough for sets, too: up to half as wide again on each side. @param {ProofOutline[]} sets */
    include(sets) {
      const [x, y] = [room[2] - room[0], room[3] - room[1]];
      const most = [room[0] - x / 2, room[1] - y / 2, room[2] + x / 2, room[3] + y / 2];
      const within = (/** @type {number[]} */ [px, py]) => [
        Math.min(most[2], Math.max(most[0], px)),
        Math.min(most[3], Math.max(most[1], py)),
      ];
      if (goal.length) for (const { points } of sets) hold(points.map(within));
    },

    /** @type {(width: number, height: number) => void} */
    resize(width, height) {
      size = [Math.max(1, width), Math.max(1, height)];
      canvas.width = Math.round(size[0] * devicePixelRatio);
      canvas.height = Math.round(size[1] * devicePixelRatio);
    },

    /** Where the points will be, in pixels. */
    pixels: () => goal.map(inPicture),

    middle: () => size.map((length) => length / 2),

    /** Returns whether the points still move. @type {(look: Look, now: number) => boolean} */
    draw({ palette, labels, path, isWalking, chosen, sets = [] }, now) {
      const context = canvas.getContext("2d");
      if (!context) return false;
      const { color } = palette;
      hold(path.map(({ x, y }) => [x, y]));
      context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
      context.clearRect(0, 0, size[0], size[1]);
      drawSets(context, sets, palette);
      const drawn = places(now).map(inPicture);
      context.globalAlpha = 0.6;
      for (const kind of new Set(labels)) {
        context.beginPath();
        drawn.forEach(([x, y], k) => labels[k] === kind && trace(context, kind, x, y, 2.4));
        context.fillStyle = color[colorOf(kind)];
        context.fill();
      }
      context.globalAlpha = 1;
      context.lineWidth = 1.5;
      context.strokeStyle = color.ink;
      if (path.length) drawPath(context, path, isWalking, palette);
      if (drawn[chosen]) {
        context.beginPath();
        context.arc(drawn[chosen][0], drawn[chosen][1], 7, 0, 2 * Math.PI);
        context.lineWidth = 2;
        context.stroke();
      }
      return gone(now) < 1;
    },
  };

  /** Those that something leaves yet have a dashed outline. @type {(context: CanvasRenderingContext2D, sets: ProofOutline[], palette: Palette) => void} */
  function drawSets(context, sets, { color }) {
    context.lineWidth = 1;
    for (const { state, leaving, points } of sets) {
      context.beginPath();
      points.forEach((point, k) => {
        const [x, y] = inPicture(point);
        if (k) context.lineTo(x, y);
        else context.moveTo(x, y);
      });
      context.closePath();
      context.fillStyle = context.strokeStyle = color[colorOf(state)];
      context.globalAlpha = 0.06;
      context.fill();
      context.globalAlpha = leaving ? 0.9 : 0.5;
      context.setLineDash(leaving ? [3, 3] : []);
      context.stroke();
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  /** @type {(context: CanvasRenderingContext2D, path: Stop[], isWalking: boolean, palette: Palette) => void} */
  function drawPath(context, path, isWalking, { color, font }) {
    const stops = path.map(({ x, y }) => inPicture([x, y]));
    context.beginPath();
    stops.forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
    context.font = `600 11px ${font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    stops.forEach(([x, y], k) => {
      const isHere = isWalking && k === stops.length - 1;
      context.beginPath();
      trace(context, path[k].state, x, y, isHere ? 9 : 6.5);
      context.fillStyle = isHere ? color[colorOf(path[k].state)] : color.surface;
      context.fill();
      context.strokeStyle = color[colorOf(path[k].state)];
      context.stroke();
      context.fillStyle = isHere ? color.surface : color.ink;
      context.fillText(String(path[k].position), x, y + 0.5);
    });
  }
}
