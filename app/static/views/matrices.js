/**
 * The parameters as heatmaps, to point at or to walk through by arrow keys. Each has a scale of its own, which it names,
 * so that large weights of one do not wash out the others; or all share one scale.
 */
import {
  byTouch,
  copy,
  findAll,
  findNamed,
  on,
  paintCanvas,
  setAttribute,
  setClass,
  setHidden,
  setStyle,
  setText,
  STEPS,
} from "../dom.js";
import { takeHand } from "../origins.js";
import { afterIteration, describeFocus } from "../describe.js";
import { bound, signed, whole } from "../format.js";
import { isMatrixLit } from "../lit.js";
import { describeWeight, isRecurrent, planMatrices, sizeOf, unitOf, wordOf } from "../matrix-plan.js";
import { progress } from "../playback.js";
import { largest, steadyLimit } from "../scale.js";
import { pictured, shown } from "../state.js";
import { nameOf, say } from "../words.js";

/**
 * @import { Actions, CreateView } from "../actions.js"
 * @import { Hand } from "../edits.js"
 * @import { Frame, Tensor, Tensors } from "../frames.js"
 * @import { MatrixPlan } from "../matrix-plan.js"
 * @import { Palette } from "../palette.js"
 * @import { Playback } from "../playback.js"
 * @import { Problem } from "../problem.js"
 * @import { Asked, Focus } from "../state.js"
 * @import { TaskDescription as Task } from "../wire.d.ts"
 */

/** @typedef {"weights" | "updates"} Matrices */

/**
 * @typedef {object} MatrixLook
 * @property {Palette} palette
 * @property {Frame} frame
 * @property {Matrices} what
 * @property {Record<Matrices, number> | null} limits The ends of the scale that all share; null if each has its own.
 * @property {Problem | null} flashing The problem whose updates shine through, and how much of them, 0 to 1.
 * @property {number} flash
 */

/**
 * @typedef {(figure: HTMLElement, plan: MatrixPlan, weights: Tensor, acts: { focus: Actions["focus"],
 *   click: (asked: Asked & { plan: MatrixPlan, row: number, column: number }) => void }, changed: (spoken: string)
 *   => void) => { name: string; read(place?: Asked): string; light(lit: Focus | Asked | null): void;
 *   draw(look: MatrixLook): void; }} CreateMatrix
 */

const PACE = 70; // milliseconds between two drawings

/** @type {CreateView} */
export const create = (root, actions) => {
  const { grid, changer, when, readout, spoken, low, high, shared, template } = findNamed(root, {
    grid: ".matrices-grid",
    changer: "button#edits-open",
    when: "#matrices-when",
    readout: "#matrices-readout",
    spoken: "#matrices-spoken",
    low: "#legend-low",
    high: "#legend-high",
    shared: "input#matrices-shared",
    template: "template",
  });
  const sides = findAll(root, "[data-show]");
  const limits = { weights: 0, updates: 0 };
  const hint = readout.textContent;
  /** @type {ReturnType<CreateMatrix>[]} */
  let matrices = [];
  /** @type {Matrices} */
  let what = "weights";
  let seen = "";
  let built = "";
  let version = 0;
  /** @type {MatrixPlan[]} */
  let plans = [];
  /** @type {Hand | null} */
  let hand = null;
  let drawnAt = 0;
  /** @type {unknown} */
  let frameSeen;

  for (const side of sides) {
    on(side, "click", () => {
      what = /** @type {Matrices} */ (side.dataset.show);
      actions.wake();
    });
  }

  on(shared, "change", actions.wake);

  on(changer, "click", () =>
    actions.pick(hand ? null : { plan: plans.find(isRecurrent) ?? plans[0], row: 0, column: 0, scope: "weight" }),
  );

  /** A click on a weight chooses it, while somebody changes weights; else it asks how the weight came about. */
  const click = (/** @type {Asked & { plan: MatrixPlan, row: number, column: number }} */ asked) =>
    hand ? actions.pick({ ...hand, plan: asked.plan, row: asked.row, column: asked.column }) : actions.explain(asked);

  /** What was chosen before a change led here. */
  function chooseAgain() {
    const before = takeHand();
    const plan = plans.find(({ name }) => name === before?.name);
    if (before && plan) actions.pick({ ...before, plan });
  }

  /** Another cell has other parameters. @type {(frame: Frame, task: Task) => void} */
  function build({ weights }, { gates, operands }) {
    const shapes = Object.entries(weights).map(([name, { shape }]) => `${name} ${shape}`);
    if (built === `${shapes} ${gates}`) return;
    built = `${shapes} ${gates}`;
    setAttribute(grid, "data-gates", gates.length);
    setClass(grid, "has-bias", "b_y" in weights);
    setStyle(grid, "--hidden", weights.W_hy.shape[0]);
    setStyle(grid, "--inputs", operands.length);
    for (const figure of findAll(grid, "figure")) figure.remove();
    plans = planMatrices(Object.keys(weights), gates);
    matrices = plans.map((plan) => {
      const figure = grid.appendChild(copy(template));
      return createMatrix(figure, plan, weights[plan.name], { focus: actions.focus, click }, (read) => {
        version++;
        if (read) setText(spoken, read);
        actions.wake();
      });
    });
    chooseAgain();
  }

  return {
    update(state) {
      const { task, playback, palette, reducedMotion, asked, now } = state;
      const frame = pictured(state);
      if (!frame || !task) return;
      hand = state.hand;
      build(frame, task);
      setAttribute(changer, "aria-expanded", hand !== null);
      const held = frame !== shown(state).frame;
      const pointed = state.focus
        ? describeFocus(state.focus, playback.problem, task)
        : asked && describeFocus(asked, asked.problem ?? null, task);
      if (state.focus?.spoken) setText(spoken, pointed);
      const flash = playback.phase === "update" ? glow(playback, reducedMotion) : 0;
      const place = [asked?.row, asked?.column, shared.checked];
      const lit = state.focus ?? asked;
      for (const matrix of matrices) matrix.light(lit);
      const key = String([built, palette.version, what, flash, version, pointed, ...place, held]);
      if (key === seen && frame === frameSeen) return;
      if (key === seen && now < drawnAt + PACE) return actions.wakeIn(PACE);
      drawnAt = now;
      frameSeen = frame;
      seen = key;
      const flashing = flash ? playback.problem : null;
      const updates = flashing?.updates ?? frame.updates;
      limits.weights = steadyLimit(limits.weights, most(frame.weights));
      limits.updates = steadyLimit(limits.updates, most(updates));
      for (const side of sides) setAttribute(side, "aria-pressed", side.dataset.show === what);
      setText(
        when,
        held ? say("after iteration {n}, held", { n: whole(frame.iteration) }) : afterIteration(frame.iteration),
      );
      setText(low, shared.checked ? `−${bound(limits[what])}` : "−");
      setText(high, shared.checked ? `+${bound(limits[what])}` : "+");
      const common = shared.checked ? limits : null;
      for (const matrix of matrices) matrix.draw({ palette, frame, what, limits: common, flash, flashing });
      const flashed =
        flashing &&
        say("The updates of iteration {n}, at most {limit}. Times the learning rate, they are added.", {
          n: whole(flashing.iteration),
          limit: bound(limits.updates),
        });
      const explained = asked ? matrices.find(({ name }) => name === asked.plan?.name)?.read(asked) : "";
      setText(
        readout,
        matrices.map((matrix) => matrix.read()).find(Boolean) || pointed || explained || flashed || hint,
      );
    },
  };
};

/**
 * The strength of the glow: it comes quickly, stays a moment, and fades.
 * @type {(playback: Playback, still: boolean) => number}
 */
function glow(playback, still) {
  const t = progress(playback);
  return still ? 1 : Math.max(0.001, Math.min(1, t / 0.12, (1 - t) / 0.45));
}

/** @param {Tensors} tensors */
const most = (tensors) => Math.max(0, ...Object.values(tensors).map(({ data }) => largest(data)));

/** One heatmap. @type {CreateMatrix} */
function createMatrix(figure, plan, { shape }, acts, changed) {
  const { name, gate, seed } = plan;
  const { box, canvas, flashed, mark, title, gateText, gateWord, shapeText, limitText } = findNamed(figure, {
    box: ".matrix-box",
    canvas: "canvas",
    flashed: "canvas.matrix-flash",
    mark: ".matrix-mark",
    title: "b > .word",
    gateText: ".matrix-gate",
    gateWord: ".matrix-gate > .word",
    shapeText: ".matrix-shape",
    limitText: ".matrix-limit",
  });
  /** The ends of its own scales. */
  const own = { weights: 0, updates: 0 };
  const size = sizeOf(shape);
  const sizeWords = size.join(" × ");
  const shapeWords = seed && (plan.output ? seed : `${seed} · ${sizeWords}`);
  /** @type {number[] | null} */
  let at = null;
  /** The frame that is drawn, and the problem whose updates shine through. @type {Frame | null} */
  let frame = null;
  /** @type {Problem | null} */
  let shining = null;

  canvas.id = `heatmap-${name}`;
  setStyle(figure, "grid-area", `${2 * plan.row} / ${plan.column + 1}`);
  setText(title, name);
  title.dataset.word = wordOf(plan);
  title.tabIndex = plan.row === 1 && plan.column === 0 ? 0 : -1; // arrow keys lead on to the others
  setHidden(gateText, plan.row !== 1 || !gate); // the ones below stand in its column
  setText(gateWord, gate && nameOf(gate));
  gateWord.dataset.word = gate === "candidate" ? gate : `${gate}-gate`;
  setText(shapeText, shapeWords);
  setStyle(box, "--rows", size[0]);
  setStyle(box, "--columns", size[1]);
  setClass(box, "is-low", plan.row !== 2);
  setClass(box, "is-thin", plan.output);

  /** @type {(place: number[] | null, byKey?: boolean) => void} */
  function point(place, byKey = false) {
    at = place && place.map((k, axis) => Math.max(0, Math.min(size[axis] - 1, k)));
    mark.hidden = !at;
    at?.forEach((k, axis) => setStyle(box, ["--row", "--column"][axis], k));
    const unit = unitAt();
    acts.focus(unit === undefined ? null : { kind: "unit", unit, matrix: name });
    changed(byKey ? read() : "");
  }

  const unitAt = () => (at ? unitOf({ plan, row: at[0], column: at[1] }) : undefined);

  on(canvas, "pointermove pointerdown", ({ offsetX, offsetY }) => {
    const shares = [offsetY / canvas.clientHeight, offsetX / canvas.clientWidth];
    point(shares.map((share, axis) => Math.floor(share * size[axis])));
  });
  on(canvas, "pointerleave blur", (event) => byTouch(event) || point(null));
  on(canvas, "focus", () => canvas.matches(":focus-visible") && point(at ?? [0, 0]));
  on(
    canvas,
    "click",
    () => at && frame && acts.click({ kind: "weight", plan, row: at[0], column: at[1], unit: unitAt(), frame }),
  );
  on(canvas, "keydown", (event) => {
    if (event.key === "Enter") canvas.click();
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    point(at?.map((k, axis) => k + step[axis]) ?? [0, 0], true);
  });

  /** The value at the pointer, or at another place, as text. @type {(place?: Asked) => string} */
  function read(place) {
    const [row, column] = place ? [place.row ?? 0, place.column ?? 0] : (at ?? [-1, -1]);
    const value = frame?.weights[name].data[row * size[1] + column];
    if (!frame || value === undefined) return "";
    const values = { weight: describeWeight(plan, row, column), value: signed(value) };
    const update = (shining ?? frame).updates[name]?.data[row * size[1] + column];
    if (update === undefined) return `${values.weight}: ${values.value}`;
    const words = { ...values, update: signed(update) };
    if (!shining || shining.frame === frame) return say("{weight}: {value}, last update {update}", words);
    return say("{weight}: {value}, update of iteration {n} {update}", { ...words, n: whole(shining.iteration) });
  }

  return {
    name,
    read,
    light: (lit) => setClass(box, "is-lit", isMatrixLit(lit, name)),
    draw({ palette, frame: newest, what, limits, flashing, flash }) {
      frame = newest;
      shining = flashing;
      const shows = what === "updates" ? say("updates") : say("weights");
      setAttribute(canvas, "aria-label", `${name} ${gate && nameOf(gate)}, ${sizeWords}: ${shows}`);
      setStyle(figure, "--flash", flash.toFixed(2));
      const updates = flashing?.updates ?? newest.updates;
      own.weights = steadyLimit(own.weights, largest(newest.weights[name].data));
      own.updates = steadyLimit(own.updates, largest(updates[name]?.data ?? []));
      const ends = limits ?? own;
      setText(limitText, limits ? "" : `±${bound(own[what])}`);
      paintCanvas(canvas, newest[what][name]?.data, size[1], ends[what], palette);
      if (flash) paintCanvas(flashed, updates[name]?.data, size[1], ends.updates, palette);
    },
  };
}
