/** The stage's table: one column a position, the most significant on the left. */
import { make, setClass, setStyle, setText } from "../dom.js";
import { delta as formatDelta, probability } from "../format.js";

/** @param {number} width @param {string[]} names @returns {StageTable} */
export function createTable(width, names) {
  const element = make("div", "stage-body");
  setStyle(element, "--columns", String(width));
  const light = make("div", "stage-light is-off");
  const table = make("table", "stage-table");
  element.append(light, table);

  addRow("position", "position", "th").forEach((cell, p) => (cell.textContent = String(p)));
  const carries = addRow("carry", "carry");
  const operands = names.map((name) => addRow("operand", name));
  const outs = addRow("predicted", "predicted").map(addOut);
  const targets = addRow("true", "true");
  const hidden = addStrip("hidden", "hidden state");
  const deltas = addRow("back", "output delta");
  const outputPart = addStrip("back", "output’s part");
  const futurePart = addStrip("back", "future’s part");
  let narrow = false;

  /** @param {string} key @param {string} label @param {"td" | "th"} [tag] */
  function addRow(key, label, tag = "td", count = width) {
    const row = table.insertRow();
    row.className = `stage-row-${key}`;
    const cells = Array.from({ length: count }, () => make(tag));
    row.append(Object.assign(make("th", "", label), { scope: "row" }), ...cells);
    return cells.reverse();
  }

  /** @param {string} key @param {string} label */
  function addStrip(key, label) {
    const [cell] = addRow(key, label, "td", 1);
    cell.colSpan = width;
    const canvas = make("canvas", "stage-strip");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${label} at each position, a strip of the hidden units`);
    cell.append(canvas);
    return canvas;
  }

  return {
    element,
    width,
    key: `${width} ${names}`,
    strips: { hidden, outputPart, futurePart },
    labelWidth: () => table.rows[0].cells[0].offsetWidth,

    show(problem) {
      narrow = deltas[0].clientWidth < 52;
      [carries, targets, ...operands].forEach((cells, row) => {
        const bits = problem && [problem.carries, problem.targets, ...problem.inputs][row];
        cells.forEach((cell, p) => {
          setClass(cell, "stage-bit", true);
          setText(cell, bits ? String(bits[p]) : "·");
          setClass(cell, "is-one", bits?.[p] === 1);
        });
      });
    },

    step(problem, forward, backward, active) {
      setClass(light, "is-off", active < 0);
      if (active >= 0) setStyle(light, "--at", String(width - 1 - active));
      for (let p = 0; p < width; p++) {
        const ahead = problem !== null && p >= forward;
        for (const cells of [carries, targets, ...operands]) setClass(cells[p], "is-ahead", ahead);
        showOut(outs[p], ahead ? null : problem, p);
        const delta = p >= backward && problem?.outputDeltas?.[p];
        setText(deltas[p], typeof delta === "number" ? formatDelta(delta, narrow) : "");
      }
    },
  };
}

/** @param {HTMLElement} cell */
function addOut(cell) {
  const [box, fill, bit, p] = ["", "-fill", "-bit", "-p"].map((part) => make("div", `stage-out${part}`));
  box.append(fill, bit, p);
  cell.append(box);
  return { box, fill, bit, p };
}

/** @param {ReturnType<typeof addOut>} out @param {Problem | null} problem @param {number} position */
function showOut({ box, fill, bit, p }, problem, position) {
  const output = problem?.outputs[position] ?? 0;
  setClass(box, "is-blank", !problem);
  setClass(box, "is-wrong", problem !== null && problem.bits[position] !== problem.targets[position]);
  setStyle(fill, "--p", output.toFixed(4));
  setText(bit, problem ? String(problem.bits[position]) : "");
  setText(p, problem ? probability(output) : "");
}
