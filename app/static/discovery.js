/** Why a network learns to remember, in a few sentences, from what is known of this run at the shown moment. Pure. */
import { whole } from "./format.js";
import { inARow, say } from "./words.js";

/**
 * @import { Problem } from "./problem.js"
 * @import { CaseAnswer, Milestone, TaskDescription as Task } from "./wire.d.ts"
 */

/** @param {ArrayLike<number>} values */
const size = (values) => Array.from(values).reduce((sum, x) => sum + Math.abs(x), 0);

/** @param {number} share */
const percents = (share) => `${Math.round(100 * share)}%`;

/**
 * The share of all that asks the hidden states to change that comes from later bits, or null if nothing does.
 * @param {Problem | null} problem
 */
export function laterShare(problem) {
  const [own, later] = [size(problem?.outputPart ?? []), size(problem?.futurePart ?? [])];
  return own + later > 0 ? later / (own + later) : null;
}

/**
 * The share of positions that are right, the mean over the cases with this state of the task's machine.
 * @type {(cases: CaseAnswer[], state: string) => number}
 */
function rightWith(cases, state) {
  const shares = cases.filter((one) => one.state === state).flatMap(({ right }) => right ?? []);
  return shares.reduce((sum, right) => sum + right, 0) / (shares.length || 1);
}

/** Why there is something to gain. @type {(task: Task, cases: CaseAnswer[]) => string} */
function describeNeed({ carried, states, reference_errors }, cases) {
  const best = reference_errors.find(({ key }) => key !== "half");
  const told =
    best && say("Without a memory no network gets below an error of {error}.", { error: best.error.toFixed(1) });
  const now =
    cases.length && states.length === 2
      ? say("Now {p} of the bits are right where {one} comes in, and {q} where {other} does.", {
          p: percents(rightWith(cases, states[1])),
          q: percents(rightWith(cases, states[0])),
          one: states[1],
          other: states[0],
        })
      : "";
  const goal = say("Nobody tells it what to remember ({what}): it only sees how wrong each bit is.", { what: carried });
  return inARow([goal, told ?? "", now].filter(Boolean));
}

/** How the error reaches what should have been remembered. @type {(problem: Problem | null) => string} */
function describeWay(problem) {
  const share = laterShare(problem);
  return inARow([
    say("The gradient goes backward in time: a wrong bit also asks the states before it to change."),
    ...(share === null
      ? []
      : [
          say("In the problem on the stage, {p} of what moves the hidden states comes from later bits.", {
            p: percents(share),
          }),
        ]),
  ]);
}

/** Why so late, and then so fast. @type {(milestones: Milestone[]) => string} */
function describeTurn(milestones) {
  const when = (/** @type {string} */ kind) => milestones.find((one) => one.kind === kind)?.iteration;
  const [first, memory, all] = ["understood", "memory", "all_right"].map(when);
  const n = (/** @type {number} */ iteration) => ({ n: whole(iteration) });
  return inARow([
    say("One position must write it into the state, the next must read it, and either is useless without the other."),
    first === undefined
      ? say("So for long nothing seems to happen, and then it goes fast.")
      : say("So for long nothing seemed to happen: until iteration {n} no case was understood.", n(first)),
    ...(memory === undefined
      ? []
      : [say("Since iteration {n} it does better than any network without memory.", n(memory))]),
    ...(all === undefined ? [] : [say("At iteration {n} every problem was right.", n(all))]),
  ]);
}

/**
 * The paragraphs. Empty for a task that has nothing to remember.
 * @param {Task} task
 * @param {CaseAnswer[]} cases Those of the shown moment, or none.
 * @param {Milestone[]} milestones Those up to the shown moment.
 * @param {Problem | null} problem The problem on the stage.
 */
export const describeDiscovery = (task, cases, milestones, problem) =>
  task.carried ? [describeNeed(task, cases), describeWay(problem), describeTurn(milestones)] : [];
