/** What has it understood so far: each case of the task's machine, the truth, and the network's mean answer. */
import { caseNames, caseWords, describeCase, describeCases, judge, SIGNS } from "../cases.js";
import { copy, find, findEach, make, setAttribute, setStyle, setText } from "../dom.js";
import { probability } from "../format.js";
import { shown } from "../state.js";
import { say } from "../words.js";

/** @type {CreateView} */
export const create = (root) => {
  const [table, summary, template] = findEach(root, ".cases-table #cases-summary template");
  const head = find(table, "thead tr");
  /** @type {Task | null} */
  let built = null;
  /** @type {unknown} */
  let seen;
  /** Of each line what changes: the row, the bar, the number, the sign. @type {HTMLElement[][]} */
  let lines = [];

  /** Another task has other cases. @type {(task: Task, cases: CaseAnswer[]) => void} */
  function build(task, cases) {
    const names = caseNames(task);
    head.replaceChildren(...[...names, say("true"), say("says")].map((name, k) => Object.assign(make("th", "note", name), { scope: "col", colSpan: k > names.length ? 3 : 1 })));
    lines = cases.map((answer) => {
      const row = find(copy(template), "tr");
      row.prepend(...caseWords(answer, task).map((word) => make("td", "cases-bit", word)), make("td", "cases-truth", String(answer.expected)));
      return [row, ...findEach(row, ".cases-bar .cases-p .cases-sign")];
    });
    find(table, "tbody").replaceChildren(...lines.map(([row]) => row));
  }

  return {
    update(state) {
      const { task } = state;
      const { accuracy } = shown(state);
      const cases = task && accuracy?.cases.length === task.machine.length ? accuracy.cases : null;
      if (seen === cases && built === task) return;
      if (task && cases && built !== task) build(task, cases);
      [seen, built] = [cases, cases ? task : null];
      table.hidden = !cases;
      setText(summary, cases ? describeCases(cases) : say("As soon as the engine is ready."));
      if (!cases || !task) return;
      cases.forEach((answer, k) => {
        const [row, bar, p, sign] = lines[k];
        const verdict = judge(answer);
        setAttribute(row, "data-verdict", verdict);
        setAttribute(row, "aria-label", describeCase(answer, task));
        setStyle(bar, "--p", (answer.output ?? 0).toFixed(3));
        setText(p, answer.output === null ? "–" : probability(answer.output));
        setText(sign, SIGNS[verdict]);
      });
    },
  };
};
