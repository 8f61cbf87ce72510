/** Texts in the language of the page. The server puts them into the page; the English texts are the keys. Pure. */
import { whole } from "./format.js";

/** The language as an address names it: Simplified Chinese is plain "zh". */
export const language = globalThis.document?.documentElement.lang.replace("-Hans", "");

const given = globalThis.document?.querySelector("#words");
/** @type {Record<string, string | string[]>} */
const words = given ? JSON.parse(given.textContent ?? "") : {};

/**
 * Takes texts of scripts that are fetched later. These have a copy of this module, which reads the page's texts when it
 * begins: so they are put there, too.
 * @param {Record<string, string | string[]>} more
 */
export function addWords(more) {
  Object.assign(words, more);
  if (given) given.textContent = JSON.stringify(words);
}

/** Whether the page is in another language than the scripts. */
export const isTranslated = given !== null && given !== undefined;

/** @type {(text: string, values: Record<string, unknown>) => string} */
const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => String(values[name]));

/**
 * A text with its values: say("Iteration {n} is done", { n: "12" }).
 * @type {(text: string, values?: Record<string, unknown>) => string}
 */
export const say = (text, values = {}) => fill(String(words[text] ?? text), values);

/** Sentences one after the other, with a space in between if the language has one. @param {string[]} sentences */
export const inARow = (sentences) => sentences.reduce((one, other) => say("{one} {other}", { one, other }));

/**
 * A text for a number of things: ngettext("{n} bit", "{n} bits", 8).
 * @type {(one: string, many: string, n: number, values?: Record<string, unknown>) => string}
 */
export function ngettext(one, many, n, values) {
  const forms = [words[one] ?? [one, many]].flat();
  return fill(forms[n === 1 ? 0 : forms.length - 1], { n: whole(n), ...values });
}

/**
 * The name of a state, a gate or a value of a configuration in a sentence. The server lists the names.
 * @param {unknown} value
 */
export const nameOf = (value) =>
  say({ true: "yes", false: "no", null: "none" }[String(value)] ?? String(value).replaceAll("_", " "));
