//! `presently calendar` and `presently agenda`: the calendars, and which of
//! their events count.

use std::ops::Range;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use presently_core::Code;
use presently_core::meeting::{Meaning, Occurrence, Uncounted};
use presently_core::settings::MeetingSettings;
use presently_ipc::{Paths, Request};
use presently_text::{Texts, text};
use serde::Serialize;

use super::args::Calendar;
use super::client::{done, tell};
use super::columns::{pad, widest};
use super::signals::own_settings;
use super::{Stop, output, texts};
use crate::calendars::{self, GnomeCalendar, ReadCalendar};

/// How far ahead is shown.
const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The setting that lists the calendars.
const CALENDARS: &str = "meeting.calendars";

/// The setting that lists those of GNOME that do not count.
const IGNORED: &str = "meeting.ignore";

pub(super) async fn run(paths: &Paths, action: Calendar) -> Result<(), Stop> {
    let settings = own_settings()?.meeting;
    match action {
        Calendar::Add { calendar } => add(paths, settings, &calendar).await,
        Calendar::Remove { calendar } => remove(paths, settings, &calendar).await,
        Calendar::List => list(&settings).await,
        Calendar::Test { calendar, json } => {
            let read = match gnome(&settings).await?.into_iter().find(|it| is_of(it, &calendar)) {
                Some(found) => found.read?,
                None => read(&calendar, &settings).await?,
            };
            warn(&read);
            show(&read.found, &settings, json)
        }
        Calendar::Skip => tell(paths, Request::SkipMeeting).await,
        Calendar::Attend => tell(paths, Request::AttendMeeting).await,
    }
}

/// Shows what counts in all calendars.
pub(super) async fn agenda(json: bool) -> Result<(), Stop> {
    let settings = own_settings()?.meeting;
    let mut reads: Vec<Result<ReadCalendar, Code>> = Vec::new();
    for name in &settings.calendars {
        reads.push(read(name, &settings).await);
    }
    match gnome(&settings).await {
        Ok(found) => {
            let counted = found.into_iter().filter(|calendar| !calendar.is_ignored);
            reads.extend(counted.map(|calendar| calendar.read));
        }
        Err(why) => reads.push(Err(why)),
    }
    if reads.is_empty() && !json {
        return output::people(&text!(texts(), "calendar-not-yet"));
    }
    let mut found = Vec::new();
    for read in reads {
        match read {
            Ok(read) => {
                warn(&read);
                found.extend(read.found);
            }
            Err(why) => output::failure(&texts().code(&why)),
        }
    }
    found.retain(|(occurrence, _)| occurrence.meaning(&settings).is_ok());
    found.sort_by_key(|(occurrence, _)| (occurrence.start, occurrence.end));
    show(&found, &settings, json)
}

/// Adds a calendar that can be read, or counts one of GNOME again.
async fn add(paths: &Paths, settings: MeetingSettings, calendar: &str) -> Result<(), Stop> {
    if settings.ignore.iter().any(|name| name == calendar) {
        let left = settings.ignore.into_iter().filter(|name| name != calendar);
        let left: Vec<String> = left.collect();
        set(paths, IGNORED, &left).await?;
        return output::people(&text!(texts(), "calendar-counts-again", name = calendar));
    }
    let name = absolute(calendar);
    let read = read(&name, &settings).await?;
    let mut calendars = settings.calendars;
    if !calendars.contains(&name) {
        calendars.push(name.clone());
        set(paths, CALENDARS, &calendars).await?;
    }
    warn(&read);
    output::people(&text!(texts(), "calendar-added", path = name, events = read.events))
}

/// Removes a calendar, or ignores one of GNOME.
async fn remove(paths: &Paths, settings: MeetingSettings, calendar: &str) -> Result<(), Stop> {
    let names = [calendar.to_owned(), absolute(calendar)];
    let (gone, left): (Vec<_>, Vec<_>) =
        settings.calendars.iter().cloned().partition(|it| names.contains(it));
    if let Some(name) = gone.first() {
        set(paths, CALENDARS, &left).await?;
        return output::people(&text!(texts(), "calendar-removed", path = name));
    }
    let found = gnome(&settings).await?.into_iter().find(|it| is_of(it, calendar));
    let Some(found) = found else {
        return Err(Code::new("calendar-unknown").with("path", calendar).into());
    };
    if !found.is_ignored {
        let mut ignored = settings.ignore;
        ignored.push(calendar.to_owned());
        set(paths, IGNORED, &ignored).await?;
    }
    output::people(&text!(texts(), "calendar-counts-no-more", name = calendar))
}

async fn list(settings: &MeetingSettings) -> Result<(), Stop> {
    let said = |read: &Result<ReadCalendar, Code>| match read {
        Ok(read) => text!(texts(), "calendar-events", events = read.events),
        Err(why) => texts().code(why),
    };
    let mut rows = Vec::new();
    for name in &settings.calendars {
        rows.push((name.clone(), said(&read(name, settings).await)));
    }
    for calendar in gnome(settings).await? {
        let state = match calendar.is_ignored {
            true => text!(texts(), "calendar-ignored"),
            false => said(&calendar.read),
        };
        rows.push((text!(texts(), "calendar-gnome-name", name = calendar.name), state));
    }
    if rows.is_empty() {
        return output::people(&text!(texts(), "calendar-not-yet"));
    }
    let names = widest(rows.iter().map(|(name, _)| name.as_str()));
    for (name, state) in &rows {
        output::people(&format!("{}  {state}", pad(name, names)))?;
    }
    Ok(())
}

/// The calendars of GNOME, with those that are ignored.
async fn gnome(settings: &MeetingSettings) -> Result<Vec<GnomeCalendar>, Code> {
    match settings.gnome {
        true => calendars::read_gnome(&settings.addresses, &settings.ignore, shown()).await,
        false => Ok(Vec::new()),
    }
}

/// Whether a calendar is meant by this name.
fn is_of(calendar: &GnomeCalendar, name: &str) -> bool {
    [&calendar.name, &calendar.uid].into_iter().any(|known| known == name)
}

async fn set(paths: &Paths, key: &str, names: &[String]) -> Result<(), Stop> {
    // A list of strings is written in TOML as in JSON.
    let value = serde_json::to_string(names).unwrap_or_default();
    let request = Request::SettingsSet { key: key.to_owned(), value };
    done(paths, request).await?;
    Ok(())
}

/// The agent has another working folder. An address stays as it is.
fn absolute(calendar: &str) -> String {
    match calendar.starts_with("~/") || calendar.contains("://") {
        true => calendar.to_owned(),
        false => std::path::absolute(calendar)
            .map_or_else(|_| calendar.to_owned(), |path| path.display().to_string()),
    }
}

async fn read(calendar: &str, settings: &MeetingSettings) -> Result<ReadCalendar, Code> {
    calendars::read(calendar, &settings.addresses, shown(), true).await
}

/// The time that is shown.
fn shown() -> Range<Timestamp> {
    let now = Timestamp::now();
    now..now.checked_add(AHEAD).unwrap_or(Timestamp::MAX)
}

/// Says which part of a calendar could not be read.
fn warn(read: &ReadCalendar) {
    if let Some(why) = &read.trouble {
        output::failure(&texts().code(why));
    }
}

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

fn show(
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
