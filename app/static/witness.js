/** Who reset the run, or took that back, as far as this browser can know: this tab, another of its tabs, or somebody else. */

/** Milliseconds after which what was asked for has happened, or never will. */
const SOON = 15_000;

/** `heard` is told of a generation that another tab has asked for. @type {CreateWitness} */
export function createWitness(runId, heard) {
  /** By the generation that they lead to. @type {Map<number, { who: Who, undo: boolean, until: number }>} */
  const acts = new Map();
  const name = `rnn-adder reset of ${runId}`;
  const channel = new BroadcastChannel(name);

  /** @type {(generation: number, who: Who, undo: boolean) => void} */
  const note = (generation, who, undo) => void acts.set(generation, { who, undo, until: performance.now() + SOON });

  channel.onmessage = ({ data: { generation, undo } }) => {
    if (witness.of(generation).who === "me") return;
    note(generation, "tab", undo);
    heard(generation);
  };

  /** So that the tab still knows when it is loaded again. @param {string} generation */
  function remember(generation) {
    try {
      sessionStorage.setItem(name, generation);
    } catch {
      // A page that may store nothing forgets.
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
