/** For visitors of a class: why the page offers no commands, the way to a copy of their own, and the way back. */
import { addressOf, askMe, classAddress, takeCopy } from "../copies.js";
import { find, make, on, setAttribute, setHidden, setText } from "../dom.js";
import { createFollow } from "../follow.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { State } from "../state.js"
 * @import { Me, RunStatus } from "../wire.d.ts"
 */

/** As many copies as a visitor may have. */
const MOST = 2;

/** @type {CreateView} */
export const create = (root, actions) => {
  const words = make("p", "note");
  const copy = make("button", "button button-main", say("My own copy"));
  const mine = make("a", "button", say("To my copy"));
  const back = make("a", "head-fact strong nowrap", say("Back to the class"));
  copy.type = "button";
  copy.title = say("A run of your own that goes on from what you see. You can do with it what you like.");
  back.href = classAddress;
  const follow = createFollow(actions);
  root.append(copy, mine, follow.button, words);
  find(document, ".head-text>.row").prepend(back);
  /** Who looks at this page. It is asked once, and gives a visitor the cookie that copies belong to. @type {Me | null} */
  let me = null;
  /** @type {State | null} */
  let state = null;
  askMe().then((found) => {
    me = found;
    actions.wake();
  }, actions.complain);

  on(copy, "click", async () => {
    if (copy.ariaDisabled || !state) return;
    copy.ariaDisabled = "true";
    await takeCopy(state).catch(actions.complain);
    copy.ariaDisabled = null;
    actions.wake();
  });

  return {
    update(given) {
      state = given;
      const { run, connection } = state;
      follow.update(state);
      setHidden(root, run?.access !== "watch" && follow.button.hidden);
      if (!run) return;
      const others = me?.runs.filter((id) => id !== run.id) ?? [];
      const watches = run.access === "watch";
      setHidden(copy, !watches || others.length >= MOST);
      setHidden(mine, !watches || !others.length);
      if (others.length) mine.href = addressOf(others[others.length - 1]);
      setHidden(back, !run.private && connection.phase !== "gone");
      const told = sentence(run, me);
      setText(words, watches ? told : "");
      setAttribute(back, "title", told || null);
    },
  };
};

/** @type {(run: RunStatus, me: Me | null) => string} */
function sentence({ access, private: own }, me) {
  if (access === "watch" && own) return say("You watch somebody else's copy.");
  if (access === "watch") return say("You watch: only the presenter commands this run.");
  if (me?.role === "visitor") return say("Your own copy.");
  return me ? say("A visitor's copy.") : "";
}
