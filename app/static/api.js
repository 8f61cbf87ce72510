/** The HTTP calls. An Error's message is a sentence for people; its `errors` name the fields at fault. */

/** @type {Call} */
async function call(path, method = "GET", body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method, headers, body: JSON.stringify(body) }).catch(() => {
    throw new Error("The server does not answer.");
  });
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  // A problem as in RFC 9457.
  const message = answer?.detail ?? answer?.title ?? `The server answered ${response.status}.`;
  throw Object.assign(new Error(message), { errors: answer?.errors ?? [] });
}

/** @type {Api} */
export const api = {
  task: (id) => call(`/api/runs/${id}/task`),
  accuracy: (id) => call(`/api/runs/${id}/accuracy`),
  engine: () => call("/api/engine"),
  command: (id, name, body = {}) => call(`/api/runs/${id}/${name}`, "POST", body),
  change: (id, values) => call(`/api/runs/${id}`, "PATCH", values),
  predict: (id, operands) => call("/predict", "POST", { ...operands, run: id }),
  answers: (id, query) => call(`/api/runs/${id}/answers?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))}`),
  errors: (id, start, stop, points) => call(`/api/runs/${id}/errors?start=${start}&stop=${stop}&points=${points}`),
};
