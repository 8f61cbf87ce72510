/** Why the network learns to remember: a panel beside what it has understood. */
import { describeDiscovery } from "../discovery.js";
import { createNews, find, make, on } from "../dom.js";
import { shown } from "../state.js";

/** @import { CreateView } from "../actions.js" */

/** @type {CreateView} */
export const create = (root, actions) => {
  const words = find(root, "#discovery-words");
  const isNew = createNews();
  on(root, "toggle", actions.wake);

  return {
    update(state) {
      if (!root.matches(":popover-open")) return;
      const { task, run, moment, milestones, playback } = state;
      const { accuracy } = shown(state);
      const { problem } = playback;
      if (!task || !run || !isNew(task, accuracy, milestones, problem, moment?.iteration)) return;
      const until = (moment ?? run).iteration;
      const known = (milestones ?? []).filter(({ iteration }) => iteration <= until);
      const paragraphs = describeDiscovery(task, accuracy?.cases ?? [], known, problem);
      words.replaceChildren(...paragraphs.map((text) => make("p", "why-line", text)));
    },
  };
};
