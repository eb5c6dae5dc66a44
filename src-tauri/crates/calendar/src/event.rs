//! One VEVENT: the times of an event or of an exception of one, and what it
//! says about the person.

use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarParameterName,
    ICalendarPeriod, ICalendarProperty, ICalendarRecurrenceRule, ICalendarStatus,
    ICalendarTransparency, ICalendarValue,
};
use calcard::{Entry, Parser};
use std::ops::Range;

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use presently_core::meeting::{Answer, Availability, Status};

use crate::zone::Zones;
use crate::{Fault, Titles, recurrence};

/// Properties in which conference systems leave their links.
const CONFERENCE_PROPERTIES: [&str; 4] = [
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGCONFLINK",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
];

/// Parts of the links of conference systems, as they stand in places and
/// descriptions.
const CONFERENCE_LINKS: [&str; 11] = [
    "://meet.google.com/",
    "://teams.microsoft.com/",
    "://teams.live.com/",
    "zoom.us/j/",
    "://meet.jit.si/",
    "://call.element.io/",
    ".webex.com/",
    "://whereby.com/",
    "://meet.goto.com/",
    "/bigbluebutton/",
    "/index.php/call/",
];

/// One VEVENT.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) uid: String,
    pub(crate) title: Option<String>,
    pub(crate) start: When,
    pub(crate) length: Length,
    pub(crate) rules: Vec<ICalendarRecurrenceRule>,
    /// More starts, with another length if they have one (RDATE).
    pub(crate) more: Vec<(When, Option<Length>)>,
    /// Starts that are left out (EXDATE).
    pub(crate) without: Vec<When>,
    /// The occurrence that this one replaces (RECURRENCE-ID).
    pub(crate) replaces: Option<When>,
    /// Whether it replaces the later ones as well (RANGE=THISANDFUTURE).
    pub(crate) and_later: bool,
    pub(crate) facts: Facts,
}

/// What an event says about the person.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) status: Status,
    pub(crate) answer: Option<Answer>,
    pub(crate) availability: Availability,
    pub(crate) conference: bool,
}

/// A time as a calendar writes it.
#[derive(Clone, Debug)]
pub(crate) struct When {
    pub(crate) civil: DateTime,
    pub(crate) zone: TimeZone,
    /// It is a date without a time.
    pub(crate) is_date: bool,
}

/// How long an occurrence lasts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    /// So many days on the calendar, which are not always 24 hours long.
    Days(i64),
    /// An exact time.
    Exact(SignedDuration),
}

impl When {
    /// The moment. A time that does not exist, because clocks are set forward,
    /// is as long after midnight as it would have been; one that exists twice
    /// is the first (RFC 5545, 3.3.5).
    pub(crate) fn timestamp(&self) -> Option<Timestamp> {
        Some(self.zone.to_ambiguous_zoned(self.civil).compatible().ok()?.timestamp())
    }

    /// The same time of another day in the same zone.
    pub(crate) fn at(&self, civil: DateTime) -> Self {
        Self { civil, ..self.clone() }
    }

    pub(crate) fn date(&self) -> Date {
        self.civil.date()
    }
}

impl Length {
    /// The end of an occurrence that begins then.
    pub(crate) fn end(self, start: &When) -> Option<Timestamp> {
        match self {
            Self::Exact(length) => start.timestamp()?.checked_add(length).ok(),
            Self::Days(days) => {
                let civil = start.civil.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
                start.at(civil).timestamp()
            }
        }
    }
}

/// The components in a part of a calendar, the outermost first.
pub(crate) fn components(text: &str) -> Option<Vec<ICalendarComponent>> {
    match Parser::new(text).entry() {
        Entry::ICalendar(calendar) => Some(calendar.components),
        _ => None,
    }
}

impl Event {
    /// Reads a VEVENT. Returns what is wrong with it beside it.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub(crate) fn parse(
        text: &str,
        zones: &Zones,
        addresses: &[String],
        titles: Titles,
    ) -> Result<(Self, Vec<Fault>), Fault> {
        let components = components(text).ok_or(Fault::Syntax)?;
        let event = components
            .iter()
            .find(|component| component.component_type == ICalendarComponentType::VEvent)
            .ok_or(Fault::Syntax)?;
        let mut reader = Reader { zones, faults: Vec::new() };
        let first = |name: ICalendarProperty| event.property(&name);
        let replaces = first(ICalendarProperty::RecurrenceId)
            .and_then(|entry| reader.times(entry).into_iter().next());
        let start = first(ICalendarProperty::Dtstart)
            .and_then(|entry| reader.times(entry).into_iter().next())
            .or_else(|| replaces.clone())
            .ok_or(Fault::NoStart)?;
        let length = reader.length(event, &start);
        let mut more = Vec::new();
        let mut without = Vec::new();
        let mut rules = Vec::new();
        for entry in &event.entries {
            match entry.name {
                ICalendarProperty::Rdate => more.extend(reader.more(entry)),
                ICalendarProperty::Exdate => without.extend(reader.times(entry)),
                ICalendarProperty::Rrule => match entry.values.first() {
                    Some(ICalendarValue::RecurrenceRule(rule))
                        if recurrence::is_followed(rule, &start) =>
                    {
                        rules.push((**rule).clone());
                    }
                    _ => reader.faults.push(Fault::Rule),
                },
                _ => {}
            }
        }
        let and_later = first(ICalendarProperty::RecurrenceId)
            .is_some_and(|entry| entry.has_parameter(&ICalendarParameterName::Range));
        let is_public = || {
            let class = first(ICalendarProperty::Class).and_then(|entry| entry.values.first());
            // What is not known counts as private (RFC 5545, 3.8.1.3).
            class.is_none_or(|class| {
                class.as_text().is_some_and(|class| class.eq_ignore_ascii_case("PUBLIC"))
            })
        };
        let is_kept = match titles {
            Titles::None => false,
            Titles::Public => is_public(),
            Titles::All => true,
        };
        let title = is_kept
            .then(|| first(ICalendarProperty::Summary)?.values.first()?.as_text())
            .flatten()
            .map(str::to_owned);
        let uid = event.uid().unwrap_or_default().to_owned();
        let facts = facts(event, addresses);
        let faults = reader.faults;
        let event =
            Self { uid, title, start, length, rules, more, without, replaces, and_later, facts };
        Ok((event, faults))
    }
}

impl Event {
    /// Whether it has an occurrence in the window, or replaces one, as far as
    /// can be known without its rules.
    pub(crate) fn may_be_in(&self, window: &Range<Timestamp>) -> bool {
        if !self.rules.is_empty() || !self.more.is_empty() || self.and_later {
            return true;
        }
        let touches = |start: &When| {
            let (start, end) = (start.timestamp(), self.length.end(start));
            // What cannot be said is kept.
            !start.zip(end).is_some_and(|(start, end)| {
                start.max(end) < window.start || start.min(end) >= window.end
            })
        };
        // A date names an occurrence of its day, at a time that is not known.
        let is_replacing = |at: &When| at.is_date || touches(at);
        touches(&self.start) || self.replaces.as_ref().is_some_and(is_replacing)
    }
}

/// Reads times, and notes the zones that are not known.
struct Reader<'a> {
    zones: &'a Zones,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn times(&mut self, entry: &ICalendarEntry) -> Vec<When> {
        let zone = self.zone(entry);
        let time = |value: &ICalendarValue| when(value.as_partial_date_time()?, &zone);
        entry.values.iter().filter_map(time).collect()
    }

    /// The times of an RDATE, which may be periods.
    fn more(&mut self, entry: &ICalendarEntry) -> Vec<(When, Option<Length>)> {
        let zone = self.zone(entry);
        let time = |value: &ICalendarValue| match value {
            ICalendarValue::Period(ICalendarPeriod::Range { start, end }) => {
                let (start, end) = (when(start, &zone)?, when(end, &zone)?);
                let length = end.timestamp()?.duration_since(start.timestamp()?);
                Some((start, Some(Length::Exact(length))))
            }
            ICalendarValue::Period(ICalendarPeriod::Duration { start, duration }) => {
                let length = SignedDuration::from_secs(duration.as_seconds());
                Some((when(start, &zone)?, Some(Length::Exact(length))))
            }
            value => Some((when(value.as_partial_date_time()?, &zone)?, None)),
        };
        entry.values.iter().filter_map(time).collect()
    }

    fn zone(&mut self, entry: &ICalendarEntry) -> TimeZone {
        let name = entry.tz_id();
        self.zones.get(name).unwrap_or_else(|default| {
            let fault = Fault::UnknownZone(name.unwrap_or_default().to_owned());
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
            default
        })
    }

    /// From DTEND or DURATION. Without them a day has its own length, and a
    /// time has none (RFC 5545, 3.6.1).
    fn length(&mut self, event: &ICalendarComponent, start: &When) -> Length {
        let none =
            if start.is_date { Length::Days(1) } else { Length::Exact(SignedDuration::ZERO) };
        let end = event
            .property(&ICalendarProperty::Dtend)
            .and_then(|entry| self.times(entry).into_iter().next());
        if let Some(end) = end {
            if start.is_date && end.is_date {
                let days = end.date().since(start.date()).map_or(0, |span| span.get_days().into());
                return Length::Days(days);
            }
            let moments = end.timestamp().zip(start.timestamp());
            return moments.map_or(none, |(end, start)| Length::Exact(end.duration_since(start)));
        }
        let duration = event.property(&ICalendarProperty::Duration);
        match duration.and_then(|entry| entry.values.first()) {
            Some(ICalendarValue::Duration(duration)) if start.is_date => {
                Length::Days(duration.as_seconds() / (24 * 60 * 60))
            }
            Some(ICalendarValue::Duration(duration)) => {
                Length::Exact(SignedDuration::from_secs(duration.as_seconds()))
            }
            _ => none,
        }
    }
}

/// A time in a zone, or in the one that it names itself: UTC.
pub(crate) fn when(time: &PartialDateTime, zone: &TimeZone) -> Option<When> {
    let small = |value: u8| i8::try_from(value).ok();
    let (year, month, day) =
        (i16::try_from(time.year?).ok()?, small(time.month?)?, small(time.day?)?);
    let date = Date::new(year, month, day).ok()?;
    let (civil, is_date) = match time.hour {
        // A leap second is the last second of its minute.
        Some(hour) => {
            let (minute, second) = (time.minute.unwrap_or(0), time.second.unwrap_or(0).min(59));
            let clock = jiff::civil::Time::new(small(hour)?, small(minute)?, small(second)?, 0);
            (date.to_datetime(clock.ok()?), false)
        }
        None => (date.to_datetime(jiff::civil::Time::midnight()), true),
    };
    let zone = match time.tz_hour {
        Some(hours) => {
            let seconds = i32::from(hours) * 3600 + i32::from(time.tz_minute.unwrap_or(0)) * 60;
            let seconds = if time.tz_minus { -seconds } else { seconds };
            TimeZone::fixed(Offset::from_seconds(seconds).ok()?)
        }
        None => zone.clone(),
    };
    Some(When { civil, zone, is_date })
}

fn facts(event: &ICalendarComponent, addresses: &[String]) -> Facts {
    let status = match event.status() {
        Some(ICalendarStatus::Cancelled) => Status::Cancelled,
        Some(ICalendarStatus::Tentative) => Status::Tentative,
        _ => Status::Confirmed,
    };
    let microsoft = other(event, "X-MICROSOFT-CDO-BUSYSTATUS").map(str::to_uppercase);
    let is_free = event.transparency() == Some(&ICalendarTransparency::Transparent);
    let availability = match microsoft.as_deref() {
        Some("FREE") => Availability::Free,
        Some("TENTATIVE") => Availability::Tentative,
        Some("OOF") => Availability::OutOfOffice,
        Some("WORKINGELSEWHERE") => Availability::Elsewhere,
        Some("BUSY") => Availability::Busy,
        _ if is_free => Availability::Free,
        _ => Availability::Busy,
    };
    Facts { status, answer: answer(event, addresses), availability, conference: conference(event) }
}

/// The value of a property that RFC 5545 does not have.
fn other<'a>(event: &'a ICalendarComponent, name: &str) -> Option<&'a str> {
    let is_named = |entry: &&ICalendarEntry| matches!(&entry.name, ICalendarProperty::Other(other) if other.eq_ignore_ascii_case(name));
    event.entries.iter().find(is_named)?.values.first()?.as_text()
}

/// The answer of the attendee with one of the addresses.
fn answer(event: &ICalendarComponent, addresses: &[String]) -> Option<Answer> {
    let attendees = event.properties(&ICalendarProperty::Attendee);
    let own = attendees.into_iter().find(|entry| {
        let address = entry.calendar_address().map(str::to_lowercase);
        address.is_some_and(|address| addresses.contains(&address))
    })?;
    let partstat = own.parameters(&ICalendarParameterName::Partstat).find_map(|it| it.as_text());
    Some(match partstat.map(str::to_uppercase).as_deref() {
        Some("ACCEPTED") => Answer::Accepted,
        Some("TENTATIVE") => Answer::Tentative,
        Some("DECLINED" | "DELEGATED") => Answer::Declined,
        // The default (RFC 5545, 3.2.12).
        _ => Answer::Missing,
    })
}

/// Whether there is a link to join a conference (CONFERENCE, RFC 7986, 5.11).
fn conference(event: &ICalendarComponent) -> bool {
    let has_link = |name: &ICalendarProperty| {
        let entry = event.property(name);
        let text = entry.and_then(|entry| entry.values.first()?.as_text());
        text.is_some_and(|text| CONFERENCE_LINKS.iter().any(|link| text.contains(link)))
    };
    event.has_property(&ICalendarProperty::Conference)
        || CONFERENCE_PROPERTIES.iter().any(|name| other(event, name).is_some())
        || [ICalendarProperty::Location, ICalendarProperty::Url, ICalendarProperty::Description]
            .iter()
            .any(has_link)
}
