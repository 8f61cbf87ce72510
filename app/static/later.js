/** A view whose modules are fetched when it is first needed, so that the page is live before. */
import { find, on, setAttribute } from "./dom.js";
import { say } from "./words.js";

/**
 * @import { CreateView } from "./actions.js"
 * @import { State } from "./state.js"
 */

/** Milliseconds until modules that could not be fetched are asked for again. */
const PAUSE = 3000;

/**
 * The view. Until its modules are there it draws nothing. If they can't be fetched, the page says so, and they are asked
 * for again when the view is needed.
 * @param {() => Promise<{ create: CreateView }>} fetchView
 * @param {(state: State) => unknown} isNeeded
 * @returns {CreateView}
 */
export const whenNeeded = (fetchView, isNeeded) => (root, actions) => {
  /** @type {ReturnType<CreateView> | null} */
  let view = null;
  let waits = false;

  async function prepare() {
    waits = true;
    try {
      view = (await fetchView()).create(root, actions);
    } catch {
      actions.explain(null);
      actions.complain({ message: await reason() });
      setTimeout(() => {
        waits = false;
        actions.wake();
      }, PAUSE);
    }
    actions.wake();
  }

  return {
    /** @param {State} state */
    update(state) {
      if (view) return view.update(state);
      if (!waits && isNeeded(state)) prepare();
    },
  };
};

/**
 * A view that a button opens and closes: `button[aria-controls]` shows the element that it names.
 * @param {() => Promise<{ create: CreateView }>} fetchView
 * @returns {CreateView}
 */
export const whenOpened = (fetchView) => (root, actions) => {
  const button = find(root, "button[aria-controls]");
  const body = find(root, `#${button.getAttribute("aria-controls")}`);
  on(button, "click", () => {
    body.hidden = !body.hidden;
    setAttribute(button, "aria-expanded", !body.hidden);
    actions.wake();
  });
  return whenNeeded(fetchView, () => !body.hidden)(root, actions);
};

/**
 * Why modules could not be fetched. A server that has become newer has other files, and not even this one any more.
 */
async function reason() {
  const answer = await fetch(import.meta.url, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer?.status === 404) return say("The server has become newer than this page. Reload the page.");
  return say("The server does not answer.");
}
