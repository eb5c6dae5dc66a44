//! The history in words and as a table. Pure except for [`run`].

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use presently_core::Presence;
use presently_core::duration::Span;
use presently_ipc::history::{SpanView, TotalsView};
use presently_ipc::{ClientError, HistoryView, Paths, Reply, Request};
use presently_text::{Texts, text};

use super::client::{ask, done};
use super::columns::{pad, widest};
use super::parts::HistoryArgs;
use super::{Stop, output, texts, when};
use crate::history_export::csv;

/// A gap with fewer seconds gets no line, such as that of an upgrade.
const SHORT: i64 = 60;

pub(super) async fn run(paths: &Paths, args: &HistoryArgs) -> Result<(), Stop> {
    if args.erase {
        done(paths, Request::EraseHistory).await?;
        return output::people(&text!(texts(), "history-erased"));
    }
    let now = Zoned::now();
    let day = args.day.unwrap_or(now.date());
    let (from, to) = match args.day {
        None if args.csv => (None, None),
        _ => Some(when::bounds(day, now.time_zone())).unzip(),
    };
    match ask(paths, Request::History { from, to }).await? {
        Reply::History(history) if args.json => output::json(&history),
        Reply::History(history) if args.csv => output::people(&csv(&history.spans)),
        Reply::History(history) => output::people(&day_in_words(&history, day, &now, texts())),
        _ => Err(ClientError::Unknown.into()),
    }
}

/// Formats a day: a line for each span and each gap, then the totals.
fn day_in_words(history: &HistoryView, day: Date, now: &Zoned, texts: &Texts) -> String {
    let date = texts.date(day, now.date());
    let mut lines = Vec::new();
    if history.spans.is_empty() {
        lines.push(text!(texts, "history-empty", date = date));
    } else {
        lines.extend([date, String::new()]);
        lines.extend(spans(&history.spans, now, texts));
        let totals = totals(&history.totals, texts);
        if !totals.is_empty() {
            lines.extend([String::new(), totals]);
        }
    }
    if !history.recording {
        lines.push(text!(texts, "history-off"));
    }
    lines.join("\n")
}

fn spans(spans: &[SpanView], now: &Zoned, texts: &Texts) -> Vec<String> {
    let mut rows: Vec<(String, String, String)> = Vec::new();
    let mut last_end: Option<Timestamp> = None;
    for span in spans {
        if let Some(end) = last_end
            && span.start.duration_since(end).as_secs() >= SHORT
        {
            let gap = text!(texts, "history-gap");
            rows.push((times(end, Some(span.start), now, texts), gap, String::new()));
        }
        let end = (!span.ongoing).then_some(span.end);
        let source = text!(texts, "history-source", source = span.source.name());
        rows.push((times(span.start, end, now, texts), texts.presence(span.presence), source));
        last_end = Some(span.end);
    }
    let first = widest(rows.iter().map(|(times, ..)| times.as_str()));
    let second = widest(rows.iter().map(|(_, presence, _)| presence.as_str()));
    rows.iter()
        .map(|(times, presence, source)| {
            let line = format!("{}  {}  {source}", pad(times, first), pad(presence, second));
            line.trim_end().to_owned()
        })
        .collect()
}

/// The start and end of a span; without an end it lasts up to now.
fn times(start: Timestamp, end: Option<Timestamp>, now: &Zoned, texts: &Texts) -> String {
    let time = |moment: Timestamp| texts.time(&moment.to_zoned(now.time_zone().clone()));
    let end = end.map_or_else(|| text!(texts, "history-now"), time);
    text!(texts, "history-times", start = time(start), end = end)
}

fn totals(totals: &TotalsView, texts: &Texts) -> String {
    let TotalsView { available, busy, calls, away, invisible } = *totals;
    let shown = [
        (Presence::Online, available),
        (Presence::Busy, busy),
        (Presence::Unavailable, away),
        (Presence::Offline, invisible),
    ];
    let parts = shown.into_iter().filter(|(_, seconds)| *seconds > 0).map(|(presence, seconds)| {
        let (duration, word) = (rounded(seconds), texts.presence(Some(presence)));
        if presence == Presence::Busy && calls > 0 {
            let calls = rounded(calls);
            text!(texts, "history-total-calls", presence = word, duration = duration, calls = calls)
        } else {
            text!(texts, "history-total", presence = word, duration = duration)
        }
    });
    parts.collect::<Vec<_>>().join(" · ")
}

/// Rounded to minutes, or to seconds below one minute.
fn rounded(seconds: u64) -> String {
    let seconds = if seconds < 60 { seconds } else { seconds - seconds % 60 };
    Span::seconds(seconds).to_string()
}

#[cfg(test)]
mod tests {
    use presently_core::Source;
    use presently_text::{Hours, Language, Locale, Order};

    use super::*;

    fn span(times: &str, presence: Option<Presence>, source: Source) -> SpanView {
        let (start, end) = times.split_once('-').expect("two times");
        let at = |time: &str| format!("2026-11-22T{time}Z").parse().expect("a time");
        let ongoing = end == "13:30:00";
        SpanView { start: at(start), end: at(end), presence, source, ongoing }
    }

    fn day() -> HistoryView {
        HistoryView {
            recording: true,
            spans: vec![
                span("08:00:00-09:15:20", Some(Presence::Online), Source::Active),
                span("09:15:20-10:00:00", Some(Presence::Busy), Source::Call),
                // The gap of an upgrade.
                span("10:00:01-10:30:00", Some(Presence::Busy), Source::Manual),
                span("11:45:00-11:45:30", None, Source::None),
                span("11:45:30-13:30:00", Some(Presence::Unavailable), Source::Idle),
            ],
            totals: TotalsView { available: 4520, busy: 4479, calls: 2680, away: 59, invisible: 0 },
        }
    }

    fn now() -> Zoned {
        "2026-11-22T14:30:00+01:00[Europe/Berlin]".parse().expect("a time")
    }

    #[test]
    fn a_day_in_words() {
        let said = day_in_words(&day(), now().date(), &now(), Texts::english());
        assert_eq!(
            said,
            "\
22 November

09:00 – 10:15  Available     input
10:15 – 11:00  Busy          in a call
11:00 – 11:30  Busy          you chose it
11:30 – 12:45  Not recorded
12:45 – 12:45  Not known     nothing known
12:45 – now    Away          no input

Available 1h15m · Busy 1h14m, 44m of it in calls · Away 59s"
        );
    }

    #[test]
    fn in_another_language_by_the_clock_of_another_country() {
        let (language, hours, order) = (Language::German, Hours::Twelve, Order::DayMonth);
        let texts = Texts::new(Locale { language, hours, order });
        let said = day_in_words(&day(), now().date(), &now(), &texts);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "22. November");
        assert!(lines[3].contains("Beschäftigt") && lines[3].ends_with("in einem Anruf"), "{said}");
        assert!(lines[7].contains(" – jetzt"), "{said}");
        assert!(said.ends_with("davon 44m in Anrufen · Abwesend 59s"), "{said}");
    }

    #[test]
    fn nothing_and_off() {
        let totals = TotalsView { available: 0, busy: 0, calls: 0, away: 0, invisible: 0 };
        let mut none = HistoryView { recording: true, spans: Vec::new(), totals };
        let said = |view: &HistoryView| day_in_words(view, now().date(), &now(), Texts::english());
        assert_eq!(said(&none), "Nothing was recorded on 22 November");
        none.recording = false;
        let off = "The history is off; `presently settings set history.enabled true`";
        assert_eq!(said(&none), format!("Nothing was recorded on 22 November\n{off}"));
    }

    #[test]
    fn a_table() {
        assert_eq!(csv(&[]), "start,end,presence,source");
        let lines = csv(&day().spans);
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines[2], "2026-11-22T09:15:20Z,2026-11-22T10:00:00Z,busy,call");
        assert_eq!(lines[4], "2026-11-22T11:45:00Z,2026-11-22T11:45:30Z,,none");
    }
}
