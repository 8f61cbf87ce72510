/** The address as an experiment: the part behind #. Pure. */
import { readEdits, writeEdits } from "./written-edits.js";
import { readChanges, readNumber, writeChanges } from "./typed.js";

/**
 * @import { Change } from "./changes.js"
 * @import { Edit } from "./edits.js"
 * @import { Speed } from "./speed.js"
 * @import { RunStatus } from "./wire.d.ts"
 */

/**
 * The part of the page's address behind #.
 * @typedef {object} Address
 * @property {Changes} config
 * @property {Change[] | string} changes Changes of the learning rate. Text that can't be read stays as it is.
 * @property {Edit[] | string} edits What is done to single weights. Text that can't be read stays as it is.
 * @property {Speed | undefined} speed Undefined if the address names none.
 * @property {"light" | "dark" | undefined} theme
 * @property {string[]} hide Panels that are not shown.
 * @property {number | null} tour The stop of the guided tour. 0 is its beginning, null no tour.
 * @property {boolean} present Whether everything is large, for a projector.
 * @property {string | null} lang The language, if the address names one behind #.
 */

/** Fields of a configuration that should differ from the default. @typedef {Record<string, unknown>} Changes */

/** Parts of the address that are not fields of the configuration. */
const OTHERS = ["changes", "edits", "speed", "theme", "hide", "tour", "present", "lang"];

/**
 * What an address asks for. `config` holds only the fields that it names.
 * @type {(hash: string, defaults: Changes) => Address}
 */
export function readAddress(hash, defaults) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const speed = readSpeed(parts.get("speed"));
  const named = [...parts].filter(([name]) => !OTHERS.includes(name));
  return {
    config: Object.fromEntries(named.map(([name, text]) => [name, valueOf(text, defaults[name])])),
    changes: parts.get("changes") ? readChanges(parts.get("changes") ?? "") : [],
    edits: parts.get("edits") ? readEdits(parts.get("edits") ?? "") : [],
    speed,
    theme: /** @type {"light" | "dark" | undefined} */ (["light", "dark"].find((name) => name === parts.get("theme"))),
    lang: parts.get("lang"),
    tour: parts.has("tour") ? Number(/^\d{1,2}$/.exec(parts.get("tour") ?? "") ?? 0) : null,
    present: parts.has("present"),
    hide: (parts.get("hide") ?? "").split(",").filter(Boolean),
  };
}

/**
 * A speed as the address writes it. Undefined if the text is no speed or could be read in two ways.
 * @param {string | null} text
 */
function readSpeed(text) {
  if (text === "unlimited") return null;
  if (text === "story") return "story";
  const speed = readNumber(text ?? "", "number");
  return typeof speed === "number" && speed > 0 ? speed : undefined;
}

/**
 * A value of the same type as its default: digits stay a text if the field is a text.
 * @type {(text: string, like: unknown) => unknown}
 */
function valueOf(text, like) {
  if (typeof like === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (text === "null") return null;
  return typeof like === "string" ? text : readNumber(text, "number");
}

/**
 * Whether a run is this experiment: the same configuration, the same changes of the learning rate and the same edits of
 * weights, done or planned.
 * @type {(run: Pick<RunStatus, "config" | "changes" | "changes_left_out" | "edits">,
 *   wanted: Pick<Address, "config" | "changes"> & Partial<Pick<Address, "edits">>, defaults: Changes) => boolean}
 */
export function isAs(run, { config, changes, edits = [] }, defaults) {
  /** @type {Changes} */
  const own = run.config;
  if (!Object.entries({ ...defaults, ...config }).every(([name, value]) => own[name] === value)) return false;
  if (typeof edits === "string" || writeEdits(run.edits ?? []) !== writeEdits(edits)) return false;
  return typeof changes !== "string" && !run.changes_left_out && writeChanges(run.changes) === writeChanges(changes);
}

/**
 * The address that leads back here. It holds only what differs from a fresh page, so that links stay short. If the
 * default experiment has to be `named` too, the address holds one field: an address without fields leads to the main
 * run, which may be another experiment by then.
 * @type {(run: Pick<RunStatus, "config" | "changes" | "edits" | "speed">, view: Pick<Address, "theme" | "hide" | "tour" | "present">,
 *   defaults: Changes, named?: boolean) => string}
 */
export function writeAddress(
  { config, changes, edits = [], speed },
  { theme, hide, tour, present },
  defaults,
  named = false,
) {
  const parts = Object.entries(config).filter(([name, value]) => value !== defaults[name]);
  if (changes.length) parts.push(["changes", writeChanges(changes)]);
  if (edits.length) parts.push(["edits", writeEdits(edits)]);
  if (named && !parts.length) parts.push(["task", config.task]);
  if (speed !== DEFAULT_SPEED) parts.push(["speed", speed ?? "unlimited"]);
  if (theme) parts.push(["theme", theme]);
  if (hide.length) parts.push(["hide", hide.join(",")]);
  if (typeof tour === "number") parts.push(["tour", tour || ""]);
  if (present) parts.push(["present", ""]);
  const text = new URLSearchParams(parts.map(([name, value]) => [name, String(value)])).toString();
  return (
    text &&
    `#${text
      .replaceAll("%2C", ",")
      .replaceAll("%3A", ":")
      .replace(/\b(tour|present)=(?=&|$)/g, "$1")}`
  );
}

/** The speed of a run if nobody has chosen one. */
const DEFAULT_SPEED = 300;
