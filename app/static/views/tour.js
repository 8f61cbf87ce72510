/**
 * The card of the guided tour. It asks, waits for a guess, has the page show what happens, and says whether the guess was
 * right and why. The page stays usable beside it.
 */
import { find, make, on, setAttribute, setHidden, setText, targetOf } from "../dom.js";
import { whole } from "../format.js";
import { createDriver, OVERTAKEN } from "../tour/driver.js";
import { addressOf, isOwn, openRun, recall, remember } from "../tour/own-run.js";
import { answerWords, isRight, numberWords, STOPS } from "../tour/stops.js";
import { say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { State } from "../state.js"
 * @import { Facts } from "../tour/facts.js"
 * @import { Guess, Part, Question, Stop } from "../tour/stops.js"
 */

/** What is scrolled to where the card leaves little room. @type {Record<Part, string>} */
const PLACES = {
  operands: ".stage-row-operand",
  sum: "#stage-sum",
  truth: ".stage-row-state",
  hidden: ".stage-row-hidden",
  ahead: ".stage-row-hidden",
  output: ".stage-row-predicted",
  back: ".stage-row-part",
  stage: "#stage",
  curve: "#curve",
  cases: "#cases",
  drawer: "#matrices",
  readout: "#matrices",
};

/** Where the page is one column, and the card lies over its lower half. */
const NARROW = matchMedia("(max-width: 61.99rem)");

/** Between the number of a stop and its title: where the list is closed, only the number is seen. */
const GAP = "\u2003\u2003";

/** Experiments to go on with. */
const NEXT = {
  "hidden_size=2": say("Two hidden units instead of 16: is that memory enough?"),
  "task=xor": say("XOR, which needs no carry: does it learn sooner?"),
  "bits=24": say("24 bits instead of 8: sooner or later?"),
};

const page = document.documentElement;

/** Names parts of the page for tour.css, under this name. @type {(name: string, parts?: string[]) => void} */
const mark = (name, parts = []) => setAttribute(page, `data-tour-${name}`, parts.length ? String(parts) : null);

/** @type {CreateView} */
export const create = (root, actions) => {
  const driver = createDriver(actions);
  const stops = Object.assign(make("select", "field"), { ariaLabel: say("Stop of the tour") });
  const close = button(say("Leave"), () => actions.tour(null), "button-quiet");
  const heading = Object.assign(make("h2", "panel-title"), { id: "tour-title", tabIndex: -1 });
  const intro = make("div", "tour-text");
  const question = make("fieldset", "tour-question");
  const verdict = make("p", "tour-verdict strong");
  const told = make("div", "tour-text");
  const foot = make("div", "tour-foot row");
  const before = button(say("Back"), () => actions.tour((at ?? 1) - 1));
  const next = button(say("Next"), () => actions.tour(at === STOPS.length ? null : (at ?? 0) + 1));
  const head = make("div", "tour-head row");
  /** The place where the tour is; null while it is closed. @type {number | null} */
  let at = null;
  /** Whether the presenter leads through the stop. */
  let follows = false;
  /** The run's generation that the stop is about. */
  let generation = -1;
  /** What was asked and not answered yet. @type {{ stop: Stop; facts: Facts; asked: Question } | null} */
  let open = null;
  /** @type {State} */
  let state;

  setAttribute(verdict, "role", "status");
  STOPS.forEach(({ title }, k) =>
    stops.append(
      Object.assign(make("option", "", `${k + 1}/${STOPS.length}${GAP}${title}`), {
        value: k + 1,
      }),
    ),
  );
  head.append(heading, stops, close);
  root.append(head, intro, question, verdict, told, foot);
  on(stops, "change", () => actions.tour(Number(stops.value)));
  on(root, "keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // the page would go back to now
    actions.tour(null);
  });
  // Before the stage takes it: there a click asks how a number was computed.
  document.addEventListener(
    "click",
    (event) => {
      const cell = targetOf(event).closest("#stage-scroll td");
      if (open?.asked.kind !== "position" || !(cell instanceof HTMLTableCellElement)) return;
      event.stopPropagation();
      guess((cell.parentElement?.children.length ?? 0) - 1 - cell.cellIndex);
    },
    true,
  );

  /** @type {(words: string, act: () => void, more?: string) => HTMLButtonElement} */
  function button(words, act, more = "") {
    const made = Object.assign(make("button", `button button-small ${more}`, words), { type: "button" });
    on(made, "click", () => made.ariaDisabled || act());
    return made;
  }

  /** @type {(place: HTMLElement, paragraphs: (string | Element)[]) => void} */
  const write = (place, paragraphs) =>
    place.replaceChildren(...paragraphs.map((words) => (words instanceof Element ? words : make("p", "", words))));

  /** Empties the card. @param {string} title */
  function begin(title) {
    open = null;
    for (const part of [intro, question, told, foot]) part.replaceChildren();
    for (const name of ["veil", "ring", "asks"]) mark(name);
    setText(heading, title);
    setText(verdict, "");
    setAttribute(verdict, "data-right", null);
    setHidden(intro, false);
    setHidden(question, true);
    setHidden(root, false);
  }

  /** Scrolls to what the card speaks of, if it could be under the card. @param {Part[]} parts */
  function reveal([part]) {
    if (!NARROW.matches) return;
    const { top, height } = find(document, PLACES[part]).getBoundingClientRect();
    const room = innerHeight - root.offsetHeight;
    const behavior = state.reducedMotion ? "instant" : "smooth";
    scrollTo({ top: top + scrollY - Math.max(8, (room - height) / 2), behavior });
  }

  /** The beginning: what the tour is, and that it needs a run of its own. @param {number} stop */
  function welcome(stop) {
    const own = isOwn(state);
    const left = stop || (recall()?.stop ?? 1);
    begin(say("Guided tour"));
    setHidden(stops, true);
    delete root.dataset.side;
    write(intro, [
      say("{n} stops, about ten minutes. At each one you first say what you expect. Then the page shows it.", {
        n: STOPS.length,
      }),
      ...(own ? [] : [say("It needs a fresh run of the article’s network, and opens one: no other run is disturbed.")]),
    ]);
    const start = (/** @type {number} */ place) => (own ? actions.tour(place) : take(place));
    if (left > 1) {
      const words = stop ? say("Begin at stop {n}", { n: left }) : say("Go on at stop {n}", { n: left });
      foot.append(button(words, () => start(left), "button-main"));
    }
    foot.append(button(say("Begin"), () => start(1), left > 1 ? "" : "button-main"));
    heading.focus({ preventScroll: true });
  }

  /** @param {number} stop */
  async function take(stop) {
    setText(verdict, say("A run is opened …"));
    try {
      await openRun(stop);
    } catch (error) {
      setText(verdict, /** @type {Error} */ (error).message);
    }
  }

  /** Goes to a stop: brings the page to where it can be asked, and asks. @param {number} place */
  async function go(place) {
    const stop = STOPS[place - 1];
    remember({ run: state.runId, stop: place });
    begin(stop.title);
    setHidden(stops, false);
    stops.value = String(place);
    if (stop.side) root.dataset.side = stop.side;
    else delete root.dataset.side;
    foot.append(...(place > 1 ? [before] : []), next);
    setText(next, place === STOPS.length ? say("Finish") : say("Next"));
    next.classList.remove("button-main");
    mark("veil", stop.veil);
    setText(verdict, say("One moment: the page goes to iteration {n}.", { n: whole(stop.at) }));
    try {
      actions.explain(null);
      const facts = await driver.prepare(stop);
      ask(stop, facts);
    } catch (error) {
      fail(error);
    }
  }

  /** The stop that the presenter is at, for those who follow: the question is there to think about. @param {number} place */
  async function watch(place) {
    const stop = STOPS[place - 1];
    const led = say("Stop {n} of {of}. The presenter leads.", { n: place, of: STOPS.length });
    begin(stop.title);
    setHidden(stops, true);
    if (stop.side) root.dataset.side = stop.side;
    else delete root.dataset.side;
    write(intro, [led]);
    try {
      const { intro: words, words: asked } = stop.ask(await driver.watch(stop));
      write(intro, [
        led,
        ...words,
        make("strong", "", asked),
        say("Think of your answer: the presenter will show it."),
      ]);
      mark("ring", stop.asks);
      reveal(stop.asks);
    } catch (error) {
      if (error !== OVERTAKEN) setText(verdict, /** @type {Error} */ (error).message);
    }
  }

  /** @type {(stop: Stop, facts: Facts) => void} */
  function ask(stop, facts) {
    const asked = stop.ask(facts);
    open = { stop, facts, asked };
    setText(verdict, "");
    write(intro, asked.intro);
    const how = make("div", "");
    how.append(...(asked.how ? [make("p", "note", asked.how)] : []), asked.range ? slider(asked) : choices(asked));
    question.replaceChildren(make("legend", "strong", asked.words), how);
    setHidden(question, false);
    mark("ring", stop.asks);
    mark("asks", [asked.kind]);
    reveal(stop.asks);
    heading.focus({ preventScroll: true });
  }

  /** @param {Question} asked */
  function choices({ kind, options }) {
    const group = make("div", `tour-options is-${kind}`);
    for (const { value, words } of options) {
      const option = button(words, () => guess(value));
      if (kind === "position") option.ariaLabel = say("position {p}", { p: words });
      group.append(option);
    }
    return group;
  }

  /** @param {Question} asked */
  function slider({ words, range = { low: 0, high: 1, step: 1, near: 0 } }) {
    const { low: min, high: max, step, near } = range;
    const input = Object.assign(make("input", ""), { type: "range", min, max, step, value: min, ariaLabel: words });
    const shown = Object.assign(make("span", "strong", numberWords(min)), { ariaHidden: "true" }); // the slider says it
    const group = make("div", "tour-options is-value");
    on(input, "input", () => setText(shown, numberWords(Number(input.value))));
    group.append(
      input,
      shown,
      button(say("That is my guess"), () => guess(Number(input.value))),
    );
    group.title = say("Right if it is at most {near} off", { near });
    return group;
  }

  /** @param {Guess} value */
  async function guess(value) {
    if (!open) return;
    const { stop, facts, asked } = open;
    open = null;
    question.lastElementChild?.remove();
    heading.focus({ preventScroll: true }); // the option that had the focus is gone
    for (const name of ["veil", "asks"]) mark(name);
    mark("ring", stop.tells);
    reveal(stop.tells);
    setHidden(intro, true);
    try {
      const show = stop.show?.(facts) ?? {};
      if (show.train) setText(verdict, say("It trains. Watch what changes."));
      if (show.predict) setText(verdict, say("It answers. Watch the stage."));
      await driver.act(show, facts);
      tell(stop, facts, asked, value);
    } catch (error) {
      fail(error);
    }
  }

  /** @type {(stop: Stop, facts: Facts, asked: Question, guessed: Guess) => void} */
  function tell(stop, facts, asked, guessed) {
    const answer = stop.answer(facts);
    const right = isRight(asked, guessed, answer);
    const words = { guess: answerWords(asked, guessed), answer: answerWords(asked, answer) };
    setText(verdict, right ? say("✓ Right: {answer}.", words) : say("✕ You said {guess}. It is {answer}.", words));
    setAttribute(verdict, "data-right", right);
    write(told, stop.tell(facts));
    if (stop.flip) told.append(flips(stop.flip(facts)));
    if (stop.last) told.append(links());
    reveal(stop.tells);
    next.classList.add("button-main");
  }

  /** Buttons that show one problem or the other. @param {Record<string, number>[]} problems */
  function flips(problems) {
    const row = make("div", "row");
    const buttons = problems.map((operands, k) =>
      button(Object.values(operands).join(" + "), () => {
        buttons.forEach((one, j) => setAttribute(one, "aria-pressed", j === k));
        driver.answer(operands).catch(fail);
      }),
    );
    buttons.forEach((one, k) => setAttribute(one, "aria-pressed", k === 0));
    row.append(...buttons);
    return row;
  }

  function links() {
    const list = make("ul", "tour-next");
    for (const [experiment, words] of Object.entries(NEXT)) {
      const item = make("li", "");
      item.append(Object.assign(make("a", "", words), { href: addressOf(experiment) }));
      list.append(item);
    }
    return list;
  }

  /** @param {unknown} error */
  function fail(error) {
    if (error === OVERTAKEN) return;
    setText(verdict, /** @type {Error} */ (error).message);
    foot.append(button(say("Try again"), () => go(at ?? 1)));
  }

  function leave() {
    begin("");
    setHidden(root, true);
    if (state.playback.held) actions.hold();
    actions.focus(null);
    find(document, "button#tour-open").focus();
  }

  return {
    update(newest) {
      state = newest;
      if (!state.run && state.tour !== null) return;
      const place = state.tour === null ? null : Math.min(state.tour, STOPS.length);
      const anew = at && (state.run?.generation !== generation || state.follows !== follows);
      if (place !== at || anew) {
        const was = at;
        at = place;
        follows = state.follows;
        generation = state.run?.generation ?? -1;
        driver.stop();
        driver.update(state);
        if (place === null) {
          if (was !== null) leave();
        } else if (place && follows) watch(place);
        else if (place && isOwn(state)) go(place);
        else welcome(place);
      }
      setAttribute(page, "data-tour", place === null ? null : "open");
      driver.update(state);
    },
  };
};
