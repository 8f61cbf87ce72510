/** What visitors of a class do: who they are, and copies of their own. It comes with the bar for visitors. */
import { api } from "./api.js";
import { up } from "./up.js";

/** @import { State } from "./state.js" */

/** Who looks at this page. A visitor gets the cookie that copies belong to. */
export const askMe = () => api.me();

/**
 * Creates a copy that begins at what is shown, and opens it.
 * @type {(state: State) => Promise<void>}
 */
export async function takeCopy({ run, moment }) {
  if (!run) return;
  const from = { run: run.id, iteration: (moment ?? run).iteration };
  const { id } = await api.create({ from, ...(run.speed_chosen === false ? {} : { speed: run.speed }) });
  location.assign(addressOf(id));
}

/** The address of the run that the class shares. */
export const classAddress = up || "./";

/** The address of a run. @param {string} id */
export const addressOf = (id) => `${up}runs/${id}`;
