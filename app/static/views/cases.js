/**
 * What the network has understood so far: each case of the task's machine, the true bit, and how often the network is
 * right there. A table of what is read by what is carried: the column of the carry fills last.
 */
import { describeCase, describeCases, judge, problemsOf, shareWords, SIGNS } from "../cases.js";
import { copy, createNews, find, findNamed, make, setAttribute, setClass, setStyle, setText } from "../dom.js";
import { probability, whole } from "../format.js";
import { shown } from "../state.js";
import { stateWords } from "../task.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { CaseAnswer, TaskDescription as Task } from "../wire.d.ts"
 */

/** The parts of a cell that change. @typedef {Record<"cell" | "p" | "share" | "sign", HTMLElement>} Place */

/** More states than this leave no room for the mean answer; it is spoken and shown on pointing. */
const ROOMY = 2;

/** @type {CreateView} */
export const create = (root) => {
  const { table, summary, when, note, why, template } = findNamed(root, {
    table: "table.cases-table",
    summary: "#cases-summary",
    when: "#cases-when",
    note: "#cases-note",
    why: "button#cases-why",
    template: ":scope > template",
  });
  const { head, parts, part, body } = findNamed(table, {
    head: "thead tr",
    parts: "thead tr + tr",
    part: "thead template",
    body: "tbody",
  });
  /** @type {Task | null} */
  let built = null;
  const isNew = createNews();
  /** One for each case. @type {Place[]} */
  let places = [];

  /**
   * Another task has other cases. A row holds what is read, a column what is carried.
   * @type {(task: Task, cases: CaseAnswer[]) => void}
   */
  function build(task, cases) {
    const title = (/** @type {string} */ text) => Object.assign(make("th", "note", text), { scope: "col" });
    const words = stateWords(task);
    const states = task.carried ? words.map((word) => `${task.carried} ${word}`) : [""];
    head.replaceChildren(Object.assign(title(task.operands.join("\u00a0")), { rowSpan: 2 }), ...states.map(title));
    parts.replaceChildren(...states.map(() => find(copy(part), "td")));
    setClass(table, "is-tight", states.length > ROOMY);
    /** @type {Map<string, HTMLTableRowElement>} */
    const rows = new Map();
    places = cases.map(({ bits, expected }) => {
      const read = bits.join("\u00a0");
      const row = rows.get(read) ?? make("tr");
      if (!rows.has(read)) row.append(Object.assign(make("th", "cases-bits", read), { scope: "row" }));
      rows.set(read, row);
      const cell = find(copy(template), "td");
      row.append(cell);
      setText(find(cell, ".cases-truth"), expected);
      return { cell, ...findNamed(cell, { p: ".cases-p", share: ".cases-share", sign: ".cases-sign" }) };
    });
    body.replaceChildren(...rows.values());
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
      why.hidden = !cases || !task?.carried;
      setText(summary, cases ? describeCases(cases) : say("As soon as the engine is ready."));
      setText(when, cases ? say("after iteration {n}", { n: whole(accuracy?.iteration ?? 0) }) : "");
      if (!cases || !task) return setText(note, "");
      setText(
        note,
        say("✓ right in all of {n} problems, not by always saying the same.", {
          n: whole(problemsOf(cases, task)),
        }),
      );
      const verdicts = judge(cases);
      cases.forEach((answer, k) => {
        const { cell, p, share, sign } = places[k];
        const { output, right } = answer;
        const verdict = verdicts[k];
        const words = describeCase(answer, task, verdict);
        setAttribute(cell, "data-verdict", verdict);
        setAttribute(cell, "aria-label", words);
        setAttribute(cell, "title", words);
        setText(p, output === null ? "–" : probability(output));
        setClass(share, "is-none", right === null);
        setStyle(share, "--p", (right ?? 0).toFixed(3));
        setText(share, right === null ? "–" : shareWords(right));
        setText(sign, SIGNS[verdict]);
      });
    },
  };
};
