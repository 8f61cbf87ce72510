/** Runs as comma-separated values (RFC 4180). Pure. */

/** @import { Compared } from "./overlay.js" */

/** The beginning of a text that a spreadsheet would compute as a formula. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

/** A text that would be computed gets an apostrophe in front, as spreadsheets expect. @param {string | number} value */
const field = (value) => {
  if (typeof value === "number") return value;
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/**
 * One row for each piece of errors, with its first iteration and the number of iterations that it stands for (1 is a
 * single error). One row for each accuracy. Values that a row does not know stay empty.
 * @type {(runs: Pick<Compared, "name" | "pieces" | "history">[]) => string}
 */
export function csvOf(runs) {
  /** @type {(string | number)[][]} */
  const rows = [["iteration", "iterations", "run", "error_min", "error_mean", "error_max", "accuracy"]];
  for (const { name, pieces, history } of runs) {
    /** @type {Map<number, (string | number)[]>} */
    const known = new Map(pieces.map(({ start, size, min, mean, max }) => [start, [size, name, min, mean, max, ""]]));
    for (const [at, share] of history) {
      if (share === null) continue; // a gap
      const [size, , ...errors] = known.get(at) ?? ["", name, "", "", ""];
      known.set(at, [size, name, ...errors.slice(0, 3), share]);
    }
    for (const [at, values] of [...known].sort(([p], [q]) => p - q)) rows.push([at, ...values]);
  }
  return rows.map((row) => `${row.map(field)}\r\n`).join("");
}
