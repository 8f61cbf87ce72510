/** The settings: as what the run may begin anew, and the one that acts at once. The server knows the bounds. */
import { find, findAll, findEach, on, setAttribute, setText } from "../dom.js";

/** @type {CreateView} */
export const create = (root, actions) => {
  const [form, rateForm, differs] = findEach(root, "#settings-form #settings-rate #settings-differs");
  const opener = find(document, "[popovertarget=settings]");
  const controls = findAll(root, "[name]");
  const [cell, activation, rate] = findEach(root, "[name=cell] [name=activation] [name=learning_rate]");
  /** Those that somebody has edited: no status overwrites them. */
  const edited = new Set();
  let [version, seen] = [0, ""];

  function changed() {
    version++;
    actions.wake();
  }

  /** @type {Note} */
  const note = (control, name, text) => setText(find(control.closest(".settings-field"), name), text);

  /** @type {(control: any, detail: string) => void} */
  function complain(control, detail) {
    note(control, ".settings-problem", detail);
    setAttribute(control, "aria-invalid", detail ? "true" : null);
  }

  /** What is refused is said at its field, and nothing is lost. @type {WaitFor} */
  function wait(asked, done) {
    for (const control of controls) complain(control, "");
    asked.then(done, (error) => {
      const { errors = [] } = error;
      for (const { field, detail } of errors) complain(find(root, `[name=${field.replace("config.", "")}]`), `${detail}.`);
      if (errors.length) find(root, "[aria-invalid]").focus();
      else actions.complain(error);
    }).then(changed);
  }

  function close() {
    root.hidePopover();
    opener.focus();
  }

  on(root, "input", ({ target }) => {
    edited.add(target);
    complain(target, "");
    changed();
  });
  on(form, "submit", (event) => {
    event.preventDefault();
    const other = controls.filter((control) => !control.disabled && String(valueOf(control)) !== control.dataset.default);
    const config = Object.fromEntries(other.map((control) => [control.name, valueOf(control)]));
    const asked = event.submitter?.value === "new" ? actions.create(config) : actions.reset(config);
    wait(asked, () => {
      edited.clear();
      close();
    });
  });
  on(rateForm, "submit", (event) => {
    event.preventDefault();
    wait(actions.learningRate(valueOf(rate)), () => edited.delete(rate));
  });
  on(root, "keydown", ({ key }) => key === "Escape" && close());
  on(find(root, "#settings-close"), "click", close);
  on(find(root, "#settings-article"), "click", () => {
    for (const control of controls) {
      edited.add(control);
      write(control, control.dataset.default);
      complain(control, "");
    }
    changed();
  });

  return {
    update({ run }) {
      const key = `${version} ${run?.generation} ${run?.learning_rate}`;
      if (!run || seen === key) return;
      seen = key;
      const other = controls.filter((control) => {
        const { name } = control;
        const current = String((name === "learning_rate" ? run.learning_rate : run.config[name]) ?? "");
        if (!edited.has(control)) write(control, current);
        activation.disabled = cell.value !== "elman";
        const differs = !control.disabled && String(valueOf(control)) !== current;
        note(control, ".settings-now", differs ? `The run: ${current || "none"}.` : "");
        return differs;
      });
      setText(differs, other.length ? `Not as the run is: ${other.map(({ labels }) => labels[0].textContent.toLowerCase()).join(", ")}.` : "All as the run is.");
    },
  };
};

/** As it is sent: what is no number stays a text, and the server says so. @param {any} control */
const valueOf = ({ type, checked, value }) =>
  type === "checkbox" ? checked : type === "number" && value && Number.isFinite(Number(value)) ? Number(value) : value;

/** @type {(control: any, text: string) => void} */
function write(control, text) {
  if (control.type === "checkbox") control.checked = text === "true";
  else control.value = text;
}
