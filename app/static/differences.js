/** What differs between runs, field by field. Pure. */
import { errorValue, percent, whole } from "./format.js";
import { nameOf, say } from "./words.js";

/** All that is said of a run, as text. @type {Facts} */
export const facts = ({ status: { config, learning_rate, changes, state, iteration, error }, history }) => ({
  ...Object.fromEntries(Object.entries(config).map(([name, value]) => [name, nameOf(value)])),
  learning_rate_now: String(learning_rate),
  changes: changes.map(([at, rate]) => say("{rate} from {n}", { rate, n: whole(at) })).join(say(", ")) || say("none"),
  state: nameOf(state),
  iteration: whole(iteration),
  last_error: errorValue(error),
  last_accuracy: accuracyWords(history.at(-1), iteration),
});

/** An accuracy, and of when it is, if not of now. @type {(found: [number, number] | undefined, iteration: number) => string} */
export const accuracyWords = (found, iteration) => (found ? found[0] < iteration ? say("{p} at {n}", { p: percent(found[1]), n: whole(found[0]) }) : percent(found[1]) : "–");

/** @param {unknown[]} values */
export const isSame = (values) => values.every((value) => value === values[0]);

/** Names that tell runs apart. @type {(runs: { id: string, name: string }[]) => string[]} */
export const distinct = (runs) => runs.map(({ id, name }) => (runs.filter((run) => run.name === name).length > 1 ? `${name} (${id})` : name));
