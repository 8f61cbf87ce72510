/**
 * Changes of a run's learning rate. A status holds the newest, and the number of earlier ones that it leaves out. Pure.
 */

/** @import { RunStatus } from "./wire.d.ts" */

/** A learning rate, and the iteration from which it holds. @typedef {RunStatus["changes"][number]} Change */

/**
 * All changes in one generation of a run. A status may hold them, too.
 * @typedef {Pick<RunStatus, "generation" | "changes" | "changes_left_out">} AllChanges
 */

/**
 * The status with all changes, if the known ones are enough; otherwise the status as it is. The changes that it leaves
 * out lie in the past, so they do not change any more.
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
