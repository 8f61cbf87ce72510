/** How far the network carries: the share of right answers by width, and the first problem that fails. */
import { createNews, findNamed, make, on, setAttribute, setHidden, setStyle, setText } from "../dom.js";
import { afterIteration } from "../describe.js";
import { describeFailure, describeLengths, namedWidths, placeOf, playable, stripOf } from "../far.js";
import { percent, whole } from "../format.js";
import { say } from "../words.js";

/**
 * @import { CreatePanel } from "../views/inside.js"
 * @import { Lengths } from "../wire.d.ts"
 */

/** @type {CreatePanel} */
export const create = (root, actions) => {
  const parts = findNamed(root, {
    words: ".lengths-words",
    figure: ".lengths-figure",
    chart: "svg.lengths-chart",
    random: "polyline.lengths-random",
    hard: "polyline.lengths-hard",
    widths: ".lengths-widths",
    when: ".lengths-when",
    failure: ".lengths-failure",
    fault: ".lengths-fault",
    play: ".lengths-play",
    strip: ".lengths-strip",
    rows: ".lengths-strip tbody",
  });
  const isNew = createNews();
  const isStripNew = createNews();
  /** What Play it asks for. @type {Record<string, number> | null} */
  let problem = null;

  on(parts.play, "click", () => problem && actions.predict(problem));

  /** @param {Lengths} lengths */
  function draw({ widths, random, hard }) {
    const line = (/** @type {number[]} */ shares) =>
      shares.map((share, k) => `${100 * placeOf(widths, widths[k])},${100 - 100 * share}`).join();
    setAttribute(parts.random, "points", line(random));
    setAttribute(parts.hard, "points", line(hard));
    const shares = widths.map((width, k) =>
      say("{width} bits: {random} and {hard}", {
        width: whole(width),
        random: percent(random[k]),
        hard: percent(hard[k]),
      }),
    );
    setAttribute(
      parts.chart,
      "aria-label",
      say("Share of right answers, random and hard numbers. {shares}", { shares: shares.join(say("; ")) }),
    );
    parts.widths.replaceChildren(
      ...namedWidths(widths).map((width) => {
        const name = make("li", "", whole(width));
        setStyle(name, "--place", placeOf(widths, width));
        return name;
      }),
    );
  }

  /** @type {(rows: { name: string, bits: string }[], place: number) => void} */
  function drawStrip(rows, place) {
    parts.rows.replaceChildren(
      ...rows.map(({ name, bits }) => {
        const row = make("tr");
        const cell = make("td");
        const mark = make("mark", "", bits[place]);
        cell.append(bits.slice(0, place), mark, bits.slice(place + 1));
        row.append(Object.assign(make("th", "note", name), { scope: "row" }), cell);
        return row;
      }),
    );
    const mark = parts.rows.querySelector("mark");
    if (mark) parts.strip.scrollLeft = mark.offsetLeft - parts.strip.clientWidth / 2;
  }

  return {
    wish: () => ({ call: "lengths", query: {} }),

    update({ inside: { found }, task }) {
      const lengths = found.lengths?.found;
      for (const part of [parts.words, parts.figure]) setHidden(part, !lengths);
      if (!lengths || !task || !isNew(lengths, task)) return;
      const { first_failure: failure, iteration } = lengths;
      setText(parts.words, describeLengths(lengths));
      setText(parts.when, afterIteration(iteration));
      draw(lengths);
      setHidden(parts.failure, !failure);
      problem = failure && playable(task, failure);
      setHidden(parts.play, !problem);
      if (!failure) return;
      setText(parts.fault, describeFailure(task, failure));
      const rows = stripOf(task, failure);
      if (isStripNew(JSON.stringify(rows))) drawStrip(rows, failure.width - 1 - failure.position);
    },
  };
};
