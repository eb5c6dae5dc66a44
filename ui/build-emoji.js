// Writes page/emoji-data.js: the emoji of Unicode with their names and keywords
// from CLDR, in the languages of Presently, as the package emojibase-data has
// them. `npm run emoji` runs it after an update of the package.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The languages of Presently. */
const LANGUAGES = ["en", "de"];

/** The fonts of Debian 12 draw no newer emoji. */
const NEWEST = 15;

/** The groups of Unicode by their numbers in the package. Number 2 is of parts. */
const GROUPS = new Map([
  [0, "smileys"],
  [1, "people"],
  [3, "nature"],
  [4, "food"],
  [5, "travel"],
  [6, "activities"],
  [7, "objects"],
  [8, "symbols"],
  [9, "flags"],
]);

/** The text of page/emoji-data.js. */
export function emojiData() {
  const [first = [], ...others] = LANGUAGES.map((language) => {
    const path = `node_modules/emojibase-data/${language}/data.json`;
    return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
  });
  const same = others.map((all) => new Map(all.map((/** @type {any} */ e) => [e.hexcode, e])));
  const shown = first
    .filter((/** @type {any} */ e) => GROUPS.has(e.group) && e.version <= NEWEST)
    .sort((/** @type {any} */ a, /** @type {any} */ b) => a.order - b.order);
  const groups = [...GROUPS].map(([number, group]) => {
    const rows = shown
      .filter((/** @type {any} */ e) => e.group === number)
      .map((/** @type {any} */ e) => {
        const names = [e, ...same.map((all) => all.get(e.hexcode))].map(({ label, tags }) => [
          label,
          (tags ?? []).join(" "),
        ]);
        return `  ${JSON.stringify([e.emoji, ...names.flat()])},\n`;
      });
    return `"${group}": [\n${rows.join("")}],\n`;
  });
  return `// Written by build-emoji.js from emojibase-data. Do not edit.
//
// The names and keywords are data of Unicode CLDR: copyright © 1991-2026
// Unicode, Inc., under the Unicode License v3. The selection is emojibase's:
// copyright © 2017-2019 Miles Johnson, under the MIT License.

/**
 * Each group of emoji: the emoji, its name and keywords in English, its name
 * and keywords in German.
 * @type {Record<string, [string, string, string, string, string][]>}
 */
export const EMOJI = {
${groups.join("")}};
`;
}

if (fileURLToPath(import.meta.url) === process.argv[1]) {
  writeFileSync(new URL("page/emoji-data.js", import.meta.url), emojiData());
}
