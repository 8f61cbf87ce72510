import assert from "node:assert/strict";
import { test } from "node:test";
import { createTrack, wantedMoment } from "../../app/static/follow.js";

test("a follower goes to the presenter's moment, or to now where it has none such", () => {
  const run = { iteration: 100 };
  assert.equal(wantedMoment({ iteration: null }, run, 0), null);
  assert.equal(wantedMoment({ iteration: 40 }, run, 0), 40);
  assert.equal(wantedMoment({ iteration: 40 }, run, 50), 50);
  assert.equal(wantedMoment({ iteration: 100 }, run, 0), null);
  assert.equal(wantedMoment({ iteration: 120 }, run, 0), null);
});

test("moving by oneself lets go, being moved by the presenter does not", () => {
  const track = createTrack();
  assert.equal(track.look(7, false), false);
  assert.equal(track.move(null, null), false);
  assert.equal(track.look(null, false), false);
  assert.equal(track.move(20, null), true);
  assert.equal(track.move(20, 20), false);
  assert.equal(track.look(20, true), false);
  assert.equal(track.look(20, false), false);
  assert.equal(track.look(21, true), true);
});

test("a moment that can't be had leaves the page where it was, and it still follows", () => {
  const track = createTrack();
  track.move(null, null);
  track.look(null, false);
  track.move(20, null);
  assert.equal(track.look(20, true), false);
  assert.equal(track.look(null, false), false);
  assert.equal(track.look(5, true), true);
});

test("after a reset it begins anew", () => {
  const track = createTrack();
  track.move(20, null);
  track.look(20, false);
  track.forget();
  assert.equal(track.look(null, false), false);
  assert.equal(track.move(20, null), true);
});
