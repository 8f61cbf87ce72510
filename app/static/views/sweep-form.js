/** The form of a new sweep: what varies, from which seeds, and what all networks have. */
import { find, findAll, findNamed, make, on, setAttribute, setHidden, setText } from "../dom.js";
import { countWords, textOf, valuesOf } from "../sweep-plan.js";
import { inARow, ngettext, say } from "../words.js";

/**
 * @import { Fields } from "../sweep-map.js"
 * @import { CreateSweep } from "../wire.d.ts"
 */

/** A wrong field, as the server names it. @typedef {{ field: string, detail: string }} Wrong */

const LIST = /^[^"'[{]*$/;
/** What a number field begins with. */
const USUAL = /** @type {Record<string, string>} */ ({
  hidden_size: "1..8",
  learning_rate: "0.01..10",
  bits: "4, 8, 12",
  batch_size: "1, 4, 16",
  clip_norm: "none, 0.1, 1",
  max_iterations: "1000, 3000, 10000",
});

/**
 * `begin` sends the sweep; an error of it names what is wrong. The returned function fills the form in.
 * @type {(root: HTMLElement, fields: Fields, begin: (wanted: Record<string, unknown>) => Promise<void>)
 *   => (wanted: Partial<CreateSweep>) => void}
 */
export function create(root, fields, begin) {
  const { form, seeds, iterations, every, name, size, trouble, differs, more, watch, answer, shows } = findNamed(root, {
    form: "form#form",
    seeds: "input#seeds",
    iterations: "input#iterations",
    every: "input#every",
    name: "input#name",
    size: "#size",
    trouble: "#trouble",
    differs: "#differs",
    more: "details#more",
    watch: "#watch",
    answer: "details#answer",
    shows: "#shows",
  });
  const presets = findAll(root, "button[data-body]");
  const sets = findAll(root, "fieldset.sweeps-vary").map((set) => ({
    set,
    ...findNamed(set, { select: "select", input: "input.sweeps-values", choices: ".sweeps-choices" }),
  }));
  const controls = /** @type {(HTMLInputElement | HTMLSelectElement)[]} */ (findAll(root, ".sweeps-grid [name]"));

  /** Shows what fits the field that is chosen: a text, or its choices. @type {(k: number, values?: unknown[]) => void} */
  function offer(k, values) {
    const { select, input, choices } = sets[k];
    const field = fields[select.value];
    const isChoice = field?.kind === "choice" || field?.kind === "boolean";
    setHidden(input, !field || isChoice);
    setHidden(choices, !isChoice);
    if (!field) return;
    if (!isChoice) {
      input.value = values ? textOf(values) : (USUAL[select.value] ?? "");
      return;
    }
    const named = field.kind === "boolean" ? { false: say("no"), true: say("yes") } : field.choices;
    choices.replaceChildren(
      ...Object.entries(named).map(([value, words]) => {
        const label = make("label", "nowrap");
        const box = Object.assign(make("input"), { type: "checkbox", value });
        box.checked = values ? values.map(String).includes(value) : true;
        label.append(box, ` ${words}`);
        return label;
      }),
    );
  }

  /** The fields that vary, and their values. */
  function varied() {
    /** @type {Record<string, unknown[]>} */
    const vary = {};
    for (const { select, input, choices } of sets) {
      const field = fields[select.value];
      if (!field || select.value in vary) continue;
      const checked = findAll(choices, "input")
        .filter((box) => box.checked)
        .map(({ value }) => (field.kind === "boolean" ? value === "true" : value));
      vary[select.value] = choices.hidden ? valuesOf(field.kind, input.value) : checked;
    }
    return vary;
  }

  /** What all networks have that differs from the default. @param {Record<string, unknown[]>} vary */
  function common(vary) {
    /** @type {Record<string, unknown>} */
    const config = {};
    for (const control of controls) {
      const { name: field, value } = control;
      if (field in vary) continue;
      const [mine, usual] = [
        control.type === "checkbox" ? String(isChecked(control)) : value.trim(),
        control.dataset.default,
      ];
      if (mine === usual || (!mine && control.type !== "checkbox")) continue;
      config[field] = control.type === "checkbox" ? isChecked(control) : typed(fields[field].kind, mine);
    }
    if (!("max_iterations" in vary)) config.max_iterations = typed("integer", iterations.value);
    return config;
  }

  function update() {
    const vary = varied();
    for (const label of findAll(root, "[data-field]")) setHidden(label, (label.dataset.field ?? "") in vary);
    setHidden(find(root, "label:has(#iterations)"), "max_iterations" in vary);
    sets[1].select.setCustomValidity("");
    const { max_iterations: length, ...others } = common(vary);
    const count = Object.keys(others).length;
    setText(
      differs,
      count ? ngettext("{n} differs from the default", "{n} differ from the default", count) : say("as by default"),
    );
    const longest = Math.max(0, ...(vary.max_iterations ?? [length]).map(Number).filter(Number.isFinite));
    setText(size, countWords(vary, seedsOf(seeds.value), longest));
  }

  /** @param {Wrong[]} errors */
  function complain(errors, words = "") {
    const names = [...sets.map(({ select }) => select.value)];
    const left = [];
    for (const place of findAll(root, "[data-problem]")) setText(place, "");
    for (const { field, detail } of errors) {
      const known = field
        .replace(/^vary\.(\w+)$/, (_, name) => `vary.${names.indexOf(name)}`)
        .replace("config.max_iterations", "iterations");
      const place = root.querySelector(`[data-problem="${CSS.escape(known)}"]`);
      if (place) setText(place, say("This {problem}.", { problem: detail }));
      else left.push(say("{field} {problem}.", { field, problem: detail }));
      if (known.startsWith("config.")) more.open = true;
    }
    setText(trouble, left.length ? inARow(left) : errors.length ? "" : words);
    const first = findAll(root, "[data-problem]").find(({ textContent }) => textContent);
    if (first) /** @type {HTMLElement | null} */ (root.querySelector(`[aria-describedby~="${first.id}"]`))?.focus();
  }

  on(form, "input", () => {
    for (const preset of presets) setAttribute(preset, "aria-pressed", false);
    update();
  });
  sets.forEach(({ select }, k) =>
    on(select, "change", () => {
      offer(k);
      update();
    }),
  );
  for (const preset of presets)
    on(preset, "click", () => {
      fill({ ...JSON.parse(preset.dataset.body ?? "{}"), name: preset.textContent });
      for (const other of presets) setAttribute(other, "aria-pressed", other === preset);
      setText(watch, preset.dataset.watch);
      setText(shows, preset.dataset.shows);
      setHidden(answer, false);
      answer.open = false;
    });
  on(form, "submit", async (event) => {
    event.preventDefault();
    const vary = varied();
    const wanted = {
      ...(name.value && { name: name.value }),
      config: common(vary),
      vary,
      seeds: seedsOf(seeds.value),
      every: typed("integer", every.value),
    };
    complain([]);
    if (sets[0].select.value === sets[1].select.value)
      return complain([], say("Across and down must be two different settings."));
    await begin(wanted).catch(({ message, errors = [] }) => complain(errors, message));
  });

  /** @param {Partial<CreateSweep>} wanted */
  function fill({ name: given = "", config = {}, vary = {}, seeds: from, every: look = 500 }) {
    const names = Object.keys(vary);
    complain([]);
    setHidden(answer, true);
    setText(watch, "");
    sets.forEach(({ select }, k) => {
      select.value = names[k] ?? (k ? "" : "hidden_size");
      offer(k, /** @type {unknown[] | undefined} */ (vary[names[k]]));
    });
    for (const control of controls) {
      const value = config[control.name] ?? null;
      if (control instanceof HTMLInputElement && control.type === "checkbox")
        control.checked = value === null ? control.dataset.default === "true" : value === true;
      else control.value = value === null ? (control.dataset.default ?? "") : String(value);
    }
    iterations.value = String(config.max_iterations ?? fields.max_iterations.default);
    seeds.value = textOf(from ?? []);
    every.value = String(look);
    name.value = given ?? "";
    update();
  }

  fill({ config: { max_iterations: 10_000 }, vary: { hidden_size: [1, 2, 3, 4, 5, 6, 7, 8] }, seeds: [0, 1, 2, 3, 4] });
  setText(watch, say("Choose a question, or set what you like below."));
  return fill;
}

/** The seeds in a field. Two are the first and the last of a range, as for the server. @param {string} text */
function seedsOf(text) {
  const [first, last, ...others] = valuesOf("integer", text);
  const range = Number.isInteger(first) && Number.isInteger(last) && !others.length;
  return range ? valuesOf("integer", `${first}..${last}`) : valuesOf("integer", text);
}

/** @param {HTMLInputElement | HTMLSelectElement} control */
const isChecked = (control) => control instanceof HTMLInputElement && control.checked;

/** A value as people typed it: the server refuses what is no number, and says why. @type {(kind: string, text: string)
 *   => string | number} */
const typed = (kind, text) =>
  kind === "choice" || !LIST.test(text) || !text.trim() || Number.isNaN(Number(text)) ? text : Number(text);
