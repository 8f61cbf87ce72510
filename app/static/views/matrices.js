/** The weight matrices on one shared scale, their legend, and the line that reads a weight out. */
import { find, setAttribute, setText } from "../dom.js";
import { whole } from "../format.js";
import { progress } from "../playback.js";
import { largest, steadyLimit } from "../scale.js";
import { createMatrix } from "./matrix.js";

const PACE = 70; // milliseconds between two drawings

/** @type {CreateView} */
export const create = (root, actions) => {
  const [readout, spoken, low, high] = ["#matrices-readout", "#matrices-spoken", "#legend-low", "#legend-high"].map((id) => find(root, id));
  const sides = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-show]")]);
  const figures = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-matrix]")]);
  const matrices = figures.map((figure) => createMatrix(figure, actions.wake, (text) => setText(spoken, text)));
  const limits = { weights: 0, updates: 0 };
  const hint = readout.textContent;
  let seen = "";
  let drawnAt = 0;
  /** @type {unknown} */
  let frameSeen;

  for (const side of sides) side.addEventListener("click", () => actions.show(/** @type {Matrices} */ (side.dataset.show)));

  return {
    update({ frame, playback, palette, matrices: what, reducedMotion, run, now }) {
      const flash = playback.phase === "update" ? glow(playback, reducedMotion) : 0;
      const key = `${palette.version} ${what} ${flash} ${matrices.map((matrix) => matrix.version())} ${innerWidth} ${devicePixelRatio}`;
      if (key === seen && (frame === frameSeen || now < drawnAt + PACE)) return frame !== frameSeen && actions.wakeIn(PACE);
      drawnAt = now;
      frameSeen = frame;
      seen = key;
      const updates = (flash && playback.problem?.updates) || frame?.updates;
      limits.weights = steadyLimit(limits.weights, most(frame?.weights));
      limits.updates = steadyLimit(limits.updates, most(updates));
      for (const side of sides) setAttribute(side, "aria-pressed", String(side.dataset.show === what));
      setText(low, `−${limits[what]}`);
      setText(high, `+${limits[what]}`);
      for (const matrix of matrices) {
        matrix.draw({ palette, frame, what, limits, flash, flashing: updates?.[matrix.name], hidden: run?.config.hidden_size ?? 16 });
      }
      const flashed = flash && `The updates of iteration ${whole(playback.problem?.iteration ?? 0)}, on a scale to ±${limits.updates}. Times the learning rate, they are added.`;
      setText(readout, matrices.map((matrix) => matrix.read()).find(Boolean) || flashed || hint);
      return flash > 0 && !reducedMotion;
    },
  };
};

/** Comes quickly, stays a moment, dissolves. @param {Playback} playback @param {boolean} still */
function glow(playback, still) {
  const t = progress(playback);
  return still ? 1 : Math.max(0.001, Math.min(1, t / 0.12, (1 - t) / 0.45));
}

/** @param {Tensors} [tensors] */
function most(tensors = {}) {
  return Math.max(0, ...Object.values(tensors).map(({ data }) => largest(data)));
}
