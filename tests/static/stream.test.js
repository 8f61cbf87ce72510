import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { backoff } from "../../app/static/backoff.js";
import { createStream, STRANGE } from "../../app/static/stream.js";

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
    this.onopen?.();
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

// Over HTTP, where sockets are blocked

const SECOND = 1000;

/** A stream that may go over HTTP, its log, and the channels over HTTP that it has opened. */
function streamedOver() {
  const log = [];
  const channels = [];
  const watch = (channel) => {
    channels.push(Object.assign(channel, { left: false }));
    return () => (channel.left = true);
  };
  const handlers = {
    open: (overHttp) => log.push(overHttp ? "open over HTTP" : "open"),
    message(message) {
      log.push(message);
      return message.type !== "odd";
    },
    frame(data) {
      log.push(data);
      return data !== "odd";
    },
    waiting: (delay, reason) => log.push(["waiting", reason]),
    gone: (code, reason) => log.push(["gone", code, reason]),
  };
  const send = createStream("ws://lab/", handlers, watch);
  return { log, send, channels };
}

const clock = (t) => t.mock.timers.enable({ apis: ["setTimeout"] });

for (const [how, block] of [
  ["refused", () => sockets[0].close(1006)],
  [
    "opened, and nothing comes",
    (t) => {
      sockets[0].open();
      t.mock.timers.tick(5 * SECOND);
    },
  ],
  ["neither refused nor opened", (t) => t.mock.timers.tick(5 * SECOND)],
]) {
  test(`a socket that is ${how}: it goes on over HTTP`, (t) => {
    clock(t);
    const { log, send, channels } = streamedOver();
    block(t);
    assert.equal(channels.length, 1);
    assert.deepEqual(log, []); // nothing is lost yet
    channels[0].hear('{"type":"status"}');
    const frame = new ArrayBuffer(8);
    channels[0].hear(frame);
    assert.deepEqual(log, ["open over HTTP", { type: "status" }, frame]);
    assert.equal(send({ type: "start" }), false); // commands have calls of their own
  });
}

test("a socket that works is not doubted later", (t) => {
  clock(t);
  const { channels } = streamedOver();
  sockets[0].open();
  sockets[0].onmessage({ data: "{}" });
  t.mock.timers.tick(600 * SECOND);
  assert.equal(sockets.length, 1);
  sockets[0].close(1006);
  t.mock.timers.tick(SECOND);
  assert.deepEqual([sockets.length, channels.length], [2, 0]);
});

test("over HTTP the socket is tried again, and takes over as soon as it speaks", (t) => {
  clock(t);
  const { log, send, channels } = streamedOver();
  sockets[0].close(1006);
  channels[0].hear("{}");
  t.mock.timers.tick(5 * SECOND);
  sockets[1].close(1006);
  assert.equal(channels[0].left, false);
  t.mock.timers.tick(10 * SECOND);
  sockets[2].open();
  assert.equal(channels[0].left, false); // it has said nothing
  sockets[2].onmessage({ data: '{"n":3}' });
  assert.equal(channels[0].left, true);
  assert.deepEqual(log.slice(2), ["open", { n: 3 }]);
  assert.equal(send({ type: "start" }), true);
  t.mock.timers.tick(600 * SECOND);
  assert.equal(sockets.length, 3);
});

test("lost over HTTP, it is found again over HTTP; if not, both ways are tried", (t) => {
  still(t);
  clock(t);
  const { log, channels } = streamedOver();
  sockets[0].close(1006);
  channels[0].hear("{}");
  channels[0].ended(1006, "");
  t.mock.timers.tick(SECOND / 2);
  assert.deepEqual([sockets.length, channels.length], [1, 2]);
  channels[1].ended(1013, "full");
  assert.deepEqual(log.at(-1), ["waiting", "full"]);
  t.mock.timers.tick(SECOND);
  assert.deepEqual([sockets.length, channels.length], [2, 2]);
  sockets[1].close(1006);
  assert.equal(channels.length, 3);
});

test("where neither way works it waits, and says so", (t) => {
  clock(t);
  const { log, channels } = streamedOver();
  sockets[0].close(1006);
  channels[0].ended(1006, "");
  assert.deepEqual(log, [["waiting", ""]]);
});

test("a server that refuses in words is not asked over HTTP", (t) => {
  clock(t);
  const { log, channels } = streamedOver();
  sockets[0].close(1013, "full");
  assert.deepEqual([log, channels.length], [[["waiting", "full"]], 0]);
});

for (const data of ["not JSON", '{"type":"odd"}', "null?"]) {
  test(`a server that says ${data} is another one: that is the end, and it is said`, (t) => {
    clock(t);
    const { log } = streamedOver();
    sockets[0].open();
    sockets[0].onmessage({ data });
    assert.deepEqual(log.at(-1), ["gone", STRANGE, ""]);
    assert.equal(sockets[0].readyState, 3);
    t.mock.timers.tick(600 * SECOND);
    online();
    assert.equal(sockets.length, 1);
  });
}
