/** Sharing: the address of this experiment, how to embed it, and which panels are shown. */
import { createNews, find, findAll, findNamed, on, setHidden, setText } from "../dom.js";
import { language, say } from "../words.js";

/** @import { CreateView } from "../actions.js" */

/** @type {CreateView} */
export const create = (root, actions) => {
  const { link, embed, said } = findNamed(root, {
    link: "input#share-link",
    embed: "input#share-embed",
    said: "#share-said",
  });
  const boxes = findAll(root, "input[data-panel]");
  const isNew = createNews();

  /** The id of the panel that a box shows or hides. @param {HTMLInputElement} box */
  const panelOf = ({ dataset }) => dataset.panel ?? "";

  for (const box of boxes) {
    on(box, "change", () => actions.hide(boxes.filter(({ checked }) => !checked).map(panelOf)));
  }
  for (const button of findAll(root, "[data-copy]")) {
    on(button, "click", () => copy(button.dataset.copy === "link" ? link : embed));
  }

  /**
   * Pages without https can't use the clipboard. Then the text is at least selected.
   * @param {HTMLInputElement} field
   */
  async function copy(field) {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      setText(said, say("Copied."));
    } catch {
      setText(said, document.execCommand("copy") ? say("Copied.") : say("Press Ctrl+C to copy what is selected."));
    }
  }

  return {
    update({ hidden, shared: address }) {
      if (!isNew(String(hidden), address)) return;
      for (const box of boxes) box.checked = !hidden.includes(panelOf(box));
      for (const box of boxes) setHidden(find(document, `#${panelOf(box)}`), hidden.includes(panelOf(box)));
      const here = `${location.origin}${location.pathname}`;
      const lang = "chosen" in document.documentElement.dataset ? `lang=${language}` : "";
      link.value = `${here}${lang && `?${lang}`}${address}`;
      const title = say("A recurrent network learns");
      const source = `${here}?embed=1${lang && `&${lang}`}${address}`.replaceAll("&", "&amp;");
      embed.value = `<iframe src="${source}" title="${title}" width="100%" height="900"></iframe>`;
      setText(said, "");
    },
  };
};
