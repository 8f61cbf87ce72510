/** All pairs of numbers as one picture: right or wrong, and how clearly. To point at, or to walk through by arrow keys. */
import {
  byTouch,
  createNews,
  findNamed,
  on,
  paintCanvas,
  setAttribute,
  setHidden,
  setStyle,
  setText,
  STEPS,
} from "../dom.js";
import { afterIteration } from "../describe.js";
import { coloursOf, describePicture, describeSquare, problemAt, remembering } from "../far.js";
import { namedOperands } from "../task.js";
import { say } from "../words.js";

/**
 * @import { CreatePanel } from "../views/inside.js"
 * @import { Picture } from "../frames.js"
 * @import { TaskDescription as Task } from "../wire.d.ts"
 */

/** @type {CreatePanel} */
export const create = (root, actions) => {
  const { plot, box, canvas, mark, words, third, c, readout, when, spoken, legend } = findNamed(root, {
    plot: ".map-plot",
    box: ".map-box",
    canvas: "canvas",
    mark: ".map-mark",
    words: ".map-words",
    third: ".map-third",
    c: "input.field",
    readout: ".map-readout",
    when: ".map-when",
    spoken: ".map-spoken",
    legend: ".map-legend",
  });
  const isNew = createNews();
  /** @type {Picture | null} */
  let picture = null;
  /** @type {Task | null} */
  let task = null;
  /** The square that is pointed at. @type {number[] | null} */
  let at = null;
  /** Which squares need a memory, and for which task and slice that was found. @type {Uint8Array | null} */
  let carries = null;
  let carriesOf = "";

  /** @type {(place: number[] | null, byKey?: boolean) => void} */
  function point(place, byKey = false) {
    if (!picture || !task) return;
    const last = picture.size - 1;
    at = place && place.map((k) => Math.max(0, Math.min(last, k)));
    setHidden(mark, !at);
    at?.forEach((k, axis) => setStyle(box, ["--row", "--column"][axis], k));
    read();
    if (byKey) setText(spoken, readout.textContent);
  }

  function read() {
    if (!picture || !task) return;
    const hint = say("Point at a square to read it. Click it to play it.");
    setText(readout, at ? describeSquare(picture, task, at[0], at[1]) : hint);
  }

  function play() {
    if (!picture || !task || !at || Number.isNaN(picture.margins[at[0] * picture.size + at[1]])) return;
    actions.predict(namedOperands(task, problemAt(picture, task, at[0], at[1])));
  }

  on(canvas, "pointermove pointerdown", ({ offsetX, offsetY }) => {
    const shares = [offsetY / canvas.clientHeight, offsetX / canvas.clientWidth];
    point(shares.map((share) => Math.floor(share * (picture?.size ?? 1))));
  });
  on(canvas, "pointerleave blur", (event) => byTouch(event) || point(null));
  on(canvas, "focus", () => canvas.matches(":focus-visible") && point(at ?? [0, 0], true));
  on(canvas, "click", play);
  on(canvas, "keydown", (event) => {
    if (event.key === "Enter") play();
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    point(
      (at ?? [0, 0]).map((k, axis) => k + step[axis]),
      true,
    );
  });
  on(c, "input", actions.wake);

  /** @type {(picture: Picture, task: Task) => Uint8Array | null} */
  function carriesIn(picture, task) {
    const key = JSON.stringify([task.task, task.bits, picture.c]);
    if (key !== carriesOf) carries = remembering(picture, task);
    carriesOf = key;
    return carries;
  }

  return {
    wish({ task }) {
      if (!task) return null;
      const wanted = Math.max(0, Math.min(task.operand_limit - 1, Math.floor(c.valueAsNumber || 0)));
      /** @type {Record<string, number>} */
      const query = task.operands.length > 2 ? { c: wanted } : {};
      return { call: "map", query };
    },

    update(state) {
      const { inside, palette } = state;
      picture = inside.found.map?.found ?? null;
      task = state.task;
      const shown = picture !== null && task !== null && task.operands.length > 1;
      for (const part of [plot, words, readout, when, legend]) setHidden(part, !shown);
      setHidden(third, task?.operands.length !== 3);
      if (!picture || !task || !shown || !isNew(picture, task, palette.version)) return;
      setAttribute(c, "max", task.operand_limit - 1);
      setStyle(box, "--size", picture.size);
      paintCanvas(canvas, coloursOf(picture.margins), picture.size, 1, palette); // no colour where there is no problem
      const sentences = describePicture(picture, task, carriesIn(picture, task));
      setText(words, sentences);
      setAttribute(canvas, "aria-label", say("All problems, a down and b to the right: {sentences}", { sentences }));
      setText(when, afterIteration(picture.iteration));
      if (at) point(at);
      else read();
    },
  };
};
