/** A view whose modules are fetched when it is first opened: few people open it. */
import { say } from "./words.js";

/**
 * @import { CreateView } from "./actions.js"
 * @import { State } from "./state.js"
 */

/**
 * The view that explains a value. If it can't be fetched, nothing is explained, and the next time it is tried again.
 * @param {() => Promise<{ create: CreateView }>} fetchView
 * @returns {CreateView}
 */
export const whenAsked = (fetchView) => (root, actions) => {
  /** @type {ReturnType<CreateView> | null} */
  let view = null;
  let fetching = false;

  async function prepare() {
    fetching = true;
    try {
      view = (await fetchView()).create(root, actions);
    } catch {
      actions.explain(null);
      actions.complain({ message: say("The server does not answer.") });
    }
    fetching = false;
    actions.wake();
  }

  return {
    /** @param {State} state */
    update(state) {
      if (view) return view.update(state);
      if (state.asked && !fetching) prepare();
    },
  };
};
