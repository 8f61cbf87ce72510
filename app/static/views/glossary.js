/**
 * The words of the lab. A term on the page answers to pointing, focus and tapping with its sentence. All terms stand in
 * a panel, which leads to each one's place. Both are fetched when they are first asked for.
 */
import { copy, find, findAll, findNamed, make, on, setAttribute, setHidden, setStyle, setText, STEPS } from "../dom.js";
import { besideWord, byId, otherNames } from "../glossary.js";
import { say } from "../words.js";
import { createPlace } from "./glossary-place.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Glossary, GlossaryEntry } from "../wire.d.ts"
 */

/** Milliseconds that the pointer rests on a word until its sentence comes, and is away until it goes. */
const [REST, AWAY] = [300, 400];

/** @type {CreateView} */
export const create = (root, actions) => {
  const { tip, meaning, more, keys } = findNamed(root, {
    tip: "#words-tip",
    meaning: "#words-meaning",
    more: "button#words-more",
    keys: ".words-keys",
  });
  const { panel, close, sections, said, template } = findNamed(root, {
    panel: "dialog#glossary",
    close: "dialog#glossary button.panel-close",
    sections: "#glossary-sections",
    said: "#glossary-said",
    template: "dialog#glossary template",
  });
  const place = createPlace();
  /** @type {Promise<Map<string, GlossaryEntry>> | null} */
  let asked = null;
  /** The element whose sentence is shown. @type {HTMLElement | null} */
  let anchor = null;
  /** Where it stands what that sentence is about. @type {string[]} */
  let places = [];
  let timer = 0;
  /** How the page was touched last: a finger can't rest on a word. */
  let pointer = "";
  /** The element that gets the focus back. @type {HTMLElement | null} */
  let opener = null;

  /** The terms. If they could not be fetched, they are asked for again the next time. */
  function fetched() {
    asked ??= actions.glossary().then(build);
    asked.catch(() => (asked = null));
    return asked;
  }

  /** @param {Glossary} glossary */
  function build(glossary) {
    const entries = byId(glossary);
    sections.replaceChildren(
      ...glossary.sections.flatMap(({ title, entries: some }) => [
        make("h3", "words-section", title),
        ...some.map((entry) => entryOf(entry, entries)),
      ]),
    );
    return entries;
  }

  /** @type {(entry: GlossaryEntry, entries: Map<string, GlossaryEntry>) => HTMLElement} */
  function entryOf(entry, entries) {
    const element = copy(template);
    const { name, aliases, sentence, show, related, hint } = findNamed(element, {
      name: ".words-name",
      aliases: ".words-aliases",
      sentence: ".words-meaning",
      show: "button.words-show",
      related: ".words-related",
      hint: ".words-hint",
    });
    element.id = `word-${entry.id}`;
    setText(name, entry.name);
    setText(aliases, otherNames(entry));
    setText(sentence, entry.meaning);
    setAttribute(show, "aria-label", say("Show me: {name}", { name: entry.name }));
    on(show, "click", async () => {
      const shown = await lead(entry);
      setText(hint, shown ? "" : entry.hint || say("It is not on the page at the moment."));
      setHidden(hint, shown);
      setText(said, shown ? "" : hint.textContent);
    });
    related.append(say("See also:"), " ");
    entry.related.forEach((id, k) => {
      const link = make("button", "link", entries.get(id)?.name);
      link.type = "button";
      on(link, "click", () => turnTo(id));
      related.append(k ? say(", ") : "", link);
    });
    return element;
  }

  // The sentence of one word

  /** The word that an event happened to. @param {Event} event */
  const wordOf = ({ target }) =>
    target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest("[data-word]")) : null;

  /** @type {(element: HTMLElement, id: string, byKey?: boolean) => Promise<void>} */
  async function tell(element, id, byKey = false) {
    clearTimeout(timer);
    if (element !== anchor) hide();
    anchor = element;
    const entry = await fetched().then(
      (entries) => entries.get(id),
      (error) => ({ name: "", meaning: error.message, places: [] }),
    );
    if (anchor !== element || !entry) return;
    places = entry.places;
    meaning.replaceChildren(make("b", "", entry.name), " ", entry.meaning);
    const group = element.closest("[data-words], [role=grid]");
    setText(keys, byKey ? (group ? say("Enter opens them, arrow keys go on") : say("Enter opens them")) : "");
    more.dataset.entry = id;
    if (element.matches("button")) setAttribute(element, "aria-describedby", meaning.id);
    tip.showPopover();
    put();
  }

  function put() {
    if (!anchor || !tip.matches(":popover-open")) return;
    if (!anchor.isConnected) return hide();
    // What the sentence is about stays free.
    const about =
      place.marked() ?? places.map((one) => document.querySelector(one)).find((one) => one?.checkVisibility());
    const page = { width: document.documentElement.clientWidth, height: innerHeight };
    const [word, size] = [anchor, tip].map((one) => one.getBoundingClientRect());
    const { left, top } = besideWord(word, size, page, about?.getBoundingClientRect());
    setStyle(tip, "left", `${left}px`);
    setStyle(tip, "top", `${top}px`);
  }

  function hide() {
    clearTimeout(timer);
    if (anchor?.matches("button")) setAttribute(anchor, "aria-describedby", null);
    anchor = null;
    place.leave();
    if (tip.matches(":popover-open")) tip.hidePopover();
  }

  on(document, "pointerdown", (event) => {
    pointer = event.pointerType;
    if (!tip.contains(/** @type {Node} */ (event.target)) && wordOf(event) !== anchor) hide();
  });
  on(document, "pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const word = wordOf(event);
    if (word === anchor && word) return clearTimeout(timer);
    if (tip.contains(/** @type {Node} */ (event.target))) return clearTimeout(timer);
    clearTimeout(timer);
    if (word) timer = setTimeout(() => tell(word, word.dataset.word ?? ""), REST);
    // What has the focus, or was led to, keeps its sentence.
    else if (anchor && anchor !== document.activeElement && !place.marked()) timer = setTimeout(hide, AWAY);
  });
  on(document, "focusin", (event) => {
    const word = wordOf(event);
    if (word?.matches("button:focus-visible")) tell(word, word.dataset.word ?? "", true);
    else if (!tip.contains(/** @type {Node} */ (event.target)) && !place.marked()) hide();
  });
  on(document, "focusout", ({ relatedTarget }) => {
    if (!tip.contains(/** @type {Node | null} */ (relatedTarget)) && !place.marked()) hide();
  });
  on(document, "click", (event) => {
    const word = wordOf(event);
    if (!word || event.defaultPrevented) return;
    const id = word.dataset.word ?? "";
    const finger = pointer === "touch" && event.detail > 0;
    const label = word.matches("label");
    if (label && !finger) return;
    if (label) event.preventDefault();
    if (finger && word !== anchor) tell(word, id);
    else if (!label) open(id);
  });
  on(document, "keydown", (event) => {
    const word = wordOf(event);
    const step = STEPS[event.key];
    const group = word?.closest("[data-words]");
    if (!step || !word || !group) return;
    const words = findAll(group, "[data-word]").filter((one) => one.checkVisibility());
    const next = words[words.indexOf(word) + step[0] + step[1]];
    event.preventDefault();
    next?.focus();
  });
  // Before panels and the page hear it: one press takes one thing away.
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !tip.matches(":popover-open")) return;
      event.preventDefault();
      event.stopPropagation();
      hide();
    },
    true,
  );
  window.addEventListener("scroll", put, true);
  on(window, "resize", put);
  on(more, "click", () => open(more.dataset.entry ?? ""));

  // All words

  /** Opens the panel at a term. @param {string} id */
  async function open(id) {
    const from = anchor?.matches("button") ? anchor : /** @type {HTMLElement | null} */ (document.activeElement);
    hide();
    if (!panel.matches(":popover-open")) {
      opener = from;
      panel.showPopover();
    }
    await fill();
    turnTo(id);
  }

  async function fill() {
    setText(said, "");
    await fetched().catch((error) => setText(said, error.message));
  }

  /** @param {string} id */
  function turnTo(id) {
    const entry = sections.querySelector(`#word-${id}`);
    if (!(entry instanceof HTMLElement)) return;
    entry.focus({ preventScroll: true });
    entry.scrollIntoView({ block: "start" });
  }

  /** Leads to the place of a term, if it is there. @param {GlossaryEntry} entry */
  async function lead(entry) {
    const found = await place.find(entry.places);
    if (!found) return false;
    panel.hidePopover();
    hide();
    found.scrollIntoView({ block: "center", inline: "nearest" });
    const word = found.querySelector(`button[data-word="${entry.id}"]`) ?? found.querySelector(".field");
    await tell(word instanceof HTMLElement ? word : found, entry.id);
    place.mark(found);
    (word instanceof HTMLElement ? word : more).focus({ preventScroll: true });
    put();
    return true;
  }

  function leave() {
    panel.hidePopover();
    (opener?.isConnected ? opener : find(document, "[popovertarget=glossary]")).focus();
  }

  on(close, "click", leave);
  on(panel, "keydown", ({ key }) => key === "Escape" && leave());
  on(panel, "toggle", (event) => {
    const opened = /** @type {ToggleEvent} */ (event).newState === "open";
    if (opened) fill();
    else opener = null;
  });
  if (panel.matches(":popover-open")) fill();

  return { update() {} };
};
