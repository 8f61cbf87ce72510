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

/**
 * Where a sentence stands: under its word, or above it if there is no room below, and never over the edge of the page.
 * If there is room nowhere, it stands at the end of what it belongs to.
 * @type {(word: { left: number; top: number; bottom: number }, size: { width: number; height: number },
 *   page: { width: number; height: number }) => { left: number; top: number }}
 */
export function besideWord({ left, top, bottom }, { width, height }, page) {
  const below = bottom + GAP;
  const above = top - GAP - height;
  const lowest = page.height - GAP - height;
  const free = below <= lowest ? below : above >= GAP ? above : lowest;
  return { left: Math.max(GAP, Math.min(left, page.width - GAP - width)), top: Math.max(GAP, free) };
}
