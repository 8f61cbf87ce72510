/**
 * What somebody points at, so that another page, of another size and perhaps in another language, finds the same: an
 * element with an id, which of the cells, pictures and controls in it, and a place within.
 */

/** @import { PresenterPointer } from "./wire.d.ts" */

const PARTS = "td, th, canvas, svg, li, button, input, p";

/** Ids as the server takes them. */
const ID = /^[A-Za-z][\w-]{0,39}$/;

/** As many parts as the server takes. */
const MOST = 9999;

/** @type {(at: number, start: number, size: number) => number} */
const share = (at, start, size) => Math.round(1000 * Math.min(1, Math.max(0, size ? (at - start) / size : 0.5))) / 1000;

/**
 * What a place of the window belongs to; null if that is nothing in particular.
 * @type {(target: EventTarget | null, x: number, y: number) => PresenterPointer | null}
 */
export function pointerAt(target, x, y) {
  const element = target instanceof Element ? target : null;
  const root = element?.closest("main [id]");
  if (!element || !root || !ID.test(root.id)) return null;
  const near = element.closest(PARTS);
  const parts = near && near !== root && root.contains(near) ? [...root.querySelectorAll(PARTS)] : [];
  const part = near ? parts.indexOf(near) : -1;
  if (part > MOST) return null;
  const { left, top, width, height } = (part < 0 ? root : parts[part]).getBoundingClientRect();
  return { at: root.id, part: part < 0 ? null : part, x: share(x, left, width), y: share(y, top, height) };
}

/**
 * Where that is in this window, or null if this page does not show it now.
 * @param {PresenterPointer} pointer
 */
export function placeOf({ at, part, x, y }) {
  const root = document.getElementById(at);
  const element = part === null ? root : root?.querySelectorAll(PARTS)[part];
  const { left = 0, top = 0, width = 0, height = 0 } = element?.getBoundingClientRect() ?? {};
  return width && height ? { x: left + x * width, y: top + y * height } : null;
}
