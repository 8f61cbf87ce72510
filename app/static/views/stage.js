/** The stage: the problem, the columns of its positions, and what is happening now. */
import { COMPILING, describeOver, describeShown, describeStep, isCompiling } from "../describe.js";
import { createNews, find, findAll, findNamed, make, on, setAttribute, setClass, setStyle, setText } from "../dom.js";
import { brief, whole } from "../format.js";
import { backwardReach, forwardReach } from "../playback.js";
import { equals, said, written } from "../task.js";
import { createTable } from "./stage-table.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Palette } from "../palette.js"
 * @import { Problem } from "../problem.js"
 * @import { RunConfig, State } from "../state.js"
 * @import { CreateTable } from "./stage-table.js"
 * @import { TaskDescription as Task } from "../wire.d.ts"
 */

/** Of a longer problem the table has this many columns at a time, or more if more than that can be seen. */
const MOST = 64;
/** Columns are wider than this many pixels. */
const NARROWEST = 20;

/** How many letters have the room of a text: the dots of a long number take two. @param {string} text */
const breadth = (text) => text.length + text.split("…").length - 1;

/**
 * A problem as people write it: words in braces are operands, the rest are signs.
 * @type {(task: Task, numbers: string[], result: string) => (Element | string)[]}
 */
function writeOut(task, numbers, result) {
  const sign = (/** @type {string} */ text) => make("span", "stage-sign muted", text);
  return [
    ...task.expression.split(/{.}/).flatMap((text, k) => [sign(text), numbers[k] ?? ""]),
    sign(equals(task)),
    result,
  ];
}

/** @type {CreateView} */
export const create = (root, actions) => {
  const { kind, when, sum, sumRoom, says, saysRoom, verdict, caption, scroll, template, hold, roll } = findNamed(root, {
    kind: "#stage-kind",
    when: "#stage-when",
    sum: "#stage-sum",
    sumRoom: ".stage-sum>.stage-room",
    says: "#stage-says",
    saysRoom: ".stage-says>.stage-room",
    verdict: "#stage-verdict",
    caption: "#stage-caption",
    scroll: "#stage-scroll",
    template: "template",
    hold: "button#hold",
    roll: "button#roll",
  });
  const phases = findAll(root, ".stage-phases li");
  /** @type {ReturnType<CreateTable> | undefined} */
  let table;
  /** @type {Problem | null | undefined} */
  let shown;
  const isNew = createNews();
  let paletteSeen = 0;

  const isRolled = () => roll.ariaPressed === "true";
  /** Rolled up, all columns lie in the middle of those that are there. */
  const toMiddle = () => table && scroll.scrollTo({ left: table.middle() - scroll.clientWidth / 2 });
  on(roll, "click", () => {
    setAttribute(roll, "aria-pressed", !isRolled());
    setClass(root, "is-rolled", isRolled());
    if (isRolled()) toMiddle();
  });
  on(scroll, "scroll", () => {
    if (!isRolled()) table?.follow(scroll.scrollLeft, scroll.scrollLeft + scroll.clientWidth);
  });
  on(hold, "click", actions.hold);
  on(find(root, "button#next-bit"), "click", actions.nextBit);

  /** @type {(problem: Problem | null, task: Task, palette: Palette, config: RunConfig) => void} */
  function showProblem(problem, task, palette, config) {
    const width = problem?.width ?? task.bits;
    if (table?.task !== task || table.width !== width) {
      const most = Math.max(MOST, Math.ceil(scroll.clientWidth / NARROWEST));
      table = createTable(template, width, task, actions, most);
      scroll.replaceChildren(table.element);
      setClass(scroll, "is-long", width > most);
      setStyle(scroll, "--whole", width);
      setAttribute(root, "aria-label", say("{task}, bit by bit", { task: task.title }));
    }
    table.show(problem, palette, config);
    const largest = brief(2n ** BigInt(width) - 1n);
    const result = task.truth
      ? [0, 1].map((truth) => said(task, truth)).sort((x, y) => y.length - x.length)[0]
      : largest;
    const widest = writeOut(
      task,
      task.operands.map(() => largest),
      result,
    );
    // The widest possible text stands invisible behind the shown one, so that nothing moves.
    sumRoom.replaceChildren(...widest);
    setText(saysRoom, result);
    setStyle(root, "--sum", breadth(sumRoom.textContent));
    setStyle(root, "--says", breadth(result));
    sum.replaceChildren(
      ...writeOut(task, problem?.operands.map(brief) ?? task.operands, problem ? said(task, problem.expected) : "?"),
    );
    const isCut = problem?.operands.some((number) => brief(number) !== whole(number));
    setAttribute(sum, "title", isCut ? written(task, problem?.operands.map(whole) ?? []) : null);
  }

  /** @type {(state: State, task: Task) => void} */
  function showStep(state, task) {
    const { playback, reducedMotion } = state;
    const { problem, phase, position } = playback;
    setAttribute(hold, "aria-pressed", playback.held);
    const step = describeStep(playback, task, state);
    const over = describeOver(state);
    setText(
      caption,
      !problem && isCompiling(state) ? COMPILING : over ? say("{problem}. {end}", { problem: step, end: over }) : step,
    );
    for (const item of phases) setClass(item, "is-on", item.dataset.phase === (phase === "answer" ? "forward" : phase));
    const answered = problem !== null && phase !== "forward";
    const right = answered && problem.predicted === problem.expected;
    setText(says, answered ? said(task, problem.predicted) : problem ? "…" : "–");
    setText(verdict, !answered ? "" : right ? `✓ ${say("right")}` : `✕ ${say("wrong")}`);
    setAttribute(verdict, "data-right", right);
    table?.step(problem, forwardReach(playback), backwardReach(playback), playback);
    // Keeps the active column visible; of a problem that is not played, those that are worth it.
    const at = position < 0 && problem !== shown ? (problem?.stretch?.[0] ?? -1) : position;
    if (table && at >= 0) table.reveal(at);
    if (isRolled()) return void toMiddle();
    if (!table || at < 0) return;
    const left = table.left(at) - scroll.clientWidth / 2;
    const isFar = Math.abs(left - scroll.scrollLeft) > scroll.clientWidth;
    scroll.scrollTo({ left, behavior: reducedMotion || isFar ? "instant" : "smooth" });
  }

  return {
    update(state) {
      const {
        playback: { problem, version },
        task,
        palette,
        run,
      } = state;
      // A problem of another task than the known one waits for its task.
      if (!task || !run || (problem && problem.inputs.length !== task.operands.length)) return;
      const done = problem === null && state.run?.iteration;
      const isStepNew = isNew(version, isCompiling(state), state.moment?.iteration, done, describeOver(state));
      const anew = table?.task !== task || problem !== shown;
      if (anew || palette.version !== paletteSeen) showProblem(problem, task, palette, run.config);
      if (anew || isStepNew) showStep(state, task);
      const heading = describeShown(state);
      setText(kind, heading.kind);
      setText(when, heading.when);
      table?.light(state.focus ?? state.asked, state.playback.position);
      shown = problem;
      paletteSeen = palette.version;
    },
  };
};
