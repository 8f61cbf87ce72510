/** The settings: as what the run may begin anew, and the one that acts at once. The server knows the bounds. */
import { find, findEach, on, setText } from "../dom.js";
import { createPanel, valueOf, write } from "../panel.js";

/** @type {CreateView} */
export const create = (root, actions) => {
  const [form, rateForm, differs] = findEach(root, "#settings-form #settings-rate #settings-differs");
  const [cell, activation, rate] = findEach(root, "[name=cell] [name=activation] [name=learning_rate]");
  const panel = createPanel(root, actions);
  const { controls, edited, note, refuse, wait } = panel;
  let seen = "";

  on(form, "submit", (event) => {
    event.preventDefault();
    const other = controls.filter((control) => !control.disabled && String(valueOf(control)) !== control.dataset.default);
    wait(actions.reset(Object.fromEntries(other.map((control) => [control.name, valueOf(control)]))), () => {
      edited.clear();
      panel.close();
    });
  });
  on(rateForm, "submit", (event) => {
    event.preventDefault();
    wait(actions.learningRate(valueOf(rate)), () => edited.delete(rate));
  });
  on(find(root, "#settings-article"), "click", () => {
    for (const control of controls) {
      edited.add(control);
      write(control, control.dataset.default);
      refuse(control, "");
    }
    panel.changed();
  });

  return {
    update({ run }) {
      const key = `${panel.version} ${run?.generation} ${run?.learning_rate}`;
      if (!run || seen === key) return;
      seen = key;
      const other = controls.filter((control) => {
        const { name } = control;
        const current = String((name === "learning_rate" ? run.learning_rate : run.config[name]) ?? "");
        if (!edited.has(control)) write(control, current);
        activation.disabled = cell.value !== "elman";
        const differs = !control.disabled && String(valueOf(control)) !== current;
        note(control, ".field-now", differs ? `The run: ${current || "none"}.` : "");
        return differs;
      });
      setText(differs, other.length ? `Not as the run is: ${other.map(({ labels }) => labels[0].textContent.toLowerCase()).join(", ")}.` : "All as the run is.");
    },
  };
};
