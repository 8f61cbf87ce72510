/** Error and accuracy of several runs over one axis, and a line at the iteration that is read. */
import uPlot from "../vendor/uPlot.js";
import { axisEnd, isLonely } from "../decimate.js";
import { createNews, findAll, on, setAttribute, targetOf } from "../dom.js";
import { whole } from "../format.js";
import { aligned, valueRange } from "../overlay.js";
import { readingWords } from "./compared.js";
import { say } from "../words.js";

/** @import { Compared, Comparison, Piece } from "../overlay.js" */

const STEP = 6; // pixels that a key moves by

/**
 * The looks are a stroke and a dash for each slot.
 * @type {(root: HTMLElement, looks: (() => { stroke: string; dash: number[] })[], read: (iteration: number | null,
 *   byKey: boolean) => void) => (state: Comparison) => void}
 */
export function create(root, looks, read) {
  const places = findAll(root, ".curve-plot");
  /** @type {uPlot[]} */
  let plots = [];
  const isNew = createNews();
  let byKey = false;

  /** @param {uPlot} plot */
  const iterationOf = ({ cursor: { left = -1 }, posToVal }) => (left < 0 ? null : Math.round(posToVal(left, "x")));

  on(root, "keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[/** @type {string} */ (event.key)];
    const plot = plots[places.indexOf(targetOf(event))];
    if (!way || !plot) return;
    event.preventDefault();
    const { min = 0, max = 0 } = plot.scales.x;
    const at = Math.max(min, iterationOf(plot) ?? min);
    const far = Math.round(plot.posToVal(plot.valToPos(at, "x") + way * STEP, "x"));
    // A step of less than one iteration would not move.
    const next = event.shiftKey || far === at ? at + way : far;
    byKey = true;
    /**
     * uPlot can move the cursors of the other charts, too. Its types don't say so.
     * @type {(place: { left: number, top: number }, fireHook: boolean, publish: boolean) => void}
     */
    const setCursor = plot.setCursor;
    setCursor({ left: plot.valToPos(Math.max(min, Math.min(max, next)), "x"), top: 0 }, true, true);
    byKey = false;
  });
  on(root, "focusout", () => plots.map((plot) => plot.setCursor({ left: -10, top: -10 })));

  /** @param {Comparison} state */
  function build({ runs, logX, logY, each, palette: { color, font } }) {
    const axis = {
      stroke: color.muted,
      font: `12px ${font}`,
      labelFont: `12px ${font}`,
      labelSize: 18,
      ticks: { show: false },
      gap: 6,
      grid: { stroke: color.line, width: 1 },
    };
    /** @type {(unit: (value: number) => string) => uPlot.Axis.Values} */
    const values = (unit) => (_, ticks) => ticks.map((tick) => (tick === null ? "" : unit(tick)));
    const labels = [each ? say("Error per position") : say("Error, sum over positions"), say("Share of problems")];
    /** @type {uPlot.Series.Points} */
    const points = { show: (plot, s) => isLonely(plot.data[s]) };
    for (const plot of plots) plot.destroy();
    plots = places.map((place, k) => {
      const lines = runs.map(({ slot }) => ({ ...looks[slot](), width: 2.2, spanGaps: true }));
      /** @type {(stroke: string, share: number) => string} */
      const faint = (stroke, share) => stroke.replace(")", `, ${share})`);
      const edges = lines.flatMap(({ stroke }) =>
        Array(2).fill({ stroke: faint(stroke, 0.1), spanGaps: true, points: { show: false } }),
      );
      return new uPlot(
        {
          width: place.clientWidth,
          height: place.clientHeight,
          legend: { show: false },
          padding: [8, 20, 0, 0],
          cursor: { y: false, points: { show: false }, drag: { x: false }, sync: { key: "runs" } },
          scales: {
            x: { time: false, distr: logX ? 3 : 1, range: (_, min, max) => [min, max] },
            y: { distr: logY ? 3 : 1, range: (_, min, max) => valueRange(min, max, logY, k ? 1 : undefined) },
          },
          axes: [
            { ...axis, size: 26, space: 80, label: say("Iteration"), values: values(whole) },
            {
              ...axis,
              size: 56,
              space: 26,
              label: labels[k],
              values: values((tick) => (k ? `${+(tick * 100).toPrecision(3)}%` : String(+tick.toPrecision(3)))),
            },
          ],
          // The accuracy has a gap where nothing is known.
          series: [
            {},
            ...(k
              ? lines.map((line) => ({ ...line, spanGaps: false, points: { fill: line.stroke } }))
              : [...edges, ...lines.map((line) => ({ ...line, points }))]),
          ],
          bands: k ? [] : lines.map(({ stroke }, r) => ({ series: [2 * r + 2, 2 * r + 1], fill: faint(stroke, 0.13) })),
          hooks: { setCursor: [(plot) => read(iterationOf(plot), byKey)] },
        },
        [[]],
        place,
      );
    });
  }

  return (state) => {
    const { runs, logX, logY, each, palette } = state;
    const layout = String([
      logX,
      logY,
      each,
      palette.version,
      places.map(({ clientWidth, clientHeight }) => [clientWidth, clientHeight]),
      runs.map(({ slot }) => slot),
    ]);
    if (isNew(layout)) build(state);
    const last = Math.max(0, ...runs.map(({ status }) => status?.iteration ?? 0));
    const max = axisEnd(last, Math.max(...runs.map(({ status }) => status?.config.max_iterations ?? 0)));
    /**
     * @type {(value: (piece: Piece, k: number, smooth: number[]) => number) => (run: Compared) => [number, number][]}
     */
    const curve =
      (value) =>
      ({ pieces, smooth }) =>
        pieces.map((piece, k) => [piece.start, value(piece, k, smooth)]);
    const [least, most, mean] = [curve(({ min }) => min), curve(({ max }) => max), curve((_, k, smooth) => smooth[k])];
    const errors = [...runs.flatMap((run) => [least(run), most(run)]), ...runs.map(mean)];
    const ends = runs.map((run) => readingWords(run, null)).join(say("; ")) || say("nothing");
    [errors, runs.map(({ history }) => history)].forEach((curves, k) => {
      plots[k].setData(aligned(curves, { x: logX, y: logY }), false);
      plots[k].setScale("x", { min: logX ? 1 : 0, max });
      setAttribute(
        places[k],
        "aria-label",
        say("{what} over {n} iterations, at the end {ends}", {
          what: k ? say("Accuracy") : each ? say("Error per position") : say("Error"),
          n: whole(last),
          ends,
        }),
      );
    });
  };
}
