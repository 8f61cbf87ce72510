/** Small helpers for views. What already stands in the page is not written again. */

/** @param {ParentNode} root @param {string} selector @returns {any} */
export function find(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`The page lacks ${selector}.`);
  return found;
}

/** @template {keyof HTMLElementTagNameMap} K @param {K} tag */
export function make(tag, className = "", text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

/** @type {WeakMap<Element, Record<string, unknown>>} */
const written = new WeakMap();

/** @param {Element} element @param {string} key @param {unknown} value @param {() => void} write */
function once(element, key, value, write) {
  const values = written.get(element) ?? {};
  if (key in values && values[key] === value) return;
  values[key] = value;
  written.set(element, values);
  write();
}

/** @param {Element} element @param {string} text */
export const setText = (element, text) => once(element, "text", text, () => (element.textContent = text));

/** @param {Element} element @param {string} name @param {string | null} value null removes it */
export const setAttribute = (element, name, value) =>
  once(element, name, value, () => (value === null ? element.removeAttribute(name) : element.setAttribute(name, value)));

/** @param {HTMLElement} element @param {string} name @param {string} value */
export const setStyle = (element, name, value) => once(element, name, value, () => element.style.setProperty(name, value));

/** @param {Element} element @param {string} name @param {boolean} on */
export const setClass = (element, name, on) => once(element, `.${name}`, on, () => element.classList.toggle(name, on));

/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
export function fitCanvas(canvas, width, height) {
  const [w, h] = [width, height].map((size) => Math.max(1, Math.round(size * devicePixelRatio)));
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
}

/** @param {HTMLCanvasElement} canvas */
export const context = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
