// Moments as people say them. `now` and the locale are arguments, so that
// the tests need no clock.

/**
 * The local midnight that begins the day `days` after the one of `moment`.
 * @param {Date} moment
 * @param {number} days
 */
export function midnight(moment, days) {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate() + days);
}

/**
 * "14:30", "tomorrow 9:00", "Friday 9:00" or "3 December 9:00".
 * @param {string} iso
 * @param {Date} now
 * @param {string} [locale] that of the system where not given
 */
export function moment(iso, now, locale) {
  const then = new Date(iso);
  const time = format(then, { hour: "2-digit", minute: "2-digit" }, locale);
  const days = Math.round((midnight(then, 0).getTime() - midnight(now, 0).getTime()) / 86_400_000);
  if (days === 0) return time;
  if (days === 1) return `tomorrow ${time}`;
  if (days === -1) return `yesterday ${time}`;
  if (days > 1 && days < 7) return `${format(then, { weekday: "long" }, locale)} ${time}`;
  return `${format(then, { day: "numeric", month: "long" }, locale)} ${time}`;
}

/**
 * @param {Date} then
 * @param {Intl.DateTimeFormatOptions} options
 * @param {string | undefined} locale
 */
function format(then, options, locale) {
  return new Intl.DateTimeFormat(locale, options).format(then);
}

/**
 * "until 14:30", or nothing where there is no end.
 * @param {string | null} iso
 * @param {Date} now
 * @param {string} [locale]
 */
export function until(iso, now, locale) {
  return iso === null ? "" : `until ${moment(iso, now, locale)}`;
}

/**
 * "since 14:30", or nothing where the beginning is not known.
 * @param {string | null} iso
 * @param {Date} now
 * @param {string} [locale]
 */
export function since(iso, now, locale) {
  return iso === null ? "" : `since ${moment(iso, now, locale)}`;
}
