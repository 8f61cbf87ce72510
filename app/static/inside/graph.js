/** A finite-state machine as a drawing: its states on a line or a circle, and its steps as arrows. Pure. */
import { stateWords } from "../task.js";
import { say } from "../words.js";

/** @import { ExtractedMachine, TaskDescription as Task } from "../wire.d.ts" */

/**
 * One step. `count` and `of` say how often the network takes it, of how often it reads these bits in this state. They are
 * missing for the machine of the task.
 * @typedef {{ state: number; bits: number[]; next: number; output: number; count?: number; of?: number }} Step
 */

/**
 * A machine. State 0 is the start.
 * @typedef {object} Graph
 * @property {string[]} names
 * @property {string[]} words The names, short enough to stand in a circle.
 * @property {Step[]} steps
 */

/** @typedef {{ x: number; y: number }} Point */

/** All steps from one state to another. @typedef {{ state: number; next: number; steps: Step[] }} Arrow */

/**
 * A drawn arrow: its line, its head, and the lines of text beside it, the first of which stands at `at`.
 * @typedef {Arrow & { line: string; head: string; at: Point; labels: string[] }} Drawn
 */

/**
 * @typedef {object} Drawing
 * @property {number} width
 * @property {number} height
 * @property {number} radius Of a state's circle.
 * @property {Point[]} places The centres of the states.
 * @property {Drawn[]} arrows
 * @property {string} start The line of the arrow to the start.
 */

/** More states leave no room for what the arrows mean: it is in the list of steps. */
export const LABELLED = 3;

/** Longer words do not fit into a circle. */
const SHORT = 6;

/** The machine of a network. @type {(found: ExtractedMachine, task: Task) => Graph} */
export function graphOf({ states, start, steps, equals_task }, task) {
  const names = [start, ...states.filter((name) => name !== start)];
  const at = (/** @type {string} */ name) => names.indexOf(name);
  return {
    names,
    words: equals_task ? taskWords(task) : names,
    steps: steps.map((step) => ({ ...step, state: at(step.state), next: at(step.next) })),
  };
}

/** The machine that solves a task. @type {(task: Task) => Graph} */
export function graphOfTask(task) {
  const at = (/** @type {string} */ name) => task.states.indexOf(name);
  return {
    names: task.states,
    words: taskWords(task),
    steps: task.machine.map(([state, bits, next, output]) => ({ state: at(state), bits, next: at(next), output })),
  };
}

/** @param {Task} task */
const taskWords = (task) => stateWords(task).map((word) => (task.carried && word.length <= SHORT ? word : ""));

/** The steps by where they come from and where they go, bits counting up. @type {(graph: Graph) => Arrow[]} */
export function arrowsOf({ steps }) {
  /** @type {Map<string, Arrow>} */
  const arrows = new Map();
  for (const step of steps) {
    const { state, next } = step;
    const key = `${state}:${next}`;
    const arrow = arrows.get(key) ?? { state, next, steps: [] };
    arrows.set(key, arrow);
    arrow.steps.push(step);
  }
  for (const arrow of arrows.values())
    arrow.steps.sort((one, other) => (String(one.bits) < String(other.bits) ? -1 : 1));
  return [...arrows.values()];
}

/** @type {(n: number, k: number) => number} */
const choose = (n, k) => (k === 0 || k === n ? 1 : choose(n - 1, k - 1) + choose(n - 1, k));

/**
 * What an arrow means: "11/0", read 1 and 1, write 0. Of three numbers there are too many steps to name each. Where only
 * the number of ones matters, one label names it: "Σ2/0", two ones are read.
 * @type {(steps: Step[]) => string[]}
 */
export function stepWords(steps) {
  const ones = (/** @type {Step} */ { bits }) => bits.reduce((sum, bit) => sum + bit, 0);
  const plain = (/** @type {Step} */ { bits, output }) => `${bits.join("")}/${output}`;
  if (steps[0].bits.length < 3) return steps.map(plain);
  const words = steps.map((step) => {
    const like = steps.filter((other) => ones(other) === ones(step) && other.output === step.output);
    return like.length === choose(step.bits.length, ones(step)) ? `Σ${ones(step)}/${step.output}` : plain(step);
  });
  return [...new Set(words)];
}

/** Between two parts of a label; no line breaks there. */
export const GAP = "\u00a0";

/** Parts of a label in one line, and the most lines of a label. */
const ACROSS = 3;
const LINES = 2;

/** The lines of a label. What does not fit is counted. @type {(words: string[]) => string[]} */
export function linesOf(words) {
  const most = ACROSS * LINES;
  const fitting = words.length > most ? [...words.slice(0, most - 1), `+${words.length - most + 1}`] : words;
  return Array.from({ length: Math.ceil(fitting.length / ACROSS) }, (_, k) =>
    fitting.slice(k * ACROSS, (k + 1) * ACROSS).join(GAP),
  );
}

/** How far a line of text stands below the one before. */
export const LINE = 10;
const HEAD = 6;

/**
 * How far arrows bend: between neighbours on a line, on a circle, and on a line past the state in between. These two pass
 * below it, one below the other, in a room of their own.
 */
const BEND = {
  line: 13,
  circle: 16,
  past: (/** @type {number} */ from, /** @type {number} */ to) => (from < to ? -66 : 36),
  room: 66,
};

/** Where the states stand, and how large all is. @type {(n: number) => Omit<Drawing, "arrows" | "start">} */
function plan(n) {
  if (n === 1) return { width: 190, height: 118, radius: 19, places: [{ x: 95, y: 88 }] };
  if (n === 2) {
    const places = [54, 146].map((x) => ({ x, y: 76 }));
    return { width: 200, height: 122, radius: 19, places };
  }
  if (n === 3) {
    const places = [60, 170, 280].map((x) => ({ x, y: 76 }));
    return { width: 340, height: 122, radius: 19, places };
  }
  const [width, height, radius, ring] = [230, 224, n > 8 ? 11 : 14, 76];
  const places = Array.from({ length: n }, (_, k) => {
    const angle = Math.PI * ((2 * k) / n - 1 / 2);
    return { x: width / 2 + ring * Math.cos(angle), y: height / 2 + ring * Math.sin(angle) };
  });
  return { width, height, radius, places };
}

/** @type {(...points: Point[]) => string} */
const list = (...points) => points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join(",");

/** The point at a distance from another, in the direction of an angle. @type {(from: Point, angle: number, far: number) => Point} */
const off = ({ x, y }, angle, far) => ({ x: x + far * Math.cos(angle), y: y + far * Math.sin(angle) });

/** A triangle with its tip at a point, which looks in the direction of an angle. @type {(tip: Point, angle: number) => string} */
const head = (tip, angle) => `M${list(tip, off(tip, angle + 2.7, HEAD + 1), off(tip, angle - 2.7, HEAD + 1))}Z`;

/** @type {(graph: Graph) => Drawing} */
export function draw(graph) {
  const planned = plan(graph.names.length);
  const { width, height, radius, places } = planned;
  const centre = { x: width / 2, y: height / 2 };
  const labelled = places.length <= LABELLED;
  const arrows = arrowsOf(graph).map((arrow) => {
    const { state, next, steps } = arrow;
    const labels = labelled ? linesOf(stepWords(steps)) : [];
    const [from, to] = [places[state], places[next]];
    const drawn =
      state === next
        ? loop(from, radius, labelled ? -Math.PI / 2 : direction(centre, from))
        : bow(
            from,
            to,
            radius,
            !labelled ? BEND.circle : Math.abs(state - next) > 1 ? BEND.past(state, next) : BEND.line,
          );
    return { ...arrow, ...drawn, labels };
  });
  const isPast = labelled && arrows.some(({ state, next }) => Math.abs(state - next) > 1);
  const [first] = places;
  const angle = labelled ? Math.PI : direction(centre, first) - 0.9;
  const tip = off(first, angle, radius + 1);
  const start = `M${list(off(tip, angle, 16))}L${list(off(tip, angle, HEAD - 1))}${head(tip, angle + Math.PI)}`;
  return { ...planned, height: height + (isPast ? BEND.room : 0), arrows, start };
}

/** @type {(from: Point, to: Point) => number} */
const direction = (from, to) => Math.atan2(to.y - from.y, to.x - from.x);

/**
 * An arrow from a state to itself, at the side that an angle points to.
 * @type {(place: Point, radius: number, angle: number) => Omit<Drawn, keyof Arrow | "labels">}
 */
function loop(place, radius, angle) {
  const [from, to] = [off(place, angle - 0.5, radius), off(place, angle + 0.5, radius)];
  const far = radius * 2.5;
  const [one, other] = [off(place, angle - 0.55, far), off(place, angle + 0.55, far)];
  const back = direction(to, other);
  const at = off(place, angle, radius * 1.9);
  return {
    line: `M${list(from)}C${list(one, other, off(to, back, HEAD - 1))}`,
    head: head(to, back + Math.PI),
    at: { x: at.x, y: at.y + (Math.sin(angle) < 0 ? -4 : 11) },
  };
}

/**
 * A bent arrow from one state to another. Seen along it, it bends to the left, so that the arrow back has its own way; a
 * negative bend is one to the right.
 * @type {(from: Point, to: Point, radius: number, bend: number) => Omit<Drawn, keyof Arrow | "labels">}
 */
function bow(from, to, radius, bend) {
  const angle = direction(from, to);
  const normal = angle - (Math.sign(bend) * Math.PI) / 2;
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const control = off(middle, normal, Math.abs(bend) * 2);
  const start = off(from, direction(from, control), radius);
  const tip = off(to, direction(to, control), radius + 1);
  const back = direction(tip, control);
  const apex = { x: (start.x + tip.x) / 4 + control.x / 2, y: (start.y + tip.y) / 4 + control.y / 2 };
  const at = off(apex, normal, 4);
  return {
    line: `M${list(start)}Q${list(control, off(tip, back, HEAD - 1))}`,
    head: head(tip, back + Math.PI),
    at: { x: at.x, y: at.y + (Math.sin(normal) > 0 ? 7 : 0) },
  };
}

/** The step that a machine takes at each position of a problem. @type {(graph: Graph, inputs: number[][]) => Step[]} */
export function run({ steps }, inputs) {
  const byRead = new Map(steps.map((step) => [`${step.state}:${step.bits}`, step]));
  let state = 0;
  return inputs[0].map((_, p) => {
    const step = /** @type {Step} */ (byRead.get(`${state}:${inputs.map((bits) => bits[p])}`));
    state = step.next;
    return step;
  });
}

/** A machine in words, for who can't see it. @type {(graph: Graph) => string} */
export const describeGraph = ({ names }) =>
  say("States: {names}. The steps are in the list below.", { names: names.join(say(", ")) });
