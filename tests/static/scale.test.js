import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createScale, largest, paint, rooted, roundUp, squares, steadyLimit } from "../../app/static/scale.js";

const tokens = readFileSync(new URL("../../app/static/styles/tokens.css", import.meta.url), "utf8");

const parseHex = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const css = (hex) => `rgb(${parseHex(hex).join(", ")})`;

/** WCAG's relative luminance. */
const luminance = (rgb) => {
  const [r, g, b] = Array.from(rgb, (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

/** The light and the dark theme that tokens.css defines, as records of their colours. */
const themes = [1, 2].map((side) =>
  Object.fromEntries(
    [...tokens.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map((match) => [
      match[1],
      match[side + 1],
    ]),
  ),
);

const stops = (colors) =>
  ["negative-2", "negative-1", "zero", "positive-1", "positive-2"].map((name) => css(colors[`scale-${name}`]));
const contrast = (a, b) => {
  const [x, y] = [luminance(parseHex(a)), luminance(parseHex(b))].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
};

test("squares are the painted colours, row by row, and a place without a value stays empty", () => {
  const scale = createScale(["rgb(0, 0, 255)", "rgb(255, 255, 255)", "rgb(255, 0, 0)"]);
  assert.equal(squares(scale, [], 1, 1), "none");
  assert.equal(
    squares(scale, Float32Array.of(-2, 0, 0.5), 1, 2),
    "linear-gradient(90deg, rgb(0,0,255) 0% 50%,rgb(255,255,255) 50% 100%) 0 0% / 100% 50% no-repeat, " +
      "linear-gradient(90deg, rgb(255,127,127) 0% 50%,transparent 50%) 0 100% / 100% 50% no-repeat",
  );
});

test("every colour has a light and a dark side", () => {
  assert.ok(Object.keys(themes[0]).length >= 19);
  assert.notDeepEqual(themes[0], themes[1]);
});

test("luminance runs evenly one way from the middle to each end, in every theme", () => {
  for (const colors of themes) {
    const table = createScale(stops(colors));
    const at = (i) => luminance(table.subarray(4 * i, 4 * i + 3));
    const direction = Math.sign(at(510) - at(255));
    for (let i = 255; i < 510; i++) assert.ok((at(i + 1) - at(i)) * direction >= -0.004, `positive ${i}`);
    for (let i = 255; i > 0; i--) assert.ok((at(i - 1) - at(i)) * direction >= -0.004, `negative ${i}`);
  }
});

test("text reaches WCAG AA on every surface it stands on", () => {
  for (const c of themes) {
    for (const ground of [c.surface, c.paper, c.track, c["accent-soft"]]) {
      for (const text of [c.ink, c.muted, c.accent])
        assert.ok(contrast(text, ground) >= 4.5, `${text} on ${ground}: ${contrast(text, ground).toFixed(2)}`);
    }
    assert.ok(contrast(c.ink, c["accent-fill"]) >= 4.5);
    assert.ok(contrast(c["accent-ink"], c.accent) >= 4.5);
    assert.ok(contrast(c.wrong, c.surface) >= 4.5);
    assert.ok(contrast(c.good, c.surface) >= 4.5);
    assert.ok(contrast(c.ink, c["wrong-soft"]) >= 4.5);
  }
});

test("ends and middle are the stops, and values beyond the limit take the end", () => {
  const scale = createScale(["rgb(255, 0, 0)", "rgb(255, 255, 255)", "rgb(0, 0, 255)"]);
  const pixels = new Uint8ClampedArray(12);
  paint(scale, [0, 3, -7], 3, pixels);
  assert.deepEqual([...pixels], [255, 255, 255, 255, 0, 0, 255, 255, 255, 0, 0, 255]);
});

test("limits are round, and do not flicker", () => {
  assert.equal(roundUp(3.2), 4);
  assert.equal(roundUp(0.011), 0.015);
  assert.equal(roundUp(1), 1);
  assert.equal(steadyLimit(0, 0.9), 1);
  assert.equal(steadyLimit(5, 2), 5);
  assert.equal(steadyLimit(5, 5.5), 6);
  assert.equal(steadyLimit(5, 0.4), 0.4);
  assert.equal(steadyLimit(0, 0), 1);
  assert.equal(largest([1, -3, 2]), 3);
});

test("on the scale of gradients a quarter has half of the colour, with its sign", () => {
  assert.deepEqual(
    Array.from(rooted([1, -1, 0.25, -0.01, 0], 1)).map((x) => Number(x.toFixed(6))),
    [1, -1, 0.5, -0.1, 0],
  );
  assert.deepEqual(Array.from(rooted([2], 8)), [0.5]);
});
