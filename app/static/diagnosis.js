/** Why nothing comes from the server, in words. */
import { strangerWords } from "./api.js";
import { up } from "./up.js";
import { say } from "./words.js";

/** Milliseconds to wait for a sign of life. */
const PATIENCE = 5000;

/** Asks the server whether it is well. It does so even if it sends nothing else. @returns {Promise<string>} */
export async function diagnosis() {
  const options = { cache: /** @type {const} */ ("no-store"), signal: AbortSignal.timeout(PATIENCE) };
  const answer = await fetch(`${up}healthz`, options).catch(() => null);
  if (!answer) return say("The server does not answer. It may have ended, or the network is down.");
  const health = await answer.json().catch(() => null);
  if (answer.ok && health?.status === "ok")
    return say("The server is there, but something on the way keeps back what it sends.");
  if (health?.detail) return health.detail; // it says why it refuses
  return strangerWords(answer.status);
}
