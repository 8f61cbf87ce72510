/** The HTTP calls. An Error's message is a sentence for people; its `errors` name the fields at fault, and it has a
 * status where the server answered. */
import { decodeErrors } from "./frames.js";
import { say } from "./words.js";

const FILE = "application/octet-stream";

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
async function call(path, method = "GET", body, signal, accept = "*/*") {
  const file = body instanceof Blob;
  const headers = { "Content-Type": file ? FILE : "application/json", "Accept": accept, "Accept-Language": document.documentElement.lang };
  const response = await fetch(path, { method, headers, body: file ? body : JSON.stringify(body), signal }).catch(silence);
  if (response.ok && response.headers.get("Content-Type") === FILE) {
    const [, name] = /"(.+)"/.exec(response.headers.get("Content-Disposition") ?? "") ?? [];
    return /** @type {T} */ (new File([await response.blob().catch(silence)], name));
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  // A problem as in RFC 9457.
  const message = answer?.detail ?? answer?.title ?? say("The server answered {status}.", { status: response.status });
  throw Object.assign(new Error(message), { errors: answer?.errors ?? [], status: response.status });
}

/** @type {Api} */
export const api = {
  runs: () => call("/api/runs"),
  deleted: () => call("/api/runs/deleted"),
  run: (id) => call(`/api/runs/${id}`),
  changes: (id) => call(`/api/runs/${id}/changes`),
  overview: (id, points, history) => call(`/api/runs/${id}/overview?points=${points}${history ? `&history=${history}` : ""}`),
  create: (wanted) => call("/api/runs", "POST", wanted),
  remove: (id) => call(`/api/runs/${id}`, "DELETE"),
  restore: (id) => call(`/api/runs/${id}/restore`, "POST", {}),
  checkpoint: (id) => call(`/api/runs/${id}/checkpoint`),
  bringIn: (name, file) => call(`/api/runs/import?name=${encodeURIComponent(name)}`, "POST", file),
  task: (id) => call(`/api/runs/${id}/task`),
  accuracy: (id, iteration) => call(`/api/runs/${id}/accuracy${iteration === undefined ? "" : `?iteration=${iteration}`}`),
  moment: (id, iteration, signal) => call(`/api/runs/${id}/iterations/${iteration}`, "GET", undefined, signal).then((file) => file.arrayBuffer()),
  check: (config) => call("/api/config", "POST", { config }),
  engine: (run) => call(`/api/engine?run=${run}`),
  command: (id, name, body = {}) => call(`/api/runs/${id}/${name}`, "POST", body),
  change: (id, values) => call(`/api/runs/${id}`, "PATCH", values),
  predict: (id, operands, iteration) => call("/predict", "POST", { ...operands, run: id, iteration }),
  answers: (id, query) => call(`/api/runs/${id}/answers?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))}`),
  async errors(id, start, stop, points) {
    const query = `start=${start}&stop=${stop}${points ? `&points=${points}` : ""}`;
    const file = await call(`/api/runs/${id}/errors?${query}`, "GET", undefined, undefined, FILE);
    return decodeErrors(await file.arrayBuffer());
  },
};
