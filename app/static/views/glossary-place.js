/** The place of a term on the page: what hides it is opened, and it is marked. */
import { find, findAll, setClass } from "../dom.js";

/** Two frames: the page draws what was opened in the first, and it is there in the second. */
const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))));

/** Opens the panel, the tab or the dialog that an element stands in. @param {Element} element */
async function uncover(element) {
  const dialog = element.closest("[popover]");
  if (dialog instanceof HTMLElement && !dialog.matches(":popover-open")) dialog.showPopover();
  const hidden = element.closest("[role=tabpanel][hidden]");
  if (hidden) find(document, `[aria-controls=${hidden.id}]`).click();
  await drawn();
}

export function createPlace() {
  /** @type {Element | null} */
  let marked = null;

  return {
    /**
     * The first of these places that can be seen.
     * @type {(selectors: string[]) => Promise<HTMLElement | null>}
     */
    async find(selectors) {
      for (const element of selectors.flatMap((selector) => findAll(document, selector).slice(0, 1))) {
        await uncover(element);
        if (element.checkVisibility()) return element;
      }
      return null;
    },

    /** @param {Element} element */
    mark(element) {
      marked = element;
      setClass(element, "is-shown", true);
    },

    marked: () => marked,

    leave() {
      if (marked) setClass(marked, "is-shown", false);
      marked = null;
    },
  };
}
