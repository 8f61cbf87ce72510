/** The head: connection, engine, and one line about the run. */
import { describeCompiling, describeEnd, describeEngine, isCompiling } from "../describe.js";
import { find, findNamed, on, setAttribute, setClass, setHidden, setText } from "../dom.js";
import { describeReset } from "../resets.js";
import { isUndoable } from "../state.js";
import { inARow, say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { State, Tone } from "../state.js"
 */

/** If resets are not offered, as in an embedded page, the page does not tell people to make or undo one. */
const resettable = !find(document, "button#reset").hidden;

/** @type {CreateView} */
export const create = (root, actions) => {
  const { title, connection, engine, message, undo, why, announcer, theme } = findNamed(root, {
    title: ".head-title",
    connection: "#connection",
    engine: "#engine",
    message: "#message",
    undo: "button#undo",
    why: "button#told-why",
    announcer: "#announcer",
    theme: "button#theme",
  });
  on(theme, "click", actions.theme);
  on(find(root, "button#tour-open"), "click", () => actions.tour(0));
  on(undo, "click", () => {
    actions.undo();
    find(document, "button#start").focus(); // the button goes
  });

  return {
    update(state) {
      const {
        run,
        task,
        connection: { phase, overHttp },
      } = state;
      setAttribute(document.body, "data-connection", phase === "waiting" || phase === "gone" ? "lost" : phase);
      const quiet = phase === "open" && overHttp;
      setText(connection, phase === "waiting" ? waitingWords(state) : connection.dataset[quiet ? "http" : phase]);
      setText(engine, engineWords(state));
      setAttribute(engine, "title", state.engine?.detail ?? null);
      const learns =
        task?.task === "addition"
          ? say("A recurrent network learns to add")
          : say("A recurrent network learns: {task}", { task: task?.title });
      if (run && task) setText(title, run.id === "main" ? learns : run.name);
      const [text, tone, progress] = currentMessage(state) ?? ["", null];
      setText(message, progress ? inARow([text, progress]) : text);
      setText(announcer, text); // it need not be spoken again every second
      setAttribute(message, "data-tone", tone);
      setAttribute(message, "title", text || null);
      setHidden(message, !text);
      setHidden(undo, !resettable || tone === "problem" || !isUndoable(state));
      setHidden(why, !state.notice?.milestone || text !== state.notice.text || !task?.carried);
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
  if (engine.state === "compiling" && engine.kernels === "general") return say("general, for now");
  const name = engine.name === "numpy" ? "NumPy" : say("compiled");
  return engine.state === "fallback" ? say("{engine}, as a fallback", { engine: name }) : name;
}

/**
 * The most urgent message.
 * @type {(state: State) => [text: string, tone: Tone, progress?: string] | undefined}
 */
function currentMessage(state) {
  const { connection, notice, run, moment, engine } = state;
  if (connection.phase === "gone") return [connection.detail, "problem"];
  if (notice) return [notice.text, notice.tone];
  const lost = connection.lost ? [say("The connection is lost. What you see is the last that arrived.")] : [];
  const why = connection.detail ? [connection.detail] : [];
  if (connection.phase === "waiting" && (connection.lost || connection.detail))
    return [inARow([...lost, ...why]), "problem"];
  if (moment) return undefined; // what follows is about the present, and stays true
  if (isUndoable(state) && state.reset) return [describeReset(state.reset), "info"];
  const end = run && describeEnd(run, resettable);
  if (end) return [end, run.state === "finished" || run.state === "paused" ? "info" : "problem"];
  const compiling = describeEngine(state);
  if (engine && compiling) return [compiling, "info", describeCompiling(engine)];
  return engine?.detail && engine.state === "fallback" ? [engine.detail, "info"] : undefined;
}
