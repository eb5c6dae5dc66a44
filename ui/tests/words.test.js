import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";

import { agreement, difference, seenWord, shape } from "../page/words.js";
import { speak } from "./texts.js";

speak();

const account = {
  connection: "syncing",
  intended: "busy",
  seen_by_others: "busy",
  note: null,
  problem: null,
  server: { busy: true, presence: "on", status_field: null, call_field: null },
};

test("a difference between what is meant and seen is explained once", () => {
  const without = { ...account.server, busy: false };
  const off = { ...account.server, presence: "off" };
  for (const [change, words] of [
    [{}, ""],
    [{ seen_by_others: "unavailable", server: without }, "This server has no busy; away is the nearest it can show."],
    [{ seen_by_others: null, server: off }, "Presence is turned off on this server."],
    [{ seen_by_others: "online" }, "The server has not taken it over yet."],
    [{ seen_by_others: "online", note: "Another device is busy" }, ""],
    [{ seen_by_others: "online", connection: "retrying" }, ""],
    [{ intended: null, seen_by_others: "online" }, ""],
  ]) {
    assert.equal(difference({ ...account, ...change }), words);
  }
});

test("one of the two is said, or the agent's own words are", () => {
  for (const [change, words] of [
    [{}, "Others see what you show."],
    [{ seen_by_others: "online" }, ""],
    [{ note: "Another device is busy" }, ""],
    [{ problem: "It is not reached" }, ""],
    [{ intended: null, seen_by_others: null }, ""],
  ]) {
    const changed = { ...account, ...change };
    assert.equal(agreement(changed), words);
    assert.ok(agreement(changed) === "" || difference(changed) === "");
  }
});

test("every presence has a drawing, and unknown has one too", () => {
  for (const presence of ["online", "busy", "unavailable", "offline", null]) {
    assert.ok(existsSync(new URL(`../page/${shape(presence)}`, import.meta.url)));
  }
  assert.equal(seenWord(null), "Not known yet");
  assert.equal(seenWord("offline"), "Offline");
  assert.equal(seenWord("busy"), "Busy");
});
