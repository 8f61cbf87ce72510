/** How a number came about: its formula in MathML, the same in numbers, term by term. */
import { describeProblem } from "../describe.js";
import { find, findAll, findEach, make, on, setText } from "../dom.js";
import { explain, nameOf, rowsOf } from "../terms.js";
import { say } from "../words.js";

/** So many terms are written out at first, unless no more than two are left. */
const FEW = 6;

/** @type {CreateView} */
export const create = (root, actions) => {
  const [name, rows, more, lines] = findEach(root, "#terms-name tbody #terms-more #terms-lines");
  const cases = findAll(root, "[data-case]");
  /** @type {unknown[]} */
  let seen = [];
  let all = false;
  /** Where the focus goes back to. @type {any} */
  let opener;

  on(find(root, ".panel-close"), "click", () => actions.explain(null));
  on(more, "click", () => ((all = true), actions.wake()));
  for (const formula of findAll(root, ".terms-formula")) formula.replaceChildren(math(formula.textContent));

  return {
    update({ asked, playback: { problem }, run }) {
      const open = root.matches(":popover-open");
      if (!asked || !run) {
        if (!open) return;
        root.hidePopover();
        return opener.focus();
      }
      if (!open) {
        [opener, all] = [document.activeElement, false];
        root.showPopover();
      }
      const now = [asked, problem, all];
      if (now.every((value, k) => value === seen[k])) return;
      seen = now;
      const found = explain(asked, problem, run.config);
      const { terms } = found;
      const cut = all || terms.length < FEW + 3 ? terms.length : FEW;
      setText(name, say("{what}. {problem}.", { what: nameOf(asked), problem: describeProblem(problem) }));
      lines.replaceChildren(...found.lines.map((text) => {
        const line = make("p");
        line.append(math(text));
        return line;
      }));
      rows.replaceChildren(...rowsOf(found, cut).map(row));
      more.hidden = cut === terms.length;
      setText(more, say("Show all {n} terms", { n: terms.length }));
      // The page holds formulas and notes for every case, each with the words that have to hold.
      const holds = [...Object.values(run.config), found.note || "plain", isNaN(found.value) || asked.kind, asked.plan?.name].map(String);
      for (const element of cases) element.hidden = !element.dataset.case.split(" ").every((/** @type {string} */ word) => holds.includes(word));
    },
  };
};

/** @param {TermRow} shown */
function row({ symbol, numbers, text, kind }) {
  const made = make("tr", kind && `terms-${kind}`);
  made.appendChild(make("th")).append(kind ? symbol : math(symbol));
  made.appendChild(make("td")).append(numbers && math(numbers));
  made.appendChild(make("td")).append(text);
  return made;
}

/** @type {MakeMath} */
function element(tag, ...children) {
  const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
  made.append(...children);
  return made;
}

/** "h_3·W_hy[3]" as MathML: names, numbers and signs, an index after a low line. @param {string} text */
function math(text) {
  const signs = text.match(/[\p{L}∑][\p{L}′]*(_[\p{L}\d]+)?|((?<=^|[(=×])−)?\d[\d.]*(e−?\d+)?|\S/gu) ?? [];
  const made = element("math", ...signs.map((sign) => {
    const [base, index] = sign.split("_").map((part) => element(/\d/.test(part) ? "mn" : /^\p{L}/u.test(part) ? "mi" : "mo", part));
    return index ? element(sign[0] === "∑" ? "munder" : "msub", base, index) : base;
  }));
  made.setAttribute("displaystyle", "true");
  return made;
}
