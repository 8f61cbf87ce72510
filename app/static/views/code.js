/** The program of the run: the lines at work are lit in step with the stage, with what they compute. */
import {
  copy,
  createNews,
  find,
  findNamed,
  make,
  on,
  setAttribute,
  setClass,
  setHidden,
  setText,
  targetOf,
} from "../dom.js";
import { rolesOf } from "../lit.js";
import { describeName, isNear, piecesOf, stepOf, valueOf } from "../program.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Complaint } from "../complaints.js"
 * @import { Focus, State } from "../state.js"
 * @import { ProgramDocument, ProgramLine } from "../wire.d.ts"
 */

/**
 * A line on the page.
 * @typedef {object} Row
 * @property {HTMLElement} element
 * @property {HTMLElement} value
 * @property {string} step
 * @property {string} role That of the name that the line sets.
 */

/** A name of the program on the page. @typedef {{ element: HTMLElement; role: string; shift?: number; name: string }} Name */

/** Milliseconds until a program that did not arrive is asked for again. */
const PAUSE = 3000;

/** @type {CreateView} */
export const create = (root, actions) => {
  const { lines, template, readout, said, copyButton, namesButton } = findNamed(root, {
    lines: "#code-lines",
    template: "template",
    readout: "#code-readout",
    said: "#code-said",
    copyButton: "button#code-copy",
    namesButton: "button#code-names",
  });
  const hint = readout.textContent;
  const [isStepNew, isValueNew, isLitNew] = [createNews(), createNews(), createNews()];
  /** @type {ProgramDocument | null} */
  let program = null;
  /** @type {Row[]} */
  let rows = [];
  /** @type {Map<Element, Name>} */
  const names = new Map();
  /** The run whose program was asked for, its generation and so on; and when it may be asked for again. */
  let asked = "";
  let again = 0;
  let script = false;
  /** The name that Tab leads to. @type {HTMLElement | null} */
  let current = null;
  /** What this view lights up, and whether it stays lit. @type {Focus | null} */
  let own = null;
  let pinned = false;
  /** @type {Focus | null} */
  let seen = null;

  // Fetch and show

  /** @type {(key: string, now: number) => Promise<void>} */
  async function ask(key, now) {
    asked = key;
    try {
      const found = await actions.program(script ? "script" : "formulas");
      if (asked !== key) return;
      show(found);
      setText(said, "");
    } catch (error) {
      if (asked !== key) return;
      const { message, status = 500 } = /** @type {Complaint & { status?: number }} */ (error);
      setText(said, message);
      if (status < 500) return; // this run has no program
      asked = "";
      again = now + PAUSE;
      actions.wakeIn(PAUSE);
    }
    actions.wake();
  }

  /** @param {ProgramDocument} found */
  function show(found) {
    program = found;
    names.clear();
    light(undefined);
    const position = Object.keys(found.variables).find((name) => found.variables[name].role === "position") ?? "";
    rows = found.lines.map((line) => row(line, found, position));
    lines.replaceChildren(...rows.map(({ element }) => element));
    current = find(lines, "button");
    current.tabIndex = 0;
  }

  /** @type {(line: ProgramLine, found: ProgramDocument, position: string) => Row} */
  function row({ text, indent, step, variables }, { variables: known }, position) {
    const element = copy(template);
    const { code, value } = findNamed(element, { code: "code", value: ".code-value" });
    code.append("    ".repeat(indent));
    for (const { kind, text: words, shift } of piecesOf(text, variables, position)) {
      if (kind === "plain") code.append(words);
      else if (kind === "name") code.append(name(words, known[words].role, shift));
      else code.append(make("span", `code-${kind}`, words));
    }
    if (!text) code.append("\n");
    setAttribute(element, "data-step", step);
    return { element, value, step, role: known[variables[0]]?.role ?? "" };
  }

  /** @type {(text: string, role: string, shift?: number) => HTMLElement} */
  function name(text, role, shift) {
    const element = Object.assign(make("button", "code-name", text), { type: "button", tabIndex: -1 });
    // What no frame has still lights up where it stands in the program.
    names.set(element, { element, role: role || `name ${text}`, shift, name: text });
    return element;
  }

  // Point

  /** @type {(found: Name | undefined, stays?: boolean, spoken?: boolean) => void} */
  function light(found, stays = false, spoken = false) {
    if (!found || !program) {
      if (own && seen === own) actions.focus(null);
      own = null;
      pinned = false;
      return;
    }
    const { role, shift, name } = found;
    const { meaning, shape } = program.variables[name];
    own = { kind: "name", role, shift, words: describeName(name, meaning, shape ?? null), spoken };
    seen = own;
    pinned = stays;
    actions.focus(own);
  }

  /** @param {Event} event */
  const nameAt = (event) => {
    const element = targetOf(event).closest("button");
    return element ? names.get(element) : undefined;
  };
  const isPinned = () => pinned && seen === own;

  on(lines, "pointerover", (event) => isPinned() || light(nameAt(event)));
  on(lines, "pointerleave", () => isPinned() || light(undefined));
  on(lines, "focusin", (event) => {
    const found = nameAt(event);
    if (!found) return;
    if (current) current.tabIndex = -1;
    current = found.element;
    current.tabIndex = 0;
    if (current.matches(":focus-visible") && !isPinned()) light(found, false, true);
  });
  on(lines, "focusout", () => isPinned() || light(undefined));
  on(lines, "click", (event) => {
    const found = nameAt(event);
    if (!found) return;
    const same = isPinned() && own?.role === found.role && own.shift === found.shift;
    light(same ? undefined : found, true, true);
  });
  on(lines, "keydown", (event) => {
    const { key } = event;
    if (key === "Escape" && own && seen === own) {
      event.stopPropagation();
      return light(undefined);
    }
    const next = neighbour(key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  /** The name to the left or right, or the first one of a line above or below. @param {string} key */
  function neighbour(key) {
    const all = [...names.keys()];
    const place = all.findIndex((element) => element === current);
    const line = current?.closest("li");
    const way = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (way) return /** @type {HTMLElement | undefined} */ (all[place + way]);
    const later = /** @type {HTMLElement[]} */ (all);
    if (key === "ArrowDown") return later.slice(place).find((element) => element.closest("li") !== line);
    if (key !== "ArrowUp") return undefined;
    const above = later
      .slice(0, place)
      .reverse()
      .find((element) => element.closest("li") !== line);
    return later.find((element) => element.closest("li") === above?.closest("li"));
  }

  // Copy

  on(namesButton, "click", () => {
    script = !script;
    setAttribute(namesButton, "aria-pressed", script);
    actions.wake();
  });
  on(copyButton, "click", async () => {
    const text = program?.lines.map((line) => `${"    ".repeat(line.indent)}${line.text}\n`).join("") ?? "";
    setText(
      said,
      (await copied(text)) ? say("Copied. Python and NumPy run it.") : say("The browser does not allow copying."),
    );
  });

  // Draw

  /** Keeps the line at work in sight, unless somebody reads or points there. */
  function follow() {
    const active = rows.find(({ element }) => element.classList.contains("is-active"))?.element;
    if (!active || lines.matches(":hover, :focus-within")) return;
    const [top, bottom] = [active.offsetTop, active.offsetTop + active.offsetHeight];
    if (top >= lines.scrollTop && bottom <= lines.scrollTop + lines.clientHeight) return;
    lines.scrollTop = top - lines.clientHeight / 3;
  }

  /** @param {State} state */
  function drawStep({ playback, run }) {
    const step = stepOf(playback);
    if (isStepNew(program, step, playback.phase)) {
      for (const { element, step: own } of rows) {
        const active = step !== "" && own === step;
        setClass(element, "is-active", active);
        setClass(element, "is-near", !active && isNear(own, playback.phase));
        setAttribute(element, "aria-current", active ? "step" : null);
      }
      follow();
    }
    const rate = run?.learning_rate ?? 0;
    if (!run || !isValueNew(program, step, playback.version, rate)) return;
    for (const { value, role, step } of rows) {
      const text = role && step ? valueOf(role, step, playback, run.config, rate) : "";
      setText(value, text && `  # ${text}`);
    }
  }

  /** @param {Focus | State["asked"]} lit */
  function drawLit(lit) {
    if (!isLitNew(program, lit)) return;
    const roles = rolesOf(lit);
    for (const { element, role } of names.values()) setClass(element, "is-lit", roles.includes(role));
    const words = /** @type {Focus | null} */ (lit)?.words;
    setText(readout, words ?? hint);
  }

  return {
    update(state) {
      const { run, now, tab } = state;
      if (tab !== root.id) return;
      seen = state.focus;
      if (seen !== own) pinned = false;
      if (!run) return;
      const ended = run.state === "diverged";
      const key = JSON.stringify([run.generation, run.changes, run.changes_left_out, ended, script]);
      if (key !== asked && now >= again) void ask(key, now);
      setHidden(lines, !program);
      copyButton.disabled = !program;
      if (!program) return;
      drawStep(state);
      drawLit(state.focus ?? state.asked);
    },
  };
};

/** Whether the text is in the clipboard now. Pages without https can't use it directly. @param {string} text */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = Object.assign(make("textarea"), { value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
