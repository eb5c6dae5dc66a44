//! The person's profile room (MSC3032 on MSC1769): a room that anybody may
//! read, found by its alias, with two state events that hold what the person
//! said. No server maintains it, so the client does (docs/protocol.md, "The
//! profile room").
//!
//! The room is a public log that is kept for ever. So it holds only what the
//! person said, each event is written at most once in [`PACE`], and what is
//! over is redacted at once. It is opt-in for each account.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::retry::{Backoff, LATE_WRITE, Retry};
use crate::{Code, Coded, Mono};

mod contents;
#[cfg(test)]
mod tests;

pub use contents::{Contents, Found, Part, Stated, alias};

/// Each of the two events is written at most once in this time.
pub const PACE: Duration = Duration::from_secs(15 * 60);
/// A refused request is sent again after this time.
const REFUSED: Duration = Duration::from_secs(60 * 60);
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(1),
    cap: Duration::from_secs(300),
    long_cap: Duration::from_secs(300),
};
/// How many old events are remembered while answers are lost.
const OLD_EVENTS: usize = 16;

/// What is kept of the room across restarts. It is on disk before the request
/// that it is about is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomMarks {
    /// Something that we wrote may stand in the room.
    pub wrote: bool,
    /// Events of ours that stand in the room, as far as is known.
    pub standing: Vec<String>,
    /// Events that were replaced, or will be in a moment. They are to be
    /// redacted.
    pub old: Vec<String>,
}

impl RoomMarks {
    /// Whether something of ours is still to be removed.
    pub(super) fn is_left(&self) -> bool {
        self.wrote || !self.old.is_empty()
    }
}

/// One request about the profile room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomStep {
    /// Find the room by its alias, and read what stands there.
    Find,
    /// Create the room.
    Create,
    /// Write an event.
    Write {
        /// The room.
        room: String,
        /// Which event.
        part: Part,
        /// Its new value.
        value: String,
    },
    /// Redact an event that was replaced or is over.
    Redact {
        /// The room.
        room: String,
        /// The id of the event.
        event: String,
    },
}

/// What happened to the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RoomEvent {
    /// A step was begun.
    Started(RoomStep),
    /// The search was answered. `None` if nobody has the alias.
    Found(Option<Found>),
    /// The room was created, with this id.
    Created(String),
    /// An event was written, with this id.
    Written(String),
    /// An event was redacted, or is not there any more.
    Redacted,
    /// The server refused the step, with this error message.
    Refused(String),
    /// The rate limit (429), with the pause to make.
    Limited(Duration),
    /// The step failed in another way. The number, 0 to 100, spreads the
    /// retries of many clients.
    Failed(u8),
    /// The connection was lost or the machine slept, so an open step may be
    /// lost.
    Returned,
}

/// Why there is no profile room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomProblem {
    /// Somebody else has the alias.
    Taken,
    /// The server refuses a request, with this error message.
    Refused(String),
}

impl Coded for RoomProblem {
    fn code(&self) -> Code {
        match self {
            Self::Taken => Code::new("room-taken"),
            Self::Refused(why) => Code::new("room-refused").with("why", why),
        }
    }
}

/// Where the room is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Unknown,
    Nowhere,
    Taken,
    Here(String),
}

/// One of the two events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Slot {
    there: Option<Stated>,
    not_before: Mono,
}

/// What is known of the room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileRoom {
    /// Kept across restarts.
    pub marks: RoomMarks,
    place: Place,
    slots: [Slot; 2],
    open: Option<RoomStep>,
    /// The error message of the last refusal, and until when no request is sent
    /// after it.
    refused: Option<(String, Mono)>,
    retry: Retry,
    /// Until then, a write that was given up may still arrive.
    late_write_until: Option<Mono>,
    /// Nothing was sent since the program started, so a write of an earlier run
    /// may still arrive.
    restarted: bool,
}

/// The request to send now, and when to plan again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RoomPlan {
    /// The request. One is open at a time.
    pub(super) step: Option<RoomStep>,
    /// Plan again at this time if no event comes before.
    pub(super) next: Option<Mono>,
    /// What the person should know.
    pub(super) problem: Option<RoomProblem>,
}

/// Returns what is due at `now`. `wanted` is `None` if the person did not opt
/// in. What we left in the room is then removed.
pub(super) fn plan_room(wanted: Option<&Contents>, room: &ProfileRoom, now: Mono) -> RoomPlan {
    let refused = room.refused.clone().map(|(why, _)| RoomProblem::Refused(why));
    let taken = (room.place == Place::Taken).then_some(RoomProblem::Taken);
    let problem = refused.or(taken).filter(|_| wanted.is_some());
    let due = if room.open.is_some() { None } else { room.due(wanted, now) };
    let due = due.map(|(at, step)| (at.max(room.not_before()), step));
    match due {
        Some((at, step)) if at <= now => RoomPlan { step: Some(step), next: None, problem },
        Some((at, _)) => RoomPlan { step: None, next: Some(at), problem },
        None => RoomPlan { step: None, next: None, problem },
    }
}

impl ProfileRoom {
    /// The state at the start, from the marks of an earlier run.
    pub(super) fn after_restart(marks: &RoomMarks) -> Self {
        Self { marks: marks.clone(), restarted: marks.is_left(), ..Self::default() }
    }

    /// Prepares for the end of the agent. The back-off is not waited for. If a
    /// write was given up, the room is read again, because that write may have
    /// changed it.
    pub(super) fn leaves(&mut self) {
        self.retry.returned();
        if self.late_write_until.is_some() {
            self.place = Place::Unknown;
        }
    }

    /// The open request.
    pub(super) fn open_step(&self) -> Option<&RoomStep> {
        self.open.as_ref()
    }

    /// The next step, and when it may be sent.
    fn due(&self, wanted: Option<&Contents>, now: Mono) -> Option<(Mono, RoomStep)> {
        let nothing = Contents::default();
        let wanted = wanted.unwrap_or(&nothing);
        let left = self.marks.is_left();
        if *wanted == nothing && !left {
            return None;
        }
        let at_once = Mono(0);
        if self.late_write_until.is_some_and(|until| until <= now) {
            // No late write can arrive any more, so what is read now is final.
            return Some((at_once, RoomStep::Find));
        }
        let late_write = self.late_write_until.map(|until| (until, RoomStep::Find));
        let room = match &self.place {
            Place::Unknown => return Some((at_once, RoomStep::Find)),
            Place::Taken => return None,
            Place::Nowhere if *wanted == nothing => return late_write,
            Place::Nowhere => return Some((at_once, RoomStep::Create)),
            Place::Here(room) => room,
        };
        let redact = |event: &str| RoomStep::Redact { room: room.clone(), event: event.to_owned() };
        let replaced = |event: &&String| !self.slots.iter().any(|slot| slot.holds(event));
        if let Some(event) = self.marks.old.iter().find(replaced) {
            return Some((at_once, redact(event)));
        }
        let steps = Part::ALL.into_iter().zip(&self.slots).filter_map(|(part, slot)| {
            match (part.of(wanted), slot.said()) {
                (None, Some(stated)) => Some((at_once, redact(&stated.event))),
                (Some(value), said) if said.and_then(|s| s.value.as_deref()) != Some(value) => {
                    let (room, value) = (room.clone(), value.to_owned());
                    Some((slot.not_before, RoomStep::Write { room, part, value }))
                }
                _ => None,
            }
        });
        steps.chain(late_write).min_by_key(|(at, _)| *at)
    }

    /// Records an event that happened at `now`.
    pub(super) fn record(&mut self, event: RoomEvent, now: Mono) {
        match event {
            RoomEvent::Started(step) => self.started(step, now),
            RoomEvent::Found(found) => {
                self.answered();
                self.found(found, now);
            }
            RoomEvent::Created(room) => {
                self.answered();
                self.found(Some(Found { room, theirs: true, ..Found::default() }), now);
            }
            RoomEvent::Written(event) => self.written(event, now),
            RoomEvent::Redacted => {
                if let Some(RoomStep::Redact { event, .. }) = self.answered() {
                    self.redacted(&event);
                }
            }
            RoomEvent::Refused(why) => match self.answered() {
                // The server would refuse the redaction of a replaced event
                // again, so the event is given up.
                Some(RoomStep::Redact { event, .. }) if self.marks.old.contains(&event) => {
                    self.marks.old.retain(|old| *old != event);
                }
                _ => {
                    self.refused = Some((why, now + REFUSED));
                    self.place = Place::Unknown;
                }
            },
            RoomEvent::Limited(pause) => {
                self.open = None;
                self.retry.limited(pause, now);
            }
            RoomEvent::Failed(jitter) => {
                if self.give_up(now) {
                    self.retry.failed(&BACKOFF, jitter, now);
                    // An answer was lost, so what stands there is not known.
                    self.place = Place::Unknown;
                }
            }
            RoomEvent::Returned => {
                if self.give_up(now) {
                    self.place = Place::Unknown;
                }
                self.retry.returned();
            }
        }
    }

    fn not_before(&self) -> Mono {
        let refused = self.refused.as_ref().map_or(Mono(0), |(_, until)| *until);
        refused.max(self.retry.due())
    }

    /// Gives up the open step. Returns whether there was one.
    fn give_up(&mut self, now: Mono) -> bool {
        let step = self.open.take();
        if matches!(step, Some(RoomStep::Write { .. })) {
            self.late_write_until = Some(now + LATE_WRITE);
        }
        step.is_some()
    }

    fn started(&mut self, step: RoomStep, now: Mono) {
        if std::mem::take(&mut self.restarted) {
            self.late_write_until = Some(now + LATE_WRITE);
        }
        if step == RoomStep::Find {
            self.late_write_until = self.late_write_until.filter(|until| *until > now);
        }
        if let RoomStep::Write { part, .. } = &step {
            self.marks.wrote = true;
            if let Some(event) = self.slots[*part as usize].said().map(|s| s.event.clone()) {
                self.replaced(event);
            }
        }
        self.open = Some(step);
    }

    /// Records that an event was replaced, or will be in a moment, and is to be
    /// redacted.
    fn replaced(&mut self, event: String) {
        self.marks.standing.retain(|standing| *standing != event);
        if !self.marks.old.contains(&event) {
            self.marks.old.push(event);
            let surplus = self.marks.old.len().saturating_sub(OLD_EVENTS);
            self.marks.old.drain(..surplus);
        }
    }

    fn answered(&mut self) -> Option<RoomStep> {
        self.retry.succeeded();
        self.refused = None;
        self.open.take()
    }

    fn found(&mut self, found: Option<Found>, now: Mono) {
        self.place = match &found {
            None => Place::Nowhere,
            Some(found) if !found.theirs => Place::Taken,
            Some(found) => Place::Here(found.room.clone()),
        };
        let found = found.filter(|found| found.theirs).unwrap_or_default();
        let there = [&found.status, &found.presence].into_iter().flatten();
        let there: Vec<&String> = there.map(|stated| &stated.event).collect();
        // A write that was given up arrived late and replaced these events.
        let gone = self.marks.standing.extract_if(.., |event| !there.contains(&&*event));
        let gone: Vec<String> = gone.collect();
        gone.into_iter().for_each(|event| self.replaced(event));
        self.marks.standing = [&found.status, &found.presence]
            .into_iter()
            .flatten()
            .map(|s| s.event.clone())
            .collect();
        let slot = |there: Option<Stated>| {
            let wait = there.as_ref().map_or(Duration::ZERO, |s| PACE.saturating_sub(s.age));
            Slot { there, not_before: now + wait }
        };
        self.slots = [slot(found.status), slot(found.presence)];
        self.forget_if_clean();
    }

    fn written(&mut self, event: String, now: Mono) {
        if let Some(RoomStep::Write { part, value, .. }) = self.answered() {
            self.marks.standing.push(event.clone());
            let there = Some(Stated { value: Some(value), event, age: Duration::ZERO });
            self.slots[part as usize] = Slot { there, not_before: now + PACE };
        }
    }

    fn redacted(&mut self, event: &str) {
        self.marks.old.retain(|old| old != event);
        self.marks.standing.retain(|standing| standing != event);
        for slot in &mut self.slots {
            if let Some(stated) = slot.there.as_mut().filter(|stated| stated.event == event) {
                stated.value = None;
            }
        }
        self.forget_if_clean();
    }

    /// Drops the mark if nothing that we wrote has a value any more.
    fn forget_if_clean(&mut self) {
        if self.late_write_until.is_none() && self.slots.iter().all(|slot| slot.said().is_none()) {
            self.marks.wrote = false;
        }
    }
}

impl Slot {
    /// The event, if it has a value.
    fn said(&self) -> Option<&Stated> {
        self.there.as_ref().filter(|stated| stated.value.is_some())
    }

    fn holds(&self, event: &str) -> bool {
        self.there.as_ref().is_some_and(|stated| stated.event == event)
    }
}
