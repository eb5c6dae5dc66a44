//! Time zones by the names that calendars give them.

use std::collections::HashMap;
use std::fmt::Write as _;

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendarComponent, ICalendarComponentType, ICalendarFrequency, ICalendarProperty,
    ICalendarRecurrenceRule, ICalendarValue,
};
use jiff::tz::{Offset, TimeZone};

use crate::blocks::Block;
use crate::event::components;

/// The time zones of a calendar.
#[derive(Debug)]
pub(crate) struct Zones {
    defined: HashMap<String, TimeZone>,
    default: TimeZone,
}

impl Zones {
    pub(crate) fn new(definitions: &[Block<'_>], default: TimeZone) -> Self {
        let defined = definitions.iter().filter_map(|block| definition(block.text)).collect();
        Self { defined, default }
    }

    /// The zone of this TZID; that of the person if there is none. `Err` with
    /// that of the person if it is not known.
    pub(crate) fn get(&self, name: Option<&str>) -> Result<TimeZone, TimeZone> {
        let Some(name) = name else { return Ok(self.default.clone()) };
        let known = self.defined.get(name).cloned().or_else(|| named(name));
        known.ok_or_else(|| self.default.clone())
    }
}

/// The zone of a name of the IANA database or of Windows, which calendars write
/// in many ways: some put a registry before it, like
/// `/freeassociation.sourceforge.net/Europe/Berlin`.
fn named(name: &str) -> Option<TimeZone> {
    let mut rest = Some(name);
    while let Some(name) = rest {
        if let Ok(zone) = TimeZone::get(name) {
            return Some(zone);
        }
        rest = name.split_once('/').map(|(_, rest)| rest);
    }
    zone(name.parse().ok()?)
}

fn zone(zone: Tz) -> Option<TimeZone> {
    match zone {
        Tz::Floating => None,
        Tz::Fixed(offset) => {
            Offset::from_seconds(offset.local_minus_utc()).ok().map(TimeZone::fixed)
        }
        Tz::Tz(zone) => TimeZone::get(zone.name()).ok(),
    }
}

/// Whether a zone is that of a place, and not an offset only.
fn is_place(zone: &Tz) -> bool {
    matches!(zone, Tz::Tz(zone) if !zone.name().starts_with("Etc/"))
}

/// A zone as the calendar defines it: by a known name in it, else by its rules
/// of today.
fn definition(text: &str) -> Option<(String, TimeZone)> {
    let components = components(text)?;
    let definition = components
        .iter()
        .find(|component| component.component_type == ICalendarComponentType::VTimezone)?;
    let entry = definition.property(&ICalendarProperty::Tzid)?;
    let name = entry.values.first()?.as_text()?.to_owned();
    let guessed = definition.timezone().map(|(_, zone)| zone);
    let known = TimeZone::get(&name)
        .ok()
        .or_else(|| zone(guessed.filter(is_place)?))
        .or_else(|| TimeZone::posix(&rules(&components)?).ok())
        // An offset in its name, which knows no summer.
        .or_else(|| zone(guessed?));
    Some((name, known?))
}

/// The latest rules as a POSIX time zone (POSIX.1-2017, 8.3, TZ).
fn rules(components: &[ICalendarComponent]) -> Option<String> {
    let standard = observance(components, ICalendarComponentType::Standard)?;
    let mut zone = format!("STD{}", posix_offset(standard.offset));
    if let Some(daylight) = observance(components, ICalendarComponentType::Daylight)
        && let (Some(begin), Some(end)) = (&daylight.yearly, &standard.yearly)
    {
        let _ = write!(zone, "DST{},{begin},{end}", posix_offset(daylight.offset));
    }
    Some(zone)
}

/// A part of a time zone: its offset from UTC in seconds, and when in each year
/// it begins.
struct Observance {
    offset: i32,
    yearly: Option<String>,
}

fn observance(
    components: &[ICalendarComponent],
    of_type: ICalendarComponentType,
) -> Option<Observance> {
    let date = |component: &ICalendarComponent, property| {
        component.property(&property)?.values.first()?.as_partial_date_time().cloned()
    };
    let latest = components
        .iter()
        .filter(|component| component.component_type == of_type)
        .max_by_key(|component| {
            let start = date(component, ICalendarProperty::Dtstart);
            start.map(|start| (start.year, start.month, start.day))
        })?;
    let to = date(latest, ICalendarProperty::Tzoffsetto)?;
    let seconds = i32::from(to.tz_hour?) * 3600 + i32::from(to.tz_minute.unwrap_or(0)) * 60;
    let offset = if to.tz_minus { -seconds } else { seconds };
    let start = date(latest, ICalendarProperty::Dtstart);
    let rule = latest.property(&ICalendarProperty::Rrule).and_then(|entry| entry.values.first());
    let yearly = match (rule, start) {
        (Some(ICalendarValue::RecurrenceRule(rule)), Some(start)) => yearly(rule, &start),
        _ => None,
    };
    Some(Observance { offset, yearly })
}

/// The rule of a change, like M10.5.0/3:00 for the last Sunday of October at
/// three.
fn yearly(rule: &ICalendarRecurrenceRule, start: &PartialDateTime) -> Option<String> {
    let [month] = rule.bymonth.as_slice() else { return None };
    let [day] = rule.byday.as_slice() else { return None };
    if rule.freq != ICalendarFrequency::Yearly || rule.until.is_some() {
        return None;
    }
    let week = match (day.ordwk, rule.bymonthday.first()) {
        (Some(-1), None) => 5,
        (Some(week @ 1..=4), None) => week,
        // "The Sunday from the 8th to the 14th" is the second one.
        (None, Some(first @ 1..)) => (i16::from(*first) - 1) / 7 + 1,
        _ => return None,
    };
    let (hour, minute) = (start.hour?, start.minute.unwrap_or(0));
    Some(format!("M{}.{week}.{}/{hour}:{minute:02}", month.month(), day.weekday as u8))
}

/// An offset with the sign that POSIX has: positive is west.
fn posix_offset(seconds: i32) -> String {
    let (sign, minutes) = (if seconds > 0 { "-" } else { "" }, seconds.abs() / 60);
    format!("{sign}{}:{:02}", minutes / 60, minutes % 60)
}
