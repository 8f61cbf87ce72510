import assert from "node:assert/strict";
import { test } from "node:test";
import { isAs, readAddress, writeAddress } from "../../app/static/address.js";

const defaults = {
  task: "addition",
  bits: 8,
  cell: "elman",
  bias: false,
  learning_rate: 0.1,
  clip_norm: null,
  seed: 0,
};

test("an address may name the story as its speed", () => {
  assert.equal(readAddress("#speed=story", {}).speed, "story");
  const run = { config: {}, changes: [], speed: "story" };
  assert.equal(writeAddress(run, { theme: undefined, hide: [] }, {}), "#speed=story");
});

test("what is written is read again, and a fresh page has no address", () => {
  const config = { ...defaults, cell: "lstm", bias: true, learning_rate: 0.01, clip_norm: 1, seed: 7 };
  const changes = [
    [2000, 0.05],
    [5000, 0.01],
  ];
  const edits = [{ iteration: 300, parameter: "W_hh", at: [3, null], value: 0, frozen: true }];
  const hash = writeAddress(
    { config, changes, edits, speed: null },
    { theme: "dark", hide: ["matrices", "try"], tour: 4, present: true },
    defaults,
  );
  assert.equal(
    hash,
    "#cell=lstm&bias=true&learning_rate=0.01&clip_norm=1&seed=7&changes=2000:0.05,5000:0.01&edits=300:W_hh:3.*:0:h&speed=unlimited&theme=dark&hide=matrices,try&tour=4&present",
  );
  const { config: read, ...view } = readAddress(hash, defaults);
  assert.deepEqual({ ...defaults, ...read }, config);
  assert.deepEqual(view, {
    changes,
    edits,
    speed: null,
    theme: "dark",
    hide: ["matrices", "try"],
    tour: 4,
    present: true,
    lang: null,
  });
  assert.equal(
    writeAddress({ config: defaults, changes: [], speed: 300 }, { theme: undefined, hide: [] }, defaults),
    "",
  );
});

test("shared, even the default experiment has a name, which an address that says enough does without", () => {
  const plain = { theme: "dark", hide: [] };
  const hash = writeAddress({ config: defaults, changes: [], speed: 300 }, plain, defaults, true);
  assert.equal(hash, "#task=addition&theme=dark");
  assert.deepEqual(readAddress(hash, defaults).config, { task: "addition" });
  assert.equal(
    writeAddress({ config: { ...defaults, seed: 1 }, changes: [], speed: 300 }, plain, defaults, true),
    "#seed=1&theme=dark",
  );
  assert.equal(
    writeAddress({ config: defaults, changes: [[1, 0.2]], speed: 300 }, plain, defaults, true),
    "#changes=1:0.2&theme=dark",
  );
});

test("nonsense stays as it is, for the server to refuse, and never becomes another number", () => {
  const { config, speed, theme } = readAddress(
    "#bits=&seed=1e999&cell=5&bias=perhaps&nonsense=1&learning_rate=0,05&max_iterations=0x10&speed=fast&theme=pink",
    defaults,
  );
  assert.deepEqual(config, {
    bits: "",
    seed: "1e999",
    cell: "5",
    bias: "perhaps",
    nonsense: 1,
    learning_rate: "0,05",
    max_iterations: "0x10",
  });
  assert.equal(readAddress("#changes=2000:0,05", defaults).changes, "2000:0,05");
  assert.deepEqual([speed, theme], [undefined, undefined]);
  for (const [text, read] of [
    ["0.5", 0.5],
    ["1e3", 1000],
    ["unlimited", null],
    ...["0x10", "0b1001", "0,05", "1 000", "-5", "0", "1e999"].map((other) => [other, undefined]),
  ])
    assert.equal(readAddress(new URLSearchParams({ speed: text }).toString(), defaults).speed, read, text);
  assert.deepEqual(readAddress("#clip_norm=null", defaults).config, { clip_norm: null });
  assert.deepEqual(readAddress("", defaults), {
    config: {},
    changes: [],
    edits: [],
    speed: undefined,
    theme: undefined,
    hide: [],
    tour: null,
    present: false,
    lang: null,
  });
  assert.deepEqual(readAddress("#seed=3&lang=zh", defaults), {
    config: { seed: 3 },
    changes: [],
    edits: [],
    speed: undefined,
    theme: undefined,
    hide: [],
    tour: null,
    present: false,
    lang: "zh",
  });
});

test("a run is as wanted where every field is, those that are not named by default, and so are its changes", () => {
  const run = (config, changes = []) => ({ config: { ...defaults, ...config }, changes });
  const seed = { config: { seed: 1 }, changes: [] };
  assert.equal(isAs(run({ seed: 1 }), seed, defaults), true);
  assert.equal(isAs(run({ seed: 1, bits: 5 }), seed, defaults), false);
  assert.equal(isAs(run({ seed: 1 }, [[5, 0.2]]), seed, defaults), false);
  const changed = { config: { seed: 1 }, changes: [[5, 0.2]] };
  assert.equal(isAs(run({ seed: 1 }, [[5, 0.2]]), changed, defaults), true);
  assert.equal(isAs(run({ seed: 1 }, [[5, 0.3]]), changed, defaults), false);
  assert.equal(isAs(run({ seed: 1 }), { config: { seed: 1 }, changes: "5:x" }, defaults), false);
  assert.equal(isAs(run({}), { config: {}, changes: [] }, {}), true);
});

test("a link leads to a stop of the tour, or to its beginning", () => {
  const view = { theme: undefined, hide: [], present: false };
  const tourOf = (hash) => readAddress(hash, defaults).tour;
  for (const [tour, hash] of [
    [0, "#tour"],
    [4, "#tour=4"],
    [10, "#tour=10"],
    [null, ""],
  ]) {
    assert.equal(writeAddress({ config: defaults, changes: [], speed: 300 }, { ...view, tour }, defaults), hash);
    assert.equal(tourOf(hash), tour);
  }
  const both = { ...view, tour: 0, present: true };
  assert.equal(writeAddress({ config: defaults, changes: [], speed: 300 }, both, defaults), "#tour&present");
  for (const nonsense of ["#tour=x", "#tour=-1", "#tour=1e3", "#tour=100"]) assert.equal(tourOf(nonsense), 0, nonsense);
});

test("a run with other edits of weights is another experiment", () => {
  const edits = [{ iteration: 5, parameter: "W_hh", value: 0, frozen: true }];
  const run = { config: defaults, changes: [] };
  const wanted = (text) => readAddress(text, defaults);
  assert.ok(isAs({ ...run, edits }, wanted("#edits=5:W_hh:*:0:h"), defaults));
  assert.ok(!isAs({ ...run, edits }, wanted("#seed=0"), defaults));
  assert.ok(!isAs(run, wanted("#edits=5:W_hh:*:0:h"), defaults));
  assert.ok(!isAs({ ...run, edits }, wanted("#edits=6:W_hh:*:0:h"), defaults));
  assert.ok(!isAs({ ...run, edits }, wanted("#edits=nonsense"), defaults));
  assert.equal(wanted("#edits=nonsense").edits, "nonsense");
});
