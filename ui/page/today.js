// The history of one day as a strip and as a list, and the days before it.

import { ask, exportHistory } from "./agent.js";
import { date, midnight, timeOfDay } from "./clock.js";
import { announce, byId, confirmed, make, setText, words } from "./dom.js";
import { clipped, short, totalsOf } from "./history.js";
import { t } from "./text.js";
import { presenceWord } from "./words.js";

/** @typedef {import("../bindings/wire").SpanView} Span */
/** @typedef {import("../bindings/wire").TotalsView} Totals */
/** @typedef {import("./history.js").Part} Part */

/** For how many days the history is kept. */
const DAYS = 30;
/** A shorter gap in milliseconds, such as that of an upgrade, is not listed. */
const SHORT_GAP = 60_000;
/**
 * In milliseconds. The history has whole seconds, so a new span appears in it
 * after one second.
 */
const NEW_SPAN_DELAY = 1100;
/**
 * How often the shown day is read again, in milliseconds, so that its last span
 * grows.
 */
const MINUTE = 60_000;

/** The view of the history. */
export class Today {
  #title = byId("day-title", HTMLElement);
  #before = byId("day-before", HTMLButtonElement);
  #after = byId("day-after", HTMLButtonElement);
  #strip = byId("day-strip", HTMLElement);
  #spans = byId("day-spans", HTMLOListElement);
  #totals = byId("day-totals", HTMLElement);
  #empty = byId("day-empty", HTMLElement);
  #error = byId("day-error", HTMLElement);
  #off = byId("history-off", HTMLElement);
  #days = byId("days", HTMLOListElement);
  #erase = byId("history-erase", HTMLButtonElement);
  #export = byId("history-export", HTMLButtonElement);
  #exported = byId("history-exported", HTMLElement);
  #exportError = byId("history-export-error", HTMLElement);
  /** The number of days from the shown day to today. */
  #daysBack = 0;
  /** The part of the snapshot for which the history was read last. */
  #shown = "";
  #timer = 0;

  constructor() {
    this.#showDay([], new Date());
    this.#before.addEventListener("click", () => this.#showDaysBack(this.#daysBack + 1));
    this.#after.addEventListener("click", () => this.#showDaysBack(this.#daysBack - 1));
    this.#erase.addEventListener("click", () => void this.#eraseAll());
    this.#export.addEventListener("click", () => void this.#exportAll());
  }

  /**
   * Reads the history again if the snapshot shows a change.
   * @param {import("../bindings/wire").Snapshot} snapshot
   */
  show({ presence, source, settings_revision }) {
    const shown = JSON.stringify([presence, source, settings_revision]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    void this.read();
  }

  /** @param {number} milliseconds */
  #readIn(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#title.checkVisibility()) void this.read();
    }, milliseconds);
  }

  /** @param {number} daysBack */
  #showDaysBack(daysBack) {
    this.#daysBack = Math.min(Math.max(daysBack, 0), DAYS);
    void this.read();
  }

  /** Reads and shows the history. */
  async read() {
    const now = new Date();
    const from = midnight(now, -DAYS).toISOString();
    let history;
    try {
      history = await ask({ request: "history", from, to: null });
    } catch (error) {
      setText(this.#error, words(error));
      return;
    }
    if (history.reply !== "history") return;
    setText(this.#error, "");
    this.#off.hidden = history.recording;
    this.#erase.hidden = history.spans.length === 0;
    this.#export.hidden = this.#erase.hidden;
    this.#showDay(history.spans, now);
    this.#showDays(history.spans, now);
    const isUpToDate = !history.recording || history.spans.at(-1)?.ongoing === true;
    this.#readIn(isUpToDate ? MINUTE : NEW_SPAN_DELAY);
  }

  /**
   * @param {Span[]} all
   * @param {Date} now
   */
  #showDay(all, now) {
    const [start, end] = [midnight(now, -this.#daysBack), midnight(now, 1 - this.#daysBack)];
    const spans = clipped(all, start, end);
    this.#title.textContent = dayWord(this.#daysBack, start, now);
    this.#before.disabled = this.#daysBack === DAYS;
    this.#after.disabled = this.#daysBack === 0;
    const totals = totalsOf(spans);
    setText(this.#totals, totalsWords(totals));
    this.#strip.replaceChildren(...segments(spans, start, end));
    this.#strip.setAttribute("aria-label", totalsWords(totals) || t("window-nothing-recorded"));
    this.#empty.hidden = spans.length > 0;
    this.#spans.replaceChildren(...lines(spans));
  }

  /**
   * @param {Span[]} all
   * @param {Date} now
   */
  #showDays(all, now) {
    const rows = [];
    for (let daysBack = 0; daysBack <= DAYS; daysBack += 1) {
      const [start, end] = [midnight(now, -daysBack), midnight(now, 1 - daysBack)];
      const spans = clipped(all, start, end);
      if (spans.length === 0) continue;
      const word = dayWord(daysBack, start, now);
      const strip = make("span", { className: "strip" }, ...segments(spans, start, end));
      strip.setAttribute("aria-hidden", "true");
      const row = make("button", { type: "button" }, make("span", {}, word), strip);
      row.setAttribute("aria-label", `${word}: ${totalsWords(totalsOf(spans))}`);
      if (daysBack === this.#daysBack) row.setAttribute("aria-current", "date");
      row.addEventListener("click", () => {
        this.#showDaysBack(daysBack);
        this.#title.focus();
      });
      rows.push(make("li", {}, row));
    }
    // The row that has the focus keeps it when the rows are replaced.
    const at = [...this.#days.children].findIndex((row) => row.contains(document.activeElement));
    this.#days.replaceChildren(...rows);
    rows[at]?.querySelector("button")?.focus();
  }

  async #exportAll() {
    setText(this.#exported, "");
    setText(this.#exportError, "");
    try {
      const said = t("window-exported", { path: await exportHistory() });
      setText(this.#exported, said);
      announce(said);
    } catch (error) {
      setText(this.#exportError, words(error));
      announce(words(error));
    }
  }

  async #eraseAll() {
    const text = t("window-erase-about");
    if (!(await confirmed(t("window-erase-title"), text, t("window-keep"), t("window-erase")))) return;
    try {
      await ask({ request: "erase-history" });
      announce(t("history-erased"));
    } catch (error) {
      setText(this.#error, words(error));
      announce(words(error));
      return;
    }
    this.#daysBack = 0;
    await this.read();
    this.#title.focus();
  }
}

/** @param {Totals} totals */
function totalsWords({ available, busy, calls, away, invisible }) {
  /** @type {[import("../bindings/wire").Presence, number][]} */
  const shown = [
    ["online", available],
    ["busy", busy],
    ["unavailable", away],
    ["offline", invisible],
  ];
  return shown
    .filter(([, seconds]) => seconds > 0)
    .map(([presence, seconds]) => {
      const word = presenceWord(presence);
      const duration = short(seconds);
      return presence === "busy" && calls > 0
        ? t("history-total-calls", { presence: word, duration, calls: short(calls) })
        : t("history-total", { presence: word, duration });
    })
    .join(" · ");
}

/**
 * The segments of a strip. The length of the day is computed, because it
 * differs where the clocks are changed.
 * @param {Part[]} parts
 * @param {Date} start
 * @param {Date} end
 */
function segments(parts, start, end) {
  const length = end.getTime() - start.getTime();
  return parts.map((part) => {
    const segment = make("span", { title: `${times(part)}: ${what(part)}` });
    segment.dataset.presence = part.presence ?? "unknown";
    segment.style.insetInlineStart = `${((part.from - start.getTime()) / length) * 100}%`;
    segment.style.width = `${((part.to - part.from) / length) * 100}%`;
    return segment;
  });
}

/** @param {Part[]} parts */
function lines(parts) {
  const rows = [];
  let before = Infinity;
  for (const part of parts) {
    if (part.from - before >= SHORT_GAP) {
      const gap = t("history-times", { start: clock(before), end: clock(part.from) });
      rows.push(make("li", { className: "hint" }, `${gap}  ${t("history-gap")}`));
    }
    const key = make("span", { className: "key" });
    key.dataset.presence = part.presence ?? "unknown";
    rows.push(make("li", {}, make("span", {}, times(part)), key, make("span", {}, what(part))));
    before = part.to;
  }
  return rows;
}

/** @param {Part} part */
function times({ from, to, ongoing }) {
  return t("history-times", { start: clock(from), end: ongoing ? t("history-now") : clock(to) });
}

/** @param {Part} part */
function what({ presence, source }) {
  return `${presenceWord(presence)}, ${t("history-source", { source })}`;
}

/** @param {number} moment in milliseconds */
function clock(moment) {
  return timeOfDay(new Date(moment));
}

/**
 * @param {number} daysBack
 * @param {Date} day
 * @param {Date} now
 */
function dayWord(daysBack, day, now) {
  if (daysBack === 0) return t("window-day-today");
  return daysBack === 1 ? t("window-day-yesterday") : date(day, now);
}
