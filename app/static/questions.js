/**
 * What the page polls by itself: the errors that the series lacks, how much the network gets right, and what the open
 * panel shows of its inside.
 */
import { describeAnswer, describeAsked } from "./describe.js";
import { follow, missing, take } from "./followed.js";
import { createPoll } from "./poll.js";
import { addOutline, addSummary, begin, gaps } from "./series.js";
import { hardest, namedOperands, operandsOf } from "./task.js";

/**
 * @import { Series } from "./series.js"
 * @import { Source } from "./source.js"
 * @import { Prediction, State } from "./state.js"
 */

/** The most pieces that a call returns. */
const MOST = 5_000;
/** The most missing iterations that are fetched in fine pieces. For more, a coarse summary is fetched. */
const WORTH = 60_000;
/** The pieces of an outline, about as many as a chart has columns. It comes first if more than one call is needed. */
const OUTLINE = 1_000;
/** The status of an answer to a client that asks too much. */
const TOO_MANY = 429;
const PAUSE = { little: 15, much: 500, inside: 1000, failed: 3000 }; // milliseconds between two questions

/**
 * One call at a time: each error by itself if the series holds them so, otherwise summaries.
 * @type {(state: State, source: Source, changed: () => void) => () => void}
 */
export const createHistory = (state, source, changed) =>
  createPoll(async () => {
    const { run, series, connection } = state;
    const request = connection.phase === "open" && plan(series);
    if (!run || !request) return;
    const { start, stop, points, isOutline } = request;
    const summary = await source.errors(start, stop, points).catch(() => null);
    if (!summary) return PAUSE.failed;
    // The run may have been reset, or cut back, while the answer travelled.
    if (summary.generation === run.generation && summary.generation === state.run?.generation) {
      if (summary.start > start) begin(series, summary.start);
      if (isOutline) addOutline(series, summary);
      else
        addSummary(series, summary, Math.min(stop, series.end, summary.start + summary.mean.length * summary.stride));
    }
    changed();
    return points && !isOutline && stop - start > MOST ? PAUSE.much : PAUSE.little;
  });

/**
 * What to ask for, in `points` pieces. Without `points`, each error by itself. If much is missing, all gaps at once, and
 * first an outline of them: a slow line takes seconds for the errors themselves.
 * @param {Series} series
 * @returns {{start: number, stop: number, points?: number, isOutline?: boolean} | null}
 */
export function plan(series) {
  const missing = gaps(series);
  if (missing.length === 0) return null;
  const total = missing.reduce((sum, [start, stop]) => sum + stop - start, 0);
  const [start, first] = missing[0];
  const end = missing[missing.length - 1][1];
  if (total > MOST && !series.outline) return { start, stop: end, points: OUTLINE, isOutline: true };
  if (total > WORTH) return { start, stop: end, points: MOST };
  // The same call fetches the small gaps that follow.
  const near = Math.min(end, start + MOST);
  if (series.stride === 1) return { start, stop: Math.max(first, near) };
  return { start, stop: near, points: Math.ceil((near - start) / series.stride) };
}

/**
 * Asks for new answers to the followed problem. At first that is the hardest problem.
 * @type {(state: State, source: Source, changed: () => void) => () => void}
 */
export const createFollower = (state, source, changed) =>
  createPoll(async () => {
    const { run, task, connection } = state;
    if (!run || !task || connection.phase !== "open" || document.hidden) return;
    const followed = (state.followed ??= follow(run, hardest(task)));
    const request = missing(followed, run.iteration);
    if (!request) return;
    const operands = namedOperands(task, followed.operands);
    const answers = await source.answers({ ...operands, ...request }).catch(() => null);
    if (answers) take(followed, answers);
    changed();
    return answers ? PAUSE.much : PAUSE.failed;
  });

/**
 * Asks for the accuracy of the shown moment, or of now if something has changed, and only while the page is visible.
 * @type {(state: State, source: Source, changed: () => void) => () => void}
 */
export const createAccuracy = (state, source, changed) =>
  createPoll(async () => {
    const { run, moment, connection } = state;
    if (!run || connection.phase !== "open" || document.hidden) return;
    const place = moment && !moment.accuracy ? moment : state;
    const { accuracy } = place;
    // While points of the history are missing, there is more to ask for.
    const known = accuracy?.generation === run.generation && accuracy.iteration === run.iteration && !accuracy.pending;
    if (known) return;
    const found = await source.accuracy(place === moment ? moment.iteration : undefined).catch(() => null);
    if (found && found.generation === state.run?.generation) place.accuracy = found;
    changed();
    return found ? PAUSE.much : PAUSE.failed;
  });

/**
 * Asks the last question again when the page shows another moment.
 * @type {(state: State, source: Source, changed: () => void) => () => void}
 */
export const createAnswer = (state, source, changed) =>
  createPoll(async () => {
    const { run, task, moment, prediction, connection } = state;
    const { answer, long } = prediction;
    if (!task || !run || prediction.moment === moment || connection.phase !== "open") return;
    /** @type {(asked: Promise<Pick<Prediction, "text" | "answer">>) => Promise<number>} */
    const take = async (asked) => {
      const again = await asked.catch(() => null);
      // Unless something else has been asked meanwhile.
      if (again && prediction === state.prediction) state.prediction = { ...again, long, moment };
      changed();
      return again ? PAUSE.little : PAUSE.failed;
    };
    if (long)
      return take(
        source.trace(long, moment?.iteration).then((found) => ({ text: describeAsked(found, task), answer: null })),
      );
    if (!answer) return;
    const operands = namedOperands(task, operandsOf(task, answer));
    return take(
      source
        .predict(operands, moment?.iteration)
        .then((found) => ({ text: describeAnswer(found, task), answer: found })),
    );
  });

/**
 * Asks what the open panel wants to know of the inside of the network. Nothing is asked that nobody looks at.
 * @type {(state: State, source: Source, changed: () => void) => () => void}
 */
export const createInside = (state, source, changed) =>
  createPoll(async () => {
    const { run, moment, inside, tab, connection } = state;
    if (!run || tab !== "inside" || connection.phase !== "open" || document.hidden) return;
    const asked = inside.wishes
      .map(({ call, query, iteration = moment?.iteration }) => {
        const [at, words] = [iteration ?? run.iteration, JSON.stringify(query)];
        return { call, query, iteration, at, words, question: JSON.stringify([call, query, run.generation, at]) };
      })
      .find(({ call, at, words, question }) => {
        const known = inside.found[call];
        const isKnown = known?.query === words && known.at === at && !isPending(known.found);
        return !isKnown && inside.refused?.question !== question;
      });
    if (!asked) return;
    const { call, query, iteration, at, words, question } = asked;
    /** @type {number} */
    let pause = PAUSE.little;
    try {
      const found = await source.inside(call, query, iteration);
      if (found.generation === state.run?.generation) {
        Object.assign(inside.found, { [call]: { query: words, at, found } });
        inside.refused = null;
        if (isPending(found)) pause = PAUSE.much;
      }
    } catch (error) {
      const { status = 0, message } = /** @type {Error & { status?: number }} */ (error);
      // What the server refuses as asked, it would refuse again. Whatever else is in the way may be over soon.
      const passes = status < 400 || status >= 500 || status === TOO_MANY;
      inside.refused = { question: passes ? "" : question, words: message };
      changed();
      return passes ? PAUSE.failed : PAUSE.little;
    }
    changed();
    const more = inside.wishes.some((wish) => !inside.found[wish.call]);
    return run.state === "running" && !more ? PAUSE.inside : pause;
  });

/** Whether a part of the answer is still to be computed. @param {object} found */
const isPending = (found) =>
  ("pending" in found && Boolean(found.pending)) || ("state" in found && found.state === "running");
