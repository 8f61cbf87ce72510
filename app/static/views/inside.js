/**
 * What is inside the network: one of several panels. The open panel says what it wants to know (`state.inside.wishes`),
 * the page asks the server for it again and again, and the panel draws the answer.
 */
import { createNews, find, findAll, on, setAttribute, setClass, setHidden, setText } from "../dom.js";
import * as machine from "../inside/machine.js";
import * as lengths from "../inside/lengths.js";
import * as map from "../inside/map.js";
import * as proof from "../inside/proof.js";
import * as reach from "../inside/reach.js";
import * as states from "../inside/states.js";
import { say } from "../words.js";

/**
 * @import { Actions, CreateView } from "../actions.js"
 * @import { State, Wish } from "../state.js"
 */

/**
 * A panel. `wish` says what to ask for, or null if there is nothing to show. `update` draws, and returns whether something
 * still moves by itself.
 * @typedef {(root: HTMLElement, actions: Actions) => {
 *   wish(state: State): Wish | Wish[] | null;
 *   update(state: State): boolean | void;
 * }} CreatePanel
 */

/** The panels by name, which is that of their button's `data-panel`. @type {Record<string, { create: CreatePanel }>} */
const PANELS = { states, machine, lengths, map, reach, proof };

/** @type {CreateView} */
export const create = (root, actions) => {
  const buttons = findAll(root, "button[data-panel]");
  const large = find(root, "button.inside-large");
  const note = find(root, ".inside-note");
  const panels = buttons.map((button) => {
    const name = button.dataset.panel ?? "";
    const place = find(root, `.inside-panel[data-panel="${name}"]`);
    on(button, "click", () => actions.lookInside(name));
    return { name, button, place, ...PANELS[name].create(place, actions) };
  });
  const isWishNew = createNews();

  on(large, "click", actions.enlarge);
  setHidden(find(root, ".inside-tools"), false); // before, a press would have been lost

  return {
    update(state) {
      const { inside, tab, moment } = state;
      setAttribute(large, "aria-pressed", inside.large);
      setClass(document.documentElement, "is-inside-large", inside.large && tab === "inside");
      if (tab !== "inside") return;
      for (const { name, button, place } of panels) {
        setAttribute(button, "aria-pressed", name === inside.panel);
        setHidden(place, name !== inside.panel);
      }
      const open = panels.find(({ name }) => name === inside.panel);
      const wishes = [open?.wish(state) ?? []].flat();
      // Going to another moment, or back to now, asks the same again, and so does the begin or end of a proof.
      if (isWishNew(JSON.stringify(wishes), moment, state.run?.proving)) actions.wish(wishes);
      const known = wishes.every(({ call, query }) => inside.found[call]?.query === JSON.stringify(query));
      setText(note, inside.refused?.words ?? (known ? "" : say("The server is computing …")));
      return open?.update(state);
    },
  };
};
