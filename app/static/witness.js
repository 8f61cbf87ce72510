/**
 * Who reset the run or undid that, as far as this browser can know: this tab, another of its tabs, or somebody else.
 */
import { up } from "./up.js";

/**
 * This tab, another tab of this browser, or somebody else. "unknown" if it happened before this visit or while the
 * connection was down.
 * @typedef {"me" | "tab" | "other" | "unknown"} Who
 */

/**
 * @typedef {object} Act
 * @property {Who} who
 * @property {boolean} undo Whether it undid a reset.
 */

/**
 * @typedef {object} Witness
 * @property {(generation: number, undo?: boolean) => void} act This tab asks for a command that leads to a generation.
 * @property {(generation: number) => Act} of Says who made a generation.
 * @property {(generation: number) => boolean} made
 *   Whether this tab made a generation by a reset, also before it was last loaded.
 */

/** Milliseconds after which a command has taken effect, or never will. */
const SOON = 15_000;

/**
 * `heard` is told of a generation that another tab has asked for.
 * @type {(runId: string, heard: (generation: number) => void) => Witness}
 */
export function createWitness(runId, heard) {
  /** Commands by the generation that they lead to. @type {Map<number, { who: Who, undo: boolean, until: number }>} */
  const acts = new Map();
  // Another lab may have the same origin, under another prefix.
  const name = `rnn-adder reset of ${runId} at ${globalThis.location && new URL(up || "./", location.href).pathname}`;
  const channel = new BroadcastChannel(name);

  /** @type {(generation: number, who: Who, undo: boolean) => void} */
  const note = (generation, who, undo) => void acts.set(generation, { who, undo, until: performance.now() + SOON });

  channel.onmessage = ({ data: { generation, undo } }) => {
    if (witness.of(generation).who === "me") return;
    note(generation, "tab", undo);
    heard(generation);
  };

  /** Stores the generation, so that the tab still knows it after it is loaded again. @param {string} generation */
  function remember(generation) {
    try {
      sessionStorage.setItem(name, generation);
    } catch {
      // A page that must not store anything forgets it.
    }
  }

  const witness = {
    /** @param {number} generation */
    made(generation) {
      try {
        return sessionStorage.getItem(name) === String(generation);
      } catch {
        return false;
      }
    },
    /** @type {(generation: number, undo?: boolean) => void} */
    act(generation, undo = false) {
      note(generation, "me", undo);
      remember(undo ? "" : String(generation));
      channel.postMessage({ generation, undo });
    },
    /** @type {(generation: number) => Act} */
    of(generation) {
      const act = acts.get(generation);
      return act && performance.now() < act.until ? act : { who: "other", undo: false };
    },
  };
  return witness;
}
