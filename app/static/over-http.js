/**
 * The stream over HTTP, for those whose WebSockets are blocked. It is one long answer. If something on the way keeps
 * that back until it is complete, short answers take its place.
 */
import { createRecords, KINDS } from "./records.js";

/**
 * @typedef {object} Channel
 * @property {(data: string | ArrayBuffer) => void} hear A message, or a frame.
 * @property {(code: number, reason: string) => void} ended With the codes of a socket.
 */

/** Opens a stream. The returned function leaves it. @typedef {(channel: Channel) => () => void} Watch */

/** Milliseconds to wait for the first record. */
const PATIENCE = 5000;
/** Milliseconds without any record after which the stream is dead: the server sends an empty one every 15 seconds. */
const SILENCE = 40_000;
/** Milliseconds between two short answers. */
const PAUSE = 700;

/** Close codes for answers that are refused. */
const CODES = new Map([
  [404, 1008],
  [503, 1013],
]);

/** @type {(address: string, language: string) => Watch} */
export const createWatch = (address, language) => (channel) => {
  const leaving = new AbortController();
  const headers = { "Accept-Language": language };

  /** Ends the stream, unless it was left. @type {(code: number, reason: string) => void} */
  function end(code, reason) {
    if (leaving.signal.aborted) return;
    leaving.abort();
    channel.ended(code, reason);
  }

  /** @param {ReturnType<ReturnType<typeof createRecords>>[number]} record */
  function take({ kind, data }) {
    if (leaving.signal.aborted) return;
    if (kind === KINDS.text) channel.hear(new TextDecoder().decode(data));
    else if (kind === KINDS.frame) channel.hear(data.buffer);
    else if (kind === KINDS.end) {
      const { code, reason } = JSON.parse(new TextDecoder().decode(data));
      end(code, reason);
    }
  }

  /**
   * Takes the records of one answer. Returns whether any came. `patience` is for the first, and `silence` for each
   * further piece.
   * @type {(query: string, patience: number, silence: number) => Promise<boolean>}
   */
  async function answer(query, patience, silence) {
    const late = new AbortController();
    let timer = setTimeout(() => late.abort(), patience);
    let came = false;
    try {
      const signal = AbortSignal.any([leaving.signal, late.signal]);
      const response = await fetch(address + query, { headers, signal, cache: "no-store" });
      if (!response.ok || !response.body) {
        const problem = await response.json().catch(() => null);
        // Without a reason in words it is not this server that answers.
        end((problem?.detail && CODES.get(response.status)) || 1006, problem?.detail ?? "");
        return came;
      }
      const records = createRecords();
      const reader = response.body.getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        came = true;
        clearTimeout(timer);
        timer = setTimeout(() => late.abort(), silence);
        records(piece.value).forEach(take);
      }
    } catch {
      if (!late.signal.aborted && !leaving.signal.aborted) end(1006, "");
    } finally {
      clearTimeout(timer);
    }
    return came;
  }

  async function run() {
    if (await answer("?frames=small", PATIENCE, SILENCE)) return end(1006, "");
    while (!leaving.signal.aborted) {
      if (!(await answer("?seconds=0&frames=small", PATIENCE, PATIENCE))) return end(1006, "");
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  run();
  return () => leaving.abort();
};
