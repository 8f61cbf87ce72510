/** The addition stage: the sum, the columns of the positions, and what is happening now. */
import { COMPILING, describeStep, isCompiling } from "../describe.js";
import { find, make, setAttribute, setClass, setStyle, setText } from "../dom.js";
import { whole } from "../format.js";
import { backwardReach, forwardReach } from "../playback.js";
import { createStrips } from "./stage-strips.js";
import { createTable } from "./stage-table.js";

/** @type {CreateView} */
export const create = (root, actions) => {
  const [kind, sum, says, verdict, caption, scroll] =
    ["kind", "sum", "says", "verdict", "caption", "scroll"].map((name) => find(root, `#stage-${name}`));
  const hold = find(root, "#hold");
  const phases = [...root.querySelectorAll(".stage-phases li")];
  /** @type {StageTable | undefined} */
  let table;
  /** @type {ReturnType<typeof createStrips> | undefined} */
  let strips;
  /** @type {Problem | null | undefined} */
  let shown;
  let seen = "";

  hold.addEventListener("click", actions.hold);
  find(root, "#next-bit").addEventListener("click", actions.nextBit);

  /** @param {State} state */
  function showProblem({ playback: { problem }, run, task }) {
    const width = problem?.width ?? run?.config.bits ?? 8;
    const names = task?.operands ?? ["a", "b"];
    if (table?.key !== `${width} ${names}`) {
      strips?.destroy();
      table = createTable(width, names);
      scroll.replaceChildren(table.element);
      strips = createStrips(table.strips, width, actions.wake);
    }
    table.show(problem);
    const digits = whole(Math.max(2 ** Math.min(width, 52) - 1, problem?.expected ?? 0)).length;
    setStyle(root, "--digits", String(digits));
    setText(kind, !problem ? "No problem yet" : problem.kind === "prediction" ? "Your problem" : `The problem of iteration ${whole(problem.iteration)}`);
    const sign = (/** @type {string} */ text) => make("span", "stage-sign", ` ${text} `);
    const parts = (problem?.operands.map(whole) ?? names).flatMap((text) => [sign(task?.symbol ?? "+"), text]);
    sum.replaceChildren(...parts.slice(1), sign("="), problem ? whole(problem.expected) : "?");
  }

  /** @param {State} state */
  function showStep(state) {
    const { playback, reducedMotion } = state;
    const { problem, phase, position } = playback;
    setAttribute(hold, "aria-pressed", String(playback.held));
    setText(caption, !problem && isCompiling(state) ? COMPILING : describeStep(playback));
    for (const item of phases) setClass(item, "is-on", item.getAttribute("data-phase") === (phase === "answer" ? "forward" : phase));
    const answered = problem !== null && phase !== "forward";
    const right = answered && problem.predicted === problem.expected;
    setText(says, answered ? whole(problem.predicted) : problem ? "…" : "–");
    setText(verdict, !answered ? "" : right ? "✓ right" : "✕ wrong");
    setAttribute(verdict, "data-right", String(right));
    table?.step(problem, forwardReach(playback), backwardReach(playback), position);
    if (position >= 0) follow(position, reducedMotion);
  }

  /** Keeps the active column in sight. @param {number} position @param {boolean} still */
  function follow(position, still) {
    if (!table || scroll.scrollWidth <= scroll.clientWidth) return;
    const label = table.labelWidth();
    const cell = (scroll.scrollWidth - label) / table.width;
    const left = (table.width - 0.5 - position) * cell - (scroll.clientWidth - label) / 2;
    scroll.scrollTo({ left, behavior: still ? "instant" : "smooth" });
  }

  return {
    update(state) {
      const { playback: { problem, version }, task, run } = state;
      const key = `${version} ${task?.operands} ${run?.config.bits} ${isCompiling(state)}`;
      if (problem !== shown || (!problem && key !== seen)) showProblem(state);
      if (key !== seen) showStep(state);
      shown = problem;
      seen = key;
      return strips?.update(state);
    },
  };
};
