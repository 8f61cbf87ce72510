/**
 * What the network has understood so far: each case of the task's machine, the true bit, and how often the network is
 * right there.
 */
import { caseNames, caseWords, describeCase, describeCases, judge, problemsOf, shareWords, SIGNS } from "../cases.js";
import { copy, createNews, find, findNamed, make, setAttribute, setClass, setStyle, setText } from "../dom.js";
import { probability, whole } from "../format.js";
import { shown } from "../state.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { CaseAnswer, TaskDescription as Task } from "../wire.d.ts"
 */

/** @typedef {Record<"row" | "p" | "share" | "sign", HTMLElement>} Line */

/** @type {CreateView} */
export const create = (root) => {
  const { table, summary, when, note, template } = findNamed(root, {
    table: "table.cases-table",
    summary: "#cases-summary",
    when: "#cases-when",
    note: "#cases-note",
    template: "template",
  });
  const head = find(table, "thead tr");
  /** @type {Task | null} */
  let built = null;
  const isNew = createNews();
  /** The parts of each line that change: the row, the mean answer, the share that is right, the sign. @type {Line[]} */
  let lines = [];

  /** Another task has other cases. @type {(task: Task, cases: CaseAnswer[]) => void} */
  function build(task, cases) {
    const names = caseNames(task);
    const titles = [...names, say("true"), say("says"), say("right")];
    head.replaceChildren(
      ...titles.map((name, k) =>
        Object.assign(make("th", "note", name), { scope: "col", colSpan: k + 1 === titles.length ? 2 : 1 }),
      ),
    );
    lines = cases.map((answer) => {
      const row = find(copy(template), "tr");
      row.prepend(
        ...caseWords(answer, task).map((word) => make("td", "cases-bit", word)),
        make("td", "cases-truth", String(answer.expected)),
      );
      return { row, ...findNamed(row, { p: ".cases-p", share: ".cases-share", sign: ".cases-sign" }) };
    });
    find(table, "tbody").replaceChildren(...lines.map(({ row }) => row));
  }

  return {
    update(state) {
      const { task } = state;
      const { accuracy } = shown(state);
      const cases = task && accuracy?.cases.length === task.machine.length ? accuracy.cases : null;
      if (!isNew(cases, task)) return;
      if (task && cases && built !== task) build(task, cases);
      built = cases ? task : null;
      table.hidden = !cases;
      setText(summary, cases ? describeCases(cases) : say("As soon as the engine is ready."));
      setText(when, cases ? say("after iteration {n}", { n: whole(accuracy?.iteration ?? 0) }) : "");
      if (!cases || !task) return setText(note, "");
      setText(
        note,
        say("Its mean answer and its share of right bits, over {n} problems.", { n: whole(problemsOf(cases, task)) }),
      );
      cases.forEach((answer, k) => {
        const { row, p, share, sign } = lines[k];
        const { output, right } = answer;
        const verdict = judge(answer);
        setAttribute(row, "data-verdict", verdict);
        setAttribute(row, "aria-label", describeCase(answer, task));
        setText(p, output === null ? "–" : probability(output));
        setClass(share, "is-none", right === null);
        setStyle(share, "--p", (right ?? 0).toFixed(3));
        setText(share, right === null ? "–" : shareWords(right));
        setText(sign, SIGNS[verdict]);
      });
    },
  };
};
