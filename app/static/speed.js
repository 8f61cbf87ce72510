/** The slider: the story, six round speeds per decade from 0.1 to 1,000,000 a second, and unlimited. Pure. */
import { whole } from "./format.js";
import { say } from "./words.js";

const MANTISSAS = [1, 1.5, 2, 3, 5, 7];
export const UNLIMITED = MANTISSAS.length * 7 + 1;
/** The place of the story: before all numbers. */
export const STORY = -1;

/** @typedef {number | "story" | null} Speed Null is unlimited. */

/** @type {(notch: number) => Speed} */
export function speedAt(notch) {
  if (notch <= STORY) return "story";
  if (notch >= UNLIMITED) return null;
  const value = MANTISSAS[notch % MANTISSAS.length] * 10 ** (Math.floor(notch / MANTISSAS.length) - 1);
  return Number(value.toPrecision(3));
}

/** The nearest notch, by ratio. @param {Speed} speed */
export function notchOf(speed) {
  if (speed === "story") return STORY;
  if (speed === null) return UNLIMITED;
  const distances = Array.from({ length: UNLIMITED }, (_, notch) => Math.abs(Math.log(Number(speedAt(notch)) / speed)));
  return distances.indexOf(Math.min(...distances));
}

/** @param {Speed} speed */
export function speedWords(speed) {
  if (speed === "story") return say("story");
  if (speed === null) return say("unlimited");
  if (speed < 1) return say("1 in {n} seconds", { n: Number((1 / speed).toFixed(1)) });
  return say("{n} a second", { n: speed < 10 ? speed : whole(speed) });
}
