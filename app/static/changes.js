/** Changes of a run's learning rate: a status tells the newest, and how many earlier ones it leaves out. Pure. */

/**
 * The status with all changes, where those known so far reach; else as it is. What is left out lies in the past, so it
 * stays as it was.
 * @type {Complete}
 */
export function completed(run, known) {
  const missing = run.changes_left_out ?? 0;
  const reaches = known && !known.changes_left_out && known.generation === run.generation && known.changes.length >= missing;
  return missing && reaches ? { ...run, changes: [...known.changes.slice(0, missing), ...run.changes], changes_left_out: 0 } : run;
}
