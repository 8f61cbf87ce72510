/** Stops about what the network has learned, and when. Pure. */
import { percent, probability, whole } from "../format.js";
import { inARow, say } from "../words.js";
import { clearUnits, hardSum, lastBelow, meanError } from "./facts.js";

/**
 * @import { Facts } from "./facts.js"
 * @import { Question, Stop } from "./stops.js"
 */

/** From this share on a case is nearly always right. */
const NEARLY = 0.9;

/** How many times as long as in training the long sum is. */
const LONGER = 2;

/** The error of a simple behaviour. @type {(facts: Facts, key: string) => number} */
const reference = ({ task }, key) => task.reference_errors.find((one) => one.key === key)?.error ?? 0;

/** @type {(intro: string[], words: string, options: Record<string, string>) => Question} */
const choice = (intro, words, options) => ({
  kind: "choice",
  intro,
  words,
  options: Object.entries(options).map(([value, words]) => ({ value, words })),
});

/** @type {Stop} */
export const error = {
  id: "error",
  title: say("What the error says"),
  at: 1000,
  veil: ["curve"],
  asks: ["output"],
  tells: ["curve"],
  ask: ({ task }) => ({
    kind: "value",
    intro: [
      inARow([
        say("The error of a bit is how far the output is from the true bit: 0 at best, 1 at worst."),
        say("The error of a problem adds up all {n} bits.", { n: task.bits }),
      ]),
    ],
    words: say("Somebody who knows nothing says one half for every bit. How large is the error?"),
    how: say("Drag the value there."),
    options: [],
    range: { low: 0, high: task.bits, step: 0.5, near: 0.25 },
  }),
  answer: (facts) => reference(facts, "half"),
  tell(facts) {
    const { task, series, at } = facts;
    const [half, none] = ["half", "no_carry"].map((key) => reference(facts, key).toFixed(1));
    const n = task.bits;
    const mean = meanError(series, at)?.toFixed(1);
    return [
      say("{n} bits, each off by one half, make {half}: the upper dashed line.", { n, half }),
      mean
        ? say("After {at} problems the network’s error is {mean} on average: it is guessing.", { at: whole(at), mean })
        : say("An error there means: it is guessing."),
      inARow([
        say("The lower line, {none}, is adding without ever carrying.", { none }),
        say("On average a carry comes in at {none} of the {n} positions. There such a sum is off by a whole 1.", {
          n,
          none,
        }),
        say("Only who remembers gets below that line."),
      ]),
    ];
  },
};

/** @type {Stop} */
export const click = {
  id: "click",
  title: say("Watch it click"),
  at: 3004,
  measured: true,
  asks: ["cases"],
  tells: ["cases", "curve"],
  ask({ accuracy }) {
    const known = accuracy && {
      at: whole(accuracy.iteration),
      p: percent(accuracy.accuracy),
    };
    const intro = [
      ...(known ? [say("After {at} problems, {p} of all sums are right in every bit.", known)] : []),
      say("The table has every case of adding: left without a carry, right with one."),
    ];
    return choice([inARow(intro)], say("Which cases will it understand last?"), {
      plain: say("Those without a carry"),
      carry: say("Those with a carry"),
      together: say("Both at the same time"),
    });
  },
  show: () => ({ train: { to: 7000, by: 250 } }),
  answer({ seen }) {
    const [plain, carry] = [0, 1].map((state) => lastBelow(seen, state, NEARLY));
    if (plain === carry) return "together";
    return plain < carry ? "carry" : "plain";
  },
  tell({ seen, accuracy }) {
    const [plain, carry] = [0, 1].map((state) => {
      const last = lastBelow(seen, state, NEARLY);
      return whole(seen.find(({ iteration }) => iteration > last)?.iteration ?? last);
    });
    return [
      inARow([
        say("Without a carry, all is nearly always right from iteration {plain} on; with one, from {carry} on.", {
          plain,
          carry,
        }),
        ...(accuracy ? [say("Now {p} of all sums are right: that share is the accuracy.", percents(accuracy))] : []),
      ]),
      inARow([
        say("Why so late, and then so fast? One position must write the carry into the state, the next must read it."),
        say("Either is useless without the other. Once there is a little of both, each helps the other to grow."),
      ]),
      say("Click the curve to go back to a moment, and Play to see its problem."),
    ];
  },
};

/** @param {NonNullable<Facts["accuracy"]>} accuracy */
const percents = ({ accuracy }) => ({ p: percent(accuracy) });

/** @type {Stop} */
export const mind = {
  id: "mind",
  title: say("What it holds in mind"),
  at: 10_000,
  asks: ["hidden"],
  tells: ["hidden"],
  ask(facts) {
    const { hard, easy, position, bits } = clearUnits(facts);
    const intro = inARow([
      say("In {hard} a carry runs through all positions. In {easy} there is none.", { hard, easy }),
      say("At position {position} both read {x} and {y}.", { position, x: bits[0], y: bits[1] }),
    ]);
    const words = say("How many of the {n} numbers there differ clearly, by more than a quarter?", {
      n: facts.problem.hidden,
    });
    return choice([intro], words, {
      none: say("None"),
      one: say("Just one, for the carry"),
      few: say("Several, at most half"),
      many: say("More than half"),
    });
  },
  show(facts) {
    const { units, position } = clearUnits(facts);
    return { predict: hardSum(facts.task.bits), whole: true, focus: { unit: units[0], position, line: "hidden" } };
  },
  answer(facts) {
    const { count } = clearUnits(facts);
    if (count < 2) return ["none", "one"][count];
    return count <= facts.problem.hidden / 2 ? "few" : "many";
  },
  tell(facts) {
    const { count, units, values, hard, easy } = clearUnits(facts);
    const [x, y] = values.map(probability);
    return [
      inARow([
        say("It is {count} of {n}.", { count, n: facts.problem.hidden }),
        say("Most of all unit {unit}: {x} in {hard}, {y} in {easy}.", { unit: units[0], x, y, hard, easy }),
      ]),
      inARow([
        say("This is the carry as the network keeps it: no single switch, but a pattern over several units."),
        say("Nobody told it to. Nothing else would make the error smaller."),
      ]),
      say("Switch between the two, and watch the marked squares:"),
    ];
  },
  flip: ({ task }) => [hardSum(task.bits), hardSum(task.bits, 1)],
};

/** @type {Stop} */
export const far = {
  id: "far",
  title: say("How far it carries"),
  at: 10_000,
  asks: ["stage"],
  tells: ["stage"],
  ask({ task }) {
    const width = LONGER * task.bits;
    const { a, b } = hardSum(width);
    const intro = inARow([
      say("It has only seen numbers below {limit}: sums of {bits} bits.", {
        limit: whole(task.operand_limit),
        bits: task.bits,
      }),
      say("Now comes {a} + {b}: {width} bits, and a carry that must go all the way.", { a: whole(a), b, width }),
    ]);
    return choice([intro], say("Will every bit be right?"), {
      yes: say("Yes, it can add by now"),
      no: say("No, that is too long for it"),
    });
  },
  show: ({ task }) => ({ predict: hardSum(LONGER * task.bits) }),
  answer: ({ answer }) => (answer?.correct ? "yes" : "no"),
  tell({ answer }) {
    if (!answer) return [];
    const { correct, predicted, width, bits } = answer;
    const wrong = bits.predicted.filter((bit, k) => bit !== bits.expected[k]).length;
    const said = whole(predicted);
    return [
      correct
        ? say("It says {said}: all {width} bits are right.", { said, width })
        : say("It says {said}: {wrong} of {width} bits are wrong.", { said, wrong, width }),
      inARow([
        say("One cell with the same weights works at every position, however many there are."),
        say("It only has to hand the carry on without losing it."),
      ]),
      say("Can you find a sum that is too long for it? Type it under Try it yourself."),
    ];
  },
};

/** @type {Stop} */
export const forever = {
  id: "forever",
  title: say("Right for ever?"),
  at: 10_000,
  tab: "inside",
  side: "left",
  asks: ["drawer"],
  tells: ["drawer"],
  ask({ task }) {
    const intro = inARow([
      say("That sum had {width} bits. There are longer ones: infinitely many.", { width: LONGER * task.bits }),
      say("However many are tried, the next one might fail."),
    ]);
    return choice([intro], say("Can anybody ever know that it gets all of them right?"), {
      no: say("No, there is always a sum that nobody has tried"),
      sets: say("Yes, if its hidden states can be fenced in"),
      many: say("Yes, after enough sums were tried"),
    });
  },
  show: () => ({ panel: "proof" }),
  answer: () => "sets",
  tell: () => [
    inARow([
      say("A step is always the same: from a hidden state and two bits to the next hidden state."),
      say(
        "So put fences around the states. If no step leads out of them, none ever will, however long the numbers are.",
      ),
    ]),
    say("Finitely many fences speak about infinitely many sums. That is a proof, and no test can be one."),
    inARow([
      say("Press Prove it. The fences grow until nothing leaves them, or a sum is found that fails, or it stays open."),
      say("Let it train to the end, and try again: the longer it trains, the closer its states lie together."),
    ]),
  ],
};

/** @type {Stop} */
export const yours = {
  id: "yours",
  title: say("Now yours"),
  at: 10_000,
  veil: ["curve"],
  asks: ["hidden"],
  tells: ["curve"],
  last: true,
  ask(facts) {
    const [half, none] = ["half", "no_carry"].map((key) => reference(facts, key).toFixed(1));
    const intro = say("A last question. Cut the arrow from each hidden state to the next: no memory is left.");
    return choice([intro], say("How low can training bring the error, at best?"), { half, none, zero: "0.0" });
  },
  answer: () => "none",
  tell: (facts) => [
    say("{none}, the lower dashed line: it can add two bits, but never knows of a carry.", {
      none: reference(facts, "no_carry").toFixed(1),
    }),
    inARow([
      say("Take along: the hidden state is the memory, computed from the bits and the state before."),
      say("The gradient tells every number which way to change."),
      say("And the network learned to carry when only that could make the error smaller."),
    ]),
    say("Now change one thing. Say first what you expect, and then look:"),
  ],
};
