/** Sentences about the stage, an answer and the run. Pure. */
import { describeCases } from "./cases.js";
import { brief, percent, plain, probability, signed, whole } from "./format.js";
import { nameOf as numberName } from "./names.js";
import { isOver } from "./playback.js";
import { shown } from "./state.js";
import { equals, operandsOf, said, statesOf, stateWords, written } from "./task.js";
import { inARow, nameOf, ngettext, say } from "./words.js";

/**
 * @import { Whole } from "./frames.js"
 * @import { Playback } from "./playback.js"
 * @import { Problem } from "./problem.js"
 * @import { Asked, Focus, State } from "./state.js"
 * @import { Accuracy, Answer, EngineStatus as Engine, RunStatus, TaskDescription as Task } from "./wire.d.ts"
 */

/** Whether this network waits for its engine, so that it can't train yet. @param {State} state */
export const isCompiling = ({ engine }) => Boolean(engine?.waiting);

export const COMPILING = say("Compiling this network's engine.");

/** What the engine of this network lacks, and what follows from it; null if it lacks nothing. @param {State} state */
export function describeEngine({ engine, run }) {
  if (engine?.state !== "compiling" || !run) return null;
  const running = run.state === "running";
  if (!engine.waiting) {
    return running ? say("Trains with a general engine until its own is compiled.") : null;
  }
  if (!running) return inARow([COMPILING, say("Start and Step wait for it.")]);
  return inARow([COMPILING, run.iteration ? say("Then training goes on.") : say("Then training begins.")]);
}

/** How far the compilation is. @param {Engine} engine */
export function describeCompiling({ ahead, seconds, expected }) {
  if (seconds === null)
    return ahead
      ? ngettext("{n} other network is compiled before it.", "{n} other networks are compiled before it.", ahead)
      : "";
  const n = whole(Math.floor(seconds));
  if (expected === null) return say("{n} s so far.", { n });
  const about = whole(Math.ceil(expected));
  return seconds < expected
    ? say("{n} s of about {about} s.", { n, about })
    : say("{n} s so far; the last took {about} s.", { n, about });
}

/** @type {Pick<State, "moment" | "run">} */
const NOWHERE = { moment: null, run: null };

/**
 * @type {(playback: Pick<Playback, "phase" | "position" | "problem">, task: Task,
 *   state?: Pick<State, "moment" | "run">) => string}
 */
export function describeStep({ phase, position, problem }, task, { moment, run } = NOWHERE) {
  if (!problem && moment)
    return moment.iteration
      ? say("The last problem before this moment is not known.")
      : say("Before the first problem: the weights are as they were drawn.");
  if (!problem)
    return run?.iteration
      ? say("Press Start, and the next problem is drawn here.")
      : say("Press Start, and the first problem is drawn here.");
  switch (phase) {
    case "forward": {
      const bits = written(
        task,
        problem.inputs.map((bits) => bits[position]),
      );
      const values = { position, bits, p: probability(problem.outputs[position]), last: whole(problem.width - 1) };
      if (problem.stretch)
        return say("Position {position} of 0 to {last}: {bits} and what the state remembers → {p}", values);
      return position
        ? say("Position {position}: {bits} and what the state remembers → {p}", values)
        : say("Position {position}: {bits} and an empty state → {p}", values);
    }
    case "backward":
      return position + 1 === problem.width
        ? say("Backward, position {position}: the gradient from this bit; no later bit comes", { position })
        : say("Backward, position {position}: gradients from this bit and from later bits", { position });
    case "update":
      return say("Update: every weight moves by {rate} × its update", { rate: problem.learningRate });
    case "rest":
      if (problem.kind === "training") return say("Iteration {n} is done", { n: whole(problem.iteration) });
  }
  const { bits, targets, width, predicted, stretch } = problem;
  const places = [...bits.keys()].filter((p) => bits[p] !== targets[p]);
  const wrong = places.length;
  const right = wrong
    ? stretch
      ? ngettext(
          "{n} of {width} bits is wrong, that of position {position}",
          "{n} of {width} bits are wrong, the first at position {position}",
          wrong,
          { width: whole(width), position: whole(places[0]) },
        )
      : ngettext("{n} of {width} bits is wrong", "{n} of {width} bits are wrong", wrong, { width })
    : say("All {width} bits are right", { width: whole(width) });
  return task.truth
    ? say("Read at the last position, {position}: {said}. {right}", {
        position: width - 1,
        said: said(task, predicted),
        right,
      })
    : right;
}

/** Which problem the stage shows. @param {Problem | null} problem */
export const describeProblem = (problem) =>
  !problem
    ? say("No problem yet")
    : problem.kind === "prediction"
      ? problem.milestone
        ? say("What has changed")
        : say("Your problem")
      : say("The problem of iteration {n}", { n: whole(problem.iteration) });

/**
 * The stage's heading: which problem it shows, and a note on its moment. Training is faster than the stage: if it is
 * ahead, the heading says so, so that nobody takes the one clock for the other.
 * @type {(state: Pick<State, "playback" | "moment" | "run">) => { kind: string; when: string }}
 */
export function describeShown({ playback: { problem, again, held, phase }, moment, run }) {
  if (!problem) return { kind: moment?.iteration ? say("Problem not known") : describeProblem(problem), when: "" };
  const { kind, iteration } = problem;
  const ahead = !moment && run && run.generation === problem.generation && run.iteration > iteration;
  const now = ahead ? say("training is at {n} now", { n: whole(run.iteration) }) : "";
  if (kind === "prediction")
    return {
      kind: describeProblem(problem),
      when: [afterIteration(iteration), now].filter(Boolean).join(say("; ")),
    };
  const plays = !held && phase !== "rest";
  return {
    kind: now && plays ? say("Iteration {n}, played slowly;", { n: whole(iteration) }) : describeProblem(problem),
    when: now || (again ? say("shown again") : ""),
  };
}

/** What to do at the end of a held problem, if nothing new comes by itself. @param {State} state */
export function describeOver({ playback, moment, run }) {
  if (!isOver(playback) || run?.state === "running") return "";
  const trains = !moment && (run?.state === "paused" || run?.state === "ready");
  return trains
    ? say("Next bit plays it from the start; Step brings a new problem.")
    : say("Next bit plays it from the start.");
}

/** Which weights these are. @param {number} iteration */
export const afterIteration = (iteration) => say("after iteration {n}", { n: whole(iteration) });

/** A problem and its moment. @param {Problem} problem */
export const describeSource = (problem) =>
  problem.kind === "prediction"
    ? say("{what}, {when}", { what: describeProblem(problem), when: afterIteration(problem.iteration) })
    : describeProblem(problem);

/**
 * The number of a unit at a position, in a row of the stage or of a gate.
 * @type {(problem: Problem, focus: Focus | Asked) => number | undefined}
 */
function unitValue(problem, { line, gate, unit = 0, position = 0 }) {
  const rows = { hidden: problem.hiddenStates, outputPart: problem.outputPart, futurePart: problem.futurePart };
  const values = gate ? problem.gates[gate]?.data : rows[/** @type {"hidden"} */ (line)];
  // States have one more row, the start.
  return values?.[values.length - (problem.width - position) * problem.hidden + unit];
}

/**
 * What is pointed at or explained: its exact value, and what it belongs to.
 * @type {(focus: Focus | Asked | null, problem: Problem | null, task: Task) => string}
 */
export function describeFocus(focus, problem, task) {
  const { line = "", position, words } = /** @type {Focus} */ (focus ?? {});
  if (words) return words;
  if (!focus || !problem || position === undefined || position >= problem.width) return "";
  const bits = {
    true: problem.targets,
    ...Object.fromEntries(task.operands.map((name, k) => [name, problem.inputs[k]])),
  }[line];
  const state = line === "state" ? stateWords(task)[statesOf(task, problem.inputs)[position]] : undefined;
  const number =
    focus.unit !== undefined
      ? unitValue(problem, focus)
      : { predicted: problem.outputs, delta: problem.outputDeltas }[line]?.[position];
  const value =
    bits?.[position] ??
    state ??
    (number === undefined ? undefined : line === "predicted" ? plain(number) : signed(number));
  const names = { true: say("true bit"), state: task.carried };
  const what =
    bits || state !== undefined
      ? say("{what} at position {p}", { what: names[/** @type {"true"} */ (line)] ?? line, p: position })
      : numberName(focus);
  return value === undefined
    ? ""
    : say("{what}: {value} ({problem})", { what, value, problem: describeSource(problem) });
}

/** "9 + 60 = 69". @type {(task: Task, operands: Whole[], result: Whole) => string} */
const solved = (task, operands, result) => `${written(task, operands.map(brief))}${equals(task)}${said(task, result)}`;

/** @type {(answer: Answer, task: Task) => string} */
export const describeAnswer = (answer, task) => describeAsked({ ...answer, operands: operandsOf(task, answer) }, task);

/**
 * The answer to a problem that somebody has asked for.
 * @type {(asked: Pick<Problem, "operands" | "expected" | "predicted" | "iteration"> & Partial<Pick<Answer, "correct" | "overflow">>,
 *   task: Task) => string}
 */
export function describeAsked(
  { operands, expected, predicted, correct = predicted === expected, iteration, overflow },
  task,
) {
  const end = overflow
    ? say("The network has no answer: its numbers are too large for the computer. That counts as wrong.")
    : correct
      ? ngettext("The network is right, after {n} iteration.", "The network is right, after {n} iterations.", iteration)
      : say("The network says {said}, which is wrong.", { said: said(task, predicted) });
  return say("{problem}. {end}", { problem: solved(task, operands, expected), end });
}

/** Two decimals, or a power of ten if that would be long. @param {number} x */
const short = (x) => (Math.abs(x) < 1000 ? x.toFixed(2) : x.toExponential(1).replace("+", "")).replace("-", "−");

/** The minimum and the maximum. @param {ArrayLike<number>} values */
export function describeRange(values) {
  const sorted = Array.from(values).sort((x, y) => x - y);
  return sorted.length
    ? say("{least} to {most}", { least: short(sorted[0]), most: short(sorted[sorted.length - 1]) })
    : say("none");
}

/**
 * Which problems the accuracy counts. For a sample, also how many of the hard problems beside it are right.
 * @param {Pick<Accuracy, "sampled" | "problems" | "hard_problems" | "hard_right">} accuracy
 */
export function describeAccuracy({ sampled, problems, hard_problems, hard_right }) {
  const n = whole(problems);
  if (!sampled) return say("accuracy, all {n} problems", { n });
  if (!hard_problems) return say("accuracy, a sample of {n} problems", { n });
  return say("accuracy, a sample of {n} problems; of {all} hard ones {right} are right", {
    n,
    all: whole(hard_problems),
    right: whole(hard_right),
  });
}

/** The share of the tried problems that is right. @param {Accuracy} accuracy */
function describeShare({ accuracy, sampled, hard_problems, hard_right, cases }) {
  const values = {
    p: percent(accuracy),
    all: whole(hard_problems),
    right: whole(hard_right),
    cases: describeCases(cases).toLowerCase(),
  };
  if (!sampled) return say("{p} of all problems are right; of the cases, {cases}.", values);
  if (!hard_problems) return say("{p} of a sample of problems are right; of the cases, {cases}.", values);
  return say("{p} of a sample of problems are right, and {right} of {all} hard ones; of the cases, {cases}.", values);
}

/** Which problems the history counts. @type {(accuracy: Accuracy) => string} */
export const describeHistory = ({ sampled, problems, history_sample }) =>
  describeAccuracy({
    sampled: sampled || Boolean(history_sample),
    problems: history_sample ?? problems,
    hard_problems: 0,
    hard_right: 0,
  });

/** Whether nothing is left to train. @param {RunStatus} run */
export const hasEnded = ({ state }) => ["finished", "diverged", "failed"].includes(state);

/**
 * Why the run stands still, if there is a reason, and what to do, if the page offers it.
 * @type {(run: RunStatus, resettable?: boolean) => string | null}
 */
export function describeEnd(run, resettable = true) {
  const { state, detail, iteration } = run;
  if (state === "paused") return detail;
  if (!hasEnded(run)) return null;
  if (state === "finished") {
    const values = { n: whole(iteration) };
    return resettable
      ? say("All {n} iterations are done. Reset to learn again.", values)
      : say("All {n} iterations are done.", values);
  }
  const why = detail ?? say("The run stopped.");
  return resettable ? inARow([why, say("Reset to begin anew.")]) : why;
}

/** Everything that the page shows, in words, when somebody asks for it. @type {(state: State) => string} */
export function describeAll(state) {
  const { run, task, playback } = state;
  if (!run || !task) return say("Nothing is known yet.");
  const { problem, phase } = playback;
  const { accuracy } = shown(state);
  const answered = problem && phase !== "forward";
  const { iteration, error } = state.moment ?? run;
  const where = {
    n: whole(iteration),
    state: state.moment ? say("in the past") : nameOf(run.state),
    error: error?.toFixed(2),
  };
  const step = describeStep(playback, task, state).replace(/[.。]$/, "");
  const verdict = answered && (problem.predicted === problem.expected ? say("right") : say("wrong"));
  const sentences = [
    problem &&
      say("{where}: {problem}.", {
        where: describeSource(problem),
        problem: solved(task, problem.operands, problem.expected),
      }),
    answered && say("The network says {said}, {verdict}.", { said: said(task, problem.predicted), verdict }),
    say("{step}.", { step }),
    error === null ? say("Iteration {n}, {state}.", where) : say("Iteration {n}, {state}, error {error}.", where),
    accuracy && say("After iteration {n}: {share}", { n: whole(accuracy.iteration), share: describeShare(accuracy) }),
  ];
  return inARow(sentences.filter((sentence) => typeof sentence === "string"));
}
