// How the calendars are. Those of GNOME and of accounts have a box: who unticks one
// does not want its meetings to count.

import { make } from "./dom.js";
import { t } from "./text.js";

/** @typedef {import("../bindings/wire").CalendarView} Calendar */
/** @typedef {import("../bindings/wire").SettingView} Setting */

export class Calendars {
  /** Those of files and addresses, which stand below the list of their names. */
  named = make("ul", { className: "calendars", hidden: true });
  element = make("ul", { className: "calendars below" });
  /** The names and UIDs of those that do not count. */
  /** @type {string[]} */
  #ignored = [];
  #shown = "";

  /**
   * @param {string} key of the setting that lists the ignored ones
   * @param {string} label
   * @param {(ignored: string[]) => void} set
   */
  constructor(key, label, set) {
    this.set = set;
    this.element.dataset.key = key;
    this.element.setAttribute("aria-label", label);
  }

  /** @param {Setting} setting */
  show({ value }) {
    this.#ignored = Array.isArray(value) ? value : [];
  }

  /** @param {Calendar[]} calendars */
  showStates(calendars) {
    const shown = JSON.stringify(calendars);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const focused = document.activeElement?.closest("li")?.dataset.calendar;
    const isGnome = (/** @type {Calendar} */ { place }) => place === "gnome";
    const named = calendars.filter((calendar) => !isGnome(calendar));
    this.named.replaceChildren(...named.map((calendar) => this.#row(calendar)));
    this.named.hidden = named.length === 0;
    const gnome = calendars.filter(isGnome).map((calendar) => this.#row(calendar));
    if (gnome.length === 0) gnome.push(make("li", { className: "hint" }, t("window-calendars-none")));
    this.element.replaceChildren(...gnome);
    if (focused === undefined) return;
    const boxes = [this.named, this.element].flatMap((list) => [...list.querySelectorAll("input")]);
    boxes.find((box) => box.closest("li")?.dataset.calendar === focused)?.focus();
  }

  /** @param {Calendar} calendar */
  #row(calendar) {
    const { name, uid, counts } = calendar;
    if (uid === null) return make("li", {}, ...said(calendar));
    const box = make("input", { type: "checkbox", checked: counts });
    box.addEventListener("change", () => {
      const others = this.#ignored.filter((it) => it !== name && it !== uid);
      this.set(box.checked ? others : [...others, name]);
    });
    const label = make("label", { className: "check" }, box, make("span", {}, ...said(calendar)));
    const row = make("li", {}, label);
    row.dataset.calendar = uid;
    return row;
  }
}

/** @param {Calendar} calendar */
function said({ name, counts, events, trouble }) {
  const state = counts ? (trouble ?? t("window-calendar-events", { events })) : t("window-calendar-ignored");
  return [name, " ", make("span", { className: counts && trouble !== null ? "error" : "hint" }, state)];
}
