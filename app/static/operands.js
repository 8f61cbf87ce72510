/** What may stand in the fields of "Try it yourself". Pure. */
import { whole } from "./format.js";

/** Operands stay below it, so that sums are exact. */
const LIMIT = 2 ** 52;

/** @param {string} name @param {string} text */
export function checkOperand(name, text, unreadable = false) {
  const value = Number(text);
  let problem = "";
  if (unreadable) problem = `${name} must be a whole number, in digits.`;
  else if (text === "") problem = `Type a whole number for ${name}.`;
  else if (/^-\d/.test(text)) problem = `${name} is ${text}: it must be 0 or more.`;
  else if (!/^\d+$/.test(text)) problem = `${name} is ${text}: it must be a whole number, in digits.`;
  else if (value >= LIMIT) problem = `${name} is ${text}: it must be at most ${whole(LIMIT - 1)}.`;
  return { value, problem };
}
