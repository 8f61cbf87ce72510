/** The address is the experiment: what stands behind # in it. Pure. */

/** What is not of the configuration. */
const VIEW = ["speed", "theme", "hide", "lang"];

/**
 * What an address asks for; of the configuration what it names.
 * @type {(hash: string, defaults: Changes) => Address}
 */
export function readAddress(hash, defaults) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const speed = parts.get("speed");
  const named = [...parts].filter(([name]) => !VIEW.includes(name));
  return {
    config: Object.fromEntries(named.map(([name, text]) => [name, valueOf(text, defaults[name])])),
    speed: speed === "unlimited" ? null : speed !== null && Number(speed) > 0 ? Number(speed) : undefined,
    theme: /** @type {"light" | "dark" | undefined} */ (["light", "dark"].find((name) => name === parts.get("theme"))),
    lang: parts.get("lang"),
    hide: (parts.get("hide") ?? "").split(",").filter(Boolean),
  };
}

/** As its default is: a number stays a text where it should be one. @type {(text: string, like: unknown) => unknown} */
function valueOf(text, like) {
  if (typeof like === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (text === "null") return null;
  return typeof like !== "string" && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Whether a run has this configuration. @type {(config: RunConfig, wanted: Changes, defaults: Changes) => boolean} */
export const isAs = (config, wanted, defaults) =>
  Object.entries({ ...defaults, ...wanted }).every(([name, value]) => config[name] === value);

/**
 * What leads back here: no more than differs from a fresh page, so that links stay short.
 * @type {(config: RunConfig, speed: number | null, view: Pick<Address, "theme" | "hide">, defaults: Changes) => string}
 */
export function writeAddress(config, speed, { theme, hide }, defaults) {
  const parts = Object.entries(config).filter(([name, value]) => value !== defaults[name]);
  if (speed !== DEFAULT_SPEED) parts.push(["speed", speed ?? "unlimited"]);
  if (theme) parts.push(["theme", theme]);
  if (hide.length) parts.push(["hide", hide.join(",")]);
  const text = new URLSearchParams(parts.map(([name, value]) => [name, String(value)])).toString();
  return text && `#${text.replaceAll("%2C", ",")}`;
}

/** Of a run that nobody gave one. */
const DEFAULT_SPEED = 300;
