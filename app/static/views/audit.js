/** Who did what: the latest commands to runs. They are fetched when the panel is opened, and again while it is open. */
import { find, make, on, setHidden, setText } from "../dom.js";
import { whole } from "../format.js";
import { createPoll } from "../poll.js";
import { language, say } from "../words.js";

/** @import { AuditLine } from "../wire.d.ts" */

/** Milliseconds between two requests. */
const PAUSE = 5000;
const LINES = 200;

/** What people call the commands. @returns {Record<string, string>} */
const commands = () => ({
  create: say("Create"),
  import: say("Import"),
  change: say("Change"),
  delete: say("Delete"),
  restore: say("Bring back"),
  start: say("Start"),
  pause: say("Pause"),
  step: say("Step"),
  reset: say("Reset"),
  undo_reset: say("Undo a reset"),
  speed: say("Change the speed"),
  prove: say("Prove"),
  cancel_proof: say("Stop a proof"),
  create_sweep: say("Create a sweep"),
  change_sweep: say("Change a sweep"),
  start_sweep: say("Start a sweep"),
  pause_sweep: say("Pause a sweep"),
  delete_sweep: say("Delete a sweep"),
});

/** What people call what comes with a command. @returns {Record<string, string>} */
const parts = () => ({
  name: say("the name"),
  config: say("the settings"),
  speed: say("the speed"),
  learning_rate: say("the learning rate"),
  changes: say("planned changes"),
  edits: say("weights by hand"),
  origin: say("a moment of another run"),
});

/** The commands that tell more by what came with them. */
const TELLING = ["create", "change", "reset"];

/** @param {AuditLine} line */
function commandOf({ command, given, times }) {
  let what = commands()[command] ?? command.replaceAll("_", " ");
  const named = TELLING.includes(command) ? given.map((name) => parts()[name] ?? name.replaceAll("_", " ")) : [];
  if (named.length) what = say("{what}: {parts}", { what, parts: named.join(", ") });
  return times > 1 ? say("{what} × {n}", { what, n: whole(times) }) : what;
}

/** What people call who it was. @param {string} actor */
function actorOf(actor) {
  const [kind, id] = actor.split(" ");
  if (kind === "visitor") return say("visitor {id}", { id });
  return { local: say("this machine"), presenter: say("presenter"), stranger: say("a stranger") }[actor] ?? actor;
}

/** @param {AuditLine} line */
const resultOf = ({ result, status }) =>
  ({ done: say("done"), refused: say("refused ({status})", { status }), failed: say("failed") })[result];

/**
 * @param {HTMLDetailsElement} root
 * @param {(last: number) => Promise<AuditLine[]>} ask
 * @param {(run: string | null) => Node | string} named The name of a run as it is shown.
 */
export function create(root, ask, named) {
  const [note, table, body] = [find(root, ".audit-note"), find(root, "table"), find(root, "tbody")];
  const moment = new Intl.DateTimeFormat(language || "en", { dateStyle: "short", timeStyle: "medium" });
  let shown = "";

  /** @param {AuditLine[]} lines */
  function show(lines) {
    setHidden(table, !lines.length);
    setText(note, lines.length ? "" : say("Nobody has commanded a run yet."));
    const key = JSON.stringify(lines.slice(0, 1));
    if (key === shown) return; // a text that somebody marks stays marked
    shown = key;
    body.replaceChildren(
      ...lines.map((line) => {
        const row = make("tr", line.result === "done" ? "" : "audit-not");
        const when = make("time", "", moment.format(new Date(line.until)));
        when.setAttribute("datetime", line.until);
        const who = actorOf(line.actor);
        for (const cell of [when, who, commandOf(line), named(line.run), resultOf(line)]) {
          const place = make("td");
          place.append(cell);
          row.append(place);
        }
        return row;
      }),
    );
  }

  const look = createPoll(async () => {
    if (!root.open || document.hidden) return;
    try {
      show(await ask(LINES));
    } catch (error) {
      setText(note, /** @type {Error} */ (error).message);
    }
    return PAUSE;
  });
  on(root, "toggle", look);
  on(document, "visibilitychange", look);
}
