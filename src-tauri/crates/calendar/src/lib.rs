//! Calendars in iCalendar format (RFC 5545): which events occur in a window of
//! time, and what they say about the person. What follows from that is decided
//! in [`presently_core::meeting`].
//!
//! Titles, places and people do not leave this crate, except for a title that
//! the caller asked to keep.

mod blocks;
mod event;
mod expand;
mod recurrence;
mod zone;

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use event::Event;
pub use expand::Found;

/// The largest calendar that is read, in bytes. Ten thousand events have about
/// five million.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// How a calendar is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// The person's e-mail addresses, by which their answers to invitations are
    /// found. An address that the calendar itself has as its name is added.
    pub addresses: Vec<String>,
    /// The time zone of times that name none.
    pub zone: TimeZone,
    /// Which titles are kept.
    pub titles: Titles,
    /// The time that will be asked for. Events that have nothing to do with it
    /// are counted and not kept: most of a calendar is the past.
    pub window: Option<Range<Timestamp>>,
}

/// Which titles are kept. Without them a calendar needs less memory and holds no
/// secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Titles {
    /// None.
    #[default]
    None,
    /// Those of events that are neither private nor confidential (CLASS, RFC
    /// 5545, 3.8.1.3).
    Public,
    /// All.
    All,
}

/// The events of a calendar.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    events: Vec<Event>,
    /// The number of events, with those that are not kept.
    count: usize,
    /// What could not be read. Only the parts concerned are missing.
    pub problems: Vec<Problem>,
}

/// A part of a calendar that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line at which the part begins, from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a part of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The text is no calendar: it does not begin with BEGIN:VCALENDAR.
    NoCalendar,
    /// The text ends in the middle of the calendar.
    CutOff,
    /// The calendar is larger than [`MAX_BYTES`].
    TooLarge,
    /// An event has no start that can be read.
    NoStart,
    /// An event names a time zone that is not known. Its times count as those
    /// of the person.
    UnknownZone(String),
    /// A rule of an event cannot be followed. Its first occurrence counts.
    Rule,
    /// An event cannot be read.
    Syntax,
}

impl Calendar {
    /// Reads a calendar. What cannot be read is among its problems.
    pub fn parse(text: &str, options: &Options) -> Self {
        if text.len() > MAX_BYTES {
            return Self::broken(1, Fault::TooLarge);
        }
        let blocks = match blocks::split(text) {
            Ok(blocks) => blocks,
            Err(Problem { line, fault }) => return Self::broken(line, fault),
        };
        let zones = zone::Zones::new(&blocks.time_zones, options.zone.clone());
        let mut addresses: Vec<String> =
            options.addresses.iter().map(|address| address.to_lowercase()).collect();
        addresses.extend(blocks.name.filter(|name| name.contains('@')).map(str::to_lowercase));
        let mut calendar = Self { problems: blocks.problems, ..Self::default() };
        for block in blocks.events {
            match Event::parse(block.text, &zones, &addresses, options.titles) {
                Ok((event, faults)) => {
                    calendar.count += 1;
                    if options.window.as_ref().is_none_or(|window| event.may_be_in(window)) {
                        calendar.events.push(event);
                    }
                    let problem = |fault| Problem { line: block.line, fault };
                    calendar.problems.extend(faults.into_iter().map(problem));
                }
                Err(fault) => calendar.problems.push(Problem { line: block.line, fault }),
            }
        }
        calendar.events.sort_by(|a, b| a.uid.cmp(&b.uid));
        calendar
    }

    fn broken(line: usize, fault: Fault) -> Self {
        Self { problems: vec![Problem { line, fault }], ..Self::default() }
    }

    /// How many events there are. One that recurs counts once, and each of its
    /// exceptions once.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

#[cfg(test)]
mod tests;
