// The messages as the window's program gives them to the page.

import { readFileSync, readdirSync } from "node:fs";

import { load } from "../page/text.js";

const LOCALES = new URL("../../src-tauri/crates/text/locales/", import.meta.url);

/**
 * Loads a language.
 * @param {string} [language]
 * @param {{ twelve_hours: boolean, month_first: boolean }} [times]
 */
export function speak(language = "en", times = { twelve_hours: false, month_first: false }) {
  const folder = new URL(`${language}/`, LOCALES);
  const files = readdirSync(folder).filter((name) => name.endsWith(".ftl"));
  const messages = files.map((name) => readFileSync(new URL(name, folder), "utf8")).join("");
  load({ language, messages, ...times });
}
