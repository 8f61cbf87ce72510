/** Hands in: what was pointed at in a heatmap is set, held or released. That makes a branch, which the page opens. */
import { createNews, find, findAll, findNamed, make, on, setHidden, setText } from "../dom.js";
import { describeCells, editsOf, heldIn, meantBy, readSigned, rectanglesOf, recurrent, unitOf } from "../edits.js";
import { planMatrices } from "../matrix-plan.js";
import { originOf } from "../origins.js";
import { pictured } from "../state.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Edit, Hand, Scope, Shapes } from "../edits.js"
 * @import { Frame } from "../frames.js"
 * @import { MatrixPlan } from "../matrix-plan.js"
 * @import { State } from "../state.js"
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
  const isHeldNew = createNews();
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
    await actions.edit(edits).catch(actions.complain);
    busy = false;
    actions.wake();
  }

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
  on(cut, "click", () => branch(recurrent(plans).map(({ name }) => ({ parameter: name, value: 0, frozen: true }))));
  function end() {
    actions.pick(null);
    find(document, "#edits-open").focus();
  }
  on(close, "click", end);
  on(root, "keydown", ({ key }) => key === "Escape" && end());
  on(undo, "click", () => actions.unedit().catch(actions.complain));

  /** @param {State} state */
  function listHeld({ run }) {
    const parts = plans.flatMap((plan) => {
      const { shape } = shapes()[plan.name];
      return rectanglesOf(heldIn(run?.edits ?? [], plan.name, shape, frame?.iteration ?? 0)).map((rectangle) => ({
        plan,
        rectangle,
      }));
    });
    setHidden(heldTitle, !parts.length);
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
    update(state) {
      const { run, task, moment } = state;
      const now = pictured(state);
      hand = state.hand;
      setHidden(root, !hand);
      if (!hand || !run || !now || !task) return;
      frame = now;
      const key = JSON.stringify([hand, run.id, moment?.iteration, run.edits, task.gates, Object.keys(now.weights)]);
      if (!isNew(key)) return;
      plans = planMatrices(Object.keys(now.weights), task.gates);
      const parts = meantBy(hand, plans, now.weights);
      const { name } = hand.plan;
      scope.value = hand.scope;
      const unit = unitOf(hand);
      find(scope, "[value=unit]").toggleAttribute("disabled", unit === undefined);
      const words =
        hand.scope === "unit" && unit !== undefined
          ? say("all weights of hidden unit {n}", { n: unit })
          : describeCells(hand.plan, parts[0].rectangle, now.weights[name].shape);
      setText(meant, words);
      if (isHeldNew(run.id, JSON.stringify(run.edits), frame.iteration, plans.length)) listHeld(state);
      const origin = originOf(run.id);
      setHidden(undo, !origin);
      setText(undo, origin && say("Undo: back to {name}", { name: origin.name }));
    },
  };
};
