import assert from "node:assert/strict";
import { test } from "node:test";

/** A socket that a test speaks through. */
class Socket {
  static made = [];

  constructor(url) {
    this.url = url;
    Socket.made.push(this);
  }

  dispatchEvent(event) {
    this[`on${event.type}`]?.(event);
  }
}

const text = (data) => new MessageEvent("message", { data });
const frame = (size) => new MessageEvent("message", { data: new ArrayBuffer(size) });
const light = () => new MessageEvent("message", { data: new TextEncoder().encode('{"light":"true"}').buffer });

/** The module as it runs in a page that names its stream so, or names none. */
async function loaded(t, address) {
  Socket.made = [];
  const before = { document: globalThis.document, WebSocket: globalThis.WebSocket };
  t.after(() => Object.assign(globalThis, before));
  globalThis.WebSocket = Socket;
  globalThis.document = {
    baseURI: "https://lab.example/course/runs/ours",
    querySelector: () => (address ? { getAttribute: () => address } : null),
  };
  return import(`../../app/static/early.js?${t.name}`);
}

test("the socket of the page's stream is opened at once, below any prefix", async (t) => {
  const { streamAddress } = await loaded(t, "../api/runs/ours/stream?lang=en");
  assert.equal(streamAddress, "wss://lab.example/course/api/runs/ours/stream?lang=en");
  assert.deepEqual(
    Socket.made.map(({ url, binaryType }) => [url, binaryType]),
    [[streamAddress, "arraybuffer"]],
  );
});

test("who takes it is told what it has heard, of frames only the newest whole one", async (t) => {
  const { openSocket, streamAddress } = await loaded(t, "api/stream");
  const [early] = Socket.made;
  const events = [new Event("open"), text("status"), frame(1), frame(2), text("another"), frame(3), light()];
  for (const event of events) early.dispatchEvent(event);
  const heard = [];
  const socket = openSocket(streamAddress);
  assert.equal(socket, early);
  socket.onopen = () => heard.push("open");
  socket.onmessage = ({ data }) => heard.push(data.byteLength ?? data);
  assert.deepEqual(heard, [], "not before the caller has set all handlers");
  await Promise.resolve();
  assert.deepEqual(heard, ["open", "status", "another", 3]);
  early.dispatchEvent(text("later"));
  assert.deepEqual(heard.at(-1), "later");
});

test("it is taken once, and for its own address only", async (t) => {
  const { openSocket, streamAddress } = await loaded(t, "api/stream");
  const [early] = Socket.made;
  assert.equal(openSocket(streamAddress), early);
  assert.notEqual(openSocket(streamAddress), early);
  assert.notEqual(openSocket("wss://lab.example/another"), early);
  assert.equal(Socket.made.length, 3);
});

test("a page without a stream opens none", async (t) => {
  const { streamAddress } = await loaded(t, null);
  assert.deepEqual([streamAddress, Socket.made], ["", []]);
});
