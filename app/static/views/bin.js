/** The runs that somebody deleted lately, each with a button to restore it. */
import { find, make, on, setText } from "../dom.js";
import { whole } from "../format.js";
import { say } from "../words.js";

/** @import { RunStatus } from "../wire.d.ts" */

/** @type {(root: HTMLElement, restore: (id: string) => void) => (runs: RunStatus[]) => void} */
export function create(root, restore) {
  return (runs) => {
    root.hidden = !runs.length;
    setText(find(root, "#bin-count"), whole(runs.length));
    find(root, "ul#bin-list").replaceChildren(
      ...runs.map(({ id, name, iteration }) => {
        const row = make("li", "row");
        const button = make("button", "button button-small", say("Bring back"));
        button.ariaLabel = say("Bring back {name}", { name });
        on(button, "click", () => restore(id));
        row.append(button, make("b", "", name), make("span", "note", say("iteration {n}", { n: whole(iteration) })));
        return row;
      }),
    );
  };
}
