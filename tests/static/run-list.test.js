import assert from "node:assert/strict";
import { test } from "node:test";
import { arranged, configWords, copyName, curvePaths, importName } from "../../app/static/run-list.js";

const runs = ["Main", "Run 10", "Run 9", "run in"].map((name, k) => ({ id: `run-${k}`, name }));
const namesOf = (text, order) => arranged(runs, text, order).map(({ name }) => name);

test("runs come newest first, or by name as people count", () => {
  assert.deepEqual(namesOf("", "newest"), ["run in", "Run 9", "Run 10", "Main"]);
  assert.deepEqual(namesOf("", "name"), ["Main", "Run 9", "Run 10", "run in"]);
  assert.deepEqual(
    runs.map(({ name }) => name),
    ["Main", "Run 10", "Run 9", "run in"],
  );
});

test("runs are found by any part of their name, in capitals or not", () => {
  assert.deepEqual(namesOf(" RUN ", "newest"), ["run in", "Run 9", "Run 10"]);
  assert.deepEqual(namesOf("zzz", "name"), []);
});

const article = {
  task: "addition",
  bits: 8,
  cell: "elman",
  activation: "sigmoid",
  hidden_size: 16,
  optimizer: "sgd",
  batch_size: 1,
  seed: 0,
};

test("a configuration is said in a few words, the article's in the fewest", () => {
  assert.equal(configWords(article, 0.1), "addition, 8 bits, elman 16, seed 0");
  assert.equal(
    configWords({ ...article, task: "three_numbers", activation: "tanh", batch_size: 4 }, 0.5),
    "three numbers, 8 bits, tanh 16, sgd 0.5, batch 4, seed 0",
  );
  assert.equal(
    configWords({ ...article, cell: "gru", optimizer: "adam", seed: 3 }, 0.01),
    "addition, 8 bits, gru 16, adam 0.01, seed 3",
  );
});

test("names of copies and of files fit what the server takes", () => {
  assert.equal(copyName("Mine"), "Mine copy");
  assert.equal([...copyName("🎲".repeat(60))].length, 60);
  assert.equal(importName("run-2-500.safetensors"), "run-2-500");
  assert.equal(importName(".SafeTensors"), "Imported");
  assert.equal([...importName("🎲".repeat(80))].length, 60);
});

test("a small curve runs from edge to edge, within its box, the band around the line", () => {
  const mean = Array.from({ length: 50 }, (_, k) => 4 - k / 20);
  const { band, line } = curvePaths({ min: mean.map((x) => x - 0.5), mean, max: mean.map((x) => x + 9) }, 5, 100, 40);
  const points = line
    .slice(1)
    .split("L")
    .map((point) => point.split(" ").map(Number));
  assert.equal(points.length, 50);
  assert.deepEqual([points[0][0], points[49][0]], [0, 100]);
  assert.ok(points.every(([, y], k) => y >= 0 && y <= 40 && (k === 0 || y >= points[k - 1][1])));
  assert.ok(band.startsWith("M0 0L") && band.endsWith("Z"));
  assert.equal(band.split("L").length, 100);
});

test("of nothing there is no curve, and one piece is a level line", () => {
  assert.deepEqual(curvePaths({ min: [], mean: [], max: [] }, 5, 100, 40), { band: "", line: "" });
  assert.equal(curvePaths({ min: [1], mean: [2], max: [3] }, 4, 100, 40).line, "M0 20L100 20");
});
