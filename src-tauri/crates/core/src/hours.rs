//! Working hours, and the claim outside of them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::meeting::{Occurrence, Status};
use crate::settings::{HoursSettings, OutsideHours};
use crate::{Claim, Code, Coded, Presence, Reason, Scope, Source, coded_error};

/// The names of the days, in the order of [`Weekday::to_monday_zero_offset`].
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// How many days are looked at before and after today.
const DAYS_AROUND: i64 = 8;

/// The working hours of some days of the week, like
/// `mon-thu 9:00-12:30, 13:00-17:00`. A span that ends at its start or before
/// ends on the next day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingDays {
    days: [bool; 7],
    spans: Vec<(Time, Time)>,
}

/// A text that does not name working hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursError(String);

impl Coded for HoursError {
    fn code(&self) -> Code {
        Code::new("not-working-hours").with("text", &self.0)
    }
}

coded_error!(HoursError);

impl FromStr for WorkingDays {
    type Err = HoursError;

    /// Reads days, like `mon`, `mon-fri` or `mon,wed`, and spans of time after a
    /// space. Each is given once, in any order.
    fn from_str(text: &str) -> Result<Self, HoursError> {
        let wrong = || HoursError(text.chars().take(60).collect());
        let lower = text.trim().to_lowercase();
        let (names, times) = lower.split_once(char::is_whitespace).ok_or_else(wrong)?;
        let number = |name: &str| DAYS.iter().position(|day| *day == name);
        let mut days = [false; 7];
        for part in names.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (mut day, last) = number(first).zip(number(last)).ok_or_else(wrong)?;
            days[day] = true;
            while day != last {
                day = (day + 1) % 7;
                days[day] = true;
            }
        }
        let mut spans = Vec::new();
        for part in times.split(',') {
            let (start, end) = part.split_once('-').ok_or_else(wrong)?;
            let (start, end) = time(start).zip(time(end)).ok_or_else(wrong)?;
            spans.push((start, end));
        }
        Ok(Self { days, spans })
    }
}

/// A time of day, like `9`, `9:00` or `24:00`, which is the end of the day.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = if (hour, minute) == (24, 0) { 0 } else { hour };
    Time::new(hour, minute, 0, 0).ok()
}

impl fmt::Display for WorkingDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut day = 0;
        let mut names = Vec::new();
        while day < 7 {
            let last = (day..7).take_while(|day| self.days[*day]).last();
            match last {
                Some(last) if last > day => names.push(format!("{}-{}", DAYS[day], DAYS[last])),
                Some(_) => names.push(DAYS[day].to_owned()),
                None => {}
            }
            day = last.unwrap_or(day) + 1;
        }
        let clock = |time: &Time| format!("{}:{:02}", time.hour(), time.minute());
        let spans =
            self.spans.iter().map(|(start, end)| format!("{}-{}", clock(start), clock(end)));
        let spans: Vec<String> = spans.collect();
        write!(f, "{} {}", names.join(","), spans.join(", "))
    }
}

impl Serialize for WorkingDays {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WorkingDays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl WorkingDays {
    fn on(&self, date: Date) -> &[(Time, Time)] {
        let day: Weekday = date.weekday();
        let number = usize::try_from(day.to_monday_zero_offset()).unwrap_or(0);
        if self.days.get(number) == Some(&true) { &self.spans } else { &[] }
    }
}

/// What the working hours say at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtWork {
    /// The claim outside of them.
    pub claim: Option<Claim>,
    /// When this changes; `None` if there are no working hours.
    pub next: Option<Timestamp>,
}

/// Evaluates the working hours at `now`, for somebody in `zone`. There is no
/// work on holidays, of which the occurrences about whole days count.
pub fn at_work(
    settings: &HoursSettings,
    holidays: &[Occurrence],
    zone: &TimeZone,
    now: Timestamp,
) -> AtWork {
    let spans = spans(settings, holidays, zone, now);
    if let Some((_, end)) = spans.iter().find(|(start, end)| *start <= now && now < *end) {
        return AtWork { claim: None, next: Some(*end) };
    }
    // Without a span in the last days it has been so for longer than matters.
    let since = spans.iter().map(|(_, end)| *end).filter(|end| *end <= now).max();
    let next = spans.iter().map(|(start, _)| *start).filter(|start| *start > now).min();
    let claim = (!spans.is_empty()).then(|| Claim {
        source: Source::Schedule,
        scope: Scope::All,
        presence: match settings.outside {
            OutsideHours::Away => Presence::Unavailable,
            OutsideHours::Invisible => Presence::Offline,
        },
        reason: Reason::OutsideHours,
        since: since.unwrap_or(now),
        until: next,
    });
    AtWork { claim, next }
}

/// The spans of work around now, in order. Those that touch are one.
fn spans(
    settings: &HoursSettings,
    holidays: &[Occurrence],
    zone: &TimeZone,
    now: Timestamp,
) -> Vec<(Timestamp, Timestamp)> {
    // Most people have set none, and this runs after every event.
    if settings.work.is_empty() {
        return Vec::new();
    }
    let is_holiday = |at: Timestamp| {
        holidays
            .iter()
            .any(|it| it.all_day && it.status != Status::Cancelled && it.start <= at && at < it.end)
    };
    let today = zone.to_datetime(now).date();
    let at = |date: Date, time: Time| {
        let moment = zone.to_ambiguous_zoned(date.to_datetime(time)).compatible();
        moment.ok().map(|moment| moment.timestamp())
    };
    let mut all = Vec::new();
    for offset in -DAYS_AROUND..=DAYS_AROUND {
        let Ok(date) = today.checked_add(offset.days()) else { continue };
        for (start, end) in settings.work.iter().flat_map(|days| days.on(date)) {
            let last = if end <= start { date.tomorrow() } else { Ok(date) };
            let span = at(date, *start).zip(last.ok().and_then(|last| at(last, *end)));
            all.extend(span.filter(|(start, end)| start < end && !is_holiday(*start)));
        }
    }
    all.sort_unstable();
    let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (start, end) in all {
        match merged.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => merged.push((start, end)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::meeting::Availability;

    fn settings(work: &[&str]) -> HoursSettings {
        let work = work.iter().map(|text| text.parse().expect("working hours")).collect();
        HoursSettings { work, ..HoursSettings::default() }
    }

    /// A zone as `TZ` of POSIX, because the core reads no database.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a zone")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn working_hours_are_read_and_written() {
        for (text, written) in [
            ("mon-fri 9:00-17:00", "mon-fri 9:00-17:00"),
            (" Mon,WED 9-12:30 , 13:00-17 ", "mon,wed 9:00-12:30, 13:00-17:00"),
            ("sat-mon 22:00-6:00", "mon,sat-sun 22:00-6:00"),
            ("sun 0:00-24:00", "sun 0:00-0:00"),
        ] {
            let days: WorkingDays = text.parse().expect(text);
            assert_eq!(days.to_string(), written);
            assert_eq!(written.parse(), Ok(days));
        }
        for text in
            ["", "mon", "9:00-17:00", "mon 9:00", "mon 9:00-25:00", "day 9-17", "mon 9:61-10"]
        {
            assert!(text.parse::<WorkingDays>().is_err(), "{text}");
        }
    }

    #[test]
    fn outside_of_them_the_person_is_away() {
        let office = settings(&["mon-thu 9:00-12:00, 13:00-17:00", "fri 9:00-14:00"]);
        let night = settings(&["mon-fri 22:00-6:00"]);
        let never = settings(&[]);
        // 23 November 2026 is a Monday.
        for (name, settings, now, since, next) in [
            (
                "before",
                &office,
                "2026-11-23T08:59:59+01",
                Some("2026-11-20T14:00+01"),
                "2026-11-23T09:00+01",
            ),
            ("the first moment", &office, "2026-11-23T09:00:00+01", None, "2026-11-23T12:00+01"),
            (
                "at noon",
                &office,
                "2026-11-23T12:00:00+01",
                Some("2026-11-23T12:00+01"),
                "2026-11-23T13:00+01",
            ),
            (
                "at the weekend",
                &office,
                "2026-11-28T12:00:00+01",
                Some("2026-11-27T14:00+01"),
                "2026-11-30T09:00+01",
            ),
            ("after midnight", &night, "2026-11-24T05:59:59+01", None, "2026-11-24T06:00+01"),
            (
                "after the last night",
                &night,
                "2026-11-28T06:00:00+01",
                Some("2026-11-28T06:00+01"),
                "2026-11-30T22:00+01",
            ),
            (
                "clocks are set forward",
                &office,
                "2026-03-29T12:00:00+02",
                Some("2026-03-27T14:00+01"),
                "2026-03-30T09:00+02",
            ),
        ] {
            let got = at_work(settings, &[], &berlin(), at(now));
            let claim = got.claim.as_ref();
            assert_eq!(claim.map(|claim| claim.since), since.map(at), "{name}");
            assert_eq!(got.next, Some(at(next)), "{name}");
            assert!(
                claim.is_none_or(|c| c.presence == Presence::Unavailable && c.until == got.next)
            );
        }
        let nothing = AtWork { claim: None, next: None };
        assert_eq!(at_work(&never, &[], &berlin(), at("2026-11-23T03:00Z")), nothing);
        let invisible = HoursSettings { outside: OutsideHours::Invisible, ..office };
        let claim = at_work(&invisible, &[], &berlin(), at("2026-11-23T03:00Z")).claim;
        assert_eq!(claim.map(|claim| claim.presence), Some(Presence::Offline));
    }

    /// A holiday ends the work that begins in it, not that which goes on.
    #[test]
    fn there_is_no_work_on_holidays() {
        let day = |from: &str, to: &str, status, all_day| Occurrence {
            uid: String::new(),
            start: at(&format!("2026-11-{from}T00:00+01")),
            end: at(&format!("2026-11-{to}T00:00+01")),
            all_day,
            status,
            answer: None,
            availability: Availability::Free,
            conference: false,
        };
        let holidays = [
            day("24", "25", Status::Confirmed, true),
            day("25", "26", Status::Cancelled, true),
            day("26", "27", Status::Confirmed, false),
        ];
        let office = settings(&["mon-fri 9:00-17:00", "mon 22:00-2:00"]);
        for (now, works, next) in [
            ("2026-11-24T01:00+01", true, "2026-11-24T02:00+01"),
            ("2026-11-24T10:00+01", false, "2026-11-25T09:00+01"),
            ("2026-11-25T10:00+01", true, "2026-11-25T17:00+01"),
            ("2026-11-26T10:00+01", true, "2026-11-26T17:00+01"),
        ] {
            let got = at_work(&office, &holidays, &berlin(), at(now));
            assert_eq!((got.claim.is_none(), got.next), (works, Some(at(next))), "{now}");
        }
    }

    #[test]
    fn who_always_works_is_never_outside() {
        let always = settings(&["mon-sun 0:00-24:00"]);
        let got = at_work(&always, &[], &berlin(), at("2026-11-23T03:00Z"));
        assert_eq!(got.claim, None);
        assert!(got.next.is_some_and(|next| next > at("2026-11-28T00:00Z")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A timer set for the next change misses nothing.
        #[test]
        fn nothing_changes_before_the_next_change(
            days in prop::collection::vec(0..7usize, 1..4),
            spans in prop::collection::vec((0..24u8, 0..60u8, 0..24u8, 0..60u8), 1..4),
            begin in 0..366 * 24 * 60i64,
        ) {
            let names: Vec<&str> = days.iter().map(|day| DAYS[*day]).collect();
            let spans: Vec<String> = spans
                .iter()
                .map(|(a, b, c, d)| format!("{a}:{b:02}-{c}:{d:02}"))
                .collect();
            let text = format!("{} {}", names.join(","), spans.join(", "));
            let settings = settings(&[&text]);
            let begin = at("2026-01-01T00:00Z") + begin.minutes();
            let mut last = at_work(&settings, &[], &berlin(), begin);
            for minutes in (0..2 * 24 * 60i64).step_by(29) {
                let now = begin + minutes.minutes();
                let got = at_work(&settings, &[], &berlin(), now);
                if last.next.is_some_and(|next| now < next) {
                    prop_assert_eq!(got.claim.is_some(), last.claim.is_some(), "{} {}", text, now);
                    prop_assert_eq!(got.next, last.next);
                }
                prop_assert!(got.next.is_none_or(|next| next > now));
                last = got;
            }
        }
    }
}
