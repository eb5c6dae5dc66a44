import assert from "node:assert/strict";
import { test } from "node:test";

import { clipped, short, totalsOf } from "../page/history.js";

/** @typedef {import("../bindings/wire").SpanView} Span */

/**
 * @param {string} start
 * @param {string} end
 * @param {Span["presence"]} presence
 * @param {Span["source"]} source
 * @returns {Span}
 */
function span(start, end, presence, source) {
  const at = (/** @type {string} */ time) => `2026-11-22T${time}:00Z`;
  return { start: at(start), end: at(end), presence, source, ongoing: false };
}

const SPANS = [
  span("08:00", "09:00", "online", "active"),
  span("09:00", "09:30", "busy", "call"),
  span("09:30", "10:00", "busy", "manual"),
  span("10:00", "11:00", null, "none"),
];

test("only what lies between the two moments counts", () => {
  const parts = clipped(SPANS, new Date("2026-11-22T08:30:00Z"), new Date("2026-11-22T09:45:00Z"));
  assert.equal(parts.length, 3);
  assert.deepEqual(totalsOf(parts), {
    available: 1800,
    busy: 2700,
    calls: 1800,
    away: 0,
    invisible: 0,
  });
});

test("a day on which nothing was shown has no parts", () => {
  const parts = clipped(SPANS, new Date("2026-11-23T00:00:00Z"), new Date("2026-11-24T00:00:00Z"));
  assert.deepEqual(parts, []);
});

test("durations are as short as on the command line", () => {
  const cases = /** @type {const} */ ([
    [0, "0s"],
    [59.9, "59s"],
    [60, "1m"],
    [3600, "1h"],
    [4530, "1h15m"],
  ]);
  for (const [seconds, words] of cases) assert.equal(short(seconds), words);
});
