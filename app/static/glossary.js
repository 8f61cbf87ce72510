/** The words of the lab: finding one, what it is called elsewhere, and where its sentence is put. Pure. */
import { say } from "./words.js";

/** @import { Glossary, GlossaryEntry } from "./wire.d.ts" */

/** Pixels between a word and its sentence, and between the sentence and the edge of the page. */
const GAP = 6;

/** The entries by their ids. @type {(glossary: Glossary) => Map<string, GlossaryEntry>} */
export const byId = ({ sections }) =>
  new Map(sections.flatMap(({ entries }) => entries.map((entry) => [entry.id, entry])));

/** What else a term is called; nothing if it has no other name. @type {(entry: GlossaryEntry) => string} */
export function otherNames({ name, symbol, script }) {
  const names = [
    symbol && symbol !== name ? say("in formulas {symbol}", { symbol }) : "",
    script ? say("in the article’s script {name}", { name: script }) : "",
  ];
  return names.filter(Boolean).join(say(", "));
}

/** @typedef {{ left: number; top: number; right: number; bottom: number }} Box */

/** Farther away than so many pixels, a sentence would not be seen to belong to its word. */
const FAR = 300;

/**
 * Where a sentence stands: near its word, on the page, and not over the place that it explains. If there is no such room, it
 * stands under its word, or above it, or at the end of the page.
 * @type {(word: Box, size: { width: number; height: number }, page: { width: number; height: number }, place?: Box)
 *   => { left: number; top: number }}
 */
export function besideWord(word, { width, height }, page, place = word) {
  const along = (/** @type {number} */ x) => Math.max(GAP, Math.min(x, page.width - GAP - width));
  const down = (/** @type {number} */ y) => Math.max(GAP, Math.min(y, page.height - GAP - height));
  const under = (/** @type {Box} */ box) => ({ left: along(word.left), top: box.bottom + GAP });
  const above = (/** @type {Box} */ box) => ({ left: along(word.left), top: box.top - GAP - height });
  const near = [under(word), above(word)];
  const beside = [place.left - GAP - width, place.right + GAP].map((left) => ({ left, top: down(word.top) }));
  const box = (/** @type {{ left: number; top: number }} */ { left, top }) => ({
    ...{ left, top, right: left + width, bottom: top + height },
  });
  const free = [...near, under(place), above(place), ...beside]
    .map(box)
    .filter((one) => isWithin(one, page) && !meet(one, word) && !meet(one, place) && distance(one, word) < FAR)
    .sort((one, other) => distance(one, word) - distance(other, word));
  const found = free[0] ??
    near.find((one) => isWithin(box(one), page)) ?? { left: along(word.left), top: down(page.height) };
  return { left: found.left, top: found.top };
}

/** @type {(box: Box, page: { width: number; height: number }) => boolean} */
const isWithin = ({ left, top, right, bottom }, page) =>
  left >= GAP && top >= GAP && right <= page.width - GAP && bottom <= page.height - GAP;

/** @type {(one: Box, other: Box) => boolean} */
const meet = (one, other) =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** The pixels between two boxes. @type {(one: Box, other: Box) => number} */
const distance = (one, other) =>
  Math.hypot(
    Math.max(0, one.left - other.right, other.left - one.right),
    Math.max(0, one.top - other.bottom, other.top - one.bottom),
  );
