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
  assert.deepEqual(besideWord({ left: 20, top: 100, bottom: 120 }, size, page), { left: 20, top: 126 });
  assert.deepEqual(besideWord({ left: 200, top: 640, bottom: 660 }, size, page), { left: 54, top: 534 });
  assert.deepEqual(besideWord({ left: -50, top: 0, bottom: 700 }, size, page), { left: 6, top: 594 });
});
