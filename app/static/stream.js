/** The socket, which connects again by itself where that makes sense. */

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
 * @property {(retryIn: number) => void} waiting The line is down; it is tried again in so many milliseconds.
 * @property {(code: number, reason: string) => void} gone It will not be tried again.
 */

/** @typedef {SpeedCommand | { type: Command }} SocketCommand */

/** Gone away, lost, server fault, restart, try later. */
const PASSING = [1001, 1006, 1011, 1012, 1013];

/** Jitter keeps a class from coming back at once. @param {number} attempt */
export function backoff(attempt, random = Math.random) {
  return Math.min(15_000, 500 * 2 ** attempt) * (0.5 + random());
}

/**
 * What it returns sends, and says whether it could.
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
    socket = new WebSocket(url);
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
