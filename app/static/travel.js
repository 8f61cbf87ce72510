/** The way to moments of the past: one question at a time, and the newest wins. Pure, but for one timer. */

/**
 * @import { Complaint } from "./complaints.js"
 * @import { Frame } from "./frames.js"
 */

/**
 * @typedef {object} TravelHandlers
 * @property {(found: Frame) => void} arrived
 * @property {(error: Complaint) => void} failed
 */

/** Milliseconds that an overtaken question still has: while somebody drags, what arrives is shown. */
export const PATIENCE = 300;

/**
 * What it returns goes to an iteration; null calls everything off.
 * @type {(ask: (iteration: number, signal: AbortSignal) => Promise<Frame>, handlers: TravelHandlers)
 *   => (iteration: number | null) => void}
 */
export function createTravel(ask, { arrived, failed }) {
  /** @type {number | null} */
  let wanted = null;
  /** @type {number | null} */
  let asked = null;
  /** @type {AbortController | null} */
  let asking = null;

  async function travel() {
    while (wanted !== null) {
      asked = wanted;
      const { signal } = (asking = new AbortController());
      try {
        const found = await ask(asked, signal);
        if (signal.aborted) continue;
        arrived(found);
      } catch (error) {
        if (signal.aborted) continue;
        if (wanted === asked) failed(/** @type {Error} */ (error)); // of an overtaken one nobody need know
      }
      if (wanted === asked) wanted = null;
    }
    asking = null;
  }

  return (iteration) => {
    wanted = iteration;
    const overtaken = asking;
    if (!overtaken) travel();
    else if (iteration === null) overtaken.abort();
    else if (iteration !== asked) setTimeout(() => overtaken.abort(), PATIENCE);
  };
}
