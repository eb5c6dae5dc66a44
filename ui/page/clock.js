// Writes moments as people do, by the rules of presently-text. `now` is an
// argument, so that the tests need no clock.

import { t, writes } from "./text.js";

/** In the order of `Date.getDay`. */
const WEEKDAYS = /** @type {const} */ ([
  "sunday",
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
]);
const MONTHS = /** @type {const} */ ([
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
]);

/**
 * The local midnight that begins the day `days` after the one of `moment`.
 * @param {Date} moment
 * @param {number} days
 */
export function midnight(moment, days) {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate() + days);
}

/**
 * A moment as seen from `now`: "14:30" for today, "tomorrow 09:00", "Friday
 * 09:00" within a week, else with the date: "3 December 09:00".
 * @param {string} iso
 * @param {Date} now
 */
export function moment(iso, now) {
  const then = new Date(iso);
  const time = timeOfDay(then);
  const days = Math.round((midnight(then, 0).getTime() - midnight(now, 0).getTime()) / 86_400_000);
  if (days === 0) return time;
  if (days === 1) return t("moment-tomorrow", { time });
  if (days === -1) return t("moment-yesterday", { time });
  if (days > 1 && days < 7) {
    const weekday = t("weekday", { weekday: WEEKDAYS[then.getDay()] ?? "" });
    return t("moment-weekday", { weekday, time });
  }
  return t("moment-date", { date: date(then, now), order: order(), time });
}

/**
 * "until 14:30"; "" where there is no end.
 * @param {string | null} iso
 * @param {Date} now
 */
export function until(iso, now) {
  return iso === null ? "" : t("until", { moment: moment(iso, now) });
}

/**
 * "since 14:30"; "" where the beginning is not known.
 * @param {string | null} iso
 * @param {Date} now
 */
export function since(iso, now) {
  return iso === null ? "" : t("since", { moment: moment(iso, now) });
}

/** @param {Date} then */
export function timeOfDay(then) {
  const hours = then.getHours();
  const minute = String(then.getMinutes()).padStart(2, "0");
  if (!writes.twelveHours) {
    return t("time-24", { hour: String(hours).padStart(2, "0"), minute });
  }
  const half = hours < 12 ? "am" : "pm";
  return t("time-12", { hour: String(((hours + 11) % 12) + 1), minute, half });
}

/**
 * A date, with the year where it is not that of `now`.
 * @param {Date} then
 * @param {Date} now
 */
export function date(then, now) {
  const day = String(then.getDate());
  const month = t("month", { month: MONTHS[then.getMonth()] ?? "" });
  const year = String(then.getFullYear());
  return then.getFullYear() === now.getFullYear()
    ? t("date", { day, month, order: order() })
    : t("date-year", { day, month, year, order: order() });
}

/** The order of day and month, by its name in the messages. */
function order() {
  return writes.monthFirst ? "month-day" : "day-month";
}
