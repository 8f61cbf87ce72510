/** The settings: fields for a reset of the run, and one field that acts at once. The server knows the bounds. */
import { createNews, findAll, findNamed, labelOf, on, setAttribute, setHidden, setText } from "../dom.js";
import { writeEdits } from "../written-edits.js";
import { createPanel, valueOf, write } from "../panel.js";
import { inARow, nameOf, say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Changes } from "../address.js"
 * @import { WeightEdit } from "../wire.d.ts"
 */

/** Milliseconds without typing after which the fields are checked. */
const TYPING = 200;

/** @type {CreateView} */
export const create = (root, actions) => {
  const { form, rateForm, differs } = findNamed(root, {
    form: "form#settings-form",
    rateForm: "form#settings-rate",
    differs: "#settings-differs",
  });
  const { question, watch, answer, shows } = findNamed(root, {
    question: "#settings-question",
    watch: "#settings-watch",
    answer: "details#settings-answer",
    shows: "#settings-shows",
  });
  const { cell, activation, rate } = findNamed(root, {
    cell: "select[name=cell]",
    activation: "select[name=activation]",
    rate: "input[name=learning_rate]",
  });
  const presets = findAll(root, "[data-config]");
  const panel = createPanel(root, actions);
  const { controls, edited, note, refuse, wait } = panel;
  const invitation = { question: question.textContent, watch: watch.textContent };
  const isNew = createNews();
  const isOther = createNews();
  let timer = 0;
  /** What is done to weights at the beginning: as the run began, or as a preset says. @type {WeightEdit[]} */
  let edits = [];

  /** The values in the fields that differ from the default. @returns {Changes} */
  function typed() {
    const other = controls.filter(
      (control) => !control.disabled && String(valueOf(control)) !== control.dataset.default,
    );
    return Object.fromEntries(other.map((control) => [control.name, valueOf(control)]));
  }

  /** The preset that the fields are equal to. */
  const chosen = () =>
    presets.find(
      ({ dataset }) =>
        same(JSON.parse(dataset.config ?? ""), typed()) &&
        writeEdits(JSON.parse(dataset.edits ?? "[]")) === writeEdits(edits),
    );

  /** What is said when an experiment begins. @param {HTMLElement | undefined} preset */
  const story = (preset) => preset && inARow([preset.dataset.question ?? "", preset.dataset.watch ?? ""]);

  /** Shows what an experiment asks. Its answer waits until somebody wants it. @param {HTMLElement | undefined} preset */
  function tell(preset) {
    setText(question, preset?.dataset.question ?? invitation.question);
    setText(watch, preset?.dataset.watch ?? invitation.watch);
    setText(shows, preset?.dataset.shows);
    setHidden(answer, !preset);
    answer.open = false;
  }

  /** The server checks what is typed, because only the server knows which values fit together. */
  async function check() {
    const { version } = panel;
    const errors = await actions.check(typed()).then(
      () => [],
      ({ errors = [] }) => errors,
    );
    if (version !== panel.version) return;
    for (const control of controls) {
      const found = errors.find((/** @type {{ field: string }} */ { field }) => field === `config.${control.name}`);
      refuse(control, found ? panel.inWords(control, found.detail) : "");
    }
  }

  on(root, "input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, TYPING);
  });
  on(form, "submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    const asked =
      event.submitter?.getAttribute("value") === "new"
        ? actions.create(typed(), edits)
        : actions.reset(typed(), story(chosen()), edits);
    wait(asked, () => {
      edited.clear();
      panel.close();
    });
  });
  on(rateForm, "submit", (event) => {
    event.preventDefault();
    const asked = /** @type {number | string} */ (valueOf(rate));
    // What has been typed since stays.
    wait(actions.learningRate(asked), () => valueOf(rate) === asked && edited.delete(rate));
  });
  for (const button of presets)
    on(button, "click", () => {
      const config = JSON.parse(button.dataset.config ?? "");
      edits = JSON.parse(button.dataset.edits ?? "[]");
      for (const control of controls) {
        edited.add(control);
        write(control, String(config[control.name] ?? control.dataset.default));
        refuse(control, "");
      }
      panel.changed();
    });

  return {
    update({ run }) {
      if (!run || !isNew(panel.version, run.generation, run.learning_rate)) return;
      /** @type {Changes} */
      const config = { ...run.config, learning_rate: run.learning_rate };
      const began = (run.edits ?? []).filter(({ iteration }) => !iteration);
      if (!edited.size) edits = began;
      const other = controls.filter((control) => {
        const current = String(config[control.name] ?? "");
        if (!edited.has(control)) write(control, current);
        activation.disabled = cell.value !== "elman";
        const differs = !control.disabled && String(valueOf(control)) !== current;
        note(control, ".field-now", differs ? say("The run: {value}.", { value: nameOf(current || null) }) : "");
        return differs;
      });
      const preset = chosen();
      for (const button of presets) setAttribute(button, "aria-pressed", button === preset);
      if (isOther(preset)) tell(preset);
      const others = other.map(labelOf);
      if (writeEdits(edits) !== writeEdits(began)) others.push(say("weights"));
      const fields = others.join(say(", "));
      setText(differs, fields ? say("Different from the run: {fields}.", { fields }) : say("The same as the run."));
    },
  };
};

/** @type {(one: Changes, other: Changes) => boolean} */
const same = (one, other) => Object.keys({ ...one, ...other }).every((name) => one[name] === other[name]);
