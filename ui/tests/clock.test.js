import assert from "node:assert/strict";
import { test } from "node:test";

import { moment, since, until } from "../page/clock.js";

const now = new Date(2026, 10, 22, 13, 0);
/** @param {number[]} local */
const at = (...local) => new Date(...local).toISOString();

test("moments are said from here", () => {
  for (const [then, words] of [
    [at(2026, 10, 22, 14, 30), "14:30"],
    [at(2026, 10, 22, 0, 0), "00:00"],
    [at(2026, 10, 23, 9, 5), "tomorrow 09:05"],
    [at(2026, 10, 21, 23, 59), "yesterday 23:59"],
    [at(2026, 10, 27, 9, 0), "Friday 09:00"],
    [at(2026, 10, 29, 9, 0), "29 November 09:00"],
    [at(2026, 10, 18, 9, 0), "18 November 09:00"],
  ]) {
    assert.equal(moment(then, now, "en-GB"), words);
  }
  assert.match(moment(at(2026, 10, 22, 14, 30), now, "en-US"), /^02:30\sPM$/);
});

test("what has no end or beginning says nothing of it", () => {
  assert.equal(until(null, now), "");
  assert.equal(since(null, now), "");
  assert.equal(until(at(2026, 10, 22, 14, 30), now, "en-GB"), "until 14:30");
  assert.equal(since(at(2026, 10, 22, 12, 0), now, "en-GB"), "since 12:00");
});
