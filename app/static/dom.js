/** Small helpers for views. */
import { paint } from "./scale.js";

/** @type {Find} */
export function find(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`The page lacks ${selector}.`);
  return found;
}

/** Their selectors are separated by blanks. @type {FindEach} */
export const findEach = (root, selectors) => selectors.split(" ").map((selector) => find(root, selector));

/** @type {FindEach} */
export const findAll = (root, selector) => [...root.querySelectorAll(selector)];

/** @type {Make} */
export const make = (tag, className = "", textContent = "") => Object.assign(document.createElement(tag), { className, textContent });

/** Of what a template holds. @type {Copy} */
export const copy = (template) => template.content.firstElementChild.cloneNode(true);

/** The names of events are separated by blanks. @type {On} */
export const on = (target, names, act) => names.split(" ").forEach((name) => target.addEventListener(name, act));

/** Down and to the right. @type {Record<string, number[]>} */
export const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** What already stands in the page is not written again. @type {SetText} */
export function setText(element, text) {
  const { firstChild } = element;
  if (element.textContent === String(text)) return;
  if (firstChild instanceof Text && firstChild === element.lastChild) firstChild.data = text; // laid out for less
  else element.textContent = text;
}

/** A write of the same would be styled again. @type {(element: any, hidden: unknown) => void} */
export const setHidden = (element, hidden) => setAttribute(element, "hidden", hidden ? "" : null);

/** Null removes it. @type {SetNamed} */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** @type {SetNamed} */
export const setStyle = (element, name, value) => element.style.setProperty(name, value);

/** @type {SetNamed} */
export const setClass = (element, name, on) => element.classList.toggle(name, Boolean(on));

/** Says whether the server answers. @param {"open" | "lost"} phase */
export function connect(phase) {
  const place = find(document, "#connection");
  setAttribute(document.body, "data-connection", phase);
  setText(place, place.dataset[phase]);
}

/** Another language shows the same place; one that the address asks for behind # is gone to at once. @param {string | null} [wanted] */
export function languages(wanted) {
  for (const link of findAll(document, ".language")) {
    const lead = () => {
      const here = new URL(location.href);
      here.searchParams.set("lang", link.dataset.lang);
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

/** Milliseconds until a file is surely saved. */
const SAVED = 60_000;

/** Hands a file to who looks. @type {(name: string, blob: Blob) => void} */
export function save(name, blob) {
  const href = URL.createObjectURL(blob);
  Object.assign(make("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), SAVED);
}

/** One pixel a value, which the style sheet makes large. @type {PaintCanvas} */
export function paintCanvas(canvas, values = [], columns, limit, { scale }) {
  canvas.width = columns || 1;
  canvas.height = values.length / columns || 1;
  const image = new ImageData(canvas.width, canvas.height);
  paint(scale, values, limit, image.data);
  canvas.getContext("2d").putImageData(image, 0, 0);
}
