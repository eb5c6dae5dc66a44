import assert from "node:assert/strict";
import { test } from "node:test";

import { choiceEnds, end, messageEnds } from "../page/ends.js";
import { speak } from "./texts.js";

speak();

/** A Sunday. */
const now = new Date(2026, 10, 22, 13, 0);
/** @param {number[]} local */
const until = (...local) => ({ until: new Date(...local).toISOString() });

test("the ends that are offered", () => {
  assert.equal(end("never", "", now), null);
  assert.deepEqual(end("30m", "", now), { for: "30m" });
  assert.deepEqual(end("today", "", now), until(2026, 10, 23));
  assert.deepEqual(end("week", "", now), until(2026, 10, 23));
  assert.deepEqual(end("week", "", new Date(2026, 10, 23, 9, 0)), until(2026, 10, 30));
  assert.deepEqual(end("kept2026-11-22T14:30:00Z", "", now), { until: "2026-11-22T14:30:00Z" });
  for (const [value] of [...choiceEnds(), ...messageEnds()]) {
    assert.notEqual(end(value, "17:30", now), undefined, value);
  }
});

test("a time is the next one of its name", () => {
  for (const [time, expected] of [
    ["17:30", until(2026, 10, 22, 17, 30)],
    [" 17.30 ", until(2026, 10, 22, 17, 30)],
    ["1730", until(2026, 10, 22, 17, 30)],
    ["5:30 pm", until(2026, 10, 22, 17, 30)],
    ["5 p.m.", until(2026, 10, 22, 17, 0)],
    ["12 am", until(2026, 10, 23, 0, 0)],
    ["9:05", until(2026, 10, 23, 9, 5)],
    ["13:00", until(2026, 10, 23, 13, 0)],
    ["", undefined],
    ["17", undefined],
    ["24:00", undefined],
    ["13 pm", undefined],
    ["17:60", undefined],
    ["soon", undefined],
  ]) {
    assert.deepEqual(end("at", time, now), expected, time);
  }
});
