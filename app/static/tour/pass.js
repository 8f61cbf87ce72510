/** Stops about one pass of the network, forward and backward. Pure. */
import { plain, probability, signed } from "../format.js";
import { statesOf } from "../task.js";
import { inARow, say } from "../words.js";
import { equalPair, movedMost, pulledMost, sumOf } from "./facts.js";

/**
 * @import { Problem } from "../problem.js"
 * @import { Stop } from "./stops.js"
 */

/** A difference between two numbers of a state that can be seen. */
const SEEN = 0.01;

const CLICK = say("Click that position on the stage, or here.");

/** A number with a sign and two decimals. @param {number} x */
const short = (x) => (x < 0 ? "−" : "+") + Math.abs(x).toFixed(2);

/** Positions as the stage shows them, the most significant on the left. @param {Problem} problem */
const positions = ({ width }) =>
  Array.from({ length: width }, (_, k) => ({ value: width - 1 - k, words: String(width - 1 - k) }));

/** The two bits that a position reads. @type {(problem: Problem, position: number) => { x: number; y: number }} */
const bitsAt = ({ inputs }, p) => ({ x: inputs[0][p], y: inputs[1][p] });

/** @type {Stop} */
export const problem = {
  id: "problem",
  title: say("The problem"),
  at: 1,
  veil: ["sum", "truth", "output"],
  asks: ["operands"],
  tells: ["operands", "truth"],
  ask: ({ problem }) => ({
    kind: "position",
    intro: [
      inARow([
        say("Add {a} and {b} as on paper, from right to left.", { a: problem.operands[0], b: problem.operands[1] }),
        say("Each position has two bits, and perhaps a carry from the right."),
      ]),
    ],
    words: say("Where does a carry come in for the first time?"),
    how: CLICK,
    options: positions(problem),
  }),
  answer: ({ task, problem }) => statesOf(task, problem.inputs).indexOf(1),
  tell({ task, problem }) {
    const p = statesOf(task, problem.inputs).indexOf(1);
    return [
      say("At position {p} both bits are 1. In binary 1 + 1 = 10: write 0, carry 1.", { p: p - 1 }),
      say("So at position {p} the two bits are not enough. You must remember what came before.", { p }),
      inARow([
        say("The network reads as you do: one position at a time, from right to left."),
        say("Nobody shows it the carry. It has to find out that there is something to remember."),
      ]),
    ];
  },
};

/** @type {Stop} */
export const state = {
  id: "state",
  title: say("The memory"),
  at: 1,
  veil: ["hidden"],
  asks: ["hidden"],
  tells: ["hidden"],
  ask({ problem }) {
    const { p, q } = equalPair(problem);
    return {
      kind: "choice",
      intro: [
        inARow([
          say("Between the bits and the answer stands the network’s memory."),
          say("At each position it is {n} numbers, drawn as squares: the hidden state.", { n: problem.hidden }),
        ]),
      ],
      words: say("Positions {p} and {q} both read {x} and {y}. Are the numbers there the same?", {
        p,
        q,
        ...bitsAt(problem, p),
      }),
      options: [
        { value: "same", words: say("Yes, the same bits give the same numbers") },
        { value: "other", words: say("No, what was read before counts, too") },
      ],
    };
  },
  show({ problem }) {
    const { q, unit } = equalPair(problem);
    return { scene: { phase: "forward", position: 0, plays: true }, focus: { unit, position: q, line: "hidden" } };
  },
  answer: ({ problem }) => (equalPair(problem).difference > SEEN ? "other" : "same"),
  tell({ problem }) {
    const { p, q, unit, values } = equalPair(problem);
    const [one, other] = values.map(probability);
    return [
      say("Unit {unit}, now marked, is {one} at position {p} and {other} at position {q}.", { unit, p, q, one, other }),
      inARow([
        say("Each position computes the state anew, from two things:"),
        say("the bits there, and the state of the position before. The thick arrows carry the state on."),
      ]),
      inARow([
        say("A network with such a loop is called recurrent."),
        say("Press Roll up, above, to see the loop: one cell, with an arrow back to itself."),
      ]),
    ];
  },
};

/** @type {Stop} */
export const step = {
  id: "step",
  title: say("One step"),
  at: 1,
  scene: ({ problem }) => ({ phase: "forward", position: sumOf(problem).position - 1 }),
  veil: ["ahead"],
  asks: ["hidden"],
  tells: ["hidden", "output"],
  ask({ problem }) {
    const { position, unit, fromBits, fromState, sum } = sumOf(problem);
    const [bits, state, both] = [fromBits, fromState, sum].map(short);
    return {
      kind: "value",
      intro: [
        inARow([
          say("Next comes position {position}, with {x} and {y}.", { position, ...bitsAt(problem, position) }),
          say("Each unit adds up: the bits times weights, and the {n} old numbers times weights.", {
            n: problem.hidden,
          }),
        ]),
        inARow([
          say("For unit {unit} the bits bring {bits}, the old state {state}: together {both}.", {
            unit,
            bits,
            state,
            both,
          }),
          say("Then a curve, the sigmoid σ, squeezes the sum between 0 and 1. A sum of 0 becomes one half."),
        ]),
      ],
      words: say("What becomes of {both}?", { both }),
      how: say("Drag the value there."),
      options: [],
      range: { low: 0, high: 1, step: 0.05, near: 0.15 },
    };
  },
  show({ problem }) {
    const { position, unit } = sumOf(problem);
    return { scene: { phase: "forward", position }, focus: { unit, position, line: "hidden" } };
  },
  answer: ({ problem }) => sumOf(problem).value,
  tell({ problem }) {
    const { position, unit, sum, value } = sumOf(problem);
    return [
      inARow([
        say("σ({sum}) = {value}.", { sum: short(sum), value: probability(value) }),
        say("A large sum comes near 1, a sum far below zero near 0."),
      ]),
      inARow([
        say("So do all {n} units: that is the new state.", { n: problem.hidden }),
        say("It is weighed and squeezed once more, and gives the output: {output}.", {
          output: probability(problem.outputs[position]),
        }),
        say("This is the probability that the bit is 1. Above one half, the network says 1."),
      ]),
      inARow([
        say("Click the marked square, unit {unit}, to see its whole sum.", { unit }),
        say("Next bit takes the next step."),
      ]),
    ];
  },
};

/** @type {Stop} */
export const back = {
  id: "back",
  title: say("The error goes backward"),
  at: 3004,
  veil: ["back"],
  asks: ["hidden"],
  tells: ["back"],
  ask: ({ problem }) => ({
    kind: "position",
    intro: [
      inARow([
        say("Now it learns. The error of each bit asks every number behind it to grow or to shrink."),
        say("That is the gradient."),
      ]),
      inARow([
        say("So a state hears from its own bit, and from the later bits, on its left:"),
        say("they were computed from what it remembered."),
      ]),
    ],
    words: say("Which position hears from no later bit?"),
    how: CLICK,
    options: positions(problem),
  }),
  show({ problem }) {
    const { unit, position } = pulledMost(problem);
    return {
      scene: { phase: "backward", position: problem.width - 1, plays: true },
      focus: { unit, position, line: "futurePart" },
    };
  },
  answer: ({ problem }) => problem.width - 1,
  tell({ problem }) {
    const { unit, position, own, later } = pulledMost(problem);
    return [
      inARow([
        say("Position {p} is read last. Its lowest row is empty.", { p: problem.width - 1 }),
        say("From there the error runs back, from left to right: backpropagation through time."),
      ]),
      inARow([
        say("See unit {unit} at position {position}.", { unit, position }),
        say("Its own bit asks for {own}, later bits for {later}.", { own: signed(own), later: signed(later) }),
        say("Plus, in blue, means grow; minus, in orange, shrink."),
      ]),
      say("This is how a wrong bit on the left can say to the right: you should have remembered."),
    ];
  },
};

/** @type {Stop} */
export const weights = {
  id: "weights",
  title: say("The weights move"),
  at: 3004,
  tab: "weights",
  side: "left",
  veil: ["readout"],
  asks: ["drawer"],
  tells: ["drawer"],
  ask({ problem }) {
    const { from, to, before, update, rate } = movedMost(problem);
    /** @type {[string, number][]} */
    const results = [
      ["share", before + rate * update],
      ["whole", before + update],
      ["against", before - rate * update],
    ];
    return {
      kind: "choice",
      intro: [
        inARow([
          say("All positions use the same weights. So each weight hears from all: the sum is its update."),
          say("It moves that way, but only by a small share: the learning rate."),
        ]),
        inARow([
          say("The weight from unit {from} to unit {to} was {before}.", { from, to, before: plain(before) }),
          say("Its update is {update}, the learning rate {rate}.", { update: signed(update), rate }),
        ]),
      ],
      words: say("What is the weight now?"),
      options: results.sort((x, y) => x[1] - y[1]).map(([value, result]) => ({ value, words: plain(result) })),
    };
  },
  show({ problem }) {
    return { scene: { phase: "update", plays: true }, focus: { unit: movedMost(problem).to, line: "" } };
  },
  answer: () => "share",
  tell({ problem }) {
    const { before, update, rate, count, most } = movedMost(problem);
    const sum = {
      before: plain(before),
      rate,
      update: signed(update),
      after: plain(before + rate * update),
    };
    return [
      say("{before} + {rate} × ({update}) = {after}", sum),
      inARow([
        say("All {count} weights moved like this, none by more than {most}.", { count, most: plain(most) }),
        say("Press Updates to see what each was asked for."),
      ]),
      say("One problem changes next to nothing. Learning is thousands of such small steps."),
    ];
  },
};
