/**
 * The stream of a run: a socket, or plain HTTP where sockets are blocked. It connects again by itself if that makes
 * sense.
 */
import { backoff } from "./backoff.js";
import { openSocket } from "./early.js";

/**
 * @import { Command } from "./api.js"
 * @import { Watch } from "./over-http.js"
 * @import { MilestonesMessage, PresenterMessage, ProblemMessage, ShowCommand, SpeedCommand, StatusMessage } from "./wire.d.ts"
 */

/** @typedef {StatusMessage | MilestonesMessage | PresenterMessage | ProblemMessage} SocketMessage */

/**
 * @typedef {object} StreamHandlers
 * @property {(overHttp: boolean) => void} open The server has begun to speak.
 * @property {(message: SocketMessage) => unknown} message Returns false if it can't be understood, as `frame` does.
 * @property {(buffer: ArrayBuffer) => unknown} frame
 * @property {(retryIn: number, reason: string) => void} waiting
 *   The connection is down. It is tried again in `retryIn` milliseconds.
 * @property {(code: number, reason: string) => void} gone It will not be tried again.
 */

/** @typedef {SpeedCommand | ShowCommand | { type: Command }} SocketCommand */

/** Close codes after which it connects again: going away, lost, server error, restart, try later. */
const PASSING = [1001, 1006, 1011, 1012, 1013];
/** The close code for a socket that never opened, or was lost without a word. */
const LOST = 1006;
/** Our own code: what the server says can't be understood. */
export const STRANGE = 4000;
/** Milliseconds to wait for the first word over a socket. Some proxies neither pass it on nor refuse it. */
const PATIENCE = 5000;
/**
 * Milliseconds until a socket is tried again while the stream goes on over HTTP: soon, since the machine may only have
 * been busy, and each time later.
 */
const SOCKET_AGAIN = { first: 5000, longest: 60_000 };

/**
 * The returned function sends a message, and returns whether it could. `watch` opens the stream over HTTP; without it
 * there is only the socket.
 * @type {(url: string, handlers: StreamHandlers, watch?: Watch) => (message: SocketCommand) => boolean}
 */
export function createStream(url, handlers, watch) {
  /** The socket that the page listens to. @type {WebSocket | null} */
  let socket = null;
  /** Leaves the stream over HTTP. @type {(() => void) | null} */
  let leave = null;
  let attempt = 0;
  let timer = 0;
  let pause = SOCKET_AGAIN.first;
  /** Whether only HTTP worked the last time. */
  let blocked = false;

  function connect() {
    clearTimeout(timer);
    timer = 0;
    if (blocked) return goOver();
    socket = listen({
      heard(data, first) {
        if (first) handlers.open(false);
        take(data);
      },
      lost: (code, reason, spoke) => lose(code, reason, !spoke),
    });
  }

  /** Takes what was heard, and ends the stream if it can't be understood. @param {string | ArrayBuffer} data */
  function take(data) {
    attempt = 0; // not on open: a server may accept and close at once
    if (understood(data)) return;
    close();
    handlers.gone(STRANGE, "");
  }

  /** @param {string | ArrayBuffer} data */
  function understood(data) {
    if (typeof data !== "string") return handlers.frame(data) !== false;
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return false;
    }
    return handlers.message(message) !== false;
  }

  function close() {
    clearTimeout(timer);
    timer = 0;
    leave?.();
    const open = socket;
    socket = leave = null;
    open?.close();
  }

  /** @type {(code: number, reason: string, never: boolean) => void} */
  function lose(code, reason, never) {
    close();
    if (!PASSING.includes(code)) return handlers.gone(code, reason);
    if (watch && never && code === LOST && !blocked) return goOver();
    blocked &&= !never; // next time both ways are tried
    const delay = backoff(attempt++);
    timer = setTimeout(connect, delay);
    handlers.waiting(delay, reason);
  }

  function goOver() {
    let spoke = false;
    blocked = true;
    pause = SOCKET_AGAIN.first;
    leave =
      watch?.({
        hear(data) {
          if (!spoke) {
            spoke = true;
            handlers.open(true);
            timer = setTimeout(trySocket, pause);
          }
          take(data);
        },
        ended: (code, reason) => lose(code, reason, !spoke),
      }) ?? null;
  }

  /** While the stream goes on over HTTP. As soon as a socket speaks, it takes over. */
  function trySocket() {
    const candidate = listen({
      heard(data, first) {
        if (first) {
          if (!leave) return candidate.close(); // meanwhile the stream was lost
          close();
          socket = candidate;
          blocked = false;
          handlers.open(false);
        }
        take(data);
      },
      lost(code, reason, spoke) {
        if (spoke && socket === candidate) lose(code, reason, false);
        else if (leave) timer = setTimeout(trySocket, (pause = Math.min(SOCKET_AGAIN.longest, 2 * pause)));
      },
    });
  }

  /**
   * Opens a socket. It is `lost` once, and after that nothing more is heard.
   * @param {{ heard: (data: string | ArrayBuffer, first: boolean) => void,
   *   lost: (code: number, reason: string, spoke: boolean) => void }} told
   */
  function listen({ heard, lost }) {
    const opened = openSocket(url);
    let [spoke, over] = [false, false];
    /** @type {(code: number, reason: string) => void} */
    const end = (code, reason) => {
      clearTimeout(patience);
      if (over) return;
      over = true;
      opened.close();
      lost(code, reason, spoke);
    };
    const patience = watch && setTimeout(() => end(LOST, ""), PATIENCE);
    opened.binaryType = "arraybuffer";
    opened.onmessage = ({ data }) => {
      if (over) return;
      clearTimeout(patience);
      const first = !spoke;
      spoke = true;
      heard(data, first);
    };
    opened.onclose = ({ code, reason }) => end(code, reason);
    return opened;
  }

  addEventListener("online", () => timer && !leave && connect());
  connect();

  return (message) => {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  };
}
