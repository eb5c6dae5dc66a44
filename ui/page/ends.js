// When a choice or a message ends: the offered ends, and the end for the agent.

import { midnight, until } from "./clock.js";
import { t } from "./text.js";

/** @typedef {import("../bindings/wire").End} End */

/** The end that is in force, which is offered so that it can be kept. */
const KEPT = "kept";
/** A time of day that the person enters. */
const AT = "at";

/**
 * The ends that are offered for a choice: value and text.
 * @returns {[string, string][]}
 */
export function choiceEnds() {
  return [
    ["never", t("window-until-changed")],
    ["30m", t("window-30-minutes")],
    ["1h", t("window-1-hour")],
    ["4h", t("window-4-hours")],
    ["today", t("window-until-tomorrow")],
    [AT, t("window-until-time")],
  ];
}

/**
 * The ends that are offered for a message: value and text.
 * @returns {[string, string][]}
 */
export function messageEnds() {
  return [
    ["never", t("window-do-not-clear")],
    ["30m", t("window-30-minutes")],
    ["1h", t("window-1-hour")],
    ["4h", t("window-4-hours")],
    ["today", t("window-today")],
    ["week", t("window-this-week")],
    [AT, t("window-a-time")],
  ];
}

/**
 * The end for a list's value and the entered time; `null` for no end.
 * @param {string} value
 * @param {string} time like "17:30"; today, or tomorrow where that has passed
 * @param {Date} now
 * @returns {End | null | undefined} undefined where the time is not one
 */
export function end(value, time, now) {
  switch (value) {
    case "never":
      return null;
    case "today":
      return { until: midnight(now, 1).toISOString() };
    case "week":
      // The week ends with Sunday. That is day 0, which is counted as 7 here.
      return { until: midnight(now, 8 - (now.getDay() || 7)).toISOString() };
    case AT:
      return atTime(time, now);
    default:
      return value.startsWith(KEPT) ? { until: value.slice(KEPT.length) } : { for: value };
  }
}

/**
 * The next moment at this time of day: written like 17:30, 1730 or 5:30 pm.
 * @param {string} time
 * @param {Date} now
 * @returns {End | undefined}
 */
function atTime(time, now) {
  const written = /^(\d{1,2})[:.]?([0-5]\d)?\s*([ap])?\.?m?\.?$/i.exec(time.trim());
  if (written === null) return undefined;
  const [, hour, minute, half] = written;
  if (minute === undefined && half === undefined) return undefined;
  let hours = Number(hour);
  if (half !== undefined) {
    if (hours < 1 || hours > 12) return undefined;
    hours = (hours % 12) + (half.toLowerCase() === "p" ? 12 : 0);
  }
  if (hours > 23) return undefined;
  const then = midnight(now, 0);
  then.setHours(hours, Number(minute ?? 0));
  if (then <= now) then.setDate(then.getDate() + 1);
  return { until: then.toISOString() };
}

/** A list of ends, and beside it the field for a time of day. */
export class EndField {
  /**
   * @param {HTMLSelectElement} list
   * @param {HTMLInputElement} time
   * @param {HTMLElement} timeField shown only where a time is asked for
   * @param {[string, string][]} offered
   */
  constructor(list, time, timeField, offered) {
    this.list = list;
    this.time = time;
    this.timeField = timeField;
    this.list.append(...offered.map(([value, words]) => new Option(words, value)));
    this.list.addEventListener("change", () => this.#showTime());
  }

  /**
   * Disables the list where nothing can end, as for automatic.
   * @param {boolean} enabled
   */
  enable(enabled) {
    this.list.disabled = !enabled;
    this.#showTime();
  }

  /** @param {string} value */
  choose(value) {
    this.list.value = value;
    this.#showTime();
  }

  /** Asks for a time of day. */
  ask() {
    this.choose(AT);
    this.time.focus();
  }

  /**
   * Adds the end in force to the list and selects it.
   * @param {string | null} iso
   * @param {Date} now
   */
  keep(iso, now) {
    for (const old of this.list.querySelectorAll(`option[value^="${KEPT}"]`)) old.remove();
    if (iso !== null) {
      const words = until(iso, now);
      this.list.prepend(new Option(words.charAt(0).toUpperCase() + words.slice(1), KEPT + iso));
    }
    this.choose(iso === null ? "never" : KEPT + iso);
  }

  /**
   * The end that is chosen; undefined where the time is missing or wrong.
   * @param {Date} now
   */
  end(now) {
    return end(this.list.value, this.time.value, now);
  }

  #showTime() {
    this.timeField.hidden = this.list.disabled || this.list.value !== AT;
  }
}
