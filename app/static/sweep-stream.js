/** Watches one sweep: over its socket or, where sockets are blocked, by asking again and again. */
import { call } from "./api.js";
import { backoff } from "./backoff.js";
import { up } from "./up.js";

/** @import { SweepMessage, SweepStatus } from "./wire.d.ts" */

/** Milliseconds between two questions where there is no socket. */
const PAUSE = 2000;
/** The close code for an unknown or deleted sweep. */
const GONE = 1008;

/**
 * @typedef {object} Handlers
 * @property {(news: SweepMessage | SweepStatus) => void} news
 * @property {(open: boolean) => void} connection
 * @property {(reason: string) => void} gone The sweep is not there any more.
 */

/** The returned function ends it. @type {(id: string, handlers: Handlers) => () => void} */
export function watch(id, handlers) {
  /** @type {WebSocket | null} */
  let socket = null;
  let [timer, attempt, over, spoke] = [0, 0, false, false];

  function connect() {
    const { lang } = document.documentElement;
    const url = new URL(`${up}api/sweeps/${id}/stream?lang=${lang}`, document.baseURI).href.replace("http", "ws");
    socket = new WebSocket(url);
    socket.onmessage = ({ data }) => {
      if (over) return;
      [attempt, spoke] = [0, true];
      handlers.connection(true);
      handlers.news(JSON.parse(data));
    };
    socket.onclose = ({ code, reason }) => {
      if (over) return;
      if (code === GONE) return handlers.gone(reason);
      handlers.connection(false);
      if (spoke) timer = setTimeout(connect, backoff(attempt++));
      else ask();
    };
  }

  /** Asks once, and later again. */
  async function ask() {
    try {
      const status = await call(`api/sweeps/${id}`);
      if (over) return;
      handlers.connection(true);
      handlers.news(/** @type {SweepStatus} */ (status));
    } catch (error) {
      const { status, message } = /** @type {{ status?: number, message: string }} */ (error);
      if (over) return;
      if (status === 404) return handlers.gone(message);
      handlers.connection(false);
    }
    timer = setTimeout(++attempt % 5 ? ask : connect, PAUSE);
  }

  connect();
  return () => {
    over = true;
    clearTimeout(timer);
    socket?.close();
  };
}
