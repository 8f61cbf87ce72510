/** The last answer to a typed problem, bit by bit, the most significant first. */
import { copy, createNews, findNamed, setClass, setText } from "../dom.js";
import { probability } from "../format.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Answer } from "../wire.d.ts"
 */

/** @type {CreateView} */
export const create = (root) => {
  const { place, template } = findNamed(root, { place: "#try-bits", template: "template" });
  const isNew = createNews();

  /** @param {Answer} answer */
  function table({ bits: { expected, predicted }, probabilities }) {
    const element = copy(template);
    const rows = findNamed(element, {
      expected: "tr[data-ref=expected]",
      predicted: "tr[data-ref=predicted]",
      probability: "tr[data-ref=probability]",
    });
    for (const bit of expected) setText(rows.expected.insertCell(), bit);
    for (const [k, bit] of predicted.entries()) {
      const cell = rows.predicted.insertCell();
      setText(cell, bit);
      setClass(cell, "is-wrong", bit !== expected[k]);
    }
    for (const p of probabilities) setText(rows.probability.insertCell(), probability(p));
    return element;
  }

  return {
    update({ prediction: { answer } }) {
      if (isNew(answer)) place.replaceChildren(...(answer ? [table(answer)] : []));
    },
  };
};
