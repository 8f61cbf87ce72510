/** The colours of tokens.css as canvases need them, and the theme. */
import { createScale } from "./scale.js";

/** @import { Scale } from "./scale.js" */

/**
 * @typedef {object} Palette
 * @property {number} version
 * @property {Scale} scale
 * @property {Record<"ink" | "muted" | "line" | "surface" | "accent" | "second", string>} color
 * @property {string} font
 */

const root = document.documentElement;
let version = 0;

export function readPalette() {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.forcedColorAdjust = "none"; // otherwise the system's high contrast would make all colours the same
  const token = (/** @type {string} */ name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colors = ["ink", "muted", "line", "surface", "accent", "second"].map((name) => [name, token(name)]);
  const stops = ["negative-2", "negative-1", "zero", "positive-1", "positive-2"].map((stop) => token(`scale-${stop}`));
  probe.remove();
  return {
    version: ++version,
    scale: createScale(stops),
    color: Object.fromEntries(colors),
    font: getComputedStyle(root).getPropertyValue("--font"),
  };
}

/** Sets the theme that is chosen now or was chosen earlier. The storage may be blocked. @param {string} [chosen] */
export function theme(chosen) {
  try {
    if (chosen) localStorage.theme = chosen;
    chosen ??= localStorage.theme;
  } catch {
    // A theme that can't be stored holds for this visit.
  }
  if (chosen) root.dataset.theme = chosen;
}

/** Settings of the system that may change while the page is open. They change the colours. */
export const LOOKS = ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"];

/**
 * On paper everything is dark on light. So canvases are drawn again for paper, and once more for the screen.
 * @param {() => void} redraw
 */
export function onPrint(redraw) {
  /** @type {string | undefined} */
  let chosen;
  window.addEventListener("beforeprint", () => {
    chosen = root.dataset.theme;
    root.dataset.theme = "light";
    redraw();
  });
  window.addEventListener("afterprint", () => {
    if (chosen) root.dataset.theme = chosen;
    else delete root.dataset.theme;
    redraw();
  });
}

/** Undefined if the system decides. */
export const chosenTheme = () => /** @type {"light" | "dark" | undefined} */ (root.dataset.theme);

export function toggleTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  theme((root.dataset.theme ?? dark) === "dark" ? "light" : "dark");
}
