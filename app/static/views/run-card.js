/** A card of the list of runs: what a run is, where it stands, its small curve, and its buttons. */
import { copy, findNamed, on, setAttribute, setText, targetOf } from "../dom.js";
import { errorValue, percent, whole } from "../format.js";
import { configWords, curvePaths } from "../run-list.js";
import { up } from "../up.js";
import { nameOf, say } from "../words.js";

/**
 * @import { Command } from "../api.js"
 * @import { Overview, RunStatus } from "../wire.d.ts"
 */

/**
 * The actions of a card.
 * @typedef {object} RunActions
 * @property {boolean} kept Whether a deletion can be undone.
 * @property {(id: string, name: string) => Promise<void>} rename
 * @property {(id: string, name: Command) => void} command
 * @property {(id: string) => void} duplicate
 * @property {(id: string) => void} save
 * @property {(id: string) => void} remove
 */

/**
 * A card of the list of runs.
 * @typedef {object} Card
 * @property {HTMLElement} root
 * @property {string} id
 * @property {boolean} inView
 * @property {string} drawn Names what its curve shows.
 * @property {number} askedAt When the curve was asked for.
 * @property {(run: RunStatus) => void} update
 * @property {(overview: Overview) => void} show
 * @property {() => void} focus
 */

const BOX = [300, 72]; // as in the template
const TOP = 0.6; // error per position at the top of the curve: guessing has one half

/** @type {(template: HTMLTemplateElement, run: RunStatus, actions: RunActions) => Card} */
export function create(template, { id }, actions) {
  const root = copy(template);
  const {
    link,
    heading,
    form,
    name,
    problem,
    mark,
    state,
    config,
    detail,
    iteration,
    error,
    accuracy,
    when,
    curve,
    band,
    line,
    command,
    rename,
    remove,
  } = findNamed(root, {
    link: "a.card-link",
    heading: ".card-title",
    form: "form",
    name: "input.field",
    problem: ".card-problem",
    mark: ".controls-mark",
    state: ".card-state",
    config: ".card-config",
    detail: ".card-detail",
    iteration: ".card-iteration",
    error: ".card-error",
    accuracy: ".card-accuracy",
    when: ".card-when",
    curve: "svg",
    band: "path.card-band",
    line: "path.card-line",
    command: "button[data-act=command]",
    rename: "button[data-act=rename]",
    remove: "button[data-act=remove]",
  });

  link.href = id === "main" ? up || "./" : `${up}runs/${id}`;
  root.id = id;
  link.id = `name-${id}`;
  problem.id = `problem-${id}`;
  setAttribute(root, "aria-labelledby", link.id);
  setAttribute(name, "aria-describedby", problem.id);
  if (id === "main") {
    remove.disabled = true;
    remove.title = say("Main is always there. Reset it instead.");
  }

  /** @param {string} text */
  function complain(text) {
    setText(problem, text);
    problem.hidden = !text;
    setAttribute(name, "aria-invalid", text ? "true" : null);
  }

  /** @param {boolean} open */
  function edit(open) {
    complain("");
    form.hidden = !open;
    heading.hidden = open;
    if (!open) return rename.focus();
    name.value = link.textContent;
    name.focus();
    name.select();
  }

  /** @type {Record<string, () => void>} */
  const acts = {
    command: () => actions.command(id, root.dataset.state === "running" ? "pause" : "start"),
    rename: () => edit(true),
    duplicate: () => actions.duplicate(id),
    save: () => actions.save(id),
    remove() {
      // If a deletion can't be undone, it needs a second press.
      if (actions.kept || remove.textContent !== say("Delete")) actions.remove(id);
      else setText(remove, say("Delete for good?"));
    },
  };
  on(root, "click", (event) => acts[targetOf(event).dataset.act ?? ""]?.());
  on(remove, "blur", () => setText(remove, say("Delete")));
  on(form, "keydown", ({ key }) => key === "Escape" && edit(false));
  on(form, "submit", (event) => {
    event.preventDefault();
    actions.rename(id, name.value).then(
      () => edit(false),
      ({ message, errors }) =>
        complain(errors.length ? say("The name {problem}.", { problem: errors[0].detail }) : message),
    );
  });

  return {
    root,
    id,
    inView: false,
    drawn: "nothing",
    askedAt: -Infinity,
    update(run) {
      const running = run.state === "running";
      setAttribute(root, "data-state", run.state);
      setAttribute(root, "data-access", run.access);
      setAttribute(mark, "data-state", run.state);
      setText(mark, mark.dataset[run.state]);
      setText(state, nameOf(run.state));
      setText(link, run.name);
      setText(config, configWords(run.config, run.learning_rate));
      setText(iteration, whole(run.iteration));
      setText(error, errorValue(run.error));
      const kind = run.private ? say("A copy of one person: the class does not see it in its list.") : "";
      const why = run.state === "finished" ? "" : (run.detail ?? "");
      setText(detail, why || kind);
      detail.hidden = !(why || kind);
      setText(command, running ? say("Pause") : say("Start"));
      command.disabled = !running && run.state !== "ready" && run.state !== "paused";
    },
    show({ run, errors, accuracy: latest }) {
      const paths = curvePaths(errors, run.config.bits * TOP, BOX[0], BOX[1]);
      setAttribute(band, "d", paths.band);
      setAttribute(line, "d", paths.line);
      setAttribute(
        curve,
        "aria-label",
        paths.line
          ? say("Error of iterations {from} to {to}: it ends at {last}", {
              from: whole(errors.start),
              to: whole(run.iteration),
              last: errorValue(errors.mean[errors.mean.length - 1]),
            })
          : say("Error of every iteration, none yet"),
      );
      setText(accuracy, latest ? percent(latest[1]) : "–");
      setText(when, latest && latest[0] < run.iteration ? say("at {n}", { n: whole(latest[0]) }) : "");
    },
    focus() {
      root.scrollIntoView({ block: "nearest" });
      link.focus();
    },
  };
}
