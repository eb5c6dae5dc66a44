//! The person's profile room (MSC3032 on MSC1769): a room that anybody may
//! read, found by its alias, with two state events that hold what the person
//! said. No server knows it, so a client keeps it.
//!
//! It is a public log that is kept for ever. So nothing but what the person
//! said goes there, each event is written at most once in [`PACE`], and what
//! is said no longer is redacted, at once. It is opt-in for each account.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::record::{FIRST_RETRY, doubled};
use crate::{Decision, Mono, Presence, Source};

/// Each of the two events is written at most once in this time.
pub const PACE: Duration = Duration::from_secs(15 * 60);
/// What a server refuses is asked of it again after this.
const REFUSED: Duration = Duration::from_secs(60 * 60);
const RETRY_CAP: Duration = Duration::from_secs(300);
/// While answers are lost, at most so many old events are remembered.
const OLD_EVENTS: usize = 16;

/// What the person said, and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The presence that they chose; not that they are invisible.
    pub presence: Option<Presence>,
    /// Their message.
    pub message: Option<String>,
}

impl Said {
    /// What of a decision the person said.
    pub fn of(decision: &Decision) -> Self {
        let chosen = decision.presence.filter(|_| decision.source == Source::Manual);
        Self {
            presence: chosen.filter(|presence| *presence != Presence::Offline),
            message: decision.message.as_ref().map(|message| message.text.clone()),
        }
    }
}

/// One of the two state events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The message.
    Status,
    /// The presence.
    Presence,
}

impl Part {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Status, Self::Presence];

    /// The type of its event, until MSC3032 is stable.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Status => "org.matrix.msc3032.status",
            Self::Presence => "org.matrix.msc3032.presence",
        }
    }

    /// The one key in its content: as in `m.presence`, which it stands for.
    fn key(self) -> &'static str {
        match self {
            Self::Status => "status_msg",
            Self::Presence => "presence",
        }
    }

    /// The content of its event.
    pub fn content(self, value: &str) -> Value {
        json!({ self.key(): value })
    }

    fn of(self, said: &Said) -> Option<&str> {
        match self {
            Self::Status => said.message.as_deref(),
            Self::Presence => said.presence.map(Presence::wire),
        }
    }
}

/// The alias of a person's profile room, without `#` and the server.
pub fn alias(localpart: &str) -> String {
    format!("_profile_{localpart}")
}

/// What stands in one of the two events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// What it says; `None` where it says nothing (any more).
    pub value: Option<String>,
    /// The event's id.
    pub event: String,
    /// How long ago it was sent.
    pub age: Duration,
}

/// A profile room as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub room: String,
    /// It was made by the person, as the two events were; anybody may take
    /// the alias first.
    pub theirs: bool,
    /// The message.
    pub status: Option<Stated>,
    /// The presence.
    pub presence: Option<Stated>,
}

impl Found {
    /// Reads a room's state, as `/rooms/{id}/state` gives it. `now` is in
    /// milliseconds since the epoch.
    pub fn read(room: String, owner: &str, state: &Value, now: i64) -> Self {
        let events = || state.as_array().into_iter().flatten();
        let by_owner = |event: &&Value| event["sender"] == *owner && event["state_key"] == *"";
        let theirs = events().filter(by_owner).any(|event| event["type"] == "m.room.create");
        let stated = |part: Part| {
            let event = events().filter(by_owner).find(|event| event["type"] == part.kind())?;
            let sent = event["origin_server_ts"].as_i64().unwrap_or(now);
            let age = u64::try_from(now.saturating_sub(sent)).unwrap_or(0);
            Some(Stated {
                value: event["content"][part.key()].as_str().map(str::to_owned),
                event: event["event_id"].as_str()?.to_owned(),
                age: Duration::from_millis(age),
            })
        };
        Self {
            room,
            theirs,
            status: stated(Part::Status).filter(|_| theirs),
            presence: stated(Part::Presence).filter(|_| theirs),
        }
    }
}

/// What is kept of it across restarts, and written durably before the
/// request that it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomMarks {
    /// Something that we wrote may stand there.
    pub wrote: bool,
    /// Events that were replaced, or will be in a moment: to be redacted.
    pub old: Vec<String>,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomStep {
    /// Find the room by its alias, and read what stands there.
    Find,
    /// Make it.
    Create,
    /// Write an event.
    Write {
        /// The room.
        room: String,
        /// Which.
        part: Part,
        /// What it is to say.
        value: String,
    },
    /// Redact an event that was replaced, or that is not to be said any more.
    Redact {
        /// The room.
        room: String,
        /// Its id.
        event: String,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomEvent {
    /// A step was begun.
    Started(RoomStep),
    /// The search was answered; `None` where nobody has the alias.
    Found(Option<Found>),
    /// The room was made: its id.
    Created(String),
    /// An event was written: its id.
    Written(String),
    /// An event was redacted, or is not there any more.
    Redacted,
    /// The server says no, in its words.
    Refused(String),
    /// The rate limit.
    Limited(Duration),
    /// It failed otherwise.
    Failed,
    /// The connection was lost or the machine slept: what is under way may
    /// be lost.
    Returned,
}

/// Why there is no profile room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomProblem {
    /// Somebody else has the alias.
    Taken,
    /// The server refuses it, in its words.
    Refused(String),
}

impl std::fmt::Display for RoomProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Taken => f.write_str("No profile room: somebody else has taken its name"),
            Self::Refused(why) => write!(f, "No profile room: the server refuses it: {why}"),
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
    refused: Option<String>,
    not_before: Mono,
    failures: u32,
}

/// The request to send now, and when to ask again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomPlan {
    /// Send this; one at a time.
    pub step: Option<RoomStep>,
    /// Ask again at this time if nothing happens before.
    pub look: Option<Mono>,
    /// What the person should know.
    pub problem: Option<RoomProblem>,
}

/// What is due at `now`. `said` is none where the person did not opt in, and
/// then what we left there is taken away.
pub fn plan_room(said: Option<&Said>, room: &ProfileRoom, now: Mono) -> RoomPlan {
    let refused = room.refused.clone().map(RoomProblem::Refused);
    let taken = (room.place == Place::Taken).then_some(RoomProblem::Taken);
    let problem = refused.or(taken).filter(|_| said.is_some());
    let due = if room.open.is_some() { None } else { room.due(said) };
    let due = due.map(|(at, step)| (at.max(room.not_before), step));
    match due {
        Some((at, step)) if at <= now => RoomPlan { step: Some(step), look: None, problem },
        Some((at, _)) => RoomPlan { step: None, look: Some(at), problem },
        None => RoomPlan { step: None, look: None, problem },
    }
}

impl ProfileRoom {
    /// What is known at start: the marks that an earlier run kept.
    pub fn after_restart(marks: &RoomMarks) -> Self {
        Self { marks: marks.clone(), ..Self::default() }
    }

    /// The next step and when it may be taken.
    fn due(&self, said: Option<&Said>) -> Option<(Mono, RoomStep)> {
        let nothing = Said::default();
        let wanted = said.unwrap_or(&nothing);
        let left = self.marks.wrote || !self.marks.old.is_empty();
        if *wanted == nothing && !left {
            return None;
        }
        let at_once = Mono(0);
        let room = match &self.place {
            Place::Unknown => return Some((at_once, RoomStep::Find)),
            Place::Taken => return None,
            Place::Nowhere if *wanted == nothing => return None,
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
        steps.min_by_key(|(at, _)| *at)
    }

    /// Takes in what happened at `now`.
    pub fn record(&mut self, event: RoomEvent, now: Mono) {
        match event {
            RoomEvent::Started(step) => self.started(step),
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
                // It will not change its mind about one that is replaced.
                Some(RoomStep::Redact { event, .. }) if self.marks.old.contains(&event) => {
                    self.marks.old.retain(|old| *old != event);
                }
                _ => {
                    self.refused = Some(why);
                    self.place = Place::Unknown;
                    self.not_before = now + REFUSED;
                }
            },
            RoomEvent::Limited(wait) => {
                self.open = None;
                self.not_before = now + wait;
            }
            RoomEvent::Failed => {
                if self.open.take().is_some() {
                    self.failures = self.failures.saturating_add(1);
                    self.not_before = now + doubled(FIRST_RETRY, self.failures - 1, RETRY_CAP);
                    // An answer was lost, so what stands there is not known.
                    self.place = Place::Unknown;
                }
            }
            RoomEvent::Returned => {
                if self.open.take().is_some() {
                    self.place = Place::Unknown;
                }
                if self.refused.is_none() {
                    self.not_before = now;
                }
                self.failures = 0;
            }
        }
    }

    fn started(&mut self, step: RoomStep) {
        if let RoomStep::Write { part, .. } = &step {
            self.marks.wrote = true;
            if let Some(stated) = self.slots[*part as usize].said()
                && !self.marks.old.contains(&stated.event)
            {
                self.marks.old.push(stated.event.clone());
                let surplus = self.marks.old.len().saturating_sub(OLD_EVENTS);
                self.marks.old.drain(..surplus);
            }
        }
        self.open = Some(step);
    }

    fn answered(&mut self) -> Option<RoomStep> {
        self.failures = 0;
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
        let slot = |there: Option<Stated>| {
            let wait = there.as_ref().map_or(Duration::ZERO, |s| PACE.saturating_sub(s.age));
            Slot { there, not_before: now + wait }
        };
        self.slots = [slot(found.status), slot(found.presence)];
        self.is_clean();
    }

    fn written(&mut self, event: String, now: Mono) {
        if let Some(RoomStep::Write { part, value, .. }) = self.answered() {
            let there = Some(Stated { value: Some(value), event, age: Duration::ZERO });
            self.slots[part as usize] = Slot { there, not_before: now + PACE };
        }
    }

    fn redacted(&mut self, event: &str) {
        self.marks.old.retain(|old| old != event);
        for slot in &mut self.slots {
            if let Some(stated) = slot.there.as_mut().filter(|stated| stated.event == event) {
                stated.value = None;
            }
        }
        self.is_clean();
    }

    /// Nothing that we wrote may say anything any more.
    fn is_clean(&mut self) {
        if self.slots.iter().all(|slot| slot.said().is_none()) {
            self.marks.wrote = false;
        }
    }
}

impl Slot {
    /// What stands there, if it says something.
    fn said(&self) -> Option<&Stated> {
        self.there.as_ref().filter(|stated| stated.value.is_some())
    }

    fn holds(&self, event: &str) -> bool {
        self.there.as_ref().is_some_and(|stated| stated.event == event)
    }
}

#[cfg(test)]
mod tests;
