/** Branching: a new run that begins at the shown moment and goes on in another way. */
import { createNews, find, on, setText } from "../dom.js";
import { whole } from "../format.js";
import { createPanel, valueOf, write } from "../panel.js";
import { say } from "../words.js";

/** @import { CreateView } from "../actions.js" */

/** @type {CreateView} */
export const create = (root, actions) => {
  const panel = createPanel(root, actions);
  const { controls, edited, wait } = panel;
  const isNew = createNews();

  /**
   * The value of a field. An empty number field that may be empty means none.
   * @param {import("../dom.js").Control} control
   */
  const wanted = (control) => (control.value === "" && control.dataset.default === "" ? null : valueOf(control));

  on(find(root, "form"), "submit", (event) => {
    event.preventDefault();
    const { name, ...config } = Object.fromEntries([...edited].map((control) => [control.name, wanted(control)]));
    wait(actions.branch({ name: /** @type {string | null | undefined} */ (name), config }), () => {});
  });

  return {
    update({ run, moment }) {
      if (!moment && root.matches(":popover-open")) panel.close();
      if (!run || !moment || !isNew(moment.iteration, run.name)) return;
      const {
        iteration,
        frame: { learningRate },
      } = moment;
      setText(find(root, ".panel-title"), say("Branch from iteration {n}", { n: whole(iteration) }));
      /** @type {Record<string, unknown>} */
      const given = {
        ...run.config,
        name: say("{name} from {n}", { name: run.name, n: whole(iteration) }).slice(0, 60),
        learning_rate: learningRate,
      };
      for (const control of controls) if (!edited.has(control)) write(control, String(given[control.name] ?? ""));
    },
  };
};
