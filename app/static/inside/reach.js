/** How far back the error of each position reaches: a triangle of squares, the later the row, the later the error. */
import { createNews, findNamed, make, setStyle, setText } from "../dom.js";
import { momentOf } from "../problem.js";
import { say } from "../words.js";

/** @import { CreatePanel } from "../views/inside.js" */

/** @type {CreatePanel} */
export const create = (root) => {
  const { name, table } = findNamed(root, { name: ".reach-name", table: ".reach-table" });
  const isNew = createNews();

  return {
    wish({ playback: { problem }, task }) {
      if (!problem || !task) return null;
      const query = Object.fromEntries(task.operands.map((operand, k) => [operand, problem.operands[k]]));
      return { call: "reach", query, iteration: momentOf(problem) };
    },

    update({ inside: { found } }) {
      const { reach } = found;
      if (!reach || !isNew(reach)) return;
      const { norms, iteration } = reach.found;
      setText(name, say("After iteration {iteration}", { iteration }));
      const most = Math.max(...norms.flat().map((norm) => norm ?? 0));
      table.replaceChildren(
        ...norms.map((row) => {
          const line = make("tr");
          line.append(
            ...row.map((norm) => {
              const cell = make("td", "reach-cell", norm === null ? "" : norm.toExponential(1));
              setStyle(cell, "--share", norm && most ? norm / most : 0);
              return cell;
            }),
          );
          return line;
        }),
      );
    },
  };
};
