/** What the panel of proofs is made of, and why a proof is one, in words and small pictures. */
import { make, setAttribute } from "../dom.js";
import { say } from "../words.js";
import { element } from "./draw.js";

/** The steps of the explanation. Each has a picture: the class of each path, and the path. */
const STEPS = [
  {
    words: say(
      "There are infinitely many numbers, but a step is always the same: from a hidden state and the next bits to the next hidden state. What came before counts only by the state.",
    ),
    picture: [
      ["line", "M12 30H32M42 30H62M72 30H84M22 46V34M52 46V34M37 24V8M67 24V8"],
      ["dot", "M4 30a4 4 0 1 0 8 0a4 4 0 1 0-8 0M33 30a4 4 0 1 0 8 0a4 4 0 1 0-8 0M63 30a4 4 0 1 0 8 0a4 4 0 1 0-8 0"],
    ],
  },
  {
    words: say(
      "So fences are put around the states: one set for each thing to remember and for each way in which the last bits may have been. These are finitely many. The start is in one of them.",
    ),
    picture: [
      ["set", "M6 20 18 6 36 12 38 30 20 40 8 34Z"],
      ["set other", "M50 16 64 6 78 18 76 36 60 42 50 32Z"],
      ["dots", "M17 20h.1M25 17h.1M22 28h.1M62 18h.1M68 28h.1M60 32h.1"],
    ],
  },
  {
    words: say(
      "Now the prover reads every possible bit from a whole set at once, and bounds where its states can go, every rounding included. If they land within the set for that case, nothing leaves. If not, that set grows, and all is tried again.",
    ),
    picture: [
      ["set", "M4 14 16 6 30 12 30 28 14 34 5 26Z"],
      ["set other", "M50 10 66 4 80 14 80 34 64 44 50 34Z"],
      ["image", "M58 18 68 14 74 22 70 32 60 32Z"],
      ["line", "M24 20C34 10 44 14 56 22M50 18 56 22 50 26"],
    ],
  },
  {
    words: say(
      "When nothing leaves any more, it is done: the start is in a set, so the next state is, so the one after that is, and so on, for ever. It is like dominoes: each step needs only the one before.",
    ),
    picture: [
      ["set", "M4 12H22V36H4ZM32 12H50V36H32ZM60 12H78V36H60Z"],
      ["line", "M13 24H39M33 20 39 24 33 28M41 24H67M61 20 67 24 61 28"],
    ],
  },
  {
    words: say(
      "And for each set it is checked that the output is on the right side of one half. So every bit of every answer is right.",
    ),
    picture: [
      ["half", "M4 24H80"],
      ["set", "M10 6H34V16H10Z"],
      ["set other", "M48 32H72V42H48Z"],
    ],
  },
];

/** @type {(name: string, words: string, more?: string) => HTMLButtonElement} */
const button = (name, words, more = "") =>
  Object.assign(make("button", `button button-small proof-${name} ${more}`, words), { type: "button" });

/** An element with others in it. @template {HTMLElement} E @param {E} outer @param {Element[]} inner */
function holding(outer, ...inner) {
  outer.append(...inner);
  return outer;
}

function explanation() {
  const steps = STEPS.map(({ words, picture }) => {
    const drawn = element("svg", { viewBox: "0 0 84 48", "aria-hidden": "true" });
    for (const [kind, d] of picture) drawn.append(element("path", { class: `proof-${kind}`, d }));
    const item = make("li");
    item.append(drawn, make("span", "", words));
    return item;
  });
  const summary = make("summary", "", say("Why do a few sets speak about all numbers?"));
  return holding(make("details", "proof-why"), summary, holding(make("ol"), ...steps));
}

/** Makes the panel. Its parts are returned by name. @param {HTMLElement} root */
export function makeParts(root) {
  const parts = {
    body: make("div", "proof-body"),
    words: make("p", "inside-words proof-words"),
    problem: make("p", "note strong proof-problem"),
    spoken: make("p", "unseen"),
    begin: button("begin", say("Prove it"), "button-main"),
    stop: button("stop", say("Stop")),
    play: button("play", say("Play it")),
    again: button("again", say("Watch again")),
    file: make("a", "button button-small proof-file", say("Certificate")),
    time: make("span", "note"),
    progress: make("progress", "proof-progress"),
    figure: make("figure", "proof-figure"),
    picture: make("div", "proof-picture"),
    canvas: make("canvas"),
    legend: make("figcaption", "note"),
    why: explanation(),
    border: make("p", "note proof-border"),
    search: button("search", say("From when on?")),
    moments: make("ol", "row proof-moments"),
  };
  parts.file.download = "";
  parts.file.title = say("A file from which anybody can check the proof");
  parts.search.title = say("Tries moments of the past, one after the other");
  parts.progress.max = 1;
  for (const [part, role] of /** @type {const} */ ([
    ["problem", "alert"],
    ["border", "status"],
    ["canvas", "img"],
  ]))
    setAttribute(parts[part], "role", role);
  setAttribute(parts.spoken, "aria-live", "polite");
  setAttribute(parts.progress, "aria-label", say("How far the proof is"));
  setAttribute(parts.moments, "aria-label", say("Moments that were tried"));
  for (const part of /** @type {const} */ (["body", "stop", "play", "again", "file", "progress", "figure"]))
    parts[part].hidden = true;
  holding(
    root,
    holding(
      parts.body,
      parts.words,
      parts.problem,
      parts.spoken,
      holding(
        make("div", "row proof-buttons"),
        parts.begin,
        parts.stop,
        parts.play,
        parts.again,
        parts.file,
        parts.time,
      ),
      parts.progress,
      holding(parts.figure, holding(parts.picture, parts.canvas), parts.legend),
      parts.why,
      parts.border,
      holding(make("div", "row"), parts.search),
      parts.moments,
    ),
  );
  return parts;
}
