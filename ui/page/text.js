// The texts of the page in the reader's language: the messages of
// presently-text, which the command line and the tray use as well.

import { FluentBundle, FluentNumber, FluentResource } from "./vendor/fluent-bundle/index.js";

/**
 * The texts and formats, as the window's program sends them.
 * @typedef {object} Texts
 * @property {string} language its ISO 639 code
 * @property {boolean} twelve_hours the clock has 12 hours, not 24
 * @property {boolean} month_first the month stands before the day
 * @property {string} messages in Fluent's syntax
 */

/** The attributes that an element can have from `data-ATTRIBUTE-text`. */
const ATTRIBUTES = ["placeholder", "aria-label"];

let bundle = new FluentBundle("en");

/** How the reader's country writes times, whatever the language. */
export const writes = { twelveHours: false, monthFirst: false };

/**
 * Loads the messages. Before this, {@link t} has none.
 * @param {Texts} texts
 */
export function load(texts) {
  // As everywhere in Presently, the characters that isolate text directions are
  // left out: its languages run left to right.
  bundle = new FluentBundle(texts.language, { useIsolating: false });
  // Messages that cannot be read are left out; the tests read every file.
  bundle.addResource(new FluentResource(texts.messages));
  writes.twelveHours = texts.twelve_hours;
  writes.monthFirst = texts.month_first;
}

/**
 * A message with its arguments. Where it is missing, its name and its arguments
 * are returned.
 * @param {string} name
 * @param {Record<string, string | number>} [args]
 * @returns {string}
 */
export function t(name, args = {}) {
  const pattern = bundle.getMessage(name)?.value;
  if (pattern == null) return [name, ...Object.values(args)].join(" ");
  const values = Object.entries(args).map(([key, value]) => [key, variable(value)]);
  // An argument that is missing is shown as its name in braces.
  return bundle.formatPattern(pattern, Object.fromEntries(values), []);
}

/**
 * Writes numbers without separators, as the command line does: 1024.
 * @param {string | number} value
 */
function variable(value) {
  return typeof value === "number" ? new FluentNumber(value, { useGrouping: false }) : value;
}

/**
 * Fills in the texts that the page's elements name.
 * @param {Document} page
 */
export function fill(page) {
  page.documentElement.lang = bundle.locales[0] ?? "";
  for (const element of page.querySelectorAll("[data-text]")) {
    element.textContent = t(element.getAttribute("data-text") ?? "");
  }
  for (const attribute of ATTRIBUTES) {
    const from = `data-${attribute}-text`;
    for (const element of page.querySelectorAll(`[${from}]`)) {
      element.setAttribute(attribute, t(element.getAttribute(from) ?? ""));
    }
  }
}
