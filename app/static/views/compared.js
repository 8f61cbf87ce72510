/**
 * The table of the compared runs, with a column for each run. It shows what is read from the charts, and what differs.
 */
import { accuracyWords, facts, isSame } from "../differences.js";
import { find, findAll, findNamed, on, setAttribute, setText } from "../dom.js";
import { errorValue, whole } from "../format.js";
import { read } from "../overlay.js";
import { up } from "../up.js";
import { ngettext, say } from "../words.js";

/** @import { Compared, Comparison } from "../overlay.js" */

/**
 * What is read of a run, in a few words. An earlier accuracy has its iteration.
 * @type {(run: Compared, at: number | null) => string}
 */
export function readingWords(run, at) {
  const { piece, accuracy } = read(run, at);
  return say("{name}: error {error}, accuracy {accuracy}", {
    name: run.name,
    error: errorValue(piece?.mean ?? null),
    accuracy: accuracyWords(accuracy, at ?? run.status?.iteration ?? 0),
  });
}

/** @type {(root: HTMLElement, remove: (slot: number) => void) => (state: Comparison) => void} */
export function create(root, remove) {
  const { title, empty, table, alone, all } = findNamed(root, {
    title: "#compared-title",
    empty: "#empty",
    table: "table",
    alone: "tr#alone",
    all: "input#all",
  });
  const heads = findAll(table, "thead th");
  /** The headings of the rows that show errors, and their names. */
  const measured = ["error", "smoothed", "last_error"]
    .map((name) => find(table, `[data-field=${name}] th`))
    .map((cell) => ({ cell, name: cell.textContent }));
  heads.forEach((head, slot) => on(find(head, "button"), "click", () => remove(slot)));

  return ({ runs, at, each }) => {
    for (const { cell, name } of measured) setText(cell, each ? say("{name}, per position", { name }) : name);
    setText(title, at === null ? say("At the end of each run") : say("At iteration {n}", { n: whole(at) }));
    empty.hidden = runs.length > 0;
    table.hidden = !runs.length;
    alone.hidden = runs.length > 1;
    /** @type {Record<string, string>[]} */
    const columns = [];
    heads.forEach((head) => (head.hidden = true));
    for (const run of runs) {
      const { id, name, slot, status, history } = run;
      const { link, close, gone } = findNamed(heads[slot], {
        link: "a",
        close: "button",
        gone: "p",
      });
      heads[slot].hidden = false;
      link.href = `${up}runs/${id}`;
      setText(link, name);
      setAttribute(close, "aria-label", say("Remove {name}", { name }));
      gone.hidden = run.drawn !== "gone";
      const { piece, smooth, accuracy } = read(run, at);
      columns[slot] = {
        ...(status && facts({ status, history })),
        ...(status && {
          last_error: errorValue(status.error !== null && each ? status.error / status.config.bits : status.error),
        }),
        error: errorValue(piece?.mean ?? null),
        mean_of: piece ? ngettext("{n} iteration", "{n} iterations", piece.size) : "–",
        smoothed: errorValue(smooth ?? null),
        accuracy: accuracyWords(accuracy, at ?? status?.iteration ?? 0),
      };
    }
    const known = runs.filter(({ status }) => status);
    for (const row of findAll(table, "tr[data-field]")) {
      const { field = "" } = row.dataset;
      const values = heads.map((_, slot) => columns[slot]?.[field] ?? "–");
      values.forEach((value, slot) => {
        row.cells[slot + 1].hidden = heads[slot].hidden;
        setText(row.cells[slot + 1], value);
      });
      const mayHide = row.closest("#fields") && !all.checked;
      row.hidden = mayHide ? isSame(known.map(({ slot }) => values[slot])) : false;
    }
  };
}
