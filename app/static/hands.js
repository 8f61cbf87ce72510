/** What hands do to weights: branches that begin with edits, and the way back. It comes with the tools. */
import { api } from "./api.js";
import { whole } from "./format.js";
import { keepHand, originOf, rememberOrigin } from "./origins.js";
import { up } from "./up.js";
import { say } from "./words.js";

/**
 * @import { Edit } from "./edits.js"
 * @import { State } from "./state.js"
 */

/**
 * Creates a branch that begins at what is shown with these edits, and opens it. It trains on if the run trained.
 * @type {(state: State, edits: Edit[]) => Promise<void>}
 */
export async function branchWith({ run, runId, moment, hand }, edits) {
  if (!run) return;
  const iteration = moment?.iteration ?? run.iteration;
  const base = originOf(runId)?.base ?? run.name;
  const made = await api.create({
    from: { run: runId, iteration },
    edits,
    name: say("{name}, changed at {n}", { name: base, n: whole(iteration) }).slice(0, 60),
    ...(run.speed_chosen === false ? {} : { speed: run.speed }),
  });
  const goesOn = !moment && run.state === "running";
  const rested = goesOn && run.viewers <= 1 && run.access === "command"; // nobody else watches it
  if (rested) await api.command(runId, "pause");
  if (goesOn && made.state === "paused") await api.command(made.id, "start");
  rememberOrigin(made.id, { from: runId, name: run.name, base, rested });
  keepHand(hand);
  location.assign(`${up}runs/${made.id}`);
}

/** Goes back to the run that this one was made of. If nobody else watches this one, it is deleted. @param {State} state */
export async function goBack({ run, runId, hand }) {
  const origin = originOf(runId);
  if (!origin) return;
  if ((run?.viewers ?? 0) <= 1) await api.remove(runId);
  if (origin.rested) await api.command(origin.from, "start").catch(() => null); // it may have ended meanwhile
  keepHand(hand);
  location.assign(origin.from === "main" ? up || "./" : `${up}runs/${origin.from}`);
}
