/**
 * The stops of the guided tour: what each asks, which answer is right, what the page then shows, and what is said. All
 * numbers come from the page's state. Pure.
 *
 * A question never holds its answer. What would tell it on the page is veiled meanwhile: see `veil`.
 */
import { say } from "../words.js";
import { click, error, far, forever, mind, yours } from "./learning.js";
import { back, problem, state, step, weights } from "./pass.js";

/**
 * @import { Facts } from "./facts.js"
 */

/**
 * A part of the page that a stop veils or rings. tour.css says what belongs to each.
 * @typedef {"operands" | "sum" | "truth" | "hidden" | "ahead" | "output" | "back" | "stage" | "curve" | "cases" | "drawer"
 *   | "readout"} Part
 */

/**
 * Where the stage stands. Without a position it may be any one of that phase.
 * @typedef {object} Scene
 * @property {"forward" | "backward" | "update" | "rest"} phase
 * @property {number} [position]
 * @property {boolean} [plays] Whether it goes on from there by itself.
 */

/**
 * What the page does after the guess.
 * @typedef {object} Show
 * @property {Scene} [scene]
 * @property {{ unit: number; position?: number; line: string }} [focus] What lights up.
 * @property {{ to: number; by: number }} [train] Trains on up to this iteration, so many problems at a time.
 * @property {Record<string, number>} [predict] A problem that the network answers.
 * @property {string} [panel] What of the inside of the network is shown.
 * @property {boolean} [whole] Whether its answer is shown at once. Otherwise the stage plays it.
 */

/** @typedef {string | number} Guess */

/**
 * @typedef {object} Question
 * @property {"choice" | "position" | "value"} kind A position may also be clicked on the stage.
 * @property {string[]} intro Paragraphs.
 * @property {string} words
 * @property {string} [how] What to do.
 * @property {{ value: Guess; words: string }[]} options None for a value.
 * @property {{ low: number; high: number; step: number; near: number }} [range]
 *   Of a value. A guess is right if it is as near as `near`.
 */

/**
 * @typedef {object} Stop
 * @property {string} id
 * @property {string} title
 * @property {number} at The iteration that it is about.
 * @property {boolean} [measured] Whether it needs the accuracy of that moment.
 * @property {string} [tab] The panel of the drawer that it needs.
 * @property {"left"} [side] Where the card stands, if not on the right.
 * @property {(facts: Facts) => Scene} [scene] How the stage stands while the question is open; at rest by default.
 * @property {Part[]} [veil] What would tell the answer.
 * @property {Part[]} asks What the question is about.
 * @property {Part[]} tells What the answer is about.
 * @property {(facts: Facts) => Question} ask
 * @property {(facts: Facts) => Show} [show]
 * @property {(facts: Facts) => Guess} answer The right one. It may need what was shown: `Facts.seen`, `Facts.answer`.
 * @property {(facts: Facts) => string[]} tell Paragraphs.
 * @property {(facts: Facts) => Record<string, number>[]} [flip] Problems between which people may switch afterwards.
 * @property {boolean} [last] Whether it ends with what to do next.
 */

/** @type {Stop[]} */
export const STOPS = [problem, state, step, error, back, weights, click, mind, far, forever, yours];

/** @type {(question: Question, guess: Guess, answer: Guess) => boolean} */
export const isRight = ({ range }, guess, answer) =>
  range ? Math.abs(Number(guess) - Number(answer)) <= range.near + 1e-9 : guess === answer;

/** The right answer in words. @type {(question: Question, answer: Guess) => string} */
export function answerWords({ kind, options }, answer) {
  if (kind === "value") return numberWords(Number(answer));
  if (kind === "position") return say("position {p}", { p: answer });
  const { words = "" } = options.find(({ value }) => value === answer) ?? {};
  return /\p{L}/u.test(words) ? say("“{words}”", { words }) : words;
}

/** At most two decimals. @param {number} x */
export const numberWords = (x) => String(Math.round(x * 100) / 100);
