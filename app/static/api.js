/** The HTTP calls. An Error's message is a sentence for people; its `errors` name the fields at fault. */

const silence = () => {
  throw new Error("The server does not answer.");
};

/** @type {Call} */
async function call(path, method = "GET", body, signal) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method, headers, body: JSON.stringify(body), signal }).catch(silence);
  if (response.headers.get("Content-Type") === "application/octet-stream") return response.arrayBuffer().catch(silence);
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  // A problem as in RFC 9457.
  const message = answer?.detail ?? answer?.title ?? `The server answered ${response.status}.`;
  throw Object.assign(new Error(message), { errors: answer?.errors ?? [] });
}

/** @type {Api} */
export const api = {
  task: (id) => call(`/api/runs/${id}/task`),
  accuracy: (id, iteration) => call(`/api/runs/${id}/accuracy${iteration === undefined ? "" : `?iteration=${iteration}`}`),
  moment: (id, iteration, signal) => call(`/api/runs/${id}/iterations/${iteration}`, "GET", undefined, signal),
  create: (values) => call("/api/runs", "POST", values),
  engine: () => call("/api/engine"),
  command: (id, name, body = {}) => call(`/api/runs/${id}/${name}`, "POST", body),
  change: (id, values) => call(`/api/runs/${id}`, "PATCH", values),
  predict: (id, operands, iteration) => call("/predict", "POST", { ...operands, run: id, iteration }),
  errors: (id, start, stop, points) => call(`/api/runs/${id}/errors?start=${start}&stop=${stop}&points=${points}`),
};
