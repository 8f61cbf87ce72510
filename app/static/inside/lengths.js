/** How far the network carries: the share of right answers by width, and the first problem that fails. */
import { createNews, findNamed, make, on, setAttribute, setHidden, setStyle, setText } from "../dom.js";
import { afterIteration } from "../describe.js";
import { describeFailure, describeLengths, namedWidths, placeOf, playable } from "../far.js";
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
  });
  const isNew = createNews();
  /** Plays the first failing problem on the stage. */
  let play = () => {};

  on(parts.play, "click", () => play());

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
      if (!failure) return;
      setText(parts.fault, describeFailure(task, failure));
      play = () => void actions.predict(playable(task, failure), failure.width);
    },
  };
};
