/** The socket. It connects again by itself if that makes sense. */
import { openSocket } from "./early.js";

/**
 * @import { Command } from "./api.js"
 * @import { ProblemMessage, SpeedCommand, StatusMessage } from "./wire.d.ts"
 */

/** @typedef {StatusMessage | ProblemMessage} SocketMessage */

/**
 * @typedef {object} StreamHandlers
 * @property {() => void} open
 * @property {(message: SocketMessage) => void} message
 * @property {(buffer: ArrayBuffer) => void} frame
 * @property {(retryIn: number) => void} waiting The connection is down. It is tried again in `retryIn` milliseconds.
 * @property {(code: number, reason: string) => void} gone It will not be tried again.
 */

/** @typedef {SpeedCommand | { type: Command }} SocketCommand */

/** Close codes after which it connects again: going away, lost, server error, restart, try later. */
const PASSING = [1001, 1006, 1011, 1012, 1013];

/**
 * Milliseconds until the next try. Random jitter keeps the browsers of a class from all trying at once.
 * @param {number} attempt
 */
export function backoff(attempt, random = Math.random) {
  return Math.min(15_000, 500 * 2 ** attempt) * (0.5 + random());
}

/**
 * The returned function sends a message, and returns whether it could.
 * @type {(url: string, handlers: StreamHandlers) => (message: SocketCommand) => boolean}
 */
export function createStream(url, handlers) {
  /** @type {WebSocket} */
  let socket;
  let attempt = 0;
  let timer = 0;

  function connect() {
    clearTimeout(timer);
    timer = 0;
    socket = openSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = handlers.open;
    socket.onmessage = ({ data }) => {
      attempt = 0; // not on open: a server may accept and close at once
      if (typeof data === "string") handlers.message(JSON.parse(data));
      else handlers.frame(data);
    };
    socket.onclose = ({ code, reason }) => {
      if (!PASSING.includes(code)) return handlers.gone(code, reason);
      const delay = backoff(attempt++);
      timer = setTimeout(connect, delay);
      handlers.waiting(delay);
    };
  }

  addEventListener("online", () => timer && connect());
  connect();

  return (message) => {
    if (socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  };
}
