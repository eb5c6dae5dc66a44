//! The starts that a rule gives (RRULE, RFC 5545, 3.3.10).
//!
//! `calcard` follows the rules. What it makes of the other parts of a set is not
//! used: it drops times that clocks skip or repeat, does not know an exception
//! whose SEQUENCE has changed, and keeps an RDATE that is excluded or replaced.

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarFrequency,
    ICalendarProperty, ICalendarRecurrenceRule, ICalendarValue,
};
use jiff::civil::DateTime;

use crate::event::When;

/// The most starts of one rule. An event of every day has as many in 270 years.
const MOST: usize = 100_000;

/// Whether a rule can be followed. One by which an event recurs within the hour
/// cannot: no meeting does, and it may be meant to exhaust its reader.
pub(crate) fn is_followed(rule: &ICalendarRecurrenceRule, start: &When) -> bool {
    let is_slow = !matches!(rule.freq, ICalendarFrequency::Minutely | ICalendarFrequency::Secondly);
    is_slow
        && rule.byminute.len() <= 1
        && rule.bysecond.len() <= 1
        && starts(rule, start, start.civil).is_some()
}

/// The starts from the first one to `last`, in civil time.
///
/// `None` if the rule cannot be followed, or gives too many starts.
pub(crate) fn starts(
    rule: &ICalendarRecurrenceRule,
    start: &When,
    last: DateTime,
) -> Option<Vec<DateTime>> {
    let until = match &rule.until {
        Some(until) => civil(until, start)?.min(last),
        None => last,
    };
    if until < start.civil {
        return Some(Vec::new());
    }
    let rule = ICalendarRecurrenceRule { until: Some(partial(until)?), ..rule.clone() };
    let entry = |name, value| ICalendarEntry { name, params: Vec::new(), values: vec![value] };
    let event = ICalendarComponent {
        component_type: ICalendarComponentType::VEvent,
        entries: vec![
            entry(
                ICalendarProperty::Dtstart,
                ICalendarValue::PartialDateTime(Box::new(partial(start.civil)?)),
            ),
            entry(ICalendarProperty::Rrule, ICalendarValue::RecurrenceRule(Box::new(rule))),
        ],
        component_ids: Vec::new(),
    };
    let expanded = ICalendar { components: vec![event] }.expand_dates(Tz::Floating, MOST);
    if !expanded.errors.is_empty() || expanded.events.len() >= MOST {
        return None;
    }
    expanded
        .events
        .iter()
        .map(|event| {
            let seconds = event.start.naive_local().and_utc().timestamp();
            let moment = jiff::Timestamp::from_second(seconds).ok()?;
            Some(jiff::tz::Offset::UTC.to_datetime(moment))
        })
        .collect()
}

/// The end of a rule in the time of its start. A date is that whole day.
fn civil(until: &PartialDateTime, start: &When) -> Option<DateTime> {
    let until = crate::event::when(until, &start.zone)?;
    if until.is_date {
        return Some(until.date().at(23, 59, 59, 0));
    }
    Some(start.zone.to_datetime(until.timestamp()?))
}

fn partial(civil: DateTime) -> Option<PartialDateTime> {
    let small = |value: i8| u8::try_from(value).ok();
    Some(PartialDateTime {
        year: Some(u16::try_from(civil.year()).ok()?),
        month: Some(small(civil.month())?),
        day: Some(small(civil.day())?),
        hour: Some(small(civil.hour())?),
        minute: Some(small(civil.minute())?),
        second: Some(small(civil.second())?),
        ..PartialDateTime::default()
    })
}
