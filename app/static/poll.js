/** Asking again and again, for every page. */

/**
 * Asks again and again, one question at a time. A round returns in how many milliseconds the next may begin, or nothing
 * where there is nothing to ask. What comes back looks again; it is cheap to call often.
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
