// What the page says, in the reader's language: the messages of presently-text,
// which the command line and the tray are made of too.

import { FluentBundle, FluentNumber, FluentResource } from "./vendor/fluent-bundle/index.js";

/**
 * As the window's program gives them.
 * @typedef {object} Texts
 * @property {string} language its ISO 639 code
 * @property {boolean} twelve_hours the clock has 12 hours, not 24
 * @property {boolean} month_first the month stands before the day
 * @property {string} messages in Fluent's syntax
 */

/** The attributes that an element can have from `data-ATTRIBUTE-text`. */
const ATTRIBUTES = ["placeholder", "aria-label"];

let bundle = new FluentBundle("en");

/** How the reader's country writes times, whatever the language is. */
export const writes = { twelveHours: false, monthFirst: false };

/**
 * Takes the messages. Before this nothing can be said.
 * @param {Texts} texts
 */
export function load(texts) {
  // The marks that keep the directions of two scripts apart are left out, as
  // everywhere in Presently: its languages run one way.
  bundle = new FluentBundle(texts.language, { useIsolating: false });
  // What cannot be read is left out; the tests read every file.
  bundle.addResource(new FluentResource(texts.messages));
  writes.twelveHours = texts.twelve_hours;
  writes.monthFirst = texts.month_first;
}

/**
 * A message with its arguments. One that is not there is said by its name and
 * its arguments.
 * @param {string} name
 * @param {Record<string, string | number>} [args]
 * @returns {string}
 */
export function t(name, args = {}) {
  const pattern = bundle.getMessage(name)?.value;
  if (pattern == null) return [name, ...Object.values(args)].join(" ");
  const values = Object.entries(args).map(([key, value]) => [key, variable(value)]);
  // An argument that is missing shows as its name in braces.
  return bundle.formatPattern(pattern, Object.fromEntries(values), []);
}

/**
 * Numbers are written as the command line does, 1024 and not 1,024.
 * @param {string | number} value
 */
function variable(value) {
  return typeof value === "number" ? new FluentNumber(value, { useGrouping: false }) : value;
}

/**
 * Says what the page's own elements name.
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
