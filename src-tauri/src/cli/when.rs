//! Moments as people write them, in their own time zone. Pure: the time and the
//! zone are arguments.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use presently_core::{Code, Coded, coded_error};

/// An example of the date format.
const DATE: &str = "2026-11-23";

/// The furthest end that is accepted. A later one is taken for a mistake.
const FURTHEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// A text that cannot be read as a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayError(String);

impl Coded for DayError {
    fn code(&self) -> Code {
        Code::new("not-a-day").with("text", &self.0)
    }
}

/// Why a text is not a future moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UntilError {
    /// The format is unknown.
    NotATime(String),
    /// The moment is in the past.
    Past,
    /// The moment is more than a year away.
    TooFar,
}

impl Coded for UntilError {
    fn code(&self) -> Code {
        match self {
            Self::NotATime(text) => Code::new("until-not-a-time").with("text", text),
            Self::Past => Code::new("until-past"),
            Self::TooFar => Code::new("until-too-far"),
        }
    }
}

coded_error!(UntilError, DayError);

/// The moment that `text` means when it is read at `now`.
///
/// | Text | Means |
/// |---|---|
/// | `17:30` | the next time a clock on the wall shows it |
/// | `tomorrow` | the start of the next day |
/// | `tomorrow 9:00` | that time on the next day |
/// | `2026-11-23` | the start of that day |
/// | `2026-11-23T09:00`, `2026-11-23 09:00` | that time on that day |
/// | `2026-11-23T09:00Z`, `…+01:00` | that moment |
///
/// A time that the clock skips when summer time begins means as long after
/// the skip; one that it shows twice when summer time ends means the first
/// one that is still to come.
pub fn until(text: &str, now: &Zoned) -> Result<Timestamp, UntilError> {
    let text = text.trim();
    let moment = moment(text, now)
        .ok_or_else(|| UntilError::NotATime(text.chars().take(40).collect()))??;
    let ahead = moment.duration_since(now.timestamp());
    if !ahead.is_positive() {
        return Err(UntilError::Past);
    }
    if ahead > FURTHEST { Err(UntilError::TooFar) } else { Ok(moment) }
}

/// The day that `text` means at `now`: `today`, `yesterday` or a date such as
/// `2026-11-22`.
///
/// # Errors
///
/// If the text is none of these.
pub fn day(text: &str, now: &Zoned) -> Result<Date, DayError> {
    let wrong = || DayError(text.chars().take(40).collect());
    match text.trim() {
        "today" => Ok(now.date()),
        "yesterday" => now.date().yesterday().map_err(|_| wrong()),
        text if text.len() == DATE.len() => text.parse().map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

/// The start and end of a day in a time zone. A day does not always have 24
/// hours. The last day ends with the calendar.
pub fn bounds(day: Date, zone: &TimeZone) -> (Timestamp, Timestamp) {
    let end_of_calendar = Timestamp::MAX;
    let next = day.tomorrow().ok().and_then(|next| start_of(next, zone).ok());
    (start_of(day, zone).unwrap_or(end_of_calendar), next.unwrap_or(end_of_calendar))
}

/// Returns `None` if the format is unknown.
fn moment(text: &str, now: &Zoned) -> Option<Result<Timestamp, UntilError>> {
    let zone = now.time_zone();
    let next_day = |date: Date| date.checked_add(1.day()).ok();
    if let Some(time) = clock(text) {
        let today = now.date();
        let days = [Some(today), next_day(today)];
        return Some(
            days.into_iter()
                .flatten()
                .find_map(|day| first_to_come(day.to_datetime(time), zone, now))
                .ok_or(UntilError::Past),
        );
    }
    if let Some(rest) = text.strip_prefix("tomorrow") {
        let day = next_day(now.date())?;
        if rest.is_empty() {
            return Some(start_of(day, zone));
        }
        let time = clock(rest.strip_prefix(' ')?.trim_start())?;
        return Some(first_to_come(day.to_datetime(time), zone, now).ok_or(UntilError::Past));
    }
    // With an offset the text names a moment, whatever the zone.
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(Ok(moment));
    }
    if text.len() == DATE.len() {
        return text.parse::<Date>().ok().map(|day| start_of(day, zone));
    }
    let (day, time) = text.split_once(['T', 't', ' '])?;
    let (day, time) = (day.parse::<Date>().ok()?, clock(time)?);
    Some(first_to_come(day.to_datetime(time), zone, now).ok_or(UntilError::Past))
}

/// Parses a time of day: hours, and minutes of two digits.
fn clock(text: &str) -> Option<Time> {
    let digits = |part: &str, counts: std::ops::RangeInclusive<usize>| {
        let plain = counts.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse::<i8>().ok()).flatten()
    };
    let (hour, minute) = text.split_once(':')?;
    Time::new(digits(hour, 1..=2)?, digits(minute, 2..=2)?, 0, 0).ok()
}

/// The first moment after `now` at which the clock shows this time. A time that
/// the clock repeats has two candidates, a skipped one has one.
fn first_to_come(civil: DateTime, zone: &TimeZone, now: &Zoned) -> Option<Timestamp> {
    let ambiguous = || zone.to_ambiguous_timestamp(civil);
    [ambiguous().compatible(), ambiguous().later()]
        .into_iter()
        .flatten()
        .find(|moment| *moment > now.timestamp())
}

fn start_of(day: Date, zone: &TimeZone) -> Result<Timestamp, UntilError> {
    // A day does not always start at midnight: some zones begin summer time then.
    zone.to_zoned(day.to_datetime(Time::midnight()))
        .and_then(|zoned| zoned.start_of_day())
        .map(|zoned| zoned.timestamp())
        .map_err(|_| UntilError::TooFar)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Zoned {
        text.parse().expect("a zoned time")
    }

    /// A Sunday in winter.
    const NOW: &str = "2026-11-22T10:00:00+01:00[Europe/Berlin]";

    #[test]
    fn moments_as_people_write_them() {
        for (text, wanted) in [
            ("17:30", Some("2026-11-22T17:30:00+01:00")),
            (" 17:30 ", Some("2026-11-22T17:30:00+01:00")),
            ("10:01", Some("2026-11-22T10:01:00+01:00")),
            ("10:00", Some("2026-11-23T10:00:00+01:00")),
            ("9:40", Some("2026-11-23T09:40:00+01:00")),
            ("09:40", Some("2026-11-23T09:40:00+01:00")),
            ("0:00", Some("2026-11-23T00:00:00+01:00")),
            ("tomorrow", Some("2026-11-23T00:00:00+01:00")),
            ("tomorrow 9:00", Some("2026-11-23T09:00:00+01:00")),
            ("2026-11-23", Some("2026-11-23T00:00:00+01:00")),
            ("2026-11-23T09:00", Some("2026-11-23T09:00:00+01:00")),
            ("2026-11-23 09:00", Some("2026-11-23T09:00:00+01:00")),
            ("2026-11-23T09:00Z", Some("2026-11-23T09:00:00Z")),
            ("2026-11-23T09:00:30Z", Some("2026-11-23T09:00:30Z")),
            ("2026-11-23T09:00-05:00", Some("2026-11-23T09:00:00-05:00")),
            // The offset of that day applies, not today's.
            ("2027-07-01T09:00", Some("2027-07-01T09:00:00+02:00")),
            ("", None),
            ("17", None),
            ("1730", None),
            ("17:3", None),
            ("17:300", None),
            ("24:00", None),
            ("17:60", None),
            ("-1:30", None),
            ("+1:30", None),
            ("１７:３０", None),
            ("tomorrowish", None),
            ("tomorrow morning", None),
            ("2026-11-31", None),
            ("2026-11-23T", None),
            ("2026-11-23T25:00", None),
            ("never", None),
        ] {
            let got = until(text, &at(NOW));
            match wanted {
                Some(w) => assert_eq!(got, Ok(w.parse().expect("a time")), "{text:?}"),
                None => assert_eq!(got, Err(UntilError::NotATime(text.to_owned())), "{text:?}"),
            }
        }
    }

    #[test]
    fn moments_that_nobody_can_mean() {
        for (text, wanted) in [
            ("2026-11-22", UntilError::Past),
            ("2026-11-22T09:59", UntilError::Past),
            ("2026-11-22T09:00Z", UntilError::Past),
            ("2025-01-01", UntilError::Past),
            ("2027-11-24", UntilError::TooFar),
            ("9999-12-31", UntilError::TooFar),
        ] {
            assert_eq!(until(text, &at(NOW)), Err(wanted), "{text:?}");
        }
    }

    #[test]
    fn days_as_people_write_them() {
        for (text, wanted) in [
            ("today", Some("2026-11-22")),
            (" yesterday ", Some("2026-11-21")),
            ("2026-11-01", Some("2026-11-01")),
            ("2030-01-01", Some("2030-01-01")),
            ("", None),
            ("tomorrow", None),
            ("2026-11-31", None),
            ("20261101", None),
            ("2026-11-01T10:00", None),
        ] {
            let got = day(text, &at(NOW)).map(|day| day.to_string());
            let wanted = wanted.map(str::to_owned).ok_or(DayError(text.to_owned()));
            assert_eq!(got, wanted, "{text:?}");
        }
    }

    #[test]
    fn a_day_has_its_own_length() {
        let zone = at(NOW).time_zone().clone();
        for (day, hours) in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-22", 24)] {
            let (from, to) = bounds(day.parse().expect("a day"), &zone);
            assert_eq!(to.duration_since(from).as_hours(), hours, "{day}");
        }
        assert_eq!(bounds(Date::MAX, &zone).1, Timestamp::MAX);
    }

    #[test]
    fn when_summer_time_begins_and_ends() {
        for (now, text, wanted) in [
            // On 2026-03-29 Berlin skips 2:00 to 3:00.
            ("2026-03-29T01:30:00+01:00[Europe/Berlin]", "2:30", "2026-03-29T03:30:00+02:00"),
            (
                "2026-03-28T12:00:00+01:00[Europe/Berlin]",
                "tomorrow 2:30",
                "2026-03-29T03:30:00+02:00",
            ),
            // One hour is skipped in between.
            ("2026-03-28T20:00:00+01:00[Europe/Berlin]", "8:00", "2026-03-29T08:00:00+02:00"),
            // On 2026-10-25 Berlin repeats 2:00 to 3:00.
            ("2026-10-25T01:30:00+02:00[Europe/Berlin]", "2:30", "2026-10-25T02:30:00+02:00"),
            ("2026-10-25T02:45:00+02:00[Europe/Berlin]", "2:30", "2026-10-25T02:30:00+01:00"),
            ("2026-10-25T02:45:00+01:00[Europe/Berlin]", "2:30", "2026-10-26T02:30:00+01:00"),
            (
                "2026-10-25T02:45:00+02:00[Europe/Berlin]",
                "2026-10-25T02:30",
                "2026-10-25T02:30:00+01:00",
            ),
            // In Santiago summer time begins at midnight.
            ("2026-09-05T12:00:00-04:00[America/Santiago]", "tomorrow", "2026-09-06T04:00:00Z"),
        ] {
            let got = until(text, &at(now));
            assert_eq!(got, Ok(wanted.parse().expect("a time")), "{text:?} at {now}");
        }
    }
}
