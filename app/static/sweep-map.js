/** The map of a sweep: where each cell stands, and what it says. Pure. */
import { whole } from "./format.js";
import { ngettext, say } from "./words.js";

/** @import { SweepCell } from "./wire.d.ts" */

/** A field of a configuration, as the page knows it. @typedef {{ title: string, kind: string,
 *   choices: Record<string, string>, default: unknown }} Field */
/** @typedef {Record<string, Field>} Fields */

/**
 * A map: its columns are the values of the first field that varies, its rows are the combinations of the others.
 * @typedef {object} Arranged
 * @property {string} across The name of the first field, "" if none varies.
 * @property {string} down The names of the others.
 * @property {string[]} columns
 * @property {string[]} rows Only one, which says what cells tell, if fewer than two fields vary.
 */

/** A value as people read it. @type {(fields: Fields, name: string, value: unknown) => string} */
export function valueWords(fields, name, value) {
  if (value === null) return say("none");
  if (typeof value === "boolean") return value ? say("yes") : say("no");
  if (typeof value === "string") return fields[name].choices[value] ?? value;
  return fields[name].kind === "integer" ? whole(Number(value)) : String(value);
}

/** "Hidden size 4, learning rate 0.1". @type {(fields: Fields, values: Record<string, unknown>) => string} */
export function valuesWords(fields, values) {
  const words = Object.entries(values).map(([name, value]) =>
    say("{field} {value}", { field: fields[name].title, value: valueWords(fields, name, value) }),
  );
  return words.join(say(", ")) || say("The default");
}

/** @type {(fields: Fields, vary: Record<string, unknown[]>) => Arranged} */
export function arranged(fields, vary) {
  const [first, ...others] = Object.keys(vary);
  const rows = others.reduce(
    (/** @type {string[][]} */ made, name) =>
      made.flatMap((row) => vary[name].map((value) => [...row, valueWords(fields, name, value)])),
    [[]],
  );
  return {
    across: first ? fields[first].title : "",
    down: others.map((name) => fields[name].title).join(say(", ")),
    columns: first ? vary[first].map((value) => valueWords(fields, first, value)) : [say("The default")],
    rows: others.length ? rows.map((row) => row.join(say(", "))) : [say("Learned")],
  };
}

/** The place of the cell in a row and a column: the last field changes fastest. @type {(map: Arranged, row: number,
 *   column: number) => number} */
export const placeOf = ({ rows }, row, column) => column * rows.length + row;

/** The share that learned of those that have ended, or null. @param {SweepCell} cell */
export const shareOf = ({ learned, done }) => (done ? learned / done : null);

/**
 * How strong the colour of a share is, from 0 to 1. There is a step at one half: so every text on it can be read.
 * @param {number} share
 */
export const strength = (share) => (share > 0.5 ? 0.5 + share / 2 : 0.7 * share);

/** "80%". @param {SweepCell} cell */
export function shareWords(cell) {
  const share = shareOf(cell);
  return share === null ? "–" : `${Math.round(100 * share)}%`;
}

/** The median in a cell, or "". @param {SweepCell} cell */
export const medianWords = ({ reached }) => (reached ? whole(Math.round(reached[1])) : "");

/** Everything about a cell in sentences. @param {SweepCell} cell */
export function cellSentences({ members, done, learned, sampled, diverged, reached, reached_by: by }) {
  if (!done) return [ngettext("Its network is still to come.", "All {n} networks are still to come.", members)];
  const sentences = [];
  if (done < members) sentences.push(say("{done} of {members} networks are done.", { done, members }));
  const values = { learned: whole(learned), done: whole(done) };
  sentences.push(
    sampled
      ? say("{learned} of {done} were right on every problem of a sample, and on all hard ones.", values)
      : say("{learned} of {done} learned every problem there is.", values),
  );
  if (reached) {
    const [low, median, high] = reached.map((iteration) => whole(Math.round(iteration)));
    sentences.push(
      by > 1
        ? say("{by} reached 99%, in the median after {median} iterations; the middle half after {low} to {high}.", {
            by: whole(by),
            median,
            low,
            high,
          })
        : say("One reached 99%, after {median} iterations.", { median }),
    );
  } else sentences.push(say("None reached 99%."));
  if (diverged) sentences.push(say("{n} diverged.", { n: whole(diverged) }));
  return sentences;
}
