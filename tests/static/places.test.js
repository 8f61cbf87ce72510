import assert from "node:assert/strict";
import { test } from "node:test";

import * as places from "../../app/static/inside/places.js";
import { addition } from "./tasks.js";

const found = {
  ...{ run: "main", generation: 0, iteration: 9, axes_iteration: 9, alignment: 1 },
  axes: [
    [0, 1],
    [1, 0],
  ],
  origin: [0.5, 0.25],
  points: [],
  separation: 1,
  base_rate: 0.5625,
  tested: 1234,
  states: ["carry 0", "carry 1"],
  tells: [0.1, -0.9],
};

/** 3 + 1 at two positions, with two units. */
const problem = {
  ...{ kind: "training", generation: 0, iteration: 9, width: 2, hidden: 2, operands: [3, 1] },
  inputs: [
    [1, 1],
    [1, 0],
  ],
  hiddenStates: [0, 0, 0.5, 1.25, 2.5, 0.25],
};

test("the shown problem runs from state to state, as the machine does", () => {
  assert.deepEqual(places.pathOf(problem, addition, found), [
    { x: 1, y: 0, state: 1, position: 0 },
    { x: 0, y: 2, state: 1, position: 1 },
  ]);
});

test("a problem whose states are not known, or of another network, has no path", () => {
  assert.deepEqual(places.pathOf(null, addition, found), []);
  assert.deepEqual(places.pathOf({ ...problem, hiddenStates: undefined }, addition, found), []);
  assert.deepEqual(places.pathOf({ ...problem, generation: 1 }, addition, found), []);
  assert.deepEqual(places.pathOf({ ...problem, hidden: 3 }, addition, found), []);
});

test("what one sees is told from the numbers", () => {
  const clouds = (separation) => places.describeClouds({ ...found, separation });
  assert.equal(clouds(0.57), "One cloud: carry 0 and carry 1 lie mixed.");
  assert.equal(clouds(0.9), "The clouds of carry 0 and carry 1 overlap.");
  assert.equal(clouds(0.995), "Two clouds: it has learned to tell carry 0 and carry 1 apart.");
  const three = { ...found, states: ["carry 0", "carry 1", "carry 2"] };
  assert.equal(places.describeClouds(three), "3 clouds: it has learned to tell carry 0, carry 1 and carry 2 apart.");
  assert.equal(
    places.describeClouds({ ...found, separation: 0.995 }, ["● carry 0", "◆ carry 1"]),
    "Two clouds: it has learned to tell ● carry 0 and ◆ carry 1 apart.",
  );
  assert.equal(
    places.describeShares(found),
    "The state tells which, right in 100.0% of 1,234 cases; the bits alone in 56.2%.",
  );
});

test("axes say what they are, and when others would show more", () => {
  const said = "Across: from carry 0 to carry 1. Up: what differs most besides. Axes of iteration 9.";
  assert.equal(places.describeAxes(found), said);
  assert.equal(places.describeAxes({ ...found, iteration: 99, alignment: 0.9 }), said);
  assert.equal(
    places.describeAxes({ ...found, iteration: 99, alignment: 0.2 }),
    `${said} The network has changed since: new axes show more.`,
  );
});

test("units are ordered by what they tell, in rows and columns", () => {
  const order = places.orderOf([0.5, -0.2, 0]);
  assert.deepEqual(order, [1, 2, 0]);
  assert.deepEqual([...places.reordered([1, 2, 3, 4, 5, 6, 7, 8, 9], order)], [5, 6, 4, 8, 9, 7, 2, 3, 1]);
});

test("the nearest place, also in a direction", () => {
  const some = [
    [0, 0],
    [10, 0],
    [10, 8],
    [40, 1],
  ];
  assert.equal(places.nearest(some, [9, 1]), 1);
  assert.equal(places.nearest(some, [10, 0], [1, 0]), 3);
  assert.equal(places.nearest(some, [10, 0], [0, 1]), 2);
  assert.equal(places.nearest(some, [10, 0], [-1, 0]), 0);
  assert.equal(places.nearest(some, [40, 1], [1, 0]), -1);
  assert.equal(places.nearest([], [0, 0]), -1);
});
