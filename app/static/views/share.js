/** Sharing: the address of this experiment, how to embed it, and which panels are shown. */
import { findAll, findEach, on, setText } from "../dom.js";

/** @type {CreateView} */
export const create = (root, actions) => {
  const [link, embed, said] = findEach(root, "#share-link #share-embed #share-said");
  const boxes = findAll(root, "[data-panel]");
  let seen = "";

  for (const box of boxes) on(box, "change", () => actions.hide(boxes.filter(({ checked }) => !checked).map(({ dataset }) => dataset.panel)));
  for (const button of findAll(root, "[data-copy]")) on(button, "click", () => copy(button.dataset.copy === "link" ? link : embed));

  /** The clipboard is closed to pages without https; then the text is selected at least. @param {HTMLInputElement} field */
  async function copy(field) {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      setText(said, "Copied.");
    } catch {
      setText(said, document.execCommand("copy") ? "Copied." : "Press Ctrl+C to copy what is selected.");
    }
  }

  return {
    update({ hidden, address }) {
      const key = `${hidden} ${address}`;
      if (key === seen) return;
      seen = key;
      for (const box of boxes) box.checked = !hidden.includes(box.dataset.panel);
      for (const panel of findAll(document, ".page > .panel")) panel.hidden = hidden.includes(panel.id);
      const here = `${location.origin}${location.pathname}`;
      link.value = `${here}${address}`;
      embed.value = `<iframe src="${here}?embed=1${address}" title="A recurrent network learns" width="100%" height="900"></iframe>`;
      setText(said, "");
    },
  };
};
