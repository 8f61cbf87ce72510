/** Requests for moments of the past, one at a time. The newest one wins. Pure, except for one timer. */

/**
 * @import { Complaint } from "./complaints.js"
 * @import { Frame } from "./frames.js"
 */

/**
 * @typedef {object} TravelHandlers
 * @property {(found: Frame) => void} arrived
 * @property {(error: Complaint) => void} failed
 */

/** Milliseconds that an older request still has. While somebody drags, its answer is shown. */
export const PATIENCE = 300;

/**
 * The returned function goes to an iteration. Null cancels everything.
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
        if (wanted === asked) failed(/** @type {Error} */ (error)); // nobody needs to know about an older request
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
