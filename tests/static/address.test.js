import assert from "node:assert/strict";
import { test } from "node:test";
import { isAs, readAddress, writeAddress } from "../../app/static/address.js";

const defaults = { task: "addition", bits: 8, cell: "elman", bias: false, learning_rate: 0.1, clip_norm: null, seed: 0 };

test("what is written is read again, and a fresh page has no address", () => {
  const config = { ...defaults, cell: "lstm", bias: true, learning_rate: 0.01, clip_norm: 1, seed: 7 };
  const hash = writeAddress(config, null, { theme: "dark", hide: ["matrices", "try"] }, defaults);
  assert.equal(hash, "#cell=lstm&bias=true&learning_rate=0.01&clip_norm=1&seed=7&speed=unlimited&theme=dark&hide=matrices,try");
  const { config: read, ...view } = readAddress(hash, defaults);
  assert.deepEqual({ ...defaults, ...read }, config);
  assert.deepEqual(view, { speed: null, theme: "dark", hide: ["matrices", "try"], lang: null });
  assert.equal(writeAddress(defaults, 300, { theme: undefined, hide: [] }, defaults), "");
});

test("nonsense stays as it is, for the server to refuse, and never becomes another number", () => {
  const { config, speed, theme } = readAddress("#bits=&seed=1e999&cell=5&bias=perhaps&nonsense=1&speed=fast&theme=pink", defaults);
  assert.deepEqual(config, { bits: "", seed: "1e999", cell: "5", bias: "perhaps", nonsense: 1 });
  assert.deepEqual([speed, theme], [undefined, undefined]);
  assert.deepEqual(readAddress("#clip_norm=null", defaults).config, { clip_norm: null });
  assert.deepEqual(readAddress("", defaults), { config: {}, speed: undefined, theme: undefined, hide: [], lang: null });
  assert.deepEqual(readAddress("#seed=3&lang=zh", defaults), { config: { seed: 3 }, speed: undefined, theme: undefined, hide: [], lang: "zh" });
});

test("a run is as wanted where every field is, those that are not named by default", () => {
  assert.equal(isAs({ ...defaults, seed: 1 }, { seed: 1 }, defaults), true);
  assert.equal(isAs({ ...defaults, seed: 1, bits: 5 }, { seed: 1 }, defaults), false);
  assert.equal(isAs({ ...defaults }, {}, {}), true);
});
