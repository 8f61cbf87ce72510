/** Your problem through training: positions over time, coloured by P(bit). One sees bit after bit become right. */
import {
  byTouch,
  copy,
  createNews,
  find,
  findNamed,
  on,
  paintCanvas,
  setAttribute,
  setStyle,
  setText,
} from "../dom.js";
import { probability, whole } from "../format.js";
import { momentAt, picture, rightSince } from "../followed.js";
import { equals, said, written } from "../task.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Answered, Followed } from "../followed.js"
 * @import { TaskDescription as Task } from "../wire.d.ts"
 */

const COLUMNS = 240;

/** Up to this number of bits, all are spoken. */
const READABLE = 12;

/** The iteration at its right edge. @param {Followed} followed */
const endOf = ({ moments }) => Math.max(1, moments[moments.length - 1].iteration);

/** @type {CreateView} */
export const create = (root, actions) => {
  const { figure, none, title, when, canvas, mark, truth, readout, template } = findNamed(root, {
    figure: "figure",
    none: "#strip-none",
    title: "#strip-title",
    when: "#strip-when",
    canvas: "canvas",
    mark: ".strip-mark",
    truth: ".strip-truth",
    readout: "#strip-readout",
    template: ":scope>template",
  });
  /** Where the pointer is, from 0 to 1. @type {number | null} */
  let at = null;
  /** @type {Followed | null} */
  let known = null;
  const isNew = createNews();
  let version = 0;

  on(canvas, "pointermove pointerdown", ({ offsetX }) => point(offsetX / canvas.clientWidth));
  on(canvas, "pointerleave blur", (event) => byTouch(event) || point(null));
  on(canvas, "click", visit);
  on(canvas, "keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Enter: 0 }[/** @type {string} */ (event.key)];
    if (step === undefined) return;
    event.preventDefault();
    if (step) point((at ?? 0.5) + step / 60);
    else visit();
  });

  /** The answer at the pointer. */
  const pick = () => (known && at !== null ? momentAt(known, at * endOf(known)) : null);

  /** Goes to the moment at the pointer. */
  function visit() {
    const there = pick();
    if (there) actions.visit(there.iteration);
  }

  /** @param {number | null} share */
  function point(share) {
    at = share === null ? null : Math.max(0, Math.min(1, share));
    version++;
    actions.wake();
  }

  return {
    update({ followed, task, run, moment, palette }) {
      figure.hidden = !followed?.moments.length || !task || !run;
      none.hidden = !figure.hidden;
      if (!followed || !task || figure.hidden) return;
      const { operands, expected, bits, moments, generation } = followed;
      const newest = moments.at(-1)?.iteration;
      if (!isNew(String(operands), newest, generation, palette.version, version, moment?.iteration)) return;
      known = followed;
      const end = endOf(followed);
      const since = rightSince(followed);
      const problem = `${written(task, followed.operands.map(whole))}${equals(task)}${said(task, expected)}`;
      setText(title, problem);
      paintCanvas(canvas, picture(followed, COLUMNS, end), COLUMNS, 1, palette);
      setAttribute(
        canvas,
        "aria-label",
        say("{problem} through training, {from} to {to} iterations", {
          problem,
          from: whole(moments[0].iteration),
          to: whole(end),
        }),
      );
      // The words beside the picture are about the page's moment.
      const now = (moment && momentAt(followed, moment.iteration)) ?? moments[moments.length - 1];
      setText(when, say("at {n}", { n: whole(now.iteration) }));
      setStyle(figure, "--rows", bits.length);
      if (truth.children.length !== bits.length) truth.replaceChildren(...bits.map(() => copy(template)));
      bits.forEach((bit, k) => {
        const right = Number(now.probabilities[k] > 0.5) === bit;
        const row = truth.children[k];
        setAttribute(row, "data-right", right);
        setText(find(row, "b"), bit);
        setText(find(row, "span"), right ? "✓" : "✕");
      });
      const pointed = pick();
      mark.hidden = !moment;
      if (moment) setStyle(mark, "left", `${(100 * moment.iteration) / end}%`);
      setText(readout, pointed || moment ? readWords(pointed ?? now, task) : sinceWords(since, now, task));
    },
  };
};

/** The network's answer at a moment, in words. @type {(answered: Answered, task: Task) => string} */
function readWords({ iteration, predicted, probabilities }, task) {
  const words = { n: whole(iteration), said: said(task, predicted) };
  if (probabilities.length > READABLE) return say("At iteration {n} it said {said}", words);
  return say("At iteration {n} it said {said} ({p})", { ...words, p: probabilities.map(probability).join(" ") });
}

/**
 * Since which iteration the network has been right, in words.
 * @type {(since: number | null, now: Answered, task: Task) => string}
 */
const sinceWords = (since, now, task) =>
  since === null
    ? say("Time runs to the right, wrong by now: {said}.", { said: said(task, now.predicted) })
    : say("Time runs to the right, right since iteration {n}.", { n: whole(since) });
