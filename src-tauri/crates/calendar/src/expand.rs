//! The occurrences of events in a window of time (RFC 5545, 3.8.5).

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use presently_core::meeting::Occurrence;

use crate::event::{Event, Length, When};
use crate::{Calendar, recurrence};

/// An occurrence, and the title of its event if titles are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The occurrence.
    pub occurrence: Occurrence,
    /// Its title.
    pub title: Option<&'a str>,
}

impl Calendar {
    /// The occurrences that are in the window at least in part, in the order of
    /// their start.
    pub fn occurrences(&self, window: Range<Timestamp>) -> Vec<Found<'_>> {
        let mut found: Vec<Found<'_>> = self
            .events
            // Events are sorted by UID. Those without one have nothing in common.
            .chunk_by(|a, b| a.uid == b.uid && !a.uid.is_empty())
            .flat_map(|events| Set { events, window: &window }.occurrences())
            .collect();
        found.sort_by(|a, b| {
            let key = |it: &Found<'_>| (it.occurrence.start, it.occurrence.end);
            key(a).cmp(&key(b)).then_with(|| a.occurrence.uid.cmp(&b.occurrence.uid))
        });
        found
    }
}

/// The events of one UID: those that recur or not, and their exceptions.
struct Set<'a, 'w> {
    events: &'a [Event],
    window: &'w Range<Timestamp>,
}

impl<'a> Set<'a, '_> {
    fn occurrences(&self) -> Vec<Found<'a>> {
        let mut starts: BTreeMap<Timestamp, (When, Length, &'a Event)> = BTreeMap::new();
        for event in self.events.iter().filter(|event| event.replaces.is_none()) {
            for (start, length) in self.starts(event) {
                if let Some(at) = start.timestamp() {
                    starts.entry(at).or_insert((start, length, event));
                }
            }
        }
        let mut exceptions: Vec<(&When, &'a Event)> = self
            .events
            .iter()
            .filter_map(|event| Some((event.replaces.as_ref()?, event)))
            .collect();
        exceptions.sort_by_key(|(replaced, _)| replaced.timestamp());
        for (replaced, event) in exceptions {
            starts.retain(|_, (start, ..)| !same(replaced, start));
            if event.and_later {
                move_later(&mut starts, replaced, event);
            }
            if let Some(at) = event.start.timestamp() {
                starts.insert(at, (event.start.clone(), event.length, event));
            }
        }
        starts
            .values()
            .filter_map(|(start, length, event)| self.found(start, *length, event))
            .collect()
    }

    /// The starts of an event that may reach into the window, without those
    /// that it excludes.
    fn starts(&self, event: &'a Event) -> Vec<(When, Length)> {
        let last = event.start.zone.to_datetime(self.window.end);
        let ruled =
            event.rules.iter().filter_map(|rule| recurrence::starts(rule, &event.start, last));
        let ruled = ruled.flatten().map(|civil| (event.start.at(civil), event.length));
        let more = event
            .more
            .iter()
            .map(|(start, length)| (start.clone(), length.unwrap_or(event.length)));
        std::iter::once((event.start.clone(), event.length))
            .chain(ruled)
            .chain(more)
            .filter(|(start, _)| !event.without.iter().any(|without| same(without, start)))
            .collect()
    }

    fn found(&self, start: &When, length: Length, event: &'a Event) -> Option<Found<'a>> {
        let (begin, end) = (start.timestamp()?, length.end(start)?);
        let is_in_window = begin < self.window.end
            && (end > self.window.start || (begin == end && begin == self.window.start));
        is_in_window.then(|| Found {
            occurrence: Occurrence {
                uid: event.uid.clone(),
                start: begin,
                end,
                all_day: start.is_date,
                status: event.facts.status,
                answer: event.facts.answer,
                availability: event.facts.availability,
                conference: event.facts.conference,
            },
            title: event.title.as_deref(),
        })
    }
}

/// Whether a time names the occurrence that begins at `start`. A date names that
/// of its day: some calendars write no more than that.
fn same(name: &When, start: &When) -> bool {
    match name.is_date {
        true => name.date() == start.date(),
        false => name.timestamp() == start.timestamp(),
    }
}

/// Moves all later occurrences as an exception is moved, and gives them its
/// length and meaning.
fn move_later<'a>(
    starts: &mut BTreeMap<Timestamp, (When, Length, &'a Event)>,
    replaced: &When,
    event: &'a Event,
) {
    let Some(from) = replaced.timestamp() else { return };
    let shift = event.start.civil.duration_since(replaced.civil);
    let later = starts.split_off(&from);
    for (start, ..) in later.into_values() {
        let moved = start.civil.checked_add(shift).map(|civil| event.start.at(civil));
        if let Ok(moved) = moved
            && let Some(at) = moved.timestamp()
        {
            starts.insert(at, (moved, event.length, event));
        }
    }
}
