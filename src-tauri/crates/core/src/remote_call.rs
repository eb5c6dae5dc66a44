//! Calls that the account takes part in on its other devices, from what they
//! write into rooms (docs/protocol.md, "Calls of the account on other devices").
//!
//! One input, [`RemoteCalls::record`], then what is live is computed anew by
//! [`RemoteCalls::live`]. Whatever the events hold, nothing panics, and a
//! call that nobody ends is over at a time that is known from its beginning.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::{Claim, Presence, Reason, Scope, Source};

mod event;
#[cfg(test)]
mod tests;

use event::{CallEvent, CallSpan, Turn};

/// The types of state events that say who is in a call.
pub const STATE_TYPES: [&str; 3] = [event::CALL_MEMBER, event::MEMBER, event::VIDEO_MEMBER];

/// The types of other events that a call begins and ends with.
pub const TIMELINE_TYPES: [&str; 7] = [
    event::RTC_MEMBER,
    event::RTC_MEMBER_STABLE,
    event::INVITE,
    event::ANSWER,
    event::SELECT_ANSWER,
    event::HANGUP,
    event::REJECT,
];

/// Who we are.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// The account's user id.
    pub user: &'a str,
    /// Our own device, which takes part in no call.
    pub device: &'a str,
}

/// What a sync said.
#[derive(Clone, Debug, Default)]
pub struct RoomUpdates {
    /// It began anew and says all there is, not what changed.
    pub fresh: bool,
    /// It had the events of everybody, not only those of the account.
    pub wide: bool,
    /// Each room that something was said of.
    pub rooms: Vec<Room>,
    /// The rooms that the account has left.
    pub left: Vec<String>,
}

/// What a sync said of a room.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// Its id.
    pub id: String,
    /// The state before the timeline, or what changed of it.
    pub state: Vec<Value>,
    /// What happened, the oldest first.
    pub timeline: Vec<Value>,
    /// Something happened before it that was left out.
    pub limited: bool,
}

/// That the account is in a call on another device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteCall {
    /// Since when.
    pub since: Timestamp,
    /// When it is over unless something more is heard.
    pub until: Timestamp,
}

impl RemoteCall {
    /// What follows from it, on every account.
    pub fn claim(self) -> Claim {
        Claim {
            source: Source::Call,
            scope: Scope::All,
            presence: Presence::Busy,
            reason: Reason::CallElsewhere,
            since: self.since,
            until: Some(self.until),
        }
    }
}

/// What each room says of the account's calls.
#[derive(Clone, Debug, Default)]
pub struct RemoteCalls {
    rooms: BTreeMap<String, RoomCalls>,
    /// Whether a call of two people has ended cannot be told, because only
    /// the account's own events were heard of the time since it began.
    doubtful: bool,
}

/// What one room says of them.
#[derive(Clone, Debug, Default)]
struct RoomCalls {
    /// By the type and the key of the state event.
    members: BTreeMap<(&'static str, String), CallSpan>,
    /// By their sticky key.
    sticky: BTreeMap<String, CallSpan>,
    /// One to one, by the call's id.
    pairs: BTreeMap<String, Pair>,
}

/// A call of two people.
#[derive(Clone, Copy, Debug)]
struct Pair {
    span: CallSpan,
    /// Kept for a while, because an answer may come after the end.
    ended: bool,
}

impl RemoteCalls {
    /// Takes in what a sync said at `now`.
    pub fn record(&mut self, own: Own<'_>, updates: &RoomUpdates, now: Timestamp) {
        if updates.fresh {
            self.rooms.clear();
        }
        for id in &updates.left {
            self.rooms.remove(id);
        }
        for room in &updates.rooms {
            let calls = self.rooms.entry(room.id.clone()).or_default();
            if room.limited {
                // What was left out is later than what is known of these.
                calls.sticky.clear();
                calls.pairs.clear();
            }
            for event in room.state.iter().chain(&room.timeline) {
                calls.record(own, event, now);
            }
        }
        for calls in self.rooms.values_mut() {
            calls.forget(now);
        }
        self.rooms.retain(|_, calls| !calls.is_empty());
        // The other one may have hung up in the same time. From here on every
        // sync is wide, so that this is asked once a call.
        self.doubtful = !updates.wide && self.has_pair(now);
    }

    /// The next sync must have the events of everybody: the account is in a
    /// call that the other one can end.
    pub fn needs_others(&self, now: Timestamp) -> bool {
        self.has_pair(now)
    }

    /// The next sync must begin where this one began, now with the events of
    /// everybody.
    pub fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// The calls that the account is in, as one.
    pub fn live(&self, now: Timestamp) -> Option<RemoteCall> {
        let spans = self.rooms.values().flat_map(|calls| {
            let pairs = calls.pairs.values().filter(|p| !p.ended && !self.doubtful);
            calls.members.values().chain(calls.sticky.values()).chain(pairs.map(|p| &p.span))
        });
        let live: Vec<&CallSpan> = spans.filter(|span| span.until > now).collect();
        let since = live.iter().map(|span| span.since.min(now)).min()?;
        let until = live.iter().map(|span| span.until).max()?;
        Some(RemoteCall { since, until })
    }

    fn has_pair(&self, now: Timestamp) -> bool {
        let mut pairs = self.rooms.values().flat_map(|calls| calls.pairs.values());
        pairs.any(|pair| !pair.ended && pair.span.until > now)
    }
}

impl RoomCalls {
    fn record(&mut self, own: Own<'_>, event: &Value, now: Timestamp) {
        match event::read(own, event, now) {
            Some(CallEvent::Member { kind, key, span }) => {
                let key = (kind, key);
                match span {
                    // Whoever renews it has been in it all along.
                    Some(span) => {
                        let known = self.members.entry(key).or_insert(span);
                        *known = CallSpan { since: known.since.min(span.since), ..span };
                    }
                    None => drop(self.members.remove(&key)),
                }
            }
            Some(CallEvent::Sticky { key, span }) => match span {
                Some(span) => {
                    let known = self.sticky.entry(key).or_insert(span);
                    *known = CallSpan { since: known.since.min(span.since), ..span };
                }
                None => drop(self.sticky.remove(&key)),
            },
            Some(CallEvent::Pair { call, turn }) => self.turn(call, turn),
            None => {}
        }
    }

    fn turn(&mut self, call: String, turn: Turn) {
        match turn {
            // The first word of a call is the one that counts.
            Turn::Begins(span) => {
                self.pairs.entry(call).or_insert(Pair { span, ended: false });
            }
            Turn::Connects { by_us, span } => match self.pairs.get_mut(&call) {
                Some(pair) if !pair.ended => pair.span.until = span.until,
                None if by_us => drop(self.pairs.insert(call, Pair { span, ended: false })),
                _ => {}
            },
            Turn::Ends(span) => {
                self.pairs.insert(call, Pair { span, ended: true });
            }
        }
    }

    fn forget(&mut self, now: Timestamp) {
        self.members.retain(|_, span| span.until > now);
        self.sticky.retain(|_, span| span.until > now);
        self.pairs.retain(|_, pair| pair.span.until > now);
    }

    fn is_empty(&self) -> bool {
        self.members.is_empty() && self.sticky.is_empty() && self.pairs.is_empty()
    }
}
