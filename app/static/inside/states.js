/**
 * The hidden state as a place: one watches the states part by what should be remembered. The axes stay until one asks for
 * new ones, so that points move only because the network has changed.
 */
import {
  byTouch,
  createNews,
  find,
  findNamed,
  make,
  on,
  paintCanvas,
  setAttribute,
  setClass,
  setHidden,
  setStyle,
  setText,
  STEPS,
} from "../dom.js";
import { percent, whole } from "../format.js";
import { forwardReach } from "../playback.js";
import { largest, steadyLimit } from "../scale.js";
import { pictured } from "../state.js";
import { namedOperands, operandsOf, written } from "../task.js";
import { inARow, say } from "../words.js";
import * as places from "./places.js";
import { colorOf, createScatter, SHAPES, shapeOf } from "./scatter.js";

/**
 * @import { Frame } from "../frames.js"
 * @import { Palette } from "../palette.js"
 * @import { CreatePanel } from "../views/inside.js"
 * @import { States, TaskDescription as Task } from "../wire.d.ts"
 */

/** The most moments of the past in the curve. */
const MOMENTS = 60;
/** A point answers to the pointer within so many pixels. */
const REACH = 16;
/** The matrix that takes the state to the next one. In a gated cell it makes the candidate. */
const RECURRENT = ["W_hh", "W_hn", "W_hg"];

/** The marks of states in a sentence. */
const MARKS = new RegExp(`([${SHAPES.join("")}])`);

const HINT = say("Each point is a state: a click plays its problem.");
const LINE = say("The line is the problem on the stage.");

/** @type {CreatePanel} */
export const create = (root, actions) => {
  const { finding, body, picture, canvas, readout, spoken, shares, axes, anew, weightsButton, beside } = findNamed(
    root,
    {
      finding: ".states-finding",
      body: ".states-body",
      picture: ".states-picture",
      canvas: ".states-picture > canvas",
      readout: ".states-readout",
      spoken: ".states-spoken",
      shares: ".states-shares",
      axes: ".states-axes",
      anew: "button.states-anew",
      weightsButton: "button.states-show",
      beside: ".states-beside",
    },
  );
  const curve = createCurve(find(beside, ".states-curve"));
  const weights = createWeights(find(beside, ".states-weights"));
  const scatter = createScatter(/** @type {HTMLCanvasElement} */ (canvas));
  const [isAnswerNew, isLookNew, isCurveNew] = [createNews(), createNews(), createNews()];

  /** The moment whose axes are kept. @type {{ generation: number; iteration: number } | null} */
  let kept = null;
  let refit = false;
  let withWeights = false;
  /** The point that is pointed at, or -1. */
  let chosen = -1;
  let version = 0;
  /** @type {{ found: States; task: Task; labels: number[] } | null} */
  let shown = null;
  let axesSeen = "";

  new ResizeObserver(([{ contentRect }]) => {
    scatter.resize(contentRect.width, contentRect.height);
    version++;
    actions.wake();
  }).observe(picture);

  on(anew, "click", () => {
    refit = true;
    actions.wake();
  });

  on(weightsButton, "click", () => {
    withWeights = !withWeights;
    actions.wake();
  });

  // Points

  /** @type {(k: number, isSpoken?: boolean) => void} */
  function choose(k, isSpoken = false) {
    chosen = k;
    if (isSpoken) setText(spoken, wordsOf(k));
    actions.wake();
  }

  /** @param {number} k */
  function wordsOf(k) {
    const point = shown?.found.points[k];
    if (!point || !shown) return "";
    const problem = written(shown.task, operandsOf(shown.task, point).map(whole));
    return say("{problem}, position {position}: {state}", { problem, position: point.position, state: point.state });
  }

  /** Plays the problem of the chosen point on the stage. */
  function play() {
    const point = shown?.found.points[chosen];
    if (!point || !shown) return;
    actions.predict(namedOperands(shown.task, operandsOf(shown.task, point)));
  }

  on(canvas, "pointermove pointerdown", ({ offsetX, offsetY }) => {
    const pixels = scatter.pixels();
    const k = places.nearest(pixels, [offsetX, offsetY]);
    const isNear = k >= 0 && Math.hypot(pixels[k][0] - offsetX, pixels[k][1] - offsetY) <= REACH;
    choose(isNear ? k : -1);
  });
  on(canvas, "pointerleave blur", (event) => byTouch(event) || choose(-1));
  on(canvas, "click", play);
  on(canvas, "keydown", (event) => {
    if (event.key === "Enter") return play();
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const pixels = scatter.pixels();
    const next = pixels[chosen]
      ? places.nearest(pixels, pixels[chosen], [step[1], step[0]])
      : places.nearest(pixels, scatter.middle());
    if (next >= 0) choose(next, true);
  });

  /** The finding is the legend, too: each name has its mark before it. @param {States} found */
  function tell(found) {
    const words = places.describeClouds(
      found,
      found.states.map((name, kind) => `${shapeOf(kind)} ${name}`),
    );
    finding.replaceChildren(
      ...words.split(MARKS).map((part) => {
        const kind = SHAPES.indexOf(part);
        if (kind < 0) return part;
        const mark = make("span", "states-mark", part);
        setAttribute(mark, "aria-hidden", true);
        setStyle(mark, "color", `var(--${colorOf(kind)})`);
        return mark;
      }),
    );
    setText(shares, places.describeShares(found));
    setAttribute(canvas, "aria-label", inARow([places.describeClouds(found), places.describeShares(found)]));
  }

  return {
    wish({ run, moment }) {
      if (!run) return null;
      const iteration = moment?.iteration ?? run.iteration;
      if (!kept || refit || kept.generation !== run.generation || kept.iteration > run.iteration)
        kept = { generation: run.generation, iteration };
      refit = false;
      return { call: "states", query: { axes: kept.iteration, history: MOMENTS } };
    },

    update(state) {
      const { run, task, playback, palette, reducedMotion, now, inside } = state;
      const found = inside.found.states?.found;
      const isKnown = Boolean(run && task && found && found.generation === run.generation && !inside.refused);
      setHidden(body, !isKnown);
      if (!run || !task || !found || !isKnown) return false;

      if (isAnswerNew(found, task)) {
        const ofAxes = `${found.generation} ${found.axes_iteration}`;
        const isAnew = ofAxes !== axesSeen;
        if (isAnew) weights.sort(found);
        axesSeen = ofAxes;
        shown = { found, task, labels: found.points.map((point) => found.states.indexOf(point.state)) };
        chosen = Math.min(chosen, found.points.length - 1);
        scatter.move(
          found.points.map(({ x, y }) => [x, y]),
          now,
          isAnew,
          reducedMotion,
        );
        tell(found);
        version++;
      }
      setAttribute(weightsButton, "aria-pressed", withWeights);
      setClass(root, "has-weights", withWeights);

      const reach = forwardReach(playback);
      const frame = pictured(state);
      if (isCurveNew(found, run.iteration)) curve.draw(found, run.iteration);
      if (withWeights) weights.draw(frame, palette, task);
      const isNew = isLookNew(found, playback.version, playback.problem, palette.version, version, chosen);
      if (!isNew) return false;
      const path = places.pathOf(playback.problem, task, found);
      setText(readout, wordsOf(chosen) || HINT);
      setText(axes, inARow([...(path.length ? [LINE] : []), places.describeAxes(found)]));
      const labels = shown?.labels ?? [];
      const look = { palette, labels, path: path.slice(0, reach), isWalking: playback.phase === "forward", chosen };
      const isMoving = scatter.draw(look, now);
      if (isMoving) version++;
      return isMoving;
    },
  };
};

/** The separation over training: a curve, the base rate, and the shown moment. @param {HTMLElement} root */
function createCurve(root) {
  const { picture, line, base, dot, high, low, end } = findNamed(root, {
    picture: ".states-curve-picture",
    line: "polyline",
    base: "line",
    dot: ".states-curve-dot",
    high: ".states-curve-high",
    low: ".states-curve-low",
    end: ".states-curve-end",
  });
  return {
    /** @type {(found: States, last: number) => void} */
    draw({ history, iteration, separation, base_rate }, last) {
      const past = (history ?? []).filter(([place]) => place !== iteration);
      const points = [...past, [iteration, separation]].sort(([one], [other]) => one - other);
      const least = Math.min(base_rate, ...points.map(([, share]) => share));
      const floor = Math.max(0, Math.floor(10 * least - 0.2) / 10);
      const across = (/** @type {number} */ place) => (100 * place) / Math.max(1, last);
      const down = (/** @type {number} */ share) => (100 * (1 - share)) / (1 - floor);
      setAttribute(line, "points", String(points.map(([place, share]) => [across(place), down(share)])));
      for (const name of ["y1", "y2"]) setAttribute(base, name, down(base_rate));
      setStyle(dot, "left", `${across(iteration)}%`);
      setStyle(dot, "top", `${down(separation)}%`);
      setText(high, "100%");
      setText(low, percent(base_rate));
      setStyle(low, "top", `${down(base_rate)}%`);
      setText(end, whole(last));
      setAttribute(picture, "aria-label", places.describeHistory(points, base_rate));
    },
  };
}

/** The weights from state to state, the units in the order of what they tell. @param {HTMLElement} root */
function createWeights(root) {
  const { canvas, caption } = findNamed(root, { canvas: "canvas", caption: ".states-weights-caption" });
  const isNew = createNews();
  /** @type {number[]} */
  let order = [];
  let limit = 0;
  return {
    /** @param {States} found */
    sort({ tells }) {
      order = places.orderOf(tells);
    },

    /** @type {(frame: Frame | null, palette: Palette, task: Task) => void} */
    draw(frame, palette, { states }) {
      const name = RECURRENT.find((name) => frame && name in frame.weights);
      if (!frame || !name || !isNew(frame, order, palette.version)) return;
      const { data } = frame.weights[name];
      limit = steadyLimit(limit, largest(data));
      paintCanvas(canvas, places.reordered(data, order), order.length, limit, palette);
      const values = { name, first: states[0], last: states[states.length - 1] };
      setText(caption, say("{name}, units from {first} to {last}", values));
      setAttribute(
        canvas,
        "aria-label",
        say("{name}, its units in the order of what they tell, from {first} to {last}", values),
      );
    },
  };
}
