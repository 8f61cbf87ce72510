/** Small helpers for views. */
import { paint } from "./scale.js";

/** @import { Palette } from "./palette.js" */

/**
 * The type of element that a selector finds, if it names one: "input#speed" finds an HTMLInputElement.
 * @template {string} S
 * @typedef {S extends `${string}${" " | ">"}${infer Last}` ? ElementOf<Last>
 *   : TagOf<S> extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[TagOf<S>]
 *   : TagOf<S> extends keyof SVGElementTagNameMap ? SVGElementTagNameMap[TagOf<S>]
 *   : HTMLElement} ElementOf
 */

/**
 * "input" of "input#speed".
 * @template {string} S
 * @typedef {S extends `${infer Tag}${"#" | "." | "[" | ":"}${string}` ? TagOf<Tag> : S} TagOf
 */

/**
 * The events of these names, which are separated by blanks.
 * @template {string} N
 * @typedef {N extends `${infer First} ${infer Others}` ? EventOf<First> | EventOf<Others>
 *   : N extends keyof WindowEventMap ? WindowEventMap[N] : Event} EventOf
 */

/**
 * @template {string} S
 * @param {ParentNode} root
 * @param {S} selector
 * @returns {ElementOf<S>}
 */
export function find(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`The page lacks ${selector}.`);
  return /** @type {ElementOf<S>} */ (found);
}

/**
 * Finds several elements at once: one name for each selector.
 * @template {string} S
 * @template {Record<string, S>} Selectors
 * @param {ParentNode} root
 * @param {Selectors} selectors
 * @returns {{ [name in keyof Selectors]: ElementOf<Selectors[name]> }}
 */
export function findNamed(root, selectors) {
  const found = Object.entries(selectors).map(([name, selector]) => [name, find(root, selector)]);
  return Object.fromEntries(found);
}

/**
 * @template {string} S
 * @param {ParentNode} root
 * @param {S} selector
 * @returns {ElementOf<S>[]}
 */
export function findAll(root, selector) {
  return /** @type {ElementOf<S>[]} */ ([...root.querySelectorAll(selector)]);
}

/**
 * @type {<K extends keyof HTMLElementTagNameMap>(tag: K, className?: string, textContent?: string)
 *   => HTMLElementTagNameMap[K]}
 */
export const make = (tag, className = "", textContent = "") =>
  Object.assign(document.createElement(tag), { className, textContent });

/** A copy of what a template holds. @param {HTMLTemplateElement} template */
export const copy = (template) => /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));

/**
 * The names of events are separated by blanks.
 * @template {string} N
 * @param {EventTarget} target
 * @param {N} names
 * @param {(event: EventOf<N>) => unknown} act
 */
export function on(target, names, act) {
  for (const name of names.split(" ")) target.addEventListener(name, /** @type {EventListener} */ (act));
}

/**
 * Whether the event comes from a finger. What a finger touched stays lit after the finger leaves.
 * @param {Event} event
 */
export const byTouch = (event) => event instanceof PointerEvent && event.pointerType === "touch";

/** An element with a name under which its value is sent. @typedef {HTMLInputElement | HTMLSelectElement} Control */

/** @param {ParentNode} root */
export const controlsOf = (root) => /** @type {Control[]} */ (findAll(root, "[name]"));

/** The label of a control, for use inside a sentence. @param {Control} control */
export const labelOf = ({ labels }) => labels?.[0].textContent.toLowerCase() ?? "";

/** The element that an event happened to. @param {Event} event */
export const targetOf = (event) => /** @type {HTMLElement} */ (event.target);

/** Steps of the arrow keys: down, and to the right. @type {Record<string, number[]>} */
export const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * Writes a text into an element, unless it is there already.
 * @type {(element: Element, text: string | number | null | undefined) => void}
 */
export function setText(element, text) {
  const { firstChild } = element;
  const words = String(text ?? "");
  if (element.textContent === words) return;
  if (firstChild instanceof Text && firstChild === element.lastChild)
    firstChild.data = words; // cheaper layout
  else element.textContent = words;
}

/**
 * Writes only a change: the same value again would make the browser compute styles again.
 * @type {(element: Element, hidden: unknown) => void}
 */
export const setHidden = (element, hidden) => setAttribute(element, "hidden", hidden ? "" : null);

/**
 * Sets an attribute. Null removes it.
 * @type {(element: Element, name: string, value: string | number | boolean | null) => void}
 */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

/** @type {(element: HTMLElement | SVGElement, name: string, value: string | number) => void} */
export const setStyle = (element, name, value) => element.style.setProperty(name, String(value));

/** @type {(element: Element, name: string, on: unknown) => void} */
export const setClass = (element, name, on) => void element.classList.toggle(name, Boolean(on));

/** Fetches a style sheet, unless it is there already. @type {(address: string) => Promise<void>} */
export async function addStyles(address) {
  if (document.querySelector(`link[href="${address}"]`)) return;
  const link = Object.assign(make("link"), { rel: "stylesheet", href: address });
  const arrival = new Promise((done, fail) => Object.assign(link, { onload: done, onerror: fail }));
  document.head.append(link);
  await arrival.catch((error) => {
    link.remove();
    throw error;
  });
}

/** The page's scripts are here, and run: it need not say that they are missing. */
export const arrived = () => find(document, "#missing").remove();

/** Says whether the server answers. @param {"open" | "lost"} phase */
export function connect(phase) {
  const place = find(document, "#connection");
  setAttribute(document.body, "data-connection", phase);
  setText(place, place.dataset[phase]);
}

/**
 * Links to other languages keep the same place. If the address names a language behind #, the page goes to it at once.
 * @param {string | null} [wanted]
 */
export function languages(wanted) {
  for (const link of findAll(document, "a.language")) {
    const lead = () => {
      const here = new URL(location.href);
      here.searchParams.set("lang", link.dataset.lang ?? "");
      here.hash = here.hash.replace(/&?lang=[\w-]+/, "");
      link.href = here.href;
    };
    on(link, "click", lead);
    if (link.dataset.lang === wanted) {
      lead();
      location.replace(link.href);
    }
  }
}

/**
 * For views, which draw only what changed. The returned function says whether any value differs from those of its last
 * call.
 * @returns {(...values: unknown[]) => boolean}
 */
export function createNews() {
  /** @type {unknown[] | null} */
  let seen = null;
  return (...values) => {
    const isNew = seen === null || values.some((value, k) => value !== seen?.[k]);
    seen = values;
    return isNew;
  };
}

/** Milliseconds until a file is surely saved. */
const SAVED = 60_000;

/** Gives a file to the person as a download. @type {(name: string, blob: Blob) => void} */
export function save(name, blob) {
  const href = URL.createObjectURL(blob);
  Object.assign(make("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), SAVED);
}

/**
 * Paints one pixel for each value. The style sheet makes the pixels large.
 * @type {(canvas: HTMLCanvasElement, values: ArrayLike<number> | undefined, columns: number, limit: number,
 *   palette: Palette) => void}
 */
export function paintCanvas(canvas, values = [], columns, limit, { scale }) {
  canvas.width = columns || 1;
  canvas.height = values.length / columns || 1;
  const image = new ImageData(canvas.width, canvas.height);
  paint(scale, values, limit, image.data);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}
