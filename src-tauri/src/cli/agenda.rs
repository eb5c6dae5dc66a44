//! What the events of calendars count as, in words and in JSON.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use presently_core::meeting::{Meaning, Occurrence, Uncounted};
use presently_core::settings::MeetingSettings;
use presently_text::{Texts, text};
use serde::Serialize;

use super::columns::{pad, widest};
use super::{Stop, output, texts};

/// An occurrence in JSON.
#[derive(Serialize)]
struct OccurrenceView {
    start: Timestamp,
    end: Timestamp,
    /// `busy` or `away`; null if it does not count.
    counts: Option<&'static str>,
    /// Why it does not count.
    why: Option<&'static str>,
    title: Option<String>,
}

pub(super) fn show(
    found: &[(Occurrence, Option<String>)],
    settings: &MeetingSettings,
    json: bool,
) -> Result<(), Stop> {
    if json {
        let view = |(occurrence, title): &'_ (Occurrence, Option<String>)| {
            let meaning = occurrence.meaning(settings);
            OccurrenceView {
                start: occurrence.start,
                end: occurrence.end,
                counts: meaning.ok().map(counts),
                why: meaning.err().map(why),
                title: title.clone(),
            }
        };
        return output::json(&found.iter().map(view).collect::<Vec<_>>());
    }
    output::people(&in_words(found, settings, &Zoned::now(), texts()))
}

/// A heading for each day, and a line for each occurrence.
fn in_words(
    found: &[(Occurrence, Option<String>)],
    settings: &MeetingSettings,
    now: &Zoned,
    texts: &Texts,
) -> String {
    if found.is_empty() {
        return text!(texts, "agenda-empty");
    }
    let zone = now.time_zone();
    let rows: Vec<_> = found
        .iter()
        .map(|(occurrence, title)| {
            let meaning = occurrence.meaning(settings);
            let time = time(occurrence, zone, texts);
            let state = match meaning {
                Ok(meaning) => text!(texts, "agenda-counts", counts = counts(meaning)),
                Err(uncounted) => text!(texts, "agenda-uncounted", why = why(uncounted)),
            };
            let day = occurrence.start.to_zoned(zone.clone()).date();
            (day.max(now.date()), time, state, title.as_deref().unwrap_or_default())
        })
        .collect();
    let times = widest(rows.iter().map(|row| row.1.as_str()));
    let states = widest(rows.iter().map(|row| row.2.as_str()));
    let mut lines = Vec::new();
    let mut last = None;
    for (day, time, state, title) in &rows {
        if last.replace(*day) != Some(*day) {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(texts.date(*day, now.date()));
        }
        let title: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let line = format!("  {}  {}  {title}", pad(time, times), pad(state, states));
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

fn time(occurrence: &Occurrence, zone: &TimeZone, texts: &Texts) -> String {
    if occurrence.all_day {
        return text!(texts, "agenda-all-day");
    }
    let clock = |at: Timestamp| texts.time(&at.to_zoned(zone.clone()));
    format!("{} – {}", clock(occurrence.start), clock(occurrence.end))
}

fn counts(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Meeting => "busy",
        Meaning::OutOfOffice => "away",
    }
}

fn why(uncounted: Uncounted) -> &'static str {
    match uncounted {
        Uncounted::Cancelled => "cancelled",
        Uncounted::Declined => "declined",
        Uncounted::Free => "free",
        Uncounted::Elsewhere => "elsewhere",
        Uncounted::AllDay => "all-day",
        Uncounted::Unanswered => "unanswered",
        Uncounted::Tentative => "tentative",
        Uncounted::TooShort => "too-short",
    }
}

#[cfg(test)]
mod tests {
    use presently_core::meeting::{Availability, Status};

    use super::*;

    fn occurrence(start: &str, end: &str) -> Occurrence {
        let at = |time: &str| format!("2026-11-{time}:00Z").parse().expect("a time");
        Occurrence {
            uid: String::new(),
            start: at(start),
            end: at(end),
            all_day: false,
            status: Status::Confirmed,
            answer: None,
            availability: Availability::Busy,
            conference: false,
        }
    }

    #[test]
    fn each_event_is_told_with_what_it_means() {
        let now = "2026-11-28T08:00:00[UTC]".parse::<Zoned>().expect("a time");
        let free =
            Occurrence { availability: Availability::Free, ..occurrence("28T12:00", "28T13:00") };
        let holiday = Occurrence {
            all_day: true,
            availability: Availability::OutOfOffice,
            ..occurrence("27T00:00", "29T00:00")
        };
        let named = |occurrence, title: &str| (occurrence, Some(title.to_owned()));
        let found = [
            named(holiday, "Holiday"),
            named(occurrence("28T09:00", "28T09:30"), "Two\nlines"),
            named(free, "Lunch"),
            (occurrence("29T09:00", "29T10:00"), None),
        ];
        let settings = MeetingSettings::default();
        assert_eq!(
            in_words(&found, &settings, &now, Texts::english()),
            "28 November\n  \
             all day        away                  Holiday\n  \
             09:00 – 09:30  busy                  Two lines\n  \
             12:00 – 13:00  no: its time is free  Lunch\n\n\
             29 November\n  \
             09:00 – 10:00  busy"
        );
        let nothing = in_words(&[], &settings, &now, Texts::english());
        assert_eq!(nothing, "Nothing in the next seven days");
    }
}
