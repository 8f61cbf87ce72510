/**
 * A message about what has just happened, with a button to undo it. It goes away by itself, but not while somebody uses
 * it.
 */
import { find, findNamed, on, setAttribute, setText } from "../dom.js";

/** @import { Tone } from "../state.js" */

const MILLISECONDS = 15_000;

/**
 * @type {(root: HTMLElement) => (words: string, more?: { tone?: Tone; back?: () => void; focus?: boolean }) => void}
 */
export function create(root) {
  const { text, undo } = findNamed(root, {
    text: "#toast-text",
    undo: "button#undo",
  });
  /** @type {(() => void) | undefined} */
  let act;
  let timer = 0;

  on(undo, "click", () => {
    root.hidden = true;
    act?.();
  });

  return (words, { tone = "info", back, focus = false } = {}) => {
    act = back;
    root.hidden = false;
    undo.hidden = !back;
    setAttribute(root, "data-tone", tone);
    for (const place of [text, find(document, "#announcer")]) setText(place, words);
    if (focus) undo.focus();
    clearInterval(timer);
    timer = setInterval(() => (root.hidden ||= !root.matches(":hover, :focus-within")), MILLISECONDS);
  };
}
