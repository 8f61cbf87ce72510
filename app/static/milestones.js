/** Where the milestones of a run stand under its timeline. Pure. */

/** @import { Milestone } from "./wire.d.ts" */

/**
 * A mark under the timeline: of one moment, or of several that stand so close that their marks would touch.
 * @typedef {object} Mark
 * @property {number} left The pixels to its first moment ...
 * @property {number} right ... and to its last.
 * @property {string} sign
 * @property {Milestone["kind"]} kind
 * @property {Milestone[]} milestones
 */

/** The width of a mark in pixels: two moments that are nearer to each other share one. */
export const WIDE = 24;

export const SIGNS = { understood: "▲", memory: "◆", all_right: "★", forgotten: "▽" };

/** The kinds by weight: of several in one mark, it shows the last. */
const ORDER = /** @type {Milestone["kind"][]} */ (["forgotten", "understood", "memory", "all_right"]);

/**
 * Marks stand where their moments are: none is moved aside. Those that would touch become one, which stretches from its
 * first moment to its last.
 * @type {(milestones: Milestone[], end: number, width: number) => Mark[]}
 */
export function marksOf(milestones, end, width) {
  /** @type {Mark[]} */
  const marks = [];
  for (const one of milestones) {
    const place = (one.iteration / end) * width;
    const last = marks.at(-1);
    if (last && place - last.right < WIDE) {
      last.right = place;
      last.milestones.push(one);
    } else marks.push({ left: place, right: place, sign: "", kind: one.kind, milestones: [one] });
  }
  for (const mark of marks) {
    mark.kind = ORDER[Math.max(...mark.milestones.map(({ kind }) => ORDER.indexOf(kind)))];
    mark.sign = SIGNS[mark.kind];
  }
  return marks;
}
