import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { moment, since, until } from "../page/clock.js";
import { speak } from "./texts.js";

/** The examples that presently-text is tested with, too. */
const examples = JSON.parse(
  readFileSync(new URL("../../src-tauri/crates/text/tests/moments.json", import.meta.url), "utf8"),
);
const now = new Date(examples.now);
// In the names of these zones the sign is the other way round.
process.env.TZ = `Etc/GMT${examples.zone_hours > 0 ? "-" : "+"}${Math.abs(examples.zone_hours)}`;

test("moments are written as everywhere in Presently", () => {
  assert.equal(now.getTimezoneOffset(), -60 * examples.zone_hours);
  for (const { moment: then, language, twelve_hours, month_first, text } of examples.moments) {
    speak(language, { twelve_hours, month_first });
    assert.equal(moment(then, now), text);
  }
});

test("what has no end or beginning says nothing of it", () => {
  speak();
  assert.equal(until(null, now), "");
  assert.equal(since(null, now), "");
  assert.equal(until("2026-11-22T13:30:00Z", now), "until 14:30");
  assert.equal(since("2026-11-22T11:00:00Z", now), "since 12:00");
  speak("de");
  assert.equal(until("2026-11-22T13:30:00Z", now), "bis 14:30");
});
