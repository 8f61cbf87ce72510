/** What lights up together: a name of the program, rows of the stage, matrices. Pure. */

/** @import { Asked, Focus } from "./state.js" */

/**
 * The rows of the stage that show what a name of the program holds, by its role.
 * @type {Record<string, string[]>}
 */
const ROWS = {
  inputs: ["a", "b", "c"],
  "operand.a": ["a"],
  "operand.b": ["b"],
  "operand.c": ["c"],
  targets: ["true"],
  outputs: ["predicted"],
  error: ["predicted", "true"],
  hidden_states: ["hidden"],
  cell_states: ["cell"],
  output_deltas: ["delta"],
  hidden_deltas: ["outputPart", "futurePart"],
};

/** Roles whose row 0 is the start: row t + 1 belongs to position t. */
const FROM_START = ["hidden_states", "cell_states"];

/** The rows of a name; a gate's row has its name. @param {string} role */
const rowsOf = (role) => ROWS[role] ?? (role.startsWith("gates.") ? [role.slice("gates.".length)] : []);

/**
 * The cells of the stage that show a name of the program: the rows, and the position if it is one alone. A name with an
 * index is about the position that is played.
 * @type {(lit: Focus | Asked | null, played: number) => { rows: string[]; position?: number }}
 */
export function cellsOf(lit, played) {
  const { role = "", shift } = /** @type {Focus} */ (lit ?? {});
  const rows = rowsOf(role);
  if (shift === undefined || played < 0) return { rows };
  return { rows, position: played + shift - (FROM_START.includes(role) ? 1 : 0) };
}

/** Whether a matrix is lit as a whole, because a name of the program stands for it. @type {(lit: Focus | Asked | null, name: string) => boolean} */
export function isMatrixLit(lit, name) {
  const { role = "" } = /** @type {Focus} */ (lit ?? {});
  return /^(weights|updates)$/.test(role) || role === `weights.${name}` || role === `updates.${name}`;
}

/** The roles of the names that hold what is pointed at or explained. @type {(lit: Focus | Asked | null) => string[]} */
export function rolesOf(lit) {
  const { role, matrix, gate, line = "", plan } = /** @type {Focus & Asked} */ (lit ?? {});
  if (role !== undefined) return [role];
  const name = matrix ?? plan?.name;
  if (name) return [`weights.${name}`, `updates.${name}`];
  if (gate) return [gate === "cell" ? "cell_states" : `gates.${gate}`];
  return Object.keys(ROWS).filter((role) => role !== "error" && ROWS[role].includes(line));
}
