/** Errors in the words that people read on the page. */
import { controlsOf, find, labelOf } from "./dom.js";
import { notify } from "./state.js";
import { say } from "./words.js";

/** @import { State } from "./state.js" */

/**
 * An error for people. If the server refused fields, `errors` names them.
 * @typedef {{ message: string, errors?: { field: string, detail: string }[] }} Complaint
 */

/**
 * Shows an error. Fields that were refused have the names that they have on the page.
 * @type {(state: State, error: Complaint) => void}
 */
export function complainOf(state, { message, errors = [] }) {
  const problems = errors.map(({ field, detail }) => say("{field} {detail}", { field: fieldWords(field), detail }));
  const text = problems.length ? say("{problem}.", { problem: problems.join(say("; ")) }) : message;
  notify(state, text, "problem");
}

/** "config.hidden_size" -> "hidden size". @param {string} field */
function fieldWords(field) {
  const name = field.replace("config.", "");
  if (name === "changes") return say("the changes of the learning rate");
  const control = controlsOf(find(document, "#settings")).find((one) => one.name === name);
  return control ? labelOf(control) : name;
}
