/** Space starts and pauses, the right arrow steps; only where no control has the focus. */

/** @param {() => void} toggle @param {() => void} step */
export function listenToKeys(toggle, step) {
  addEventListener("keydown", (event) => {
    const focused = document.activeElement ?? document.body;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || focused !== document.body) return;
    if (event.key !== " " && event.key !== "ArrowRight") return;
    event.preventDefault();
    if (event.key === "ArrowRight") step();
    else if (!event.repeat) toggle();
  });
}
