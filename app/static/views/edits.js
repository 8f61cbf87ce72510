/** Hands in: what was pointed at in a heatmap is set, held or released. That makes a branch, which the page opens. */
import { createNews, find, findAll, findNamed, make, on, setHidden, setStyle, setText } from "../dom.js";
import { describeCells, editsOf, heldIn, meantBy, rectanglesOf } from "../edits.js";
import { whole } from "../format.js";
import { branchWith, goBack } from "../hands.js";
import { isRecurrent, planMatrices, unitOf } from "../matrix-plan.js";
import { originOf } from "../origins.js";
import { pictured } from "../state.js";
import { say } from "../words.js";
import { readSigned } from "../written-edits.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Complaint } from "../complaints.js"
 * @import { Edit, Hand, Rectangle, Scope, Shapes } from "../edits.js"
 * @import { Frame } from "../frames.js"
 * @import { MatrixPlan } from "../matrix-plan.js"
 * @import { State } from "../state.js"
 * @import { WeightEdit } from "../wire.d.ts"
 */

/** @type {CreateView} */
export const create = (root, actions) => {
  const { meant, scope, value, hold, form, cut, close, undo, held, heldTitle } = findNamed(root, {
    meant: "#edits-meant",
    scope: "select#edits-scope",
    value: "input#edits-value",
    hold: "input#edits-hold",
    form: "form",
    cut: "button#edits-cut",
    close: "button#edits-close",
    undo: "button#edits-undo",
    held: "#edits-held",
    heldTitle: "#edits-held-title",
  });
  const acts = findAll(root, "[data-edit]");
  const isNew = createNews();
  /** @type {State | null} */
  let state = null;
  /** @type {Frame | null} */
  let frame = null;
  /** @type {MatrixPlan[]} */
  let plans = [];
  /** @type {Hand | null} */
  let hand = null;
  let busy = false;

  /** @type {() => Shapes} */
  const shapes = () => frame?.weights ?? {};

  /** Makes the branch. @param {Edit[]} edits */
  async function branch(edits) {
    if (busy || !edits.length) return;
    busy = true;
    if (state) await branchWith(state, edits).catch(complain);
    busy = false;
    actions.wake();
  }

  /** A field of an edit has no name on the page. @param {Complaint} error */
  const complain = ({ message, errors = [] }) =>
    actions.complain({ message, errors: errors.map((one) => ({ ...one, field: say("the change of weights") })) });

  /** Does something to all that is meant. @param {Partial<Edit>} change */
  function change(change) {
    if (!hand) return;
    const parts = meantBy(hand, plans, shapes());
    branch(parts.flatMap(({ plan: { name }, rectangle }) => editsOf(name, rectangle, shapes()[name].shape, change)));
  }

  /** @param {unknown} number */
  const set = (number) => change({ value: /** @type {number} */ (number), ...(hold.checked && { frozen: true }) });

  on(scope, "change", () => hand && actions.pick({ ...hand, scope: /** @type {Scope} */ (scope.value) }));
  on(form, "submit", (event) => {
    event.preventDefault();
    set(readSigned(value.value));
  });
  for (const button of acts)
    on(button, "click", () => {
      if (button.dataset.edit === "zero") set(0);
      else change({ frozen: button.dataset.edit === "hold" });
    });
  on(cut, "click", () =>
    branch(plans.filter(isRecurrent).map(({ name }) => ({ parameter: name, value: 0, frozen: true }))),
  );
  function end() {
    actions.pick(null);
    find(document, "#edits-open").focus();
  }
  on(close, "click", end);
  on(root, "keydown", ({ key }) => key === "Escape" && end());
  on(undo, "click", () => state && goBack(state).catch(actions.complain));

  /** Marks what is held, and what is chosen, in the heatmaps; and lists what is held. @param {WeightEdit[]} edits */
  function mark(edits) {
    const meant = hand ? meantBy(hand, plans, shapes()) : [];
    let count = 0;
    const parts = plans.flatMap((plan) => {
      const cells = heldIn(edits, plan.name, shapes()[plan.name].shape, frame?.iteration ?? 0);
      const found = rectanglesOf(cells);
      count += cells.flat().filter(Boolean).length;
      const box = /** @type {HTMLElement} */ (find(document, `#heatmap-${plan.name}`).parentElement);
      for (const old of findAll(box, ".matrix-held, .matrix-chosen")) old.remove();
      const chosen = meant.filter((part) => part.plan.name === plan.name).map(({ rectangle }) => rectangle);
      box.append(...found.map(rectangleOf("matrix-held")), ...chosen.map(rectangleOf("matrix-chosen")));
      return found.map((rectangle) => ({ plan, rectangle }));
    });
    setText(find(document, "#matrices-held"), count ? say("{n} held", { n: whole(count) }) : "");
    setHidden(heldTitle, !count);
    held.replaceChildren(
      ...parts.map(({ plan, rectangle }) => {
        const { shape } = shapes()[plan.name];
        const words = describeCells(plan, rectangle, shape);
        const item = make("li", "row");
        const release = make("button", "button button-small", say("Release"));
        release.setAttribute("type", "button");
        release.setAttribute("aria-label", say("Release {what}", { what: words }));
        on(release, "click", () => branch(editsOf(plan.name, rectangle, shape, { frozen: false })));
        item.append(make("span", "", words), release);
        return item;
      }),
    );
  }

  return {
    update(given) {
      state = given;
      const { run, task, moment } = state;
      const now = pictured(state);
      hand = state.hand;
      setHidden(root, !hand);
      if (!run || !now || !task) return;
      const { edits = [] } = run;
      const made = edits.filter(({ iteration }) => iteration <= now.iteration).length;
      if (!isNew(JSON.stringify([hand, run.generation, moment?.iteration, edits, made]))) return;
      frame = now;
      plans = planMatrices(Object.keys(now.weights), task.gates);
      mark(edits);
      if (!hand) return;
      const [{ rectangle }] = meantBy(hand, plans, now.weights);
      const unit = unitOf(hand);
      scope.value = hand.scope;
      find(scope, "[value=unit]").toggleAttribute("disabled", unit === undefined);
      setText(
        meant,
        hand.scope === "unit" && unit !== undefined
          ? say("all weights of hidden unit {n}", { n: unit })
          : describeCells(hand.plan, rectangle, now.weights[hand.plan.name].shape),
      );
      const origin = originOf(run.id);
      setHidden(undo, !origin);
      setText(undo, origin && say("Undo: back to {name}", { name: origin.name }));
    },
  };
};

/** An element over some cells of a heatmap. @param {string} className */
const rectangleOf = (className) => (/** @type {Rectangle} */ rectangle) => {
  const element = make("i", className);
  for (const [name, value] of Object.entries(rectangle)) setStyle(element, `--${name}`, value);
  return element;
};
