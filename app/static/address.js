/** The address is the experiment: what stands behind # in it. Pure. */
import { readChanges, readNumber, writeChanges } from "./typed.js";

/**
 * @import { Change } from "./changes.js"
 * @import { RunStatus } from "./wire.d.ts"
 */

/**
 * What stands in the page's address behind #.
 * @typedef {object} Address
 * @property {Changes} config
 * @property {Change[] | string} changes Of the learning rate; what can't be read is as it stands there.
 * @property {number | null | undefined} speed Undefined where nothing is said of it; null is unlimited.
 * @property {"light" | "dark" | undefined} theme
 * @property {string[]} hide Panels that are not shown.
 * @property {string | null} lang The language, where the address asks for one behind #.
 */

/** What is asked to differ: fields of a configuration. @typedef {Record<string, unknown>} Changes */

/** What is not of the configuration. */
const OTHERS = ["changes", "speed", "theme", "hide", "lang"];

/**
 * What an address asks for; of the configuration what it names.
 * @type {(hash: string, defaults: Changes) => Address}
 */
export function readAddress(hash, defaults) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const speed = readSpeed(parts.get("speed"));
  const named = [...parts].filter(([name]) => !OTHERS.includes(name));
  return {
    config: Object.fromEntries(named.map(([name, text]) => [name, valueOf(text, defaults[name])])),
    changes: parts.get("changes") ? readChanges(parts.get("changes") ?? "") : [],
    speed,
    theme: /** @type {"light" | "dark" | undefined} */ (["light", "dark"].find((name) => name === parts.get("theme"))),
    lang: parts.get("lang"),
    hide: (parts.get("hide") ?? "").split(",").filter(Boolean),
  };
}

/**
 * A speed as it stands there; what is none, or could be read in two ways, says nothing.
 * @param {string | null} text
 */
function readSpeed(text) {
  if (text === "unlimited") return null;
  const speed = readNumber(text ?? "", "number");
  return typeof speed === "number" && speed > 0 ? speed : undefined;
}

/** As its default is: a number stays a text where it should be one. @type {(text: string, like: unknown) => unknown} */
function valueOf(text, like) {
  if (typeof like === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (text === "null") return null;
  return typeof like === "string" ? text : readNumber(text, "number");
}

/**
 * Whether a run is this experiment: its configuration and the changes of its learning rate, made or planned.
 * @type {(run: Pick<RunStatus, "config" | "changes" | "changes_left_out">,
 *   wanted: Pick<Address, "config" | "changes">, defaults: Changes) => boolean}
 */
export function isAs(run, { config, changes }, defaults) {
  /** @type {Changes} */
  const own = run.config;
  if (!Object.entries({ ...defaults, ...config }).every(([name, value]) => own[name] === value)) return false;
  return typeof changes !== "string" && !run.changes_left_out && writeChanges(run.changes) === writeChanges(changes);
}

/**
 * What leads back here: no more than differs from a fresh page, so that links stay short. Where even the default
 * experiment is to be `named`, one field is: for without any an address leads to the main run, whatever that is by
 * then.
 * @type {(run: Pick<RunStatus, "config" | "changes" | "speed">, view: Pick<Address, "theme" | "hide">,
 *   defaults: Changes, named?: boolean) => string}
 */
export function writeAddress({ config, changes, speed }, { theme, hide }, defaults, named = false) {
  const parts = Object.entries(config).filter(([name, value]) => value !== defaults[name]);
  if (changes.length) parts.push(["changes", writeChanges(changes)]);
  if (named && !parts.length) parts.push(["task", config.task]);
  if (speed !== DEFAULT_SPEED) parts.push(["speed", speed ?? "unlimited"]);
  if (theme) parts.push(["theme", theme]);
  if (hide.length) parts.push(["hide", hide.join(",")]);
  const text = new URLSearchParams(parts.map(([name, value]) => [name, String(value)])).toString();
  return text && `#${text.replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}

/** Of a run that nobody gave one. */
const DEFAULT_SPEED = 300;
