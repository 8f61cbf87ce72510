/**
 * A panel of fields over the page, with their values and errors. No status overwrites a field that somebody edited.
 */
import { controlsOf, find, labelOf, on, setAttribute, setText } from "./dom.js";
import { readNumber } from "./typed.js";
import { say } from "./words.js";

/**
 * @import { Actions } from "./actions.js"
 * @import { Complaint } from "./complaints.js"
 * @import { Control } from "./dom.js"
 */

/**
 * @typedef {object} Panel
 * @property {Control[]} controls Those with a name.
 * @property {Set<Control>} edited Those that somebody has edited.
 * @property {number} version Counts changes, so that views see when to update.
 * @property {() => void} changed
 * @property {() => void} close
 * @property {(control: Control, detail: string) => string} inWords
 * @property {Note} note
 * @property {(control: Control, detail: string) => void} refuse
 * @property {WaitFor} wait
 */

/** @typedef {(control: Control, name: string, text: string) => void} Note */

/** @typedef {(asked: Promise<unknown>, done: () => void) => void} WaitFor */

/** @type {(root: HTMLElement, actions: Actions) => Panel} */
export function createPanel(root, actions) {
  const opener = find(document, `[popovertarget=${root.id}]`);
  const controls = controlsOf(root);
  /** @type {Set<Control>} */
  const edited = new Set();
  const panel = { controls, edited, version: 0, changed, close, inWords, note, refuse, wait };

  function changed() {
    panel.version++;
    actions.wake();
  }

  function close() {
    root.hidePopover();
    opener.focus();
  }

  /** @type {Note} */
  function note(control, name, text) {
    const row = control.closest(".field-row");
    if (row) setText(find(row, name), text);
  }

  /** @type {(control: Control, detail: string) => void} */
  function refuse(control, detail) {
    note(control, ".field-problem", detail);
    setAttribute(control, "aria-invalid", detail ? "true" : null);
  }

  /** The label of a choice of some field, or the word itself if there is none. @param {string} word */
  function choiceOf(word) {
    const options = controls.flatMap((control) => ("options" in control ? [...control.options] : []));
    return options.find(({ value }) => value === word)?.text ?? word;
  }

  /**
   * The server's words about a field, with the names that people read there.
   * @type {(control: Control, detail: string) => string}
   */
  function inWords(control, detail) {
    const named = detail.replace(/[a-z]+_[a-z]+/g, (name) => {
      const other = controls.find((one) => one.name === name);
      return other ? labelOf(other) : choiceOf(name);
    });
    // An empty field means null.
    const problem = control.dataset.default === "" ? named.replace("null", say("empty")) : named;
    return say("{problem}.", { problem });
  }

  /** Shows errors at their fields. Nothing that was typed is lost. @type {WaitFor} */
  function wait(asked, done) {
    for (const control of controls) refuse(control, "");
    asked.then(done, complain).then(changed);
  }

  /** @param {Complaint} error */
  function complain(error) {
    const refused = (error.errors ?? []).flatMap(({ field, detail }) => {
      const control = controls.find(({ name }) => name === field.replace("config.", ""));
      if (!control) return [];
      refuse(control, inWords(control, detail));
      return [control];
    });
    if (refused.length) refused[0].focus();
    else actions.complain(error);
  }

  on(root, "input", (event) => {
    const control = /** @type {Control} */ (event.target);
    edited.add(control);
    refuse(control, "");
    changed();
  });
  on(root, "keydown", ({ key }) => key === "Escape" && close());
  on(find(root, "button.panel-close"), "click", close);
  return panel;
}

/** Whether its value is yes or no. @type {(control: Control) => control is HTMLInputElement} */
const isCheckbox = (control) => control.type === "checkbox";

/**
 * The value as it is sent. A text that is no number stays a text, and the server refuses it.
 * @param {Control} control
 */
export function valueOf(control) {
  if (isCheckbox(control)) return control.checked;
  const { kind } = control.dataset;
  return kind ? readNumber(control.value, kind) : control.value;
}

/** @type {(control: Control, text: string) => void} */
export function write(control, text) {
  if (isCheckbox(control)) control.checked = text === "true";
  else control.value = text;
}
