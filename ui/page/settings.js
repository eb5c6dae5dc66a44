// Every setting of the settings file. A change is in force at once. The
// settings of a single account are with the account.

import { ask } from "./agent.js";
import { CalendarAccount } from "./calendar-account.js";
import { Calendars } from "./calendars.js";
import { announce, make, setText, words } from "./dom.js";
import { IgnoredPrograms } from "./ignored-programs.js";
import { ListField } from "./list-field.js";
import { t } from "./text.js";

/** @typedef {import("../bindings/wire").SettingView} Setting */
/** @typedef {import("../bindings/wire").SettingValue} Value */

/** The list of programs whose use of a device is no call. */
const IGNORED = "call.ignore";

/** The list of calendars of GNOME that do not count. */
const UNCOUNTED = "meeting.ignore";

/**
 * The sections, their settings, and the durations that a setting offers.
 * @type {[string, [string, string[]?][]][]}
 */
const SECTIONS = [
  ["away", [["idle.after", ["1m", "2m", "5m", "10m", "15m", "30m", "1h"]], ["lock.away"]]],
  [
    "busy",
    [
      ["call.enabled"],
      ["call.screen_share"],
      ["call.enter", ["0s", "3s", "5s", "10s", "30s", "1m"]],
      ["call.exit", ["0s", "5s", "10s", "30s", "1m", "2m"]],
      [IGNORED],
      ["dnd.busy"],
    ],
  ],
  [
    "meetings",
    [
      ["meeting.calendars"],
      ["meeting.gnome"],
      [UNCOUNTED],
      ["meeting.check"],
      ["meeting.message"],
      ["meeting.titles"],
      ["meeting.out_of_office"],
      ["meeting.minimum", ["0s", "5m", "10m", "15m", "30m"]],
      ["meeting.unanswered"],
      ["meeting.tentative"],
      ["meeting.addresses"],
    ],
  ],
  ["hours", [["hours.work"], ["hours.zone"], ["hours.publish_zone"], ["hours.outside"], ["hours.holidays"]]],
  [
    "desktop",
    [
      ["autostart.enabled"],
      ["notify.enabled"],
      ["notify.calls"],
      ["history.enabled"],
      ["language"],
    ],
  ],
];

const LANGUAGES = ["auto", "en", "de"];

/** What a meeting is checked against. */
const CHECKS = ["desk", "call", "never"];

/** The texts that the person writes. */
const TEXTS = ["meeting.out_of_office", "hours.zone"];

/** The lists of texts that the person writes. */
const LISTS = ["meeting.calendars", "meeting.addresses", "meeting.titles", "hours.work", "hours.holidays"];

/** What is shown outside of the working hours. */
const OUTSIDE = ["away", "invisible"];

/** The form for the settings. */
export class Settings {
  /** @type {Map<string, Control>} */
  #controls = new Map();
  #error = make("p", { className: "error", hidden: true });
  #atLogin = make("p", { className: "hint", hidden: true });
  #calendars = new Calendars(UNCOUNTED, label(UNCOUNTED), (value) => void this.#set(UNCOUNTED, value));
  #ignored = new IgnoredPrograms(IGNORED, label(IGNORED), (value) => void this.#set(IGNORED, value));
  #pending = 0;

  /** @param {HTMLFormElement} form */
  constructor(form) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.append(this.#error);
    for (const [section, rows] of SECTIONS) {
      const controls = rows.map(([key, offered]) => {
        const control =
          this.#own(key) ?? controlFor(key, offered, (value) => void this.#set(key, value));
        this.#controls.set(key, control);
        return control.element;
      });
      const title = make("h2", { id: `settings-${section}` }, t("window-settings-section", { section }));
      const card = make("section", { className: "card" }, title, ...controls);
      card.setAttribute("aria-labelledby", title.id);
      form.append(card);
    }
    const about = make("p", { className: "hint" }, t("window-check-meetings-about"));
    this.#controls.get("meeting.check")?.element.after(about);
    this.#controls.get("meeting.calendars")?.element.append(
      this.#calendars.named,
      new CalendarAccount().element,
    );
    this.#controls.get("autostart.enabled")?.element.after(this.#atLogin);
  }

  /**
   * The controls that show more than a setting.
   * @param {string} key
   * @returns {Control | undefined}
   */
  #own(key) {
    if (key === IGNORED) return this.#ignored;
    return key === UNCOUNTED ? this.#calendars : undefined;
  }

  /**
   * Shows how the calendars are.
   * @param {import("../bindings/wire").Snapshot} snapshot
   */
  showStates({ calendars }) {
    this.#calendars.showStates(calendars);
  }

  /** Shows the settings in force. */
  async read() {
    try {
      const reply = await ask({ request: "settings" });
      if (reply.reply !== "settings" || this.#pending > 0) return;
      for (const setting of reply.settings) this.#controls.get(setting.key)?.show(setting);
      this.#ignored.suggest(reply.recent_programs);
      const wanted = reply.settings.find(({ key }) => key === "autostart.enabled")?.value;
      const isMissing = wanted === true && reply.starts_at_login === false;
      setText(this.#atLogin, isMissing ? t("window-not-at-login") : "");
    } catch (error) {
      setText(this.#error, words(error));
    }
  }

  /**
   * @param {string} key
   * @param {Value} value
   */
  async #set(key, value) {
    setText(this.#error, "");
    this.#pending += 1;
    try {
      // Strings, lists and booleans are written in TOML as in JSON.
      await ask({ request: "settings-set", key, value: JSON.stringify(value) });
      announce(t("window-saved"));
    } catch (error) {
      setText(this.#error, words(error));
      this.#error.scrollIntoView({ block: "nearest" });
      announce(words(error));
    }
    this.#pending -= 1;
    await this.read();
  }
}

/**
 * @typedef {{ element: HTMLElement, show: (setting: Setting) => void }} Control
 */

/**
 * @param {string} key
 * @param {string[] | undefined} offered
 * @param {(value: Value) => void} set
 * @returns {Control}
 */
function controlFor(key, offered, set) {
  if (key === "language") return selectControl(key, LANGUAGES, (it) => t("window-language", { it }), set);
  if (key === "meeting.check") return selectControl(key, CHECKS, (it) => t("window-check-meetings", { it }), set);
  if (key === "hours.outside") return selectControl(key, OUTSIDE, (it) => t("window-outside-hours", { it }), set);
  if (LISTS.includes(key)) {
    const name = key.replace(".", "-");
    return new ListField({ key, label: label(key), example: t("window-list-example", { key: name }), remove: (it) => t("window-list-remove", { it }), set });
  }
  if (TEXTS.includes(key)) return textControl(key, set);
  if (offered !== undefined) return selectControl(key, offered, durationWords, set);
  return checkControl(key, set);
}

/** @param {string} key */
function label(key) {
  return t("window-setting", { key: key.replace(".", "-") });
}

/**
 * @param {string} key
 * @param {(value: Value) => void} set
 * @returns {Control}
 */
function checkControl(key, set) {
  const box = make("input", { type: "checkbox" });
  box.dataset.key = key;
  box.addEventListener("change", () => set(box.checked));
  return {
    element: make("label", { className: "check" }, box, make("span", {}, label(key))),
    show: ({ value }) => (box.checked = value === true),
  };
}

/**
 * @param {string} key
 * @param {(value: Value) => void} set
 * @returns {Control}
 */
function textControl(key, set) {
  const field = make("input", { type: "text", maxLength: 256, autocomplete: "off" });
  field.dataset.key = key;
  field.placeholder = t("window-text-example", { key: key.replace(".", "-") });
  field.addEventListener("change", () => set(field.value.trim()));
  return {
    element: make("label", { className: "field wide" }, label(key), " ", field),
    show: ({ value }) => {
      // What is being written stays.
      if (document.activeElement !== field) field.value = String(value);
    },
  };
}

/**
 * @param {string} key
 * @param {string[]} offered
 * @param {(value: string) => string} wordsOf
 * @param {(value: Value) => void} set
 * @returns {Control}
 */
function selectControl(key, offered, wordsOf, set) {
  const select = make("select", {});
  select.dataset.key = key;
  select.addEventListener("change", () => set(select.value));
  return {
    element: make("label", { className: "setting" }, make("span", {}, label(key)), select),
    show: ({ value, default: usual }) => {
      const current = String(value);
      // The value in the file is offered as well.
      const all = offered.includes(current) ? offered : [current, ...offered];
      if ([...select.options].map((option) => option.value).join() !== all.join()) {
        select.replaceChildren(
          ...all.map((it) => {
            const said = wordsOf(it);
            return new Option(it === usual ? t("window-default", { value: said }) : said, it);
          }),
        );
      }
      select.value = current;
    },
  };
}

/**
 * A duration of the settings file, in words where it has a single number and
 * unit.
 * @param {string} span like 5m
 */
export function durationWords(span) {
  const [, count, unit] = /^(\d+)([smh])$/.exec(span) ?? [];
  if (count === undefined || unit === undefined) return span;
  return t("window-duration", { count: Number(count), unit });
}
