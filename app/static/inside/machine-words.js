/** What the machine inside a network means, in words. Pure. */
import { percent, whole } from "../format.js";
import { inARow, say } from "../words.js";
import { arrowsOf, LABELLED, stepWords } from "./graph.js";

/**
 * @import { ExtractedMachine } from "../wire.d.ts"
 * @import { Graph, Step } from "./graph.js"
 */

/** If a machine answers as the network does on fewer problems, the network is not that machine. */
const ALIKE = 0.9;

/** @param {ExtractedMachine} found */
export const describeMachine = (found) => inARow([whatItIs(found), howAlike(found)]);

/** @param {ExtractedMachine} found */
function whatItIs({ states, equals_task, agrees_with_network, agrees_with_task, most_states: most }) {
  const n = states.length;
  const right = percent(agrees_with_task);
  if (equals_task && n === 1) return say("One state, and the task needs no more: nothing has to be remembered.");
  if (equals_task)
    return say("{n} states, and they do what the task needs: {names}.", { n, names: states.join(say(", ")) });
  const values = { n, most, right };
  if (agrees_with_network < ALIKE)
    return say(
      "No machine of up to {most} states does what this network does. The nearest has {n}; it is right on {right}.",
      values,
    );
  return n === 1
    ? say("One state: it remembers nothing. That is right on {right} of the problems.", values)
    : say("{n} states, but not those that the task needs: right on {right} of the problems.", values);
}

/** @param {ExtractedMachine} found */
function howAlike({ agrees_with_network: share, agrees_with_network_long: long, problems, sampled, long_bits: bits }) {
  const values = { share: percent(share), n: whole(problems), long: percent(long), bits };
  if (share < 1)
    return say(
      "The machine answers as the network does on {share} of {n} problems, and on {long} of those with {bits} bits.",
      values,
    );
  return sampled
    ? say(
        "The machine answers as the network does on {n} of {n} problems, and on {long} of those with {bits} bits.",
        values,
      )
    : say(
        "The machine answers as the network does on all {n} problems, and on {long} of those with {bits} bits.",
        values,
      );
}

/** @type {(bits: number[]) => string} */
const read = (bits) => bits.join(say(", "));

/**
 * A step at a position of a problem, and whether the network did the same.
 * @type {(step: Step, graph: Graph, position: number, said: number) => string}
 */
export function describeTaken({ state, bits, next, output }, { names }, position, said) {
  const values = { position, state: names[state], bits: read(bits), output, next: names[next] };
  const taken = say("Position {position}: in {state} it reads {bits}, writes {output}, and goes to {next}.", values);
  return said === output ? taken : inARow([taken, say("The network wrote {bit}.", { bit: said })]);
}

/** How to read the drawing: the first label, or the arrows where there is no room for labels. @param {Graph} graph */
export function describeLabels(graph) {
  if (graph.names.length > LABELLED)
    return say("The wider an arrow, the more often it is taken. The list below says what is read and written.");
  const [{ steps }] = arrowsOf(graph);
  const [{ bits, output }] = steps;
  const [label] = stepWords(steps);
  const [, ones, written] = label.match(/^Σ(\d)\/(\d)/) ?? [];
  return ones
    ? say("{label}: of the bits that it reads, {ones} are 1; it writes {written}.", { label, ones, written })
    : say("{label}: it reads {bits} and writes {output}.", { label, bits: read(bits), output });
}

/** How often the network takes these steps. @param {Step[]} steps */
export function countWords(steps) {
  const [count, of] = [
    steps.reduce((sum, step) => sum + (step.count ?? 0), 0),
    steps.reduce((sum, step) => sum + (step.of ?? 0), 0),
  ];
  return count === of ? whole(count) : say("{count} of {of}", { count: whole(count), of: whole(of) });
}
