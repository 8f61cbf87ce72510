/** What the button with the question mark opens: a short list that leads on. */
import { find, findAll, on } from "./dom.js";

/** The list goes, and what it led to gives the focus back to the button that opened the list. */
export function createHelp() {
  const list = find(document, "#help");
  const opener = find(document, "[popovertarget=help]");
  for (const button of findAll(list, "[popovertarget]"))
    on(button, "click", (event) => {
      event.preventDefault();
      list.hidePopover();
      opener.focus();
      find(document, `#${button.getAttribute("popovertarget")}`).showPopover();
    });
}
