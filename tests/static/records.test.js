import assert from "node:assert/strict";
import { test } from "node:test";
import { createRecords, KINDS } from "../../app/static/records.js";
import { createWatch } from "../../app/static/over-http.js";

/** A record as the server sends it. */
function record(kind, text = "") {
  const body = new TextEncoder().encode(text);
  const all = new Uint8Array(8 + body.length);
  const view = new DataView(all.buffer);
  view.setUint32(0, kind, true);
  view.setUint32(4, body.length, true);
  all.set(body, 8);
  return all;
}

const joined = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));
const text = (data) => new TextDecoder().decode(data);

const SENT = joined(record(1, "one"), record(0), record(2, "x".repeat(100)), record(3, '{"code":1012,"reason":"end"}'));

for (const size of [1, 3, 8, 50, SENT.length]) {
  test(`records come out whole from pieces of ${size} bytes`, () => {
    const take = createRecords();
    const found = [];
    for (let k = 0; k < SENT.length; k += size) found.push(...take(SENT.slice(k, k + size)));
    assert.deepEqual(
      found.map(({ kind, data }) => [kind, text(data).slice(0, 5)]),
      [
        [KINDS.text, "one"],
        [KINDS.nothing, ""],
        [KINDS.frame, "xxxxx"],
        [KINDS.end, '{"cod'],
      ],
    );
    assert.equal(found[2].data.buffer.byteLength, 100);
  });
}

/** What a page hears over HTTP from a server that gives these answers, until it ends. `null` never answers. */
function heard(answers) {
  const [log, asked] = [[], []];
  globalThis.fetch = (address, { signal }) => {
    asked.push(address);
    const answer = answers.shift();
    if (answer) return Promise.resolve(answer);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const ended = new Promise((resolve) => {
    createWatch(
      "http://lab/events",
      "en",
    )({
      hear: (data) => log.push(typeof data === "string" ? data : data.byteLength),
      ended: (code, reason) => resolve({ log, asked, code, reason }),
    });
  });
  return ended;
}

test("messages are texts, frames are bytes, and the end has a code", async () => {
  assert.deepEqual(await heard([new Response(SENT)]), {
    log: ["one", 100],
    asked: ["http://lab/events?frames=small"],
    code: 1012,
    reason: "end",
  });
});

test("an answer that breaks off is a lost connection", async () => {
  assert.equal((await heard([new Response(SENT.slice(0, 30))])).code, 1006);
});

test("refusals have the codes of a socket, and say why", async () => {
  for (const [status, code] of [
    [404, 1008],
    [503, 1013],
    [502, 1006],
  ]) {
    const { reason, ...told } = await heard([Response.json({ detail: "so" }, { status })]);
    assert.deepEqual([told.code, reason], [code, "so"]);
  }
});

test("where a long answer is kept back, short ones take its place", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const done = heard([
    null,
    new Response(record(1, "a")),
    new Response(record(1, "b")),
    new Response("", { status: 502 }),
  ]);
  let over = false;
  done.then(() => (over = true));
  while (!over) {
    t.mock.timers.tick(5000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { log, asked, code } = await done;
  assert.deepEqual([log, code], [["a", "b"], 1006]);
  assert.deepEqual(asked.slice(1), Array(3).fill("http://lab/events?seconds=0&frames=small"));
});
