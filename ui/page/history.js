// Computes parts and totals of the history, without the document.

/** @typedef {import("../bindings/wire").SpanView} Span */
/** @typedef {import("../bindings/wire").TotalsView} Totals */

/**
 * The parts of the spans between two moments, in milliseconds since the epoch.
 * @param {Span[]} spans
 * @param {Date} from
 * @param {Date} to
 */
export function clipped(spans, from, to) {
  return spans
    .map((span) => ({
      ...span,
      from: Math.max(Date.parse(span.start), from.getTime()),
      to: Math.min(Date.parse(span.end), to.getTime()),
    }))
    .filter((span) => span.from < span.to);
}

/** @typedef {ReturnType<typeof clipped>[number]} Part */

/**
 * How long each presence was shown, in seconds.
 * @param {Part[]} parts
 * @returns {Totals}
 */
export function totalsOf(parts) {
  const seconds = (/** @type {(part: Part) => boolean} */ counts) =>
    parts.filter(counts).reduce((sum, part) => sum + (part.to - part.from) / 1000, 0);
  return {
    available: seconds(({ presence }) => presence === "online"),
    busy: seconds(({ presence }) => presence === "busy"),
    calls: seconds(({ source }) => source === "call"),
    away: seconds(({ presence }) => presence === "unavailable"),
    invisible: seconds(({ presence }) => presence === "offline"),
  };
}

/**
 * A duration as the command line writes it: 1h15m, or seconds below a minute.
 * @param {number} seconds
 */
export function short(seconds) {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return `${hours > 0 ? `${hours}h` : ""}${minutes > 0 || hours === 0 ? `${minutes}m` : ""}`;
}
