/** Numbers as people type them. A text that is no number stays a text, and the server refuses it. Pure. */

/** @import { Change } from "./changes.js" */

/** Only digits. */
const WHOLE = /^\d+$/;
/** Digits, perhaps with a decimal point and a power of ten: "0.05", ".5", "1e-3". */
const NUMBER = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The number that a text is, or the text itself. "0,05", "1.000" for a whole number, "1 000" and "0x10" mean different
 * things to different people, so they are not read as numbers. Neither is a number that would be rounded to another
 * one.
 * @type {(text: string, kind: string | undefined) => number | string}
 */
export function readNumber(text, kind) {
  const typed = text.trim();
  if (!(kind === "integer" ? WHOLE : NUMBER).test(typed)) return text;
  const number = Number(typed);
  const [digits] = typed.split(/e/i);
  const lost = WHOLE.test(typed)
    ? !Number.isSafeInteger(number)
    : !Number.isFinite(number) || (number === 0 && /[1-9]/.test(digits));
  return lost ? text : number;
}

/** Changes of the learning rate as an address has them: "2000:0.05,5000:0.01". @type {(changes: Change[]) => string} */
export const writeChanges = (changes) => changes.map((change) => change.join(":")).join(",");

/**
 * The inverse. A text of another form stays a text, and the server refuses it.
 * @type {(text: string) => Change[] | string}
 */
export function readChanges(text) {
  const changes = text.split(",").map((part) => {
    const [at, rate, ...more] = part.split(":");
    return more.length || rate === undefined ? [text, text] : [readNumber(at, "integer"), readNumber(rate, "number")];
  });
  return changes.every((change) => change.every((value) => typeof value === "number"))
    ? /** @type {Change[]} */ (changes)
    : text;
}
