/**
 * The milestones, under the timeline: each leads to its moment, and plays the problem that changed there. Several that
 * stand close together share a mark, which opens a list of them.
 */
import { axisEnd } from "../decimate.js";
import { createNews, findNamed, make, on, setAttribute, setStyle } from "../dom.js";
import { whole } from "../format.js";
import { besideWord } from "../glossary.js";
import { marksOf, SIGNS, WIDE } from "../milestones.js";
import { inARow, say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Mark } from "../milestones.js"
 * @import { Milestone } from "../wire.d.ts"
 */

/** @type {CreateView} */
export const create = (root, actions) => {
  const { places, list } = findNamed(root, { places: "ol", list: ".milestones-list" });
  const isNew = createNews();
  let width = 0;

  new ResizeObserver(([{ contentRect }]) => {
    width = contentRect.width;
    actions.wake();
  }).observe(places);

  /** @type {(words: string, className: string, text: string, act: (button: HTMLElement) => void) => HTMLElement} */
  function item(words, className, text, act) {
    const button = make("button", className, text);
    setAttribute(button, "type", "button");
    setAttribute(button, "aria-label", words);
    on(button, "click", () => act(button));
    const made = make("li");
    made.append(button);
    return made;
  }

  /** @param {Milestone} one */
  const wordsOf = ({ iteration, text }) => say("Iteration {n}: {words}", { n: whole(iteration), words: text });

  /** @param {Mark} mark */
  function itemOf({ left, right, sign, kind, milestones: here }) {
    const [first] = here;
    const together = right > left;
    const words = together
      ? say("{n} milestones, iterations {from} to {to}", {
          n: here.length,
          from: whole(first.iteration),
          to: whole(here[here.length - 1].iteration),
        })
      : say("Iteration {n}: {words}", { n: whole(first.iteration), words: inARow(here.map(({ text }) => text)) });
    const made = item(words, "milestones-mark", together ? `${sign}${here.length}` : sign, (button) =>
      together ? open(button, here) : actions.milestone(first),
    );
    const button = /** @type {HTMLElement} */ (made.firstChild);
    setAttribute(button, "title", here.map(wordsOf).join("\n"));
    setAttribute(button, "data-kind", kind);
    if (together) setAttribute(button, "aria-haspopup", "true");
    setStyle(made, "left", `${left - WIDE / 2}px`);
    setStyle(made, "width", `${right - left + WIDE}px`);
    return made;
  }

  /** @type {(button: HTMLElement, here: Milestone[]) => void} */
  function open(button, here) {
    const items = here.map((one) =>
      item(wordsOf(one), "milestones-one", `${SIGNS[one.kind]} ${wordsOf(one)}`, () => {
        list.hidePopover();
        actions.milestone(one);
      }),
    );
    list.replaceChildren(...items);
    list.showPopover();
    const { left, top } = besideWord(button.getBoundingClientRect(), list.getBoundingClientRect(), {
      width: document.documentElement.clientWidth,
      height: innerHeight,
    });
    setStyle(list, "left", `${left}px`);
    setStyle(list, "top", `${top}px`);
    items[0].querySelector("button")?.focus();
  }

  return {
    update({ run, milestones, palette }) {
      const end = run ? axisEnd(run.iteration, run.config.max_iterations) : 1;
      if (!isNew(milestones, end, width, palette.version)) return;
      const held = [...places.children].findIndex((item) => item.contains(document.activeElement));
      places.replaceChildren(...marksOf(milestones ?? [], end, width).map(itemOf));
      if (held >= 0) places.children[held]?.querySelector("button")?.focus();
    },
  };
};
