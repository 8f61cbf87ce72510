/** The parameters as heatmaps on one shared scale, to point at or to walk through by arrow keys. */
import { copy, findAll, findEach, on, paintCanvas, setAttribute, setClass, setStyle, setText, STEPS } from "../dom.js";
import { describeUnit } from "../describe.js";
import { signed, whole } from "../format.js";
import { describeWeight, planMatrices } from "../matrix-plan.js";
import { progress } from "../playback.js";
import { largest, steadyLimit } from "../scale.js";
import { shown } from "../state.js";
import { nameOf, say } from "../words.js";

const PACE = 70; // milliseconds between two drawings

/** @type {CreateView} */
export const create = (root, actions) => {
  const [grid, readout, spoken, low, high, template] =
    findEach(root, ".matrices-grid #matrices-readout #matrices-spoken #legend-low #legend-high template");
  const sides = findAll(root, "[data-show]");
  const limits = { weights: 0, updates: 0 };
  const hint = readout.textContent;
  /** @type {ReturnType<CreateMatrix>[]} */
  let matrices = [];
  /** @type {Matrices} */
  let what = "weights";
  let [seen, built, version, drawnAt] = ["", "", 0, 0];
  /** @type {unknown} */
  let frameSeen;

  for (const side of sides) on(side, "click", () => ((what = side.dataset.show), actions.wake()));

  /** Another cell has other parameters. @type {BuildMatrices} */
  function build({ weights }, { gates }) {
    const shapes = Object.entries(weights).map(([name, { shape }]) => `${name} ${shape}`);
    if (built === `${shapes} ${gates}`) return;
    built = `${shapes} ${gates}`;
    setAttribute(grid, "data-gates", gates.length);
    setClass(grid, "has-bias", "b_y" in weights);
    setStyle(grid, "--hidden", weights.W_hy.shape[0]);
    for (const figure of findAll(grid, "figure")) figure.remove();
    matrices = planMatrices(Object.keys(weights), gates).map((plan) => {
      const figure = grid.appendChild(copy(template));
      return createMatrix(figure, plan, weights[plan.name], actions, (read) => {
        version++;
        if (read) setText(spoken, read);
        actions.wake();
      });
    });
  }

  return {
    update(state) {
      const { task, playback, palette, reducedMotion, now } = state;
      const { frame } = shown(state);
      if (!frame || !task) return;
      build(frame, task);
      const pointed = describeUnit(state.focus ?? state.asked, playback.problem);
      if (state.focus?.spoken) setText(spoken, pointed);
      const flash = playback.phase === "update" ? glow(playback, reducedMotion) : 0;
      const key = `${built} ${palette.version} ${what} ${flash} ${version} ${pointed}`;
      if (key === seen && (frame === frameSeen || now < drawnAt + PACE)) return frame !== frameSeen && actions.wakeIn(PACE);
      [drawnAt, frameSeen, seen] = [now, frame, key];
      const updates = (flash && playback.problem?.updates) || frame.updates;
      limits.weights = steadyLimit(limits.weights, most(frame.weights));
      limits.updates = steadyLimit(limits.updates, most(updates));
      for (const side of sides) setAttribute(side, "aria-pressed", side.dataset.show === what);
      setText(low, `−${limits[what]}`);
      setText(high, `+${limits[what]}`);
      for (const matrix of matrices) matrix.draw({ palette, frame, what, limits, flash, flashing: updates[matrix.name] });
      const flashed = flash && say("The updates of iteration {n}, on a scale to ±{limit}. Times the learning rate, they are added.", { n: whole(playback.problem?.iteration ?? 0), limit: limits.updates });
      setText(readout, matrices.map((matrix) => matrix.read()).find(Boolean) || flashed || pointed || hint);
    },
  };
};

/** Comes quickly, stays a moment, dissolves. @type {Glow} */
function glow(playback, still) {
  const t = progress(playback);
  return still ? 1 : Math.max(0.001, Math.min(1, t / 0.12, (1 - t) / 0.45));
}

/** @param {Tensors} tensors */
const most = (tensors) => Math.max(0, ...Object.values(tensors).map(({ data }) => largest(data)));

/** One heatmap. @type {CreateMatrix} */
function createMatrix(figure, plan, { shape }, actions, changed) {
  const { name, gate, seed } = plan;
  const [box, canvas, flashed, mark] = findEach(figure, ".matrix-box canvas .matrix-flash .matrix-mark");
  const size = shape.length > 1 ? shape : [1, shape[0]]; // a bias is a row
  const words = [name, gate && nameOf(gate), seed && (plan.output ? seed : `${seed} · ${size.join(" × ")}`)];
  /** @type {number[] | null} */
  let at = null;
  /** @type {Frame | null} */
  let frame = null;

  canvas.id = `heatmap-${name}`;
  setStyle(figure, "grid-area", `${2 * plan.row} / ${plan.column + 1}`);
  findEach(figure, "b .matrix-gate .matrix-shape").forEach((element, k) => setText(element, words[k]));
  ["rows", "columns"].forEach((side, axis) => setStyle(box, `--${side}`, size[axis]));
  setClass(box, "is-low", plan.row !== 2);
  setClass(box, "is-thin", plan.output);

  /** @type {Point} */
  function point(place, byKey = false) {
    at = place && place.map((k, axis) => Math.max(0, Math.min(size[axis] - 1, k)));
    mark.hidden = !at;
    at?.forEach((k, axis) => setStyle(box, ["--row", "--column"][axis], k));
    const unit = unitAt();
    actions.focus(unit === undefined ? null : { kind: "unit", unit });
    changed(byKey ? read() : "");
  }

  /** Of the two that a weight joins, the one that it leads to. */
  const unitAt = () => at?.[plan.output ? 0 : 1];

  on(canvas, "pointermove pointerdown", ({ offsetX, offsetY }) => {
    const shares = [offsetY / canvas.clientHeight, offsetX / canvas.clientWidth];
    point(shares.map((share, axis) => Math.floor(share * size[axis])));
  });
  on(canvas, "pointerleave blur", ({ pointerType }) => pointerType !== "touch" && point(null));
  on(canvas, "focus", () => canvas.matches(":focus-visible") && point(at ?? [0, 0]));
  on(canvas, "click", () => at && actions.explain({ kind: "weight", plan, row: at[0], column: at[1], unit: unitAt() }));
  on(canvas, "keydown", (event) => {
    if (event.key === "Enter") canvas.click();
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    point(at?.map((k, axis) => k + step[axis]) ?? [0, 0], true);
  });

  function read() {
    if (!at || !frame) return "";
    const k = at[0] * size[1] + at[1];
    const update = frame.updates[name]?.data[k];
    const values = { weight: describeWeight(plan, at[0], at[1]), value: signed(frame.weights[name].data[k]) };
    return update === undefined ? `${values.weight}: ${values.value}` : say("{weight}: {value}, last update {update}", { ...values, update: signed(update) });
  }

  return {
    name,
    read,
    draw({ palette, frame: newest, what, limits, flashing, flash }) {
      frame = newest;
      setAttribute(canvas, "aria-label", `${name} ${words[1]}, ${size.join(" × ")}: ${what === "updates" ? say("updates") : say("weights")}`);
      setStyle(figure, "--flash", flash.toFixed(2));
      paintCanvas(canvas, newest[what][name]?.data, size[1], limits[what], palette);
      if (flash) paintCanvas(flashed, flashing?.data, size[1], limits.updates, palette);
    },
  };
}
