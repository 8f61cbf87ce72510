/** The settings: as what the run may begin anew, and the one that acts at once. The server knows the bounds. */
import { find, findAll, findEach, on, setAttribute, setText } from "../dom.js";

/** Milliseconds without typing, after which what stands there is checked. */
const TYPING = 200;

/** @type {CreateView} */
export const create = (root, actions) => {
  const [form, rateForm, differs] = findEach(root, "#settings-form #settings-rate #settings-differs");
  const opener = find(document, "[popovertarget=settings]");
  const controls = findAll(root, "[name]");
  const [presets, look] = [findAll(root, "[data-config]"), find(root, "#settings-look")];
  const invitation = look.textContent;
  const [cell, activation, rate] = findEach(root, "[name=cell] [name=activation] [name=learning_rate]");
  /** Those that somebody has edited: no status overwrites them. */
  const edited = new Set();
  let [version, seen, timer] = [0, "", 0];

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

  /** What differs from the default, as it stands in the fields. @returns {Changes} */
  function typed() {
    const other = controls.filter((control) => !control.disabled && String(valueOf(control)) !== control.dataset.default);
    return Object.fromEntries(other.map((control) => [control.name, valueOf(control)]));
  }

  /** The preset that the fields stand at. */
  const chosen = () => presets.find(({ dataset }) => same(JSON.parse(dataset.config), typed()));

  /** What is typed is checked by the server itself, which alone knows what goes together. */
  async function check() {
    const [asked, config] = [version, typed()];
    const errors = await actions.check(config).then(() => [], ({ errors = [] }) => errors);
    if (asked !== version) return;
    for (const control of controls) {
      const found = errors.find((/** @type {any} */ { field }) => field === `config.${control.name}`);
      complain(control, found ? `${found.detail}.` : "");
    }
  }

  function close() {
    root.hidePopover();
    opener.focus();
  }

  on(root, "input", ({ target }) => {
    edited.add(target);
    complain(target, "");
    changed();
    clearTimeout(timer);
    timer = setTimeout(check, TYPING);
  });
  on(form, "submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    const config = typed();
    const asked = event.submitter?.value === "new" ? actions.create(config) : actions.reset(config, chosen()?.dataset.look);
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
  for (const button of presets) on(button, "click", () => {
    const config = JSON.parse(button.dataset.config);
    for (const control of controls) {
      edited.add(control);
      write(control, String(config[control.name] ?? control.dataset.default));
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
      const preset = chosen();
      for (const button of presets) setAttribute(button, "aria-pressed", button === preset);
      setText(look, preset?.dataset.look ?? invitation);
      setText(differs, other.length ? `Not as the run is: ${other.map(({ labels }) => labels[0].textContent.toLowerCase()).join(", ")}.` : "All as the run is.");
    },
  };
};

/** @type {(one: Changes, other: Changes) => boolean} */
const same = (one, other) => Object.keys({ ...one, ...other }).every((name) => one[name] === other[name]);

/** As it is sent: what is no number stays a text, and the server says so. @param {any} control */
const valueOf = ({ type, checked, value }) =>
  type === "checkbox" ? checked : type === "number" && value && Number.isFinite(Number(value)) ? Number(value) : value;

/** @type {(control: any, text: string) => void} */
function write(control, text) {
  if (control.type === "checkbox") control.checked = text === "true";
  else control.value = text;
}
