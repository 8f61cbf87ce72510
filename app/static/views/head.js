/** The head: connection, engine, and one line about the run. */
import { COMPILING, describeEnd, isCompiling } from "../describe.js";
import { findEach, on, setAttribute, setClass, setHidden, setText } from "../dom.js";
import { inARow, say } from "../words.js";

/** @type {CreateView} */
export const create = (root, actions) => {
  const [title, connection, engine, message, announcer, theme] = findEach(root, ".head-title #connection #engine #message #announcer #theme");
  on(theme, "click", actions.theme);

  return {
    update(state) {
      const { run, task, connection: { phase } } = state;
      setAttribute(document.body, "data-connection", phase === "waiting" || phase === "gone" ? "lost" : phase);
      setText(connection, phase === "waiting" ? waitingWords(state) : connection.dataset[phase]);
      setText(engine, engineWords(state));
      const learns = task?.task === "addition" ? say("A recurrent network learns to add") : say("A recurrent network learns: {task}", { task: task?.title });
      if (run && task) setText(title, run.id === "main" ? learns : run.name);
      const [text, tone] = currentMessage(state) ?? ["", null];
      setText(message, text);
      setText(announcer, text);
      setAttribute(message, "data-tone", tone);
      setHidden(message, !text);
      setClass(title, "unseen", text);
    },
  };
};

/** @param {State} state */
function waitingWords({ connection: { retryAt }, now }) {
  const seconds = Math.ceil((retryAt - now) / 1000);
  return seconds > 0 ? say("disconnected, trying again in {n} s", { n: seconds }) : say("reconnecting");
}

/** @param {State} state */
function engineWords(state) {
  const { engine } = state;
  if (!engine) return "–";
  if (isCompiling(state)) return say("compiling …");
  const name = engine.name === "numpy" ? "NumPy" : say("compiled");
  return engine.state === "fallback" ? say("{engine}, as a fallback", { engine: name }) : name;
}

/** The most urgent thing there is to say. @type {CurrentMessage} */
function currentMessage(state) {
  const { connection, notice, run, moment, engine } = state;
  if (connection.phase === "gone") return [connection.detail, "problem"];
  if (notice) return [notice.text, notice.tone];
  if (connection.phase === "waiting" && connection.lost) return [say("The connection is lost. What you see is the last that arrived."), "problem"];
  if (moment) return undefined; // what follows is about the present, and stays true
  const end = run && describeEnd(run);
  if (end) return [end, run.state === "finished" ? "info" : "problem"];
  if (isCompiling(state)) return [run?.state === "running" ? inARow([COMPILING, say("Then training begins by itself.")]) : COMPILING, "info"];
  return engine?.detail && engine.state === "fallback" ? [engine.detail, "info"] : undefined;
}
