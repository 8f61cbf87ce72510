/** What keys do while no control has the focus. */
import { describeAll } from "./describe.js";
import { find, on, targetOf } from "./dom.js";
import { notify } from "./state.js";

/**
 * @import { Actions } from "./actions.js"
 * @import { State } from "./state.js"
 */

/** @type {(state: State, actions: Actions) => void} */
export function listenToKeys(state, actions) {
  /** Whether single letters act. People who use speech input may not want that. */
  const singleKeys = find(document, "input#keys-on");

  /** @param {number} way */
  function walk(way) {
    if (state.moment) actions.visit((state.heading ?? state.moment.iteration) + way);
  }

  function tellAll() {
    notify(state, describeAll(state), "info");
    actions.wake();
  }

  /** @type {Record<string, () => unknown>} */
  const acts = {
    " ": () => actions.toggle(),
    ArrowRight: () => (state.moment ? walk(1) : actions.command("step")),
    ArrowLeft: () => walk(-1),
    h: () => actions.hold(),
    n: () => actions.nextBit(),
    p: () => actions.present(),
    d: tellAll,
    g: () => find(document, "#glossary").togglePopover(),
    "?": () => find(document, "#keys").togglePopover(),
  };

  on(window, "keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, shiftKey, repeat } = event;
    if (key === "Escape" && state.asked) return actions.explain(null);
    if (key === "Escape" && state.why) return actions.why(null);
    if (key === "Escape" && !targetOf(event).closest("dialog, [popover]")) return actions.back();
    const act = acts[key];
    const modified = ctrlKey || metaKey || altKey || (shiftKey && key !== "?");
    const elsewhere = (document.activeElement ?? document.body) !== document.body;
    const letter = key.length === 1 && key !== " ";
    if (!act || modified || elsewhere) return;
    if (letter && !singleKeys.checked) return;
    if (key === "ArrowLeft" && !state.moment) return;
    event.preventDefault();
    if (!repeat || key.startsWith("Arrow")) act();
  });
}
