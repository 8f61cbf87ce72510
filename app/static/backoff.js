/** When a lost connection is tried again. Pure. */

/**
 * Milliseconds until the next try. Random jitter keeps the browsers of a class from all trying at once.
 * @param {number} attempt
 */
export function backoff(attempt, random = Math.random) {
  return Math.min(15_000, 500 * 2 ** attempt) * (0.5 + random());
}
