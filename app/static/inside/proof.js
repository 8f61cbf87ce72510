/**
 * Does it hold for ever? Asks for a proof, shows how the sets of hidden states close while one is looked for, and finds
 * from which iteration on there is one.
 */
import { createNews, make, on, setAttribute, setHidden, setText } from "../dom.js";
import { whole } from "../format.js";
import { playable } from "../far.js";
import { describeBorder, describeProof, describeSets, isSettled, MARKS, nextMoment, took, VERDICTS } from "../proof.js";
import { up } from "../up.js";
import { inARow, say } from "../words.js";
import { makeParts } from "./proof-parts.js";
import { createScatter, shapeOf } from "./scatter.js";

/**
 * @import { CreatePanel } from "../views/inside.js"
 * @import { State, Wish } from "../state.js"
 * @import { ProofMoment, ProofPicture, ProofStatus } from "../wire.d.ts"
 */

/** Beyond the last picture: the server then sends the last one. */
const LAST = 10_000;
/** Milliseconds for which each picture stands when they are watched again. */
const BEAT = 500;
/** Seconds below which a proof was too quick to be watched, so its pictures are shown once more. */
const QUICK = 6;
/** Milliseconds between two looks while moments are searched. */
const LOOK = 500;

/** @type {(milliseconds: number) => Promise<void>} */
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** @type {CreatePanel} */
export const create = (root, actions) => {
  const parts = makeParts(root);
  const { canvas } = parts;
  const scatter = createScatter(canvas);
  const [isNew, isLookNew, areMomentsNew, areStatesNew] = [createNews(), createNews(), createNews(), createNews()];
  /** @type {State} */
  let state;
  /** @type {ProofStatus | null} */
  let proof = null;
  /** What was asked for and has not been answered, so that no button acts twice. */
  let isAsking = false;
  /** The search along training: null, or whether it is to end. @type {{ ended: boolean } | null} */
  let search = null;
  /** The picture that is drawn. @type {ProofPicture | null} */
  let picture = null;
  /** The pictures that are watched again, and since when the last of them stands. @type {{ left: number[]; at: number } | null} */
  let film = null;
  /** The iteration whose failing problem is played as soon as the page is there. @type {number | null} */
  let toPlay = null;
  /** The moments that this page has asked about. @type {number | null} */
  let begun = null;
  let version = 0;

  new ResizeObserver(([{ contentRect }]) => {
    scatter.resize(contentRect.width, contentRect.height);
    version++;
    actions.wake();
  }).observe(parts.picture);

  /** The iteration that the page shows. */
  const here = () => state.moment?.iteration ?? state.run?.iteration ?? 0;

  /** Takes over what the server says. @param {ProofStatus} found */
  function take(found) {
    if (found.generation === state.run?.generation) proof = found;
    actions.wake();
  }

  /** Asks the server for something, and tells what stands in the way. @param {() => Promise<void>} ask */
  async function asking(ask) {
    if (isAsking) return;
    isAsking = true;
    setText(parts.problem, "");
    try {
      await ask();
    } catch (error) {
      setText(parts.problem, /** @type {Error} */ (error).message);
    }
    isAsking = false;
    actions.wake();
  }

  on(parts.begin, "click", () =>
    asking(async () => {
      film = null;
      const found = await actions.proof("POST", { iteration: here() });
      begun = found.iteration;
      take(found);
    }),
  );
  on(parts.stop, "click", () => {
    if (search) search.ended = true;
    asking(async () => take(await actions.proof("DELETE")));
  });
  on(parts.again, "click", () => proof && watch(proof));
  on(parts.play, "click", () => {
    if (!proof) return;
    toPlay = proof.iteration;
    if (toPlay !== here()) actions.visit(toPlay);
    actions.wake();
  });
  on(parts.search, "click", () => parts.search.ariaDisabled || (search ? parts.stop.click() : along()));

  // Pictures

  /** Shows all pictures of a proof once more. @param {ProofStatus} of */
  function watch(of) {
    film = { left: Array.from({ length: of.pictures }, (_, k) => k), at: -Infinity };
    turn(of, film);
  }

  /** Shows the next picture, and so on. @type {(of: ProofStatus, mine: NonNullable<typeof film>) => Promise<void>} */
  async function turn(of, mine) {
    for (const number of mine.left) {
      const found = await actions.proof("GET", { iteration: of.iteration, picture: number }).catch(() => null);
      if (film !== mine) return;
      if (found?.picture) picture = found.picture;
      actions.wake();
      await sleep(BEAT);
    }
    if (film === mine) film = null;
    actions.wake();
  }

  // Along training

  /** The moments that may be asked about, and what is known of them. @param {ProofStatus} of */
  function known({ moments, proofs, iteration }) {
    const last = state.moment ? iteration : (state.run?.iteration ?? iteration);
    const places = [...new Set([...moments, ...proofs.map((one) => one.iteration), last])].sort(
      (one, other) => one - other,
    );
    return { moments: places, states: new Map(proofs.map((one) => [one.iteration, one.state])) };
  }

  /** Searches from which moment on there is a proof: one proof after the other, until it is found or called off. */
  async function along() {
    if (!proof || isAsking) return;
    const mine = { ended: false };
    search = mine;
    const generation = proof.generation;
    const places = known(proof).moments;
    setText(parts.problem, "");
    try {
      while (!mine.ended && proof?.generation === generation) {
        const at = nextMoment(places, known(proof).states);
        if (at === null) break;
        take(await actions.proof("POST", { iteration: at }));
        while (proof.iteration === at && proof.state === "running") {
          await sleep(LOOK);
          take(await actions.proof("GET", { iteration: at, picture: LAST }));
          if (proof.picture) picture = proof.picture;
        }
        if (!isSettled(proof.state)) break;
      }
    } catch (error) {
      setText(parts.problem, /** @type {Error} */ (error).message);
    }
    search = null;
    if (!mine.ended) await actions.proof("GET", { iteration: here(), picture: LAST }).then(take, () => {});
    picture = proof?.picture ?? null;
    actions.wake();
  }

  // Drawing

  /** A button for each moment that was tried: it goes there. @param {ProofMoment[]} proofs */
  function drawMoments(proofs) {
    parts.moments.replaceChildren(
      ...proofs.map(({ iteration, state: verdict }) => {
        const item = make("li");
        const button = make("button", "button button-small", `${whole(iteration)} ${MARKS[verdict]}`);
        Object.assign(button, {
          type: "button",
          ariaLabel: say("{n}: {verdict}", { n: whole(iteration), verdict: VERDICTS[verdict] }),
        });
        on(button, "click", () => actions.visit(iteration));
        item.append(button);
        return item;
      }),
    );
  }

  function playIfHere() {
    const { task } = state;
    if (toPlay === null || toPlay !== here() || state.heading !== null || !task) return;
    toPlay = null;
    const failure = proof?.counterexample;
    if (failure) actions.predict(playable(task, failure), failure.width);
  }

  /** Draws states and sets. Returns whether something still moves. @param {ProofStatus} of */
  function draw(of) {
    const { inside, palette, reducedMotion, now } = state;
    const states = inside.found.states?.found;
    const isThere = states && states.iteration === of.iteration && states.axes_iteration === of.iteration;
    setHidden(parts.figure, !isThere || !picture);
    if (!states || !isThere || !picture) return false;
    if (areStatesNew(states)) {
      scatter.move(
        states.points.map(({ x, y }) => [x, y]),
        now,
        true,
        reducedMotion,
      );
      version++;
    }
    if (!isLookNew(states, picture, palette.version, version)) return false;
    scatter.include(picture.outlines);
    const leaving = picture.outlines.reduce((sum, outline) => sum + outline.leaving, 0);
    const names = states.states.map((name, kind) => `${shapeOf(kind)} ${name}`);
    setText(parts.legend, describeSets(names, { ...of, leaving }));
    setAttribute(canvas, "aria-label", describeSets(states.states, { ...of, leaving }));
    const labels = states.points.map((point) => states.states.indexOf(point.state));
    return scatter.draw({ palette, labels, path: [], isWalking: false, chosen: -1, sets: picture.outlines }, now);
  }

  return {
    wish({ run, task, moment }) {
      if (!run || !task) return null;
      const about = proof && proof.generation === run.generation && proof.pictures > 0 && task.carried ? proof : null;
      const isKnown = proof?.proofs.some((one) => one.iteration === run.iteration);
      /** @type {Wish[]} */
      const wishes = [
        { call: "proof", query: { picture: LAST }, ...(!moment && isKnown && { iteration: run.iteration }) },
      ];
      if (about) wishes.push({ call: "states", query: { axes: about.iteration }, iteration: about.iteration });
      return wishes;
    },

    update(newest) {
      state = newest;
      const { run, task, inside } = state;
      const found = inside.found.proof?.found;
      if (run && proof?.generation !== run.generation) proof = picture = film = toPlay = begun = null;
      if (found && found.generation === run?.generation && isNew(found) && !search) {
        proof = found;
        if (!film) picture = found.picture ?? null;
        if (found.iteration === begun && found.state !== "running") {
          begun = null;
          if (found.state === "proved") parts.why.open = true;
          setText(parts.spoken, task ? describeProof(task, found) : "");
          if (found.seconds < QUICK && found.pictures > 1 && !state.reducedMotion) watch(found);
        }
      }
      setHidden(parts.body, !proof);
      if (!proof || !task || !run) return false;
      const { state: verdict, seconds, progress, certificate, pictures, iteration, proofs, counterexample } = proof;
      const isRunning = verdict === "running";
      const elsewhere = verdict !== "none" && !isRunning && iteration !== here();
      setText(
        parts.words,
        inARow([
          describeProof(task, proof),
          ...(elsewhere ? [say("You look at iteration {n}.", { n: whole(here()) })] : []),
        ]),
      );
      const isDone = !elsewhere && (verdict === "refuted" || (verdict === "proved" && certificate !== null));
      setHidden(parts.begin, isRunning || search !== null || isDone);
      setHidden(parts.stop, !isRunning && !search);
      setHidden(parts.play, !counterexample);
      setHidden(parts.again, isRunning || search !== null || pictures < 2);
      setHidden(parts.file, !certificate);
      const address = `${up}api/runs/${state.runId}/proof/certificate?iteration=${iteration}`;
      setAttribute(parts.file, "href", certificate && address);
      setText(parts.time, verdict === "none" ? "" : took(seconds));
      setHidden(parts.progress, !isRunning);
      parts.progress.value = progress;
      const { moments, states } = known(proof);
      setText(parts.border, search ? say("Searching from when on …") : describeBorder(moments, states));
      setAttribute(parts.search, "aria-pressed", search !== null);
      setAttribute(parts.search, "aria-disabled", (isRunning && !search) || run.state === "running" ? "true" : null);
      if (areMomentsNew(JSON.stringify(proofs))) drawMoments(proofs);
      playIfHere();
      const isMoving = draw(proof);
      if (isMoving) version++;
      return isMoving;
    },
  };
};
