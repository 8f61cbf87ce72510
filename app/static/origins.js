/**
 * What this tab keeps when a change of weights leads it from run to run: where the branches come from, so that a change
 * can be undone, and the weight that was chosen, so that the tools are open again there.
 */
import { up } from "./up.js";

/**
 * @import { Hand } from "./edits.js"
 */

/**
 * @typedef {object} Origin
 * @property {string} from The run that was changed, by its id.
 * @property {string} name Its name.
 * @property {string} base Its name without what was changed.
 * @property {boolean} rested Whether it was paused because its only viewer left it.
 */

/** A chosen weight by the name of its matrix. @typedef {Omit<Hand, "plan"> & { name: string }} KeptHand */

// Another lab may have the same origin, under another prefix.
const key = `rnn-adder edits at ${globalThis.location && new URL(up || "./", location.href).pathname}`;

/** @returns {{ origins?: Record<string, Origin>, hand?: KeptHand | null }} */
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {ReturnType<typeof kept>} news */
function keep(news) {
  try {
    sessionStorage.setItem(key, JSON.stringify({ ...kept(), ...news }));
  } catch {
    // A page that must not store anything forgets it.
  }
}

/** Where a run comes from, or null if this tab has not made it. @type {(runId: string) => Origin | null} */
export const originOf = (runId) => kept().origins?.[runId] ?? null;

/** @type {(runId: string, origin: Origin) => void} */
export const rememberOrigin = (runId, origin) => keep({ origins: { ...kept().origins, [runId]: origin } });

/** Keeps what is chosen for the page that is opened next. @param {Hand | null} hand */
export const keepHand = (hand) =>
  keep({ hand: hand && { name: hand.plan.name, row: hand.row, column: hand.column, scope: hand.scope } });

/** What was chosen on the page before, once. */
export function takeHand() {
  const { hand } = kept();
  if (hand) keep({ hand: null });
  return hand ?? null;
}
