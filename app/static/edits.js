/** Edits of weights: what they are about, what they hold, and in which rectangles of a heatmap. Pure. */
import { describeWeight, sizeOf, unitOf } from "./matrix-plan.js";
import { say } from "./words.js";

/**
 * @import { MatrixPlan } from "./matrix-plan.js"
 * @import { WeightEdit } from "./wire.d.ts"
 */

/** An edit as it is sent: the server adds the iteration. @typedef {Partial<WeightEdit> & { parameter: string }} Edit */

/** Cells of a heatmap. @typedef {{ row: number, column: number, rows: number, columns: number }} Rectangle */

/** How much of a matrix is meant. @typedef {"weight" | "row" | "column" | "unit" | "matrix"} Scope */

/**
 * A weight that somebody has pointed at, and how much around it is meant.
 * @typedef {object} Hand
 * @property {MatrixPlan} plan
 * @property {number} row
 * @property {number} column
 * @property {Scope} scope
 */

/** @typedef {Record<string, { shape: number[] }>} Shapes */

/** An index for each axis of a heatmap, or null for all along it. @type {(edit: Edit, shape: number[]) => (number | null)[]} */
function placeOf({ at }, shape) {
  if (!at) return [null, null];
  return shape.length > 1 ? at : [null, at[0]];
}

/**
 * Which cells of a matrix are held after so many iterations, row by row.
 * @type {(edits: WeightEdit[], name: string, shape: number[], iteration: number) => boolean[][]}
 */
export function heldIn(edits, name, shape, iteration) {
  const [rows, columns] = sizeOf(shape);
  const held = Array.from({ length: rows }, () => Array(columns).fill(false));
  for (const edit of edits) {
    if (edit.parameter !== name || edit.iteration > iteration || typeof edit.frozen !== "boolean") continue;
    for (const { row, column } of cellsOf(coveredBy(edit, shape))) held[row][column] = edit.frozen;
  }
  return held;
}

/** The cells that an edit is about. @type {(edit: Edit, shape: number[]) => Rectangle} */
export function coveredBy(edit, shape) {
  const [rows, columns] = sizeOf(shape);
  const [row, column] = placeOf(edit, shape);
  return { row: row ?? 0, column: column ?? 0, rows: row === null ? rows : 1, columns: column === null ? columns : 1 };
}

/** @param {Rectangle} rectangle */
function* cellsOf({ row, column, rows, columns }) {
  for (let r = row; r < row + rows; r++) for (let c = column; c < column + columns; c++) yield { row: r, column: c };
}

/**
 * Held cells as few rectangles: whole rows, whole columns, and the rest. They may overlap.
 * @type {(held: boolean[][]) => Rectangle[]}
 */
export function rectanglesOf(held) {
  const rows = held.map((cells) => cells.every(Boolean));
  if (rows.every(Boolean)) return stretchesOf(held);
  const columns = held[0].map((_, column) => held.every((cells) => cells[column]));
  /** @type {(choose: (row: number, column: number) => boolean) => Rectangle[]} */
  const part = (choose) =>
    stretchesOf(held.map((cells, row) => cells.map((cell, column) => cell && choose(row, column))));
  return [
    ...part((row) => rows[row]),
    ...part((_, column) => columns[column]),
    ...part((row, column) => !rows[row] && !columns[column]),
  ];
}

/** Stretches of each row; equal ones below each other are one. @type {(held: boolean[][]) => Rectangle[]} */
function stretchesOf(held) {
  /** @type {Rectangle[]} */
  const found = [];
  held.forEach((cells, row) => {
    for (let column = 0; column < cells.length; column++) {
      if (!cells[column]) continue;
      const first = column;
      while (cells[column + 1]) column++;
      const columns = column + 1 - first;
      const above = found.find((one) => one.column === first && one.columns === columns && one.row + one.rows === row);
      if (above) above.rows++;
      else found.push({ row, column: first, rows: 1, columns });
    }
  });
  return found;
}

/**
 * Edits of exactly these cells.
 * @type {(name: string, rectangle: Rectangle, shape: number[], change: Partial<Edit>) => Edit[]}
 */
export function editsOf(name, rectangle, shape, change) {
  const { row, column, rows, columns } = rectangle;
  const size = sizeOf(shape);
  /** @type {(at: (number | null)[] | null) => Edit} */
  const edit = (at) => ({ parameter: name, ...(at && { at: shape.length > 1 ? at : at.slice(1) }), ...change });
  if (rows === size[0] && columns === size[1]) return [edit(null)];
  if (rows === size[0]) return Array.from({ length: columns }, (_, k) => edit([null, column + k]));
  if (columns === size[1]) return Array.from({ length: rows }, (_, k) => edit([row + k, null]));
  return [...cellsOf(rectangle)].map((cell) => edit([cell.row, cell.column]));
}

/**
 * The cells that are meant, by matrix.
 * @type {(hand: Hand, plans: MatrixPlan[], shapes: Shapes) => { plan: MatrixPlan, rectangle: Rectangle }[]}
 */
export function meantBy({ plan, row, column, scope }, plans, shapes) {
  /** @type {(one: MatrixPlan, row: number | null, column: number | null) => { plan: MatrixPlan, rectangle: Rectangle }} */
  const part = (one, r, c) => {
    const [rows, columns] = sizeOf(shapes[one.name].shape);
    const rectangle = { row: r ?? 0, column: c ?? 0, rows: r === null ? rows : 1, columns: c === null ? columns : 1 };
    return { plan: one, rectangle };
  };
  const unit = unitOf({ plan, row, column });
  if (scope === "unit" && unit !== undefined)
    return plans.flatMap((one) => {
      if (one.output) return one.row === 3 ? [] : [part(one, unit, null)];
      return one.row === 2 ? [part(one, null, unit), part(one, unit, null)] : [part(one, null, unit)];
    });
  if (scope === "matrix") return [part(plan, null, null)];
  return [part(plan, scope === "column" ? null : row, scope === "row" ? null : column)];
}

/**
 * Cells in words: "W_hh: all", "W_hh from hidden unit 1 to hidden unit 2", "W_hh: 6 weights in rows 0 to 2".
 * @type {(plan: MatrixPlan, rectangle: Rectangle, shape: number[]) => string}
 */
export function describeCells(plan, { row, column, rows, columns }, shape) {
  const [height, width] = sizeOf(shape);
  const { name } = plan;
  if (rows === 1 && columns === 1) return describeWeight(plan, row, column);
  if (rows === height && columns === width) return say("{name}: all", { name });
  if (columns === width && rows === 1) return say("{name}: row {n}", { name, n: row });
  if (rows === height && columns === 1) return say("{name}: column {n}", { name, n: column });
  const values = { name, row, last: row + rows - 1, column, end: column + columns - 1 };
  return say("{name}: rows {row} to {last}, columns {column} to {end}", values);
}
