/** Why a bit is wrong: what the server has found out, in a panel over the page. The stage stands still meanwhile. */
import { createNews, find, findNamed, make, on, setHidden, setText } from "../dom.js";
import { describeAsked, describeWhy } from "../why.js";
import { say } from "../words.js";

/** @import { CreateView } from "../actions.js" */

/** @type {CreateView} */
export const create = (root, actions) => {
  const { name, words, how } = findNamed(root, { name: "#why-name", words: "#why-words", how: "#why-how" });
  const isNew = createNews();
  /** The element that gets the focus back. @type {HTMLElement | null} */
  let opener = null;

  on(find(root, "button.panel-close"), "click", () => actions.why(null));

  return {
    update({ why, task }) {
      const open = root.matches(":popover-open");
      if (!why || !task) {
        if (!open) return;
        root.hidePopover();
        return opener?.focus();
      }
      if (!open) {
        opener = /** @type {HTMLElement | null} */ (document.activeElement);
        root.showPopover();
      }
      const { problem, found, refused } = why;
      if (!isNew(problem, found, refused, task)) return;
      setText(name, describeAsked(problem, task));
      const paragraphs = found ? describeWhy(found, problem, task) : [refused || say("The server is computing …")];
      words.replaceChildren(...paragraphs.map((text) => make("p", "why-line", text)));
      setHidden(how, !found);
    },
  };
};
