/** The HTTP calls. An Error's message is a sentence for people. */

/** @param {string} path @param {unknown} [body] */
async function call(path, method = "GET", body) {
  const headers = { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}) };
  const response = await fetch(path, { method, headers, body: JSON.stringify(body) }).catch(() => {
    throw new Error("The server does not answer.");
  });
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  // A problem as in RFC 9457.
  throw new Error(answer?.detail ?? answer?.title ?? `The server answered ${response.status}.`);
}

/** @type {Api} */
export const api = {
  task: (id) => call(`/api/runs/${id}/task`),
  accuracy: (id) => call(`/api/runs/${id}/accuracy`),
  engine: () => call("/api/engine"),
  command: (id, name) => call(`/api/runs/${id}/${name}`, "POST", {}),
  setSpeed: (id, speed) => call(`/api/runs/${id}`, "PATCH", { speed }),
  predict: (id, a, b) => call(`/predict?a=${a}&b=${b}&run=${id}`),
  errors: (id, start, stop, points) => call(`/api/runs/${id}/errors?start=${start}&stop=${stop}&points=${points}`),
};
