//! Calls that the account takes part in on its other devices, as their events
//! in rooms tell (docs/protocol.md, "Calls of the account on other devices").
//!
//! [`RemoteCalls::record`] takes in a sync, and [`RemoteCalls::live`] computes
//! from all of them whether there is a call now. No event makes it panic. Every
//! call has an end from its beginning, so one that nobody ends does not last
//! for ever.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::{Claim, Presence, Reason, Scope, Source};

mod event;
#[cfg(test)]
mod tests;

use event::{CallEvent, CallSpan, PairCallStep};

/// The types of the state events that say who is in a call.
pub const STATE_TYPES: [&str; 3] = [event::CALL_MEMBER, event::MEMBER, event::VIDEO_MEMBER];

/// The types of the other events by which a call begins or ends.
pub const TIMELINE_TYPES: [&str; 7] = [
    event::RTC_MEMBER,
    event::RTC_MEMBER_STABLE,
    event::INVITE,
    event::ANSWER,
    event::SELECT_ANSWER,
    event::HANGUP,
    event::REJECT,
];

/// The account and the device that this program uses.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// The account's user id.
    pub user: &'a str,
    /// The id of this program's device, which takes part in no call.
    pub device: &'a str,
}

/// The call events of one sync response.
#[derive(Clone, Debug, Default)]
pub struct RoomUpdates {
    /// Whether it was an initial sync, which has the whole state and not only
    /// changes.
    pub is_initial: bool,
    /// Whether it had the call events of every sender, not only those of the
    /// account.
    pub has_all_senders: bool,
    /// The rooms with events.
    pub rooms: Vec<Room>,
    /// The rooms that the account has left.
    pub left: Vec<String>,
}

/// The call events of one room in a sync response.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// The room's id.
    pub id: String,
    /// The state events before the timeline, or those of them that changed.
    pub state: Vec<Value>,
    /// The timeline, oldest event first.
    pub timeline: Vec<Value>,
    /// Whether the timeline leaves out earlier events.
    pub limited: bool,
}

/// A call that the account is in on another device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteCall {
    /// Since when.
    pub since: Timestamp,
    /// When it ends if no event comes.
    pub until: Timestamp,
}

impl RemoteCall {
    /// The claim that follows. It is about all accounts.
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

/// The calls of the account, by room.
#[derive(Clone, Debug, Default)]
pub struct RemoteCalls {
    rooms: BTreeMap<String, RoomCalls>,
    /// Whether a call of two people may have ended unnoticed, because the sync
    /// left out the other person's events since it began.
    pair_may_have_ended: bool,
}

/// The calls of the account in one room.
#[derive(Clone, Debug, Default)]
struct RoomCalls {
    /// The memberships by state event, by type and state key.
    members: BTreeMap<(&'static str, String), CallSpan>,
    /// The memberships by sticky event, by sticky key.
    sticky: BTreeMap<String, CallSpan>,
    /// The calls of two people, by call id.
    pairs: BTreeMap<String, Pair>,
}

/// A call of two people.
#[derive(Clone, Copy, Debug)]
struct Pair {
    span: CallSpan,
    /// Such a call is kept for a while, because an answer may arrive after the
    /// end.
    ended: bool,
}

impl RemoteCalls {
    /// Takes in the events of a sync that was answered at `now`.
    pub fn record(&mut self, own: Own<'_>, updates: &RoomUpdates, now: Timestamp) {
        if updates.is_initial {
            self.rooms.clear();
        }
        for id in &updates.left {
            self.rooms.remove(id);
        }
        for room in &updates.rooms {
            let calls = self.rooms.entry(room.id.clone()).or_default();
            if room.limited {
                // The events that were left out are later than what is known of
                // these.
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
        // The other person may have hung up meanwhile. While there is such a
        // call, all syncs ask for the events of every sender, so this happens
        // once for each call.
        self.pair_may_have_ended = !updates.has_all_senders && self.has_pair(now);
    }

    /// Whether the next sync must ask for the events of every sender, because
    /// the other person can end the call.
    pub fn needs_all_senders(&self, now: Timestamp) -> bool {
        self.has_pair(now)
    }

    /// Whether the next sync must begin at the same point as this one and ask
    /// for the events of every sender.
    pub fn must_repeat_sync(&self) -> bool {
        self.pair_may_have_ended
    }

    /// All calls that the account is in at `now`, as one from the first start
    /// to the last end; `None` if there are none.
    pub fn live(&self, now: Timestamp) -> Option<RemoteCall> {
        let spans = self.rooms.values().flat_map(|calls| {
            let pairs = calls.pairs.values().filter(|p| !p.ended && !self.pair_may_have_ended);
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
                    // A renewed membership goes on from its first event.
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
            Some(CallEvent::Pair { call, step }) => self.record_pair(call, step),
            None => {}
        }
    }

    fn record_pair(&mut self, call: String, step: PairCallStep) {
        match step {
            // A later invitation of the same call changes nothing.
            PairCallStep::Invited(span) => {
                self.pairs.entry(call).or_insert(Pair { span, ended: false });
            }
            PairCallStep::Answered { by_us, span } => match self.pairs.get_mut(&call) {
                Some(pair) if !pair.ended => pair.span.until = span.until,
                None if by_us => drop(self.pairs.insert(call, Pair { span, ended: false })),
                _ => {}
            },
            PairCallStep::Ended(span) => {
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
