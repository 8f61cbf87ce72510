/** Where the milestones of a run stand under its timeline. Pure. */

/** @import { Milestone } from "./wire.d.ts" */

/** @typedef {{ left: number; sign: string; kind: Milestone["kind"]; milestones: Milestone[] }} Mark */

/** The pixels from one mark to the next, at least. */
const APART = 24;

const SIGNS = { understood: "▲", memory: "◆", all_right: "★", forgotten: "▽" };

/** The kinds by weight: of several at one moment, the mark shows the last. */
const ORDER = /** @type {Milestone["kind"][]} */ (["forgotten", "understood", "memory", "all_right"]);

/**
 * A mark for each moment that has milestones. Marks that would touch move to the right, and from the right edge back. If
 * there is not room for all, those that are nearest to each other become one.
 * @type {(milestones: Milestone[], end: number, width: number) => Mark[]}
 */
export function marksOf(milestones, end, width) {
  /** @type {Map<number, Milestone[]>} */
  const moments = new Map();
  for (const one of milestones) moments.set(one.iteration, [...(moments.get(one.iteration) ?? []), one]);
  const groups = [...moments.values()];
  while (groups.length > 1 && (groups.length - 1) * APART > width) {
    const gaps = groups.slice(1).map(([first], k) => first.iteration - groups[k][0].iteration);
    const nearest = gaps.indexOf(Math.min(...gaps));
    groups.splice(nearest, 2, [...groups[nearest], ...groups[nearest + 1]]);
  }
  const marks = groups.map((here) => {
    const kind = ORDER[Math.max(...here.map((one) => ORDER.indexOf(one.kind)))];
    return { left: (here[0].iteration / end) * width, sign: SIGNS[kind], kind, milestones: here };
  });
  marks.forEach((mark, k) => k && (mark.left = Math.max(mark.left, marks[k - 1].left + APART)));
  let most = width;
  for (const mark of marks.reverse()) {
    mark.left = Math.min(mark.left, most);
    most = mark.left - APART;
  }
  return marks.reverse();
}
