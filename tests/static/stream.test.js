import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { backoff, createStream } from "../../app/static/stream.js";

/** The sockets that the page has opened, oldest first. */
let sockets = [];
/** What the page does when the machine is on the network again. */
let online = () => {};

class FakeSocket {
  static OPEN = 1;

  constructor(url) {
    Object.assign(this, { url, readyState: 0, sent: [] });
    sockets.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }

  close(code, reason = "") {
    this.readyState = 3;
    this.onclose({ code, reason });
  }
}

globalThis.WebSocket = FakeSocket;
globalThis.addEventListener = (name, listener) => {
  assert.equal(name, "online");
  online = listener;
};

beforeEach(() => {
  sockets = [];
});

/** A stream, and the log of its calls. */
function streamed() {
  const log = [];
  const send = createStream("ws://lab/", {
    open: () => log.push("open"),
    message: (message) => log.push(message),
    frame: (data) => log.push(data),
    waiting: (delay) => log.push(["waiting", delay]),
    gone: (code, reason) => log.push(["gone", code, reason]),
  });
  return { log, send };
}

/** Sets the jitter to its middle, so that a wait has exactly its nominal length. */
const still = (t) => t.mock.method(Math, "random", () => 0.5);

test("waits double up to a limit, and jitter spreads them from a half to one and a half", () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 20].map((attempt) => backoff(attempt, () => 0.5));
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  assert.deepEqual([backoff(0, () => 0), backoff(0, () => 1)], [250, 750]);
});

test("text is a message, the rest a frame, whose bytes are at hand at once", () => {
  const { log } = streamed();
  assert.equal(sockets[0].binaryType, "arraybuffer");
  sockets[0].open();
  sockets[0].onmessage({ data: '{"type":"status"}' });
  const data = new ArrayBuffer(8);
  sockets[0].onmessage({ data });
  assert.deepEqual(log, ["open", { type: "status" }, data]);
});

test("it says whether something could be sent", () => {
  const { send } = streamed();
  assert.equal(send({ type: "start" }), false);
  sockets[0].open();
  assert.equal(send({ type: "start" }), true);
  assert.deepEqual(sockets[0].sent, [{ type: "start" }]);
});

test("it comes back each time later, and from the beginning once the server has spoken", (t) => {
  still(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { log } = streamed();
  sockets[0].close(1006);
  t.mock.timers.tick(500);
  assert.equal(sockets.length, 2);
  sockets[1].open(); // it accepts and closes at once: that is no success
  sockets[1].close(1013);
  t.mock.timers.tick(999);
  assert.equal(sockets.length, 2);
  t.mock.timers.tick(1);
  assert.equal(sockets.length, 3);
  sockets[2].open();
  sockets[2].onmessage({ data: "{}" });
  sockets[2].close(1012);
  const waits = log.filter((told) => Array.isArray(told)).map(([, delay]) => delay);
  assert.deepEqual(waits, [500, 1000, 500]);
});

for (const code of [1001, 1006, 1011, 1012, 1013]) {
  test(`close code ${code} passes`, (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { log } = streamed();
    sockets[0].close(code);
    assert.equal(log[0][0], "waiting");
    t.mock.timers.tick(1000);
    assert.equal(sockets.length, 2);
  });
}

for (const code of [1000, 1003, 1008, 1009]) {
  test(`close code ${code} is the end, and says why`, (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { log } = streamed();
    sockets[0].close(code, "deleted");
    assert.deepEqual(log, [["gone", code, "deleted"]]);
    t.mock.timers.tick(60_000);
    assert.equal(sockets.length, 1);
  });
}

test("back on the network it does not wait any longer, and opens one socket only", (t) => {
  still(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  streamed();
  online();
  assert.equal(sockets.length, 1); // it was not waiting
  sockets[0].close(1006);
  online();
  assert.equal(sockets.length, 2);
  t.mock.timers.tick(60_000);
  assert.equal(sockets.length, 2);
});
