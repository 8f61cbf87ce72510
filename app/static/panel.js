/** A panel of fields over the page: what they hold, and what is refused of it. No status overwrites what somebody edited. */
import { find, findAll, on, setAttribute, setText } from "./dom.js";
import { readNumber } from "./typed.js";
import { say } from "./words.js";

/** @type {CreatePanel} */
export function createPanel(root, actions) {
  const opener = find(document, `[popovertarget=${root.id}]`);
  const controls = findAll(root, "[name]");
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
    setText(find(control.closest(".field-row"), name), text);
  }

  /** @type {(control: any, detail: string) => void} */
  function refuse(control, detail) {
    note(control, ".field-problem", detail);
    setAttribute(control, "aria-invalid", detail ? "true" : null);
  }

  /** What the server says of a field, in the names that people read there. @type {(control: any, detail: string) => string} */
  function inWords(control, detail) {
    const named = detail.replace(/[a-z]+_[a-z]+/g, (name) => controls.find((other) => other.name === name)?.labels[0].textContent.toLowerCase() ?? name);
    // Null is what an emptied field means.
    const problem = control.dataset.default === "" ? named.replace("null", say("empty")) : named;
    return say("{problem}.", { problem });
  }

  /** What is refused is said at its field, and nothing is lost. @type {WaitFor} */
  function wait(asked, done) {
    for (const control of controls) refuse(control, "");
    asked.then(done, (error) => {
      /** @type {{field: string, detail: string}[]} */
      const errors = error.errors ?? [];
      const refused = errors.map(({ field, detail }) => {
        const control = controls.find(({ name }) => name === field.replace("config.", ""));
        if (control) refuse(control, inWords(control, detail));
        return control;
      }).filter(Boolean);
      if (refused.length) refused[0].focus();
      else actions.complain(error);
    }).then(changed);
  }

  on(root, "input", ({ target }) => {
    edited.add(target);
    refuse(target, "");
    changed();
  });
  on(root, "keydown", ({ key }) => key === "Escape" && close());
  on(find(root, ".panel-close"), "click", close);
  return panel;
}

/** As it is sent: what is no number stays a text, and the server says so. @param {any} control */
export const valueOf = ({ type, checked, value, dataset: { kind } }) => (type === "checkbox" ? checked : kind ? readNumber(value, kind) : value);

/** @type {(control: any, text: string) => void} */
export function write(control, text) {
  if (control.type === "checkbox") control.checked = text === "true";
  else control.value = text;
}
