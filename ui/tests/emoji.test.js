import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { emojiData } from "../build-emoji.js";
import { EMOJI } from "../page/emoji-data.js";
import { search } from "../page/emoji-search.js";

const all = Object.values(EMOJI).flat();
const found = (/** @type {string} */ query) => search(all, query).map(([emoji]) => emoji);

test("the data is what is built of the package", () => {
  const ours = readFileSync(new URL("../page/emoji-data.js", import.meta.url), "utf8");
  assert.equal(ours, emojiData(), "run `npm run emoji`");
});

test("each emoji has a name in each language and fits into the field", () => {
  const segmenter = new Intl.Segmenter();
  assert.ok(all.length > 1800, `${all.length}`);
  for (const [emoji, en, , de] of all) {
    assert.ok(en !== "" && de !== "", emoji);
    assert.equal([...segmenter.segment(emoji)].length, 1, emoji);
    assert.ok(new TextEncoder().encode(emoji).length <= 32, emoji);
  }
});

test("emoji are found in both languages, by name, keyword and beginning", () => {
  for (const [query, emoji] of [
    ["hot beverage", "☕️"],
    ["COFFEE", "☕️"],
    ["kaffee", "☕️"],
    ["heissgetränk", "☕️"],
    ["heissgetrank", "☕️"],
    ["palme", "🌴"],
    ["red heart", "❤️"],
    ["germany", "🇩🇪"],
    ["☕", "☕️"],
  ]) {
    assert.equal(found(query ?? "")[0], emoji, query);
  }
  // The words may stand in any order, but each must be there.
  assert.ok(found("cat face").includes("🐱") && found("face cat").includes("🐱"));
  assert.deepEqual(found("cat submarine"), []);
});

test("nothing is found by nothing", () => {
  for (const query of ["", "  ", "…", "qqqq", "(", "\\"]) assert.deepEqual(found(query), [], query);
});
