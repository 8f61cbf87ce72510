/** The "try it" panel: a problem that somebody types, and the network's answer. */
import { findAll, findNamed, on, setAttribute, setText } from "../dom.js";
import { whole } from "../format.js";
import { checkOperand, hardest, written } from "../task.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Whole } from "../frames.js"
 * @import { TaskDescription as Task } from "../wire.d.ts"
 */

const SOON = 50; // milliseconds

/** @type {CreateView} */
export const create = (root, actions) => {
  const { form, hint, idle, example, status } = findNamed(root, {
    form: "form#try-form",
    hint: "#try-hint",
    idle: "#try-idle",
    example: "button#try-example",
    status: "#try-answer",
  });
  const [signs, inputs] = [findAll(root, ".try-sign"), findAll(root, "input")];
  /** The fields that the task has. */
  let fields = inputs;
  /** @type {Task | null} */
  let trained = null;

  /** The typed numbers, if they are valid. @returns {Record<string, Whole> | undefined} */
  function check() {
    const checks = fields.map(({ name, value }) => checkOperand(name, value));
    checks.forEach(({ problem }, k) => setAttribute(fields[k], "aria-invalid", problem ? "true" : null));
    const problem = checks.map((c) => c.problem).find(Boolean) ?? "";
    const limit = trained?.operand_limit ?? Infinity;
    const beyond = checks.some(({ value }) => value >= limit);
    setText(
      hint,
      problem ||
        (beyond
          ? say("Beyond its training: that stays below {limit} ({bits} bits).", {
              limit: whole(limit),
              bits: trained?.bits,
            })
          : ""),
    );
    setAttribute(hint, "data-tone", problem ? "problem" : null);
    return problem ? undefined : Object.fromEntries(fields.map(({ name }, k) => [name, checks[k].value]));
  }

  /** A question that comes before the task is known waits for it. */
  function submit() {
    const operands = check();
    if (!trained) setTimeout(submit, SOON);
    else if (operands) actions.predict(operands);
    else fields.find((input) => input.ariaInvalid)?.focus();
  }

  on(form, "input", check);
  on(form, "submit", (event) => {
    event.preventDefault();
    submit();
  });
  on(example, "click", () => {
    if (trained) hardest(trained).forEach((number, k) => (fields[k].value = String(number)));
    submit();
  });

  return {
    update({ task, prediction: { text } }) {
      if (task && task !== trained) {
        trained = task;
        for (const { name, parentElement } of inputs) {
          if (parentElement) parentElement.hidden = !task.operands.includes(name);
        }
        fields = inputs.slice(0, task.operands.length);
        task.expression.split(/{.}/).forEach((sign, k) => signs[k] && setText(signs[k], sign));
        setText(example, written(task, hardest(task).map(whole)));
        check();
      }
      setText(status, text);
      idle.hidden = text !== "";
    },
  };
};
