/**
 * The one animation loop. It draws what changed, and sleeps when nothing changes.
 * @param {(now: number) => boolean} draw returns whether something still moves by itself
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

  /** @param {number} milliseconds */
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
