/** The drawer: one of several panels, chosen by its tab. Arrow keys walk along the tabs. */
import { createNews, find, findAll, on, setAttribute, setHidden, STEPS } from "../dom.js";

/** @import { CreateView } from "../actions.js" */

/** @type {CreateView} */
export const create = (root, actions) => {
  const tabs = findAll(root, "[role=tab]");
  const panels = tabs.map((tab) => find(document, `#${tab.getAttribute("aria-controls")}`));

  const isNew = createNews();

  tabs.forEach((tab, k) => {
    on(tab, "click", () => actions.openTab(panels[k].id));
    on(tab, "keydown", (event) => {
      const step = STEPS[event.key]?.[1];
      if (!step) return;
      event.preventDefault();
      const next = tabs[(k + step + tabs.length) % tabs.length];
      next.click();
      next.focus();
    });
  });

  return {
    update({ tab: open }) {
      if (!isNew(open)) return;
      tabs.forEach((tab, k) => {
        const isOpen = panels[k].id === open;
        setAttribute(tab, "aria-selected", isOpen);
        tab.tabIndex = isOpen ? 0 : -1;
        setHidden(panels[k], !isOpen);
      });
    },
  };
};
