/** How a number was computed: its formula in MathML, and the same in numbers, term by term. */
import { describeSource } from "../describe.js";
import { copy, createNews, find, findAll, findNamed, make, on, setAttribute, setHidden, setText } from "../dom.js";
import { nameOf } from "../names.js";
import { explain, rowsOf } from "../terms.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Asked } from "../state.js"
 * @import { TermRow } from "../terms.js"
 */

/** @typedef {(asked: Asked) => { name: "unit" | "row" | "column"; words: string; count: number }[]} AxesOf */

/** The number of terms that are shown at first. If only one or two more are left, they are shown, too. */
const FEW = 6;

/** @type {CreateView} */
export const create = (root, actions) => {
  const { name, waits, walk, template, rows, more, lines } = findNamed(root, {
    name: "#terms-name",
    waits: "#terms-waits",
    walk: "#terms-walk",
    template: "template",
    rows: "tbody",
    more: "button#terms-more",
    lines: "#terms-lines",
  });
  const cases = findAll(root, "[data-case]");
  const isNew = createNews();
  /** Whether the sliders have to change. */
  const areNew = createNews();
  let all = false;
  /** The element that gets the focus back. @type {HTMLElement | null} */
  let opener = null;
  /** @type {Asked | null} */
  let shown = null;

  /**
   * Goes to a neighbour: another unit of the same position, another weight of the same matrix.
   * @param {"unit" | "row" | "column"} axis
   * @param {number} place
   */
  function step(axis, place) {
    if (!shown) return;
    const asked = { ...shown, [axis]: place };
    const { plan, row, column } = asked;
    if (plan) asked.unit = plan.output ? (plan.row === 3 ? undefined : row) : column;
    actions.explain(asked);
  }

  /** Sliders and buttons, for fingers that are wider than a unit is drawn. @param {Asked} asked */
  function showAxes(asked) {
    const axes = axesOf(asked);
    if (areNew(JSON.stringify(axes))) walk.replaceChildren(...axes.map(axis));
    axes.forEach(({ name, count }, k) => {
      const { less, slider, more, number } = findNamed(walk.children[k], {
        less: "button.terms-less",
        slider: "input",
        more: "button.terms-more",
        number: "output",
      });
      const at = asked[name] ?? 0;
      slider.value = String(at);
      setText(number, at);
      setAttribute(less, "aria-disabled", at === 0 ? "true" : null);
      setAttribute(more, "aria-disabled", at === count - 1 ? "true" : null);
    });
  }

  /** @type {(axis: ReturnType<AxesOf>[number]) => Element} */
  function axis({ name, words, count }) {
    const element = copy(template);
    const { label, less, slider, more } = findNamed(element, {
      label: ".terms-label",
      less: "button.terms-less",
      slider: "input",
      more: "button.terms-more",
    });
    setText(label, words);
    slider.max = String(count - 1);
    setAttribute(slider, "aria-label", words);
    setAttribute(less, "aria-label", say("{what}: one less", { what: words }));
    setAttribute(more, "aria-label", say("{what}: one more", { what: words }));
    const go = (/** @type {number} */ way) => step(name, Math.max(0, Math.min(count - 1, Number(slider.value) + way)));
    on(slider, "input", () => go(0));
    on(less, "click", () => go(-1));
    on(more, "click", () => go(1));
    return element;
  }

  on(find(root, "button.panel-close"), "click", () => actions.explain(null));
  on(more, "click", () => {
    all = true;
    actions.wake();
  });
  for (const formula of findAll(root, ".terms-formula")) formula.replaceChildren(math(formula.textContent));

  return {
    update({ asked, frame, moment, run }) {
      const open = root.matches(":popover-open");
      if (!asked || !run) {
        if (!open) return;
        root.hidePopover();
        return opener?.focus();
      }
      if (!open) {
        opener = /** @type {HTMLElement | null} */ (document.activeElement);
        all = false;
        root.showPopover();
      }
      const problem = asked.problem ?? null;
      // Shown only if something would go on.
      setHidden(waits, Boolean(moment) || (run.state !== "running" && problem?.frame === frame));
      if (!isNew(asked, all)) return;
      shown = asked;
      showAxes(asked);
      const found = explain(asked, problem, run.config);
      const { terms } = found;
      const cut = all || terms.length < FEW + 3 ? terms.length : FEW;
      const source = problem ? describeSource(problem) : say("No problem yet");
      setText(name, say("{what}. {problem}.", { what: nameOf({ ...asked, line: undefined }), problem: source }));
      lines.replaceChildren(
        ...found.lines.map((text) => {
          const line = make("p");
          line.append(...parts(text, /(?==)/));
          return line;
        }),
      );
      rows.replaceChildren(...rowsOf(found, cut).map(row));
      more.hidden = cut === terms.length;
      setText(more, say("Show all {n} terms", { n: terms.length }));
      // The page has formulas and notes for every case. Each names the words that have to be true for it.
      const holds = [
        ...Object.values(run.config),
        found.note || "plain",
        isNaN(found.value) || asked.kind,
        asked.plan?.name,
      ].map(String);
      for (const element of cases)
        element.hidden = !(element.dataset.case ?? "").split(" ").every((word) => holds.includes(word));
    },
  };
};

/** The axes along which one can walk from here. @type {AxesOf} */
function axesOf({ plan, problem, frame, unit }) {
  if (!plan)
    return unit === undefined ? [] : [{ name: "unit", words: say("Hidden unit"), count: problem?.hidden ?? 1 }];
  const shape = frame?.weights[plan.name]?.shape ?? [1];
  const [rows, columns] = shape.length > 1 ? shape : [1, shape[0]];
  /** @type {ReturnType<AxesOf>} */
  const axes = [
    { name: "row", words: plan.row === 1 ? say("From input") : say("From hidden unit"), count: rows },
    { name: "column", words: say("To hidden unit"), count: columns },
  ];
  return axes.filter(({ count }) => count > 1);
}

/** @param {TermRow} shown */
function row({ symbol, numbers, text, kind }) {
  const made = make("tr", kind && `terms-${kind}`);
  made.appendChild(make("th")).append(kind ? symbol : math(symbol));
  made.appendChild(make("td")).append(...parts(numbers, /(?=×)/));
  made.appendChild(make("td")).append(text);
  return made;
}

/** @type {(tag: string, ...children: (Element | string)[]) => Element} */
function element(tag, ...children) {
  const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
  made.append(...children);
  return made;
}

/** A long formula as several: one alone would not break where the line ends. @type {(text: string, at: RegExp) => Element[]} */
const parts = (text, at) => text.split(at).filter(Boolean).map(math);

/** "h_3·W_hy[3]" as MathML: names, numbers and signs. An index follows an underscore. @param {string} text */
function math(text) {
  const signs = text.match(/[\p{L}∑][\p{L}′]*(_[\p{L}\d]+)?|((?<=^|[(=×])−)?\d[\d.]*(e−?\d+)?|\S/gu) ?? [];
  const made = element(
    "math",
    ...signs.map((sign) => {
      const [base, index] = sign
        .split("_")
        .map((part) => element(/\d/.test(part) ? "mn" : /^\p{L}/u.test(part) ? "mi" : "mo", part));
      return index ? element(sign[0] === "∑" ? "munder" : "msub", base, index) : base;
    }),
  );
  made.setAttribute("displaystyle", "true");
  return made;
}
