/** What differs between runs, field by field. Pure. */
import { errorValue, percent, whole } from "./format.js";
import { nameOf, say } from "./words.js";

/**
 * @import { AccuracyEntry } from "./history.js"
 * @import { RunStatus } from "./wire.d.ts"
 */

/**
 * All that the page says about a run, as text.
 * @type {(run: { status: RunStatus; history: AccuracyEntry[] }) => Record<string, string>}
 */
export const facts = ({ status: { config, learning_rate, changes, state, iteration, error }, history }) => ({
  ...Object.fromEntries(Object.entries(config).map(([name, value]) => [name, nameOf(value)])),
  learning_rate_now: String(learning_rate),
  changes: changes.map(([at, rate]) => say("{rate} from {n}", { rate, n: whole(at) })).join(say(", ")) || say("none"),
  state: nameOf(state),
  iteration: whole(iteration),
  last_error: errorValue(error),
  last_accuracy: accuracyWords(history.at(-1), iteration),
});

/**
 * An accuracy, and its iteration if it is an earlier one.
 * @type {(found: AccuracyEntry | undefined, iteration: number) => string}
 */
export function accuracyWords(found, iteration) {
  const [at, share] = found ?? [0, null];
  if (share === null) return "–";
  return at < iteration ? say("{p} at {n}", { p: percent(share), n: whole(at) }) : percent(share);
}

/** @param {unknown[]} values */
export const isSame = (values) => values.every((value) => value === values[0]);

/** A different name for each run. @type {(runs: { id: string, name: string }[]) => string[]} */
export const distinct = (runs) =>
  runs.map(({ id, name }) => (runs.filter((run) => run.name === name).length > 1 ? `${name} (${id})` : name));
