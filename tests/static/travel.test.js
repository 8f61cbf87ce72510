import assert from "node:assert/strict";
import { test } from "node:test";
import { createTravel, PATIENCE } from "../../app/static/travel.js";

/** A server that answers when the test says so, and the log of arrivals. */
function traveller() {
  const asked = [];
  const log = [];
  const ask = (iteration, signal) =>
    new Promise((resolve, reject) => {
      asked.push({ iteration, signal, answer: () => resolve(iteration), refuse: (error) => reject(error) });
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
  const go = createTravel(ask, { arrived: (moment) => log.push(moment), failed: ({ message }) => log.push(message) });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { asked, log, go, settle, places: () => asked.map(({ iteration }) => iteration) };
}

test("one question is under way at a time, and of those that wait the newest is asked next", async () => {
  const { asked, log, go, settle, places } = traveller();
  for (const place of [10, 20, 30, 40]) go(place);
  assert.deepEqual(places(), [10]);
  asked[0].answer();
  await settle();
  assert.deepEqual(places(), [10, 40]);
  asked[1].answer();
  await settle();
  assert.deepEqual(log, [10, 40]); // the older request is shown too, so that the page moves
  assert.equal(asked.length, 2);
});

test("a question that was overtaken and takes long is called off", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, log, go, settle, places } = traveller();
  go(10);
  go(20);
  t.mock.timers.tick(PATIENCE - 1);
  assert.equal(asked[0].signal.aborted, false);
  t.mock.timers.tick(1);
  assert.equal(asked[0].signal.aborted, true);
  await settle();
  assert.deepEqual(places(), [10, 20]);
  asked[1].answer();
  await settle();
  assert.deepEqual(log, [20]);
});

test("the same iteration asked again is not asked twice", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, log, go, settle } = traveller();
  go(10);
  go(10);
  t.mock.timers.tick(PATIENCE);
  asked[0].answer();
  await settle();
  assert.deepEqual([log, asked.length], [[10], 1]);
});

test("back to now calls everything off, and the way is free for the next", async () => {
  const { asked, log, go, settle, places } = traveller();
  go(10);
  go(20);
  go(null);
  assert.equal(asked[0].signal.aborted, true);
  await settle();
  go(null);
  assert.deepEqual([places(), log], [[10], []]);
  go(10);
  asked[1].answer();
  await settle();
  assert.deepEqual(log, [10]);
});

test("who turns round before the old answer is called off is asked for anew", async () => {
  const { asked, log, go, settle, places } = traveller();
  go(10);
  go(null);
  go(10);
  await settle();
  assert.deepEqual(places(), [10, 10]);
  asked[1].answer();
  await settle();
  assert.deepEqual(log, [10]);
});

test("what fails is told once, and nothing is stuck", async () => {
  const { asked, log, go, settle, places } = traveller();
  go(10);
  asked[0].refuse(new Error("no room"));
  await settle();
  assert.deepEqual(log, ["no room"]);
  go(20);
  go(30);
  asked[1].refuse(new Error("overtaken: nobody need know"));
  await settle();
  asked[2].answer();
  await settle();
  assert.deepEqual(
    [places(), log],
    [
      [10, 20, 30],
      ["no room", 30],
    ],
  );
});

test("a moment that can't be shown is a failure, too", async () => {
  const log = [];
  const go = createTravel(() => Promise.resolve("nonsense"), {
    arrived() {
      throw new TypeError("not a frame");
    },
    failed: ({ message }) => log.push(message),
  });
  go(1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(log, ["not a frame"]);
});

test("an answer that came although it was called off does not arrive", async () => {
  const log = [];
  let answer = () => {};
  const ask = (iteration) => new Promise((resolve) => (answer = () => resolve(iteration)));
  const go = createTravel(ask, { arrived: (moment) => log.push(moment), failed: () => log.push("failed") });
  go(10);
  go(null);
  answer();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(log, []);
});
