/** Polling, for every page. */

/**
 * Polls, one request at a time. A round returns the milliseconds until the next round, or nothing if there is nothing
 * to ask. The returned function begins a round, unless polling is active. It is cheap to call often.
 * @type {(round: () => Promise<number | void>) => () => void}
 */
export function createPoll(round) {
  let busy = false;

  async function check() {
    if (busy) return;
    busy = true;
    const pause = await round();
    if (pause) setTimeout(again, pause);
    else busy = false;
  }

  function again() {
    busy = false;
    check();
  }

  return check;
}
