/** Proofs in words: what was found, how far the search is, and from which iteration on. Pure. */
import { describeSaid, playable } from "./far.js";
import { exact } from "./frames.js";
import { whole } from "./format.js";
import { inARow, say } from "./words.js";

/** @import { ProofMoment, ProofStatus, TaskDescription as Task } from "./wire.d.ts" */

/** What is said of each state of a proof at a moment. */
export const VERDICTS = {
  proved: say("proved"),
  refuted: say("fails"),
  undecided: say("undecided"),
  cancelled: say("called off"),
  running: say("at work"),
  none: say("not tried"),
};

/** The marks of these. Each differs in shape, too. @type {Record<ProofStatus["state"], string>} */
export const MARKS = { proved: "✓", refuted: "✗", undecided: "?", cancelled: "–", running: "…", none: "" };

/** A share as a probability, with three digits. @param {number} p */
const digits = (p) => String(Number(p.toPrecision(3)));

/** "4.2 s", "75 s". @param {number} seconds */
export const took = (seconds) => say("{n} s", { n: seconds < 10 ? seconds.toFixed(1) : whole(seconds) });

/** What is known, in one or a few sentences. @type {(task: Task, proof: ProofStatus) => string} */
export function describeProof(task, proof) {
  const n = whole(proof.iteration);
  switch (proof.state) {
    case "none":
      return say("A test tries some numbers. A proof speaks about all of them, however long they are.");
    case "running":
      return inARow([say("After iteration {n}:", { n }), describeSearch(proof)]);
    case "proved":
      return inARow([
        say("Proved: after iteration {n} it is right on every problem of every length.", { n }),
        ...(proof.margin === null
          ? []
          : [say("No output ever comes nearer to one half than {margin}.", { margin: digits(proof.margin) })]),
      ]);
    case "refuted":
      return inARow([say("After iteration {n} it fails:", { n }), describeFailing(task, proof)]);
    case "undecided":
      return inARow([
        say("After iteration {n} it is open: no proof was found, and no problem that fails.", { n }),
        told(proof),
      ]);
    case "cancelled":
      return inARow([say("After iteration {n}:", { n }), told(proof)]);
  }
}

/** What the server says. @param {ProofStatus} proof */
const told = ({ detail }) => detail ?? "";

/** The problem that fails, of so many positions. @type {(task: Task, proof: ProofStatus) => string} */
function describeFailing(task, proof) {
  const failure = proof.counterexample;
  if (!failure) return told(proof);
  const numbers = Object.values(playable(task, failure));
  const problem = describeSaid(task, numbers, exact(failure.expected), exact(failure.predicted));
  return inARow([say("{sentence}.", { sentence: problem }), told(proof)]);
}

/** How far the search is. @param {ProofStatus} proof */
function describeSearch({ stage, nodes, round, leaving }) {
  if (stage === "refuting") return say("first it tries problems: one that fails would end the search.");
  if (stage === "checking") return say("nothing leaves the sets any more. Now every step is checked once more.");
  if (stage !== "closing") return say("the search begins.");
  const values = { nodes: whole(nodes), round, leaving: whole(leaving) };
  return say(
    "{nodes} sets of hidden states, each for what is carried and for what was read last. Round {round}: something still leaves {leaving} of them, so they grow.",
    values,
  );
}

/** What the picture shows. @type {(states: string[], proof: ProofStatus) => string} */
export const describeSets = (states, { leaving }) =>
  leaving
    ? say("Outlines: sets of states with {states}, seen from one side. Something still leaves the dashed ones.", {
        states: states.join(say(", ")),
      })
    : say("Outlines: sets of states with {states}, seen from one side. Nothing leaves them.", {
        states: states.join(say(", ")),
      });

/** Whether a moment need not be asked about again. @param {ProofMoment["state"]} state */
export const isSettled = (state) => state === "proved" || state === "refuted" || state === "undecided";

/**
 * The next moment to ask about, to find from when on it is provable: first the last one, then always the middle between
 * one that is not and one that is. Null if there is nothing more to ask.
 * @type {(moments: number[], known: Map<number, ProofMoment["state"]>) => number | null}
 */
export function nextMoment(moments, known) {
  const border = borderOf(moments, known);
  const last = moments[moments.length - 1];
  if (!border.proved) return isSettled(known.get(last) ?? "none") ? null : last;
  const between = moments.filter((place) => place < Number(border.from) && place > border.before);
  return between.length ? between[between.length >> 1] : null;
}

/**
 * Where it begins to be provable, as far as is known: `from` is the first moment of those that are proved without a gap
 * to the last one, `before` the moment before it that is not proved, or -1.
 * @type {(moments: number[], known: Map<number, ProofMoment["state"]>) =>
 *   { proved: boolean; from: number | null; before: number }}
 */
export function borderOf(moments, known) {
  const tried = moments.filter((place) => isSettled(known.get(place) ?? "none"));
  const last = moments[moments.length - 1];
  if (known.get(last) !== "proved") return { proved: false, from: null, before: -1 };
  const before = tried.findLast((place) => known.get(place) !== "proved") ?? -1;
  const from = tried.find((place) => place > before) ?? last;
  return { proved: true, from, before };
}

/** What the search along training has found. @type {(moments: number[], known: Map<number, ProofMoment["state"]>) => string} */
export function describeBorder(moments, known) {
  const { proved, from, before } = borderOf(moments, known);
  const last = moments[moments.length - 1];
  const state = known.get(last) ?? "none";
  if (!proved && isSettled(state))
    return say("At the last moment that was kept, {n}: {verdict}. So there is no moment from which on it is proved.", {
      n: whole(last),
      verdict: VERDICTS[state],
    });
  if (!proved || from === null) return "";
  if (before < 0) return say("Proved from iteration {n} on, of the moments that were tried.", { n: whole(from) });
  return say("Proved from iteration {n} on, of the moments that were tried; at {before}: {verdict}.", {
    n: whole(from),
    before: whole(before),
    verdict: VERDICTS[known.get(before) ?? "none"],
  });
}
