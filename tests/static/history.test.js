import assert from "node:assert/strict";
import { test } from "node:test";
import { stretches } from "../../app/static/history.js";

test("a history is one line, but for where nothing is known", () => {
  assert.deepEqual(stretches([]), []);
  assert.deepEqual(
    stretches([
      [0, 0],
      [10, 0.5],
    ]),
    [
      [
        [0, 0],
        [10, 0.5],
      ],
    ],
  );
  assert.deepEqual(
    stretches([
      [0, 0],
      [10, null],
      [40, 0.5],
      [50, 1],
    ]),
    [
      [[0, 0]],
      [
        [40, 0.5],
        [50, 1],
      ],
    ],
  );
});
