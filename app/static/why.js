/** Why a bit is wrong, in words: what the server found by putting another state in the place of the network's own. Pure. */
import { caseNames, shareWords } from "./cases.js";
import { afterIteration } from "./describe.js";
import { brief, probability, whole } from "./format.js";
import { momentOf } from "./problem.js";
import { equals, said, stateWords, written } from "./task.js";
import { inARow, say } from "./words.js";

/**
 * @import { Problem } from "./problem.js"
 * @import { MachineCase, Patched, TaskDescription as Task, Why } from "./wire.d.ts"
 */

/** Nearer to one half than this, an output is called a close call; farther from it than that, sure. */
const CLOSE = 0.15;
const SURE = 0.35;

/** "127 + 1 = 128, answered after iteration 6,000" @type {(problem: Problem, task: Task) => string} */
export function describeAsked(problem, task) {
  const { operands, expected } = problem;
  return say("{problem}, answered {when}", {
    problem: `${written(task, operands.map(brief))}${equals(task)}${said(task, expected)}`,
    when: afterIteration(momentOf(problem)),
  });
}

/**
 * The explanation of an answer, in paragraphs: what happened, what was to blame, and what else there is to say.
 * @type {(found: Why, problem: Pick<Problem, "predicted" | "expected">, task: Task) => string[]}
 */
export function describeWhy(found, { predicted, expected }, task) {
  const { verdict, parting } = found;
  const isRight = verdict === "right";
  const paragraphs = [
    isRight ? inARow([say("All bits are right."), describeBit(found, task)]) : describeBit(found, task),
    isRight ? describeDependence(found, task) : describeBlame(found, task),
    !isRight && predicted === expected
      ? say("The answer is right all the same: it is read only at the last position.")
      : "",
    parting?.detail ?? "",
  ];
  return paragraphs.filter(Boolean);
}

/** What happened at the explained position. @type {(found: Why, task: Task) => string} */
function describeBit({ verdict, position, case: read, probability: p, expected, overflow }, task) {
  const values = { position, case: caseOf(read, task), expected, bit: bitOf(p), p: probability(p) };
  const sentences = [
    verdict === "right"
      ? say("The bit nearest to being wrong is at position {position}.", values)
      : say("The first wrong bit is at position {position}.", values),
    say("There {case} comes in, so it should be {expected}.", values),
    overflow
      ? say("The network has no answer there: its numbers are too large for the computer. That counts as wrong.")
      : say("The network said {bit} ({p}).", values),
    overflow ? "" : callOf(p),
  ];
  return inARow(sentences.filter(Boolean));
}

/** What is to blame for a wrong bit. @type {(found: Why, task: Task) => string} */
function describeBlame(found, task) {
  const { verdict, position, patched, case: read } = found;
  const state = stateOf(task, read.state);
  if (position === 0)
    return inARow([
      say("Every problem begins with the same state of zeros, so the memory is not to blame."),
      say("The network reads these bits wrongly."),
    ]);
  if (!patched)
    return inARow([
      say("No other problem has {state} there, so no other state can be tried.", { state }),
      say("The network reads the only one wrongly."),
    ]);
  if (verdict === "memory")
    return inARow([
      hadItBeen(patched, found, task),
      describeShare(patched, task),
      say("So the memory was to blame, not the reading of it."),
    ]);
  return inARow([
    task.carried ? say("No other state with {state} helps.", { state }) : say("No other state helps."),
    say("With the best one, {donor}, it would still have said {bit} ({p}).", valuesOf(patched, found, task)),
    say("So the reading of the memory is to blame: the weights into and out of the state."),
  ]);
}

/** How much a right bit depends on the memory. @type {(found: Why, task: Task) => string} */
function describeDependence(found, task) {
  const { position, expected, patched, case: read } = found;
  if (position === 0)
    return say("Every problem begins with the same state of zeros, so this bit depends on nothing before it.");
  if (!task.carried) return say("This task has nothing to remember, so there is no other state to try.");
  if (!patched) return say("No problem has another state there, so none can be tried.");
  const changes = bitOf(patched.probability) !== expected;
  const then = task.machine.find(([state, bits]) => state === patched.state && `${bits}` === `${read.bits}`)?.[3];
  return inARow([
    hadItBeen(patched, found, task),
    changes && then !== expected
      ? say("So this bit depends on the memory, as it should.")
      : changes
        ? say("So this bit depends on the memory, though it should not.")
        : then === expected
          ? say("So the bits alone decide here, as they should.")
          : say("So this bit does not depend on the memory, though it should."),
  ]);
}

/** What the network would have said with the other state. @type {(patched: Patched, found: Why, task: Task) => string} */
function hadItBeen(patched, found, task) {
  const values = valuesOf(patched, found, task);
  return task.carried
    ? say("Had the state been one with {state} ({donor}), it would have said {bit} ({p}).", values)
    : say("Had the state been {donor}, it would have said {bit} ({p}).", values);
}

/** @type {(patched: Patched, found: Why, task: Task) => Record<string, unknown>} */
function valuesOf({ from, position, state, probability: p }, found, task) {
  const problem = written(
    task,
    task.operands.map((name) => whole(from[name])),
  );
  const donor =
    position === found.position
      ? say("that of {problem}", { problem })
      : say("that of {problem} before position {place}", { problem, place: position });
  return { donor, state: stateOf(task, state), bit: bitOf(p), p: probability(p) };
}

/** Of how many states the same holds. @type {(patched: Patched, task: Task) => string} */
function describeShare({ state, share, problems }, task) {
  const values = { share: shareWords(share), n: whole(problems), state: stateOf(task, state) };
  if (!task.carried) return say("The states of {share} of {n} other problems would do as well.", values);
  return share === 1
    ? say("The states of all {n} other problems with {state} there would do as well.", values)
    : say("The states of {share} of the {n} other problems with {state} there would do as well.", values);
}

/** A state of the task's machine: "carry 1", "a > b so far yes". @type {(task: Task, state: string) => string} */
const stateOf = (task, state) => `${task.carried} ${stateWords(task)[task.states.indexOf(state)]}`;

/** What comes in at a position: "1 + 0 with carry 1", "a 1, parity odd". @type {(read: MachineCase, task: Task) => string} */
function caseOf({ state, bits }, task) {
  if (!task.truth && bits.length > 1) {
    const values = { bits: written(task, bits), state: stateOf(task, state) };
    return task.carried ? say("{bits} with {state}", values) : values.bits;
  }
  const names = caseNames(task);
  return [...bits.map((bit, k) => `${names[k]} ${bit}`), stateOf(task, state)].join(say(", "));
}

/** The bit that an output says. @param {number} p */
const bitOf = (p) => (p > 0.5 ? 1 : 0);

/** How near an output was to saying the other bit. @param {number} p */
function callOf(p) {
  const away = Math.abs(p - 0.5);
  if (away < CLOSE) return say("That was a close call.");
  return away > SURE ? say("It was sure of that.") : "";
}
