/**
 * The finite-state machine that the network has made of itself, beside the machine that solves the task. While a problem
 * plays on the stage, the current state and the arrow that is taken light up in both.
 */
import { createNews, findNamed, make, setAttribute, setClass, setHidden, setText } from "../dom.js";
import { element } from "./draw.js";
import { describeGraph, draw, GAP, graphOf, graphOfTask, LABELLED, LINE, run, stepWords } from "./graph.js";
import { countWords, describeLabels, describeMachine, describeTaken } from "./machine-words.js";

/**
 * @import { CreatePanel } from "../views/inside.js"
 * @import { Arrow, Graph, Step } from "./graph.js"
 */

/** A machine that is drawn. @typedef {{ graph: Graph; light(step: Step | null): void }} Picture */

/** Arrows without labels are the wider, the more often they are taken. */
const WIDTH = { least: 0.8, more: 4 };

/** What an arrow means, for who points at it. @type {(graph: Graph, arrow: Arrow) => string} */
function titleOf({ names }, { state, next, steps }) {
  const way = `${names[state]} → ${names[next]}: ${stepWords(steps).join(GAP)}`;
  return steps[0].of === undefined ? way : `${way} (${countWords(steps)})`;
}

/** @type {(place: SVGSVGElement, graph: Graph) => Picture} */
function paint(place, graph) {
  const { width, height, radius, places, arrows, start } = draw(graph);
  setAttribute(place, "viewBox", `0 0 ${width} ${height}`);
  setAttribute(place, "aria-label", describeGraph(graph));
  const all = arrows.reduce((sum, { steps }) => sum + steps.reduce((own, step) => own + (step.count ?? 0), 0), 0);
  const labelled = places.length <= LABELLED;

  const lines = arrows.map((arrow) => {
    const { state, next, line, head, at, labels, steps } = arrow;
    const group = element("g", { class: "machine-arrow" });
    const count = steps.reduce((sum, step) => sum + (step.count ?? 0), 0);
    const stroke = labelled || !all ? 1.3 : WIDTH.least + (WIDTH.more * count) / all;
    group.append(
      element("title", {}, titleOf(graph, arrow)),
      element("path", { d: line, "stroke-width": stroke.toFixed(2) }),
    );
    group.append(element("path", { d: head, class: "machine-head" }));
    const texts = labels.map((text) => ({ text, kind: "machine-label" }));
    if (labelled && steps[0].of !== undefined) texts.push({ text: countWords(steps), kind: "machine-count" });
    // A label above its arrow grows upward, one below it downward.
    const above = at.y < (state === next ? places[state].y : (places[state].y + places[next].y) / 2);
    texts.forEach(({ text, kind }, k) => {
      const y = at.y + LINE * (above ? k - texts.length + 1 : k);
      group.append(
        element("text", { x: at.x.toFixed(1), y: y.toFixed(1), "text-anchor": "middle", class: kind }, text),
      );
    });
    return { state, next, group };
  });
  const circles = places.map(({ x, y }, k) => {
    const group = element("g", { class: "machine-state" });
    const centre = { x: x.toFixed(1), y: y.toFixed(1) };
    group.append(element("title", {}, graph.names[k]), element("circle", { cx: centre.x, cy: centre.y, r: radius }));
    group.append(element("text", { ...centre, dy: "0.35em", "text-anchor": "middle" }, graph.words[k]));
    return group;
  });
  const begin = element("path", { d: start, class: "machine-start" });
  place.replaceChildren(begin, ...lines.map(({ group }) => group), ...circles);

  return {
    graph,
    light(step) {
      for (const { state, next, group } of lines)
        setClass(group, "is-lit", step && state === step.state && next === step.next);
      circles.forEach((circle, k) => {
        setClass(circle, "is-lit", step?.state === k);
        setClass(circle, "is-next", step?.next === k);
      });
    },
  };
}

/** The same as a list. @type {(body: HTMLElement, graph: Graph) => void} */
function fill(body, { names, steps }) {
  body.replaceChildren(
    ...steps.map((step) => {
      const row = make("tr");
      const { state, bits, output, next } = step;
      const cells = [bits.join(GAP), String(output), names[next], countWords([step])];
      row.append(Object.assign(make("th", "", names[state]), { scope: "row" }));
      row.append(...cells.map((text) => make("td", "", text)));
      return row;
    }),
  );
}

/** @type {CreatePanel} */
export const create = (root) => {
  const places = findNamed(root, {
    finding: ".machine-finding",
    body: ".machine-body",
    pair: ".machine-pair",
    own: "svg.machine-own",
    ofTask: "svg.machine-of-task",
    readout: ".machine-readout",
    steps: "tbody.machine-steps",
  });
  /** @type {Picture | null} */
  let own = null;
  /** @type {Picture | null} */
  let ofTask = null;
  const [isFoundNew, isTaskNew, isStepNew] = [createNews(), createNews(), createNews()];

  return {
    wish: ({ task }) => (task ? { call: "machine", query: {} } : null),

    update({ inside, task, playback }) {
      const found = inside.found.machine?.found;
      setHidden(places.body, !found || !task);
      setText(places.finding, found ? describeMachine(found) : "");
      if (!found || !task) return;
      if (isTaskNew(task)) {
        ofTask = paint(places.ofTask, graphOfTask(task));
      }
      if (isFoundNew(found, task)) {
        own = paint(places.own, graphOf(found, task));
        fill(places.steps, own.graph);
        const sizes = [own, ofTask].map((picture) => picture?.graph.names.length ?? 0);
        setClass(places.pair, "is-wide", sizes.includes(LABELLED));
        setClass(places.pair, "is-apart", sizes[0] > sizes[1]);
      }
      const { problem, phase, position } = playback;
      if (!own || !ofTask || !isStepNew(own, ofTask, problem, phase, position)) return;
      const at = problem && phase === "forward" && problem.inputs.length === task.operands.length ? position : -1;
      const [taken, right] = [own, ofTask].map(({ graph }) =>
        problem && at >= 0 ? run(graph, problem.inputs)[at] : null,
      );
      own.light(taken);
      ofTask.light(right);
      const words = problem && taken ? describeTaken(taken, own.graph, at, problem.bits[at]) : "";
      setText(places.readout, words || describeLabels(own.graph));
    },
  };
};
