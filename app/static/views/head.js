/** The head: connection, engine, and one line about the run. */
import { COMPILING, describeEnd, isCompiling } from "../describe.js";
import { find, setAttribute, setText } from "../dom.js";

/** @type {CreateView} */
export const create = (root, actions) => {
  const connection = find(root, "#connection");
  const engine = find(root, "#engine");
  const title = find(root, ".head-title");
  const message = find(root, "#message");
  const announcer = find(root, "#announcer");
  find(root, "#theme").addEventListener("click", actions.theme);

  return {
    update(state) {
      setAttribute(document.body, "data-connection", state.connection.phase);
      setText(connection, connectionWords(state));
      setText(engine, engineWords(state));
      const [text, tone] = currentMessage(state) ?? ["", null];
      setText(message, text);
      setText(announcer, text);
      setAttribute(message, "data-tone", tone);
      message.hidden = !text;
      title.hidden = !message.hidden;
    },
  };
};

/** @param {State} state */
function connectionWords({ connection: { phase, retryAt }, now }) {
  const seconds = Math.ceil((retryAt - now) / 1000);
  if (phase === "waiting") return seconds > 0 ? `disconnected, trying again in ${seconds} s` : "reconnecting";
  return { connecting: "connecting", open: "live", gone: "closed" }[phase];
}

/** @param {State} state */
function engineWords(state) {
  const { engine } = state;
  if (!engine) return "–";
  if (isCompiling(state)) return "compiling …";
  return (engine.name === "numpy" ? "NumPy" : engine.name) + (engine.state === "fallback" ? ", as a fallback" : "");
}

/** The most urgent thing there is to say. @param {State} state @returns {[string, Tone] | undefined} */
function currentMessage(state) {
  const { connection, notice, run, engine } = state;
  if (connection.phase === "gone") return [connection.detail, "problem"];
  if (notice) return [notice.text, notice.tone];
  if (connection.phase === "waiting" && connection.lost) return ["The connection is lost. What you see is the last that arrived.", "problem"];
  const end = run && describeEnd(run);
  if (end) return [end, run.state === "finished" ? "info" : "problem"];
  if (isCompiling(state)) return [run?.state === "running" ? `${COMPILING} Then training begins by itself.` : COMPILING, "info"];
  return engine?.detail && engine.state === "fallback" ? [engine.detail, "info"] : undefined;
}
