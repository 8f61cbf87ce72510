/** Edits of weights as an address and people write them. Pure. */
import { readNumber } from "./typed.js";

/** @import { Edit } from "./edits.js" */

/** A number that may have a minus, or the text itself: see `readNumber`. @type {(text: string) => number | string} */
export function readSigned(text) {
  const [, minus, rest] = /^\s*([-−]?)(.*)$/.exec(text) ?? [];
  const size = readNumber(rest, "number");
  return typeof size === "number" ? (minus ? -size : size) : text;
}

/** Edits in an address: iteration, matrix, place, value and h for held or r for released, such as "0:W_hh:*:0:h". */
export const writeEdits = (/** @type {Edit[]} */ edits) => edits.map(writeEdit).join(",");

/** @param {Edit} edit */
function writeEdit({ iteration = 0, parameter, at, value, frozen }) {
  const place = at ? at.map((k) => k ?? "*").join(".") : "*";
  const hold = typeof frozen === "boolean" ? (frozen ? "h" : "r") : "";
  return [iteration, parameter, place, value ?? "", hold].join(":");
}

/** The inverse. A text of another form stays a text, and the server refuses it. @type {(text: string) => Edit[] | string} */
export function readEdits(text) {
  const edits = text.split(",").map(readEdit);
  return edits.every((edit) => edit !== null) ? edits : text;
}

/** @type {(text: string) => Edit | null} */
function readEdit(text) {
  const found = /^(\d+):([A-Za-z_]+):([\d.*]+):([^:]*):([hr]?)$/.exec(text);
  if (!found) return null;
  const [, iteration, parameter, place, number, hold] = found;
  const at = place === "*" ? null : place.split(".").map((k) => (k === "*" ? null : Number(k)));
  const value = readSigned(number);
  if (number && typeof value !== "number") return null;
  return {
    iteration: Number(iteration),
    parameter,
    ...(at && { at }),
    ...(typeof value === "number" && { value }),
    ...(hold && { frozen: hold === "h" }),
  };
}
