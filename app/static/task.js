/** A task in words, the states of its machine, and the check of typed operands. Pure. */
import { brief, whole } from "./format.js";
import { exact } from "./frames.js";
import { say } from "./words.js";

/**
 * @import { Whole } from "./frames.js"
 * @import { TaskDescription as Task } from "./wire.d.ts"
 */

/** A problem as people write it: "9 + 60". @type {(task: Task, operands: (number | string)[]) => string} */
export const written = ({ expression, operands }, numbers) =>
  expression.replace(/{(.)}/g, (_, name) => String(numbers[operands.indexOf(name)]));

/** A result as people say it: "69", "yes". @type {(task: Task, result: Whole) => string} */
export const said = ({ truth }, result) => (truth ? [say("no"), say("yes")][Number(result)] : brief(result));

/** The text between problem and result: 9 + 60 = 69, 9 > 60: no. @type {(task: Task) => string} */
export const equals = ({ truth }) => (truth ? say(": ") : " = ");

/**
 * The state of the task's machine before each position, as an index into its states.
 * @type {(task: Task, inputs: number[][]) => number[]}
 */
export function statesOf({ states, machine }, inputs) {
  const steps = new Map(machine.map(([state, bits, next]) => [`${state}:${bits}`, next]));
  let state = states[0];
  return inputs[0].map((_, p) => {
    const into = states.indexOf(state);
    state = steps.get(`${state}:${inputs.map((bits) => bits[p])}`) ?? state;
    return into;
  });
}

/**
 * Each state as a word after the name of what is carried: "carry 1" is "1". For a yes-or-no task the second is "yes".
 * @type {(task: Task) => string[]}
 */
export const stateWords = (task) =>
  task.states.map((name, k) => (task.truth ? said(task, k) : name.replace(task.carried, "").trim()));

/** The training problem for which the network has to remember longest. @type {(task: Task) => number[]} */
export function hardest({ task, operands, operand_limit: limit }) {
  const first = task === "subtraction" ? limit / 2 : limit - 1;
  const others = task === "comparison" ? limit - 2 : task === "addition" || task === "subtraction" ? 1 : limit - 1;
  return operands.map((_, k) => (k ? others : first));
}

/**
 * The operands of an answer, or of whatever else has them by name, in the task's order.
 * @type {(task: Task, answer: { a?: number | null; b?: number | null; c?: number | null }) => number[]}
 */
export const operandsOf = ({ operands }, answer) =>
  operands.map((name) => answer[/** @type {"a" | "b" | "c"} */ (name)] ?? 0);

/**
 * Numbers in the task's order, by the names of its operands.
 * @template {Whole} N
 * @param {Task} task
 * @param {N[]} numbers
 * @returns {Record<string, N>}
 */
export function namedOperands({ operands }, numbers) {
  return Object.fromEntries(operands.map((name, k) => [name, numbers[k]]));
}

/** The most bits of an operand. */
const MOST_BITS = 1024n;
const LIMIT = 2n ** MOST_BITS;

/** Below these, the operands and their sum, the server answers in numbers. */
const [NUMBERS, SUMS] = [2 ** 52, 2 ** 53];

/** Whether these operands are too long for an answer in numbers. @param {Whole[]} operands */
export const areLong = (operands) =>
  operands.some((number) => number >= NUMBERS) || operands.map(Number).reduce((sum, n) => sum + n, 0) >= SUMS;

/**
 * The value of a typed operand, or what is wrong with it.
 * @type {(name: string, text: string) => { value: Whole; problem: string }}
 */
export function checkOperand(name, typed) {
  const text = typed.trim();
  const value = /^\d+$/.test(text) ? exact(text) : NaN;
  let problem = "";
  if (text === "") problem = say("Type a whole number for {name}.", { name });
  else if (/^-\d/.test(text)) problem = say("{name} is {text}: it must be 0 or more.", { name, text });
  else if (!/^\d+$/.test(text))
    problem = say("{name} is {text}: it must be a whole number, in digits.", { name, text });
  else if (value >= LIMIT)
    problem = say("{name} is too long: it must have at most {most} bits.", { name, most: whole(MOST_BITS) });
  return { value, problem };
}
