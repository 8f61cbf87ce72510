import assert from "node:assert/strict";
import { test } from "node:test";

import { besideWord, byId, otherNames } from "../../app/static/glossary.js";

const entry = (/** @type {string} */ id, more = {}) => ({
  ...{ id, name: id, meaning: `${id}.`, symbol: "", script: "", places: [], related: [], hint: "" },
  ...more,
});

test("an entry is found by its id in whatever section", () => {
  const entries = byId({
    sections: [
      { title: "one", entries: [entry("bit")] },
      { title: "two", entries: [entry("seed"), entry("run")] },
    ],
  });
  assert.deepEqual([...entries.keys()], ["bit", "seed", "run"]);
  assert.equal(entries.get("run")?.meaning, "run.");
});

test("a term names what formulas and the script call it, unless that is its own name", () => {
  assert.equal(otherNames(entry("bit")), "");
  assert.equal(
    otherNames(entry("learning rate", { symbol: "η", script: "alpha" })),
    "in formulas η, in the article’s script alpha",
  );
  assert.equal(otherNames(entry("W_hh", { symbol: "W_hh", script: "synapse_h" })), "in the article’s script synapse_h");
});

test("a sentence stands under its word, above it at the lower edge, and never over an edge", () => {
  const [size, page] = [
    { width: 300, height: 100 },
    { width: 360, height: 700 },
  ];
  assert.deepEqual(besideWord({ left: 20, top: 100, right: 60, bottom: 120 }, size, page), { left: 20, top: 126 });
  assert.deepEqual(besideWord({ left: 200, top: 640, right: 240, bottom: 660 }, size, page), { left: 54, top: 534 });
  assert.deepEqual(besideWord({ left: -50, top: 0, right: 400, bottom: 700 }, size, page), { left: 6, top: 594 });
});

test("a sentence does not cover the place that it explains: it stands where it is nearest to its word", () => {
  const [size, page] = [
    { width: 300, height: 100 },
    { width: 1280, height: 720 },
  ];
  const title = { left: 900, top: 120, right: 1050, bottom: 140 };
  const panel = { left: 880, top: 110, right: 1264, bottom: 320 };
  assert.deepEqual(besideWord(title, size, page, panel), { left: 574, top: 120 });
  const row = { left: 30, top: 300, right: 860, bottom: 390 };
  const word = { left: 30, top: 325, right: 110, bottom: 345 };
  assert.deepEqual(besideWord(word, size, page, row), { left: 30, top: 194 });
  // No room beside it that is near: under its word.
  const all = { left: 0, top: 0, right: 1280, bottom: 720 };
  assert.deepEqual(besideWord(word, size, page, all), { left: 30, top: 351 });
  // The place may be elsewhere: then only the word stays free.
  assert.deepEqual(besideWord(word, size, page, panel), { left: 30, top: 351 });
});
