/** Try it: two numbers, and what the network makes of them. */
import { find, make, setAttribute, setText } from "../dom.js";
import { probability, whole } from "../format.js";
import { checkOperand } from "../operands.js";

/** @type {CreateView} */
export const create = (root, actions) => {
  const [form, hint, idle, example, status, bits] = ["form", "hint", "idle", "example", "answer", "bits"].map((name) => find(root, `#try-${name}`));
  const fields = ["a", "b"].map((name) => ({ name, input: find(root, `#try-${name}`) }));
  /** @type {Task | null} */
  let trained = null;
  /** @type {Answer | null} */
  let shown = null;

  /** @returns {number[] | undefined} the numbers, where they are fine */
  function check() {
    const checks = fields.map(({ name, input }) => checkOperand(name, input.value, input.validity.badInput));
    checks.forEach(({ problem }, k) => setAttribute(fields[k].input, "aria-invalid", problem ? "true" : null));
    const problem = checks.map((c) => c.problem).find(Boolean) ?? "";
    const values = checks.map((c) => c.value);
    const beyond = trained && Math.max(...values) >= trained.operand_limit;
    setText(hint, problem || (beyond ? `Beyond its training: that stays below ${whole(trained?.operand_limit ?? 0)} (${trained?.bits}-bit sums).` : ""));
    setAttribute(hint, "data-tone", problem ? "problem" : null);
    return problem ? undefined : values;
  }

  function submit() {
    const values = check();
    if (values) actions.predict(values[0], values[1]);
    else find(root, "[aria-invalid]").focus();
  }

  for (const { input } of fields) input.addEventListener("input", check);
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    submit();
  });
  example.addEventListener("click", () => {
    fields[0].input.value = (trained?.operand_limit ?? 128) - 1;
    fields[1].input.value = 1;
    submit();
  });

  return {
    update({ task, prediction: { text, answer } }) {
      if (task && task !== trained) {
        trained = task;
        setText(example, `${whole(task.operand_limit - 1)} + 1`);
        check();
      }
      setText(status, text);
      idle.hidden = text !== "";
      if (answer !== shown) bits.replaceChildren(...(answer ? [table(answer)] : []));
      shown = answer;
    },
  };
};

/** Most significant first. @param {Answer} answer */
function table({ bits: { expected, predicted }, probabilities }) {
  const element = make("table", "try-table");
  /** @param {string} label @param {(string | number)[]} texts @param {(k: number) => string} className */
  const row = (label, texts, className) => {
    const cells = texts.map((text, k) => make("td", className(k), String(text)));
    element.insertRow().append(Object.assign(make("th", "", label), { scope: "row" }), ...cells);
  };
  row("true", expected, () => "");
  row("predicted", predicted, (k) => (predicted[k] === expected[k] ? "try-bit" : "try-bit is-wrong"));
  row("P(bit = 1)", probabilities.map(probability), () => "try-p");
  return element;
}
