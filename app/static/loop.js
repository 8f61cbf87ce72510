/** @import { Actions } from "./actions.js" */

/**
 * The one animation loop. It draws what changed, and sleeps when nothing moves by itself.
 * @type {(draw: (now: number) => boolean) => Pick<Actions, "wake" | "wakeIn">}
 */
export function createLoop(draw) {
  let asked = false;
  let timer = 0;
  let due = Infinity;

  function wake() {
    if (asked) return;
    asked = true;
    requestAnimationFrame((now) => {
      asked = false;
      if (draw(now)) wake();
    });
  }

  /** @type {Actions["wakeIn"]} */
  function wakeIn(milliseconds) {
    const at = performance.now() + milliseconds;
    if (at >= due) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(() => {
      due = Infinity;
      wake();
    }, milliseconds);
  }

  return { wake, wakeIn };
}
