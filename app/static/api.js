/**
 * The HTTP calls. An Error's message is a sentence for people. Its `errors` name the fields that are wrong. It has a
 * status if the server answered.
 */
import { completed } from "./changes.js";
import { decodeErrors, decodePicture } from "./frames.js";
import { up } from "./up.js";
import { say } from "./words.js";

/**
 * @import { Changes } from "./address.js"
 * @import { Whole } from "./frames.js"
 * @import { ErrorSummary } from "./series.js"
 * @import { Found, RunConfig } from "./state.js"
 * @import { Accuracy, Answer, Answers, AuditLine, CreateRun, EngineStatus as Engine, Glossary, Me, Milestone, Overview, PatchRun,
 *   ProgramDocument, ProofStatus, ResetRun, RunStatus, StepRun, TaskDescription as Task, Why } from "./wire.d.ts"
 */

/**
 * Values as people type them: a text may stand in place of a number. The server then refuses it and says why.
 * @template T
 * @typedef {{ [name in keyof T]: T[name] | string }} Typed
 */

/**
 * The HTTP calls. Most of them take the id of a run.
 * @typedef {object} Api
 * @property {() => Promise<RunStatus[]>} runs
 * @property {(last: number) => Promise<AuditLine[]>} audit The latest commands, the newest first.
 * @property {() => Promise<RunStatus[]>} deleted Deleted runs that can be restored, the latest first.
 * @property {() => Promise<Me>} me Who one is. A visitor without a cookie gets one.
 * @property {(id: string) => Promise<RunStatus>} run
 * @property {(run: RunStatus) => Promise<RunStatus>} whole The status with all changes of the learning rate.
 * @property {(id: string, points: number, history?: number) => Promise<Overview>} overview
 *   With at most `history` earlier accuracies.
 * @property {(wanted: Typed<CreateRun>) => Promise<RunStatus>} create
 * @property {(id: string) => Promise<void>} remove
 * @property {(id: string) => Promise<RunStatus>} restore
 * @property {(id: string) => Promise<File>} checkpoint
 * @property {(name: string, file: File) => Promise<RunStatus>} bringIn
 * @property {(id: string) => Promise<Task>} task
 * @property {(id: string, names: ProgramNames) => Promise<ProgramDocument>} program
 * @property {(id: string) => Promise<Milestone[]>} milestones
 * @property {(id: string, iteration?: number) => Promise<Accuracy>} accuracy
 *   The accuracy now, or after `iteration` iterations. `predict` takes the same argument.
 * @property {(id: string, iteration: number, signal?: AbortSignal) => Promise<ArrayBuffer>} moment A frame.
 * @property {(run: string) => Promise<Engine>} engine
 * @property {() => Promise<Glossary>} glossary The words of the lab, in the language of the page.
 * @property {(part: "tour" | "inside" | "visitor" | "class") => Promise<Record<string, string | string[]>>} words
 *   The texts of what is fetched later, in the language of the page.
 * @property {(config: Changes) => Promise<RunConfig>} check
 * @property {(id: string, name: Command, body?: ResetRun | StepRun) => Promise<RunStatus>} command
 * @property {(id: string, values: Typed<PatchRun>) => Promise<RunStatus>} change A speed of null is unlimited.
 * @property {(id: string, operands: Record<string, number>, iteration?: number) => Promise<Answer>} predict
 * @property {(id: string, query: Record<string, Whole>, iteration?: number) => Promise<ArrayBuffer>} trace
 *   A frame of a problem of any length.
 * @property {(id: string, query: Record<string, number>) => Promise<Answers>} answers
 * @property {(id: string, operands: Record<string, number>, iteration: number) => Promise<Why>} why
 * @property {<C extends keyof Found>(id: string, call: C, query: Record<string, number>, iteration?: number) =>
 *   Promise<Found[C]>} inside What is inside the network now, or after `iteration` iterations.
 * @property {(id: string, method: "GET" | "POST" | "DELETE", values?: Record<string, number>) => Promise<ProofStatus>} proof
 *   Tells about a proof, begins one, or cancels it.
 * @property {(id: string, start: number, stop: number, points?: number) => Promise<ErrorSummary>} errors
 *   Without `points`, every error by itself, in the precision that the lab keeps.
 * @property {(id: string, start: number, stop: number) => Promise<ErrorSummary>} exactErrors
 *   Every error by itself, with all its digits.
 */

/** The names in a program: those of the formulas, or those of the script. @typedef {"formulas" | "script"} ProgramNames */

/** @typedef {"start" | "pause" | "step" | "reset" | "reset/undo"} Command */

const FILE = "application/octet-stream";

const NO_CONTENT = 204;

/** Milliseconds to wait for what the server has at hand. */
const PATIENCE = 20_000;

/** What answers is not this server, since it sends no JSON. @param {number} status */
export const strangerWords = (status) =>
  status >= 502
    ? say("The proxy answers, but the server behind it does not. It may have ended.")
    : say("Another program answers at this address: the server may have ended.");

const silence = () => {
  throw new Error(say("The server does not answer."));
};

/**
 * @template T
 * @param {string} path
 * @param {string} method
 * @param {unknown} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function call(path, method = "GET", body, signal, accept = "*/*") {
  const file = body instanceof Blob;
  const headers = {
    "Content-Type": file ? FILE : "application/json",
    Accept: accept,
    "Accept-Language": document.documentElement.lang,
  };
  const response = await fetch(up + path, { method, headers, body: file ? body : JSON.stringify(body), signal }).catch(
    silence,
  );
  if (response.ok && response.headers.get("Content-Type") === FILE) {
    const [, name] = /"(.+)"/.exec(response.headers.get("Content-Disposition") ?? "") ?? [];
    return /** @type {T} */ (new File([await response.blob().catch(silence)], name));
  }
  const answer = await response.json().catch(() => null);
  if (answer === null && response.status !== NO_CONTENT) throw new Error(strangerWords(response.status));
  if (response.ok) return answer;
  // A problem document (RFC 9457).
  const message = answer?.detail ?? answer?.title ?? say("The server answered {status}.", { status: response.status });
  throw Object.assign(new Error(message), { errors: answer?.errors ?? [], status: response.status });
}

/** @type {(id: string, query: string) => Promise<ErrorSummary>} */
async function errorsOf(id, query) {
  const file = await call(`api/runs/${id}/errors?${query}`, "GET", undefined, undefined, FILE);
  return decodeErrors(await file.arrayBuffer());
}

/** @param {Record<string, Whole>} values */
const queryOf = (values) => new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)]));

/** @type {Api} */
export const api = {
  runs: () => call("api/runs", "GET", undefined, AbortSignal.timeout(PATIENCE)),
  audit: (last) => call(`api/audit?last=${last}`),
  deleted: () => call("api/runs/deleted"),
  run: (id) => call(`api/runs/${id}`, "GET", undefined, AbortSignal.timeout(PATIENCE)),
  async whole(run) {
    return run.changes_left_out ? completed(run, await call(`api/runs/${run.id}/changes`)) : run;
  },
  overview: (id, points, history) =>
    call(`api/runs/${id}/overview?points=${points}${history ? `&history=${history}` : ""}`),
  create: (wanted) => call("api/runs", "POST", wanted),
  remove: (id) => call(`api/runs/${id}`, "DELETE"),
  restore: (id) => call(`api/runs/${id}/restore`, "POST", {}),
  checkpoint: (id) => call(`api/runs/${id}/checkpoint`),
  bringIn: (name, file) => call(`api/runs/import?name=${encodeURIComponent(name)}`, "POST", file),
  program: (id, names) => call(`api/runs/${id}/program?names=${names}`),
  task: (id) => call(`api/runs/${id}/task`),
  milestones: (id) => call(`api/runs/${id}/milestones`),
  accuracy: (id, iteration) =>
    call(`api/runs/${id}/accuracy${iteration === undefined ? "" : `?iteration=${iteration}`}`),
  moment: (id, iteration, signal) =>
    call(`api/runs/${id}/iterations/${iteration}`, "GET", undefined, signal).then((file) => file.arrayBuffer()),
  check: (config) => call("api/config", "POST", { config }),
  glossary: () => call("api/glossary"),
  me: () => call("api/me"),
  words: (part) => call(`api/words/${part}`),
  engine: (run) => call(`api/engine?run=${run}`),
  command: (id, name, body = {}) => call(`api/runs/${id}/${name}`, "POST", body),
  change: (id, values) => call(`api/runs/${id}`, "PATCH", values),
  predict: (id, operands, iteration) => call("predict", "POST", { ...operands, run: id, iteration }),
  async trace(id, query, iteration) {
    const file = await call(
      `api/runs/${id}/trace?${queryOf(iteration === undefined ? query : { ...query, iteration })}`,
    );
    return file.arrayBuffer();
  },
  answers: (id, query) => call(`api/runs/${id}/answers?${queryOf(query)}`),
  why: (id, operands, iteration) => call(`api/runs/${id}/why?${queryOf({ ...operands, iteration })}`),
  async inside(id, name, query, iteration) {
    const asked = queryOf(iteration === undefined ? query : { ...query, iteration });
    const found = await call(`api/runs/${id}/${name}?${asked}`);
    return found instanceof File ? decodePicture(await found.arrayBuffer()) : found;
  },
  proof: (id, method, values = {}) =>
    method === "GET"
      ? call(`api/runs/${id}/proof?${queryOf(values)}`)
      : call(`api/runs/${id}/proof`, method, method === "POST" ? values : undefined),
  errors: (id, start, stop, points) =>
    errorsOf(id, `start=${start}&stop=${stop}&${points ? `points=${points}` : "precision=single"}`),
  exactErrors: (id, start, stop) => errorsOf(id, `start=${start}&stop=${stop}`),
};
