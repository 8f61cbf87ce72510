/** Runs as comma-separated values (RFC 4180). Pure. */

/** @param {string | number} value */
const field = (value) => (/[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : value);

/** A row for each piece of errors, by its first iteration, and for each accuracy; what a row does not know stays empty. @type {CsvOf} */
export function csvOf(runs) {
  /** @type {(string | number)[][]} */
  const rows = [["iteration", "run", "error_min", "error_mean", "error_max", "accuracy"]];
  for (const { name, pieces, history } of runs) {
    /** @type {Map<number, (string | number)[]>} */
    const known = new Map(pieces.map(({ start, min, mean, max }) => [start, [min, mean, max, ""]]));
    for (const [at, share] of history) if (share !== null) known.set(at, [...(known.get(at) ?? ["", "", ""]).slice(0, 3), share]);
    for (const [at, values] of [...known].sort(([p], [q]) => p - q)) rows.push([at, name, ...values]);
  }
  return rows.map((row) => `${row.map(field)}\r\n`).join("");
}
