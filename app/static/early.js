/**
 * Opens the socket while the page's other scripts are still on their way. On a slow line they arrive at about the same
 * time. What the socket says meanwhile waits here.
 */

const named = globalThis.document?.querySelector("meta[name=stream]")?.getAttribute("content");

/** The address of the page's stream. Empty on pages that have none. */
export const streamAddress = named ? new URL(named, document.baseURI).href.replace("http", "ws") : "";

let first = streamAddress ? listenTo(streamAddress) : null;

/** @param {string} url */
function listenTo(url) {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  /** @type {Event[]} */
  let heard = [];

  /** Of frames only the newest is kept that shows the whole run. @param {Event} event */
  function note(event) {
    if (isLight(event)) return;
    if (isFrame(event)) heard = heard.filter((earlier) => !isFrame(earlier));
    heard.push(event);
  }

  socket.onopen = note;
  socket.onmessage = note;
  socket.onclose = note;
  return { socket, tell: () => heard.forEach((event) => socket.dispatchEvent(event)) };
}

/** @param {Event} event @returns {event is MessageEvent<ArrayBuffer>} */
function isFrame(event) {
  return event instanceof MessageEvent && typeof event.data !== "string";
}

/** Whether it is a frame without weights. @param {Event} event */
const isLight = (event) => isFrame(event) && new TextDecoder().decode(event.data).includes('"light"');

/**
 * A socket to this address: the early one if nobody has taken it, else a new one. As soon as the caller has set its
 * handlers, they are told what the early one has heard.
 * @param {string} url
 */
export function openSocket(url) {
  const early = first;
  first = null;
  if (!early || url !== streamAddress) return new WebSocket(url);
  queueMicrotask(early.tell);
  return early.socket;
}
