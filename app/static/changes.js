/** Changes of a run's learning rate: a status tells the newest, and how many earlier ones it leaves out. Pure. */

/** @import { RunStatus } from "./wire.d.ts" */

/** From an iteration on, a learning rate. @typedef {RunStatus["changes"][number]} Change */

/**
 * Of a generation of a run; a status may tell them, too.
 * @typedef {Pick<RunStatus, "generation" | "changes" | "changes_left_out">} AllChanges
 */

/**
 * The status with all changes, where those known so far reach; else as it is. What is left out lies in the past, so it
 * stays as it was.
 * @type {(run: RunStatus, known: AllChanges | null) => RunStatus}
 */
export function completed(run, known) {
  const missing = run.changes_left_out ?? 0;
  const reaches =
    known && !known.changes_left_out && known.generation === run.generation && known.changes.length >= missing;
  return missing && reaches
    ? { ...run, changes: [...known.changes.slice(0, missing), ...run.changes], changes_left_out: 0 }
    : run;
}
