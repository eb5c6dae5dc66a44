//! The presence and the status message of one account: what its homeserver has
//! confirmed, and what is under way.
//!
//! [`Acknowledged::record`] records an event, and [`plan::plan`] returns what
//! is due.

use std::time::Duration;

use jiff::Timestamp;

use super::abilities::NonexistentUser;
use super::devices::Device;
use super::last_writer::LastWriter;
use super::marks::Marks;
use super::retry::Retry;
use crate::{Mono, Presence};

pub(super) mod busy;
mod desired;
mod detect;
pub(super) mod plan;
mod put;
mod record;
mod sync;
#[cfg(test)]
mod tests;

pub use desired::Desired;

use busy::Others;

/// What others see, according to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The presence, combined over all devices.
    pub presence: Presence,
    /// The status message.
    pub message: Option<String>,
}

impl Seen {
    /// Reads the values that the protocol uses. Returns `None` if Presently
    /// does not know the presence. An empty message counts as none, because
    /// servers differ in how they show that there is none.
    pub fn read(presence: &str, message: Option<&str>) -> Option<Self> {
        let presence = Presence::from_wire(presence)?;
        Some(Self { presence, message: message.filter(|m| !m.is_empty()).map(str::to_owned) })
    }
}

/// One /sync with a presence: a long poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// The value of `set_presence`.
    pub set: Presence,
    /// When it began. The server counts liveness from here (docs/protocol.md,
    /// "How long a presence lasts").
    pub started: Mono,
    /// It has not been answered.
    pub open: bool,
    /// It began before the rate limit surely let it through. The server may
    /// have ignored its presence without an error.
    pub early: bool,
    /// It is an initial sync, so it is answered at once.
    pub is_initial: bool,
}

/// A poll to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollStep {
    /// The value of `set_presence`.
    pub set: Presence,
    /// How long the server may hold it.
    pub timeout: Duration,
    /// Make an initial sync. Its answer has our own presence, unless that is
    /// offline.
    pub is_initial: bool,
}

/// One PUT of the presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The presence that it sets.
    pub presence: Presence,
    /// The message that it carries. A PUT without one clears the message.
    pub message: Option<String>,
    /// The message is the person's own, not one that was found there.
    pub ours: bool,
}

/// A PUT and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutRecord {
    /// The PUT.
    pub put: Put,
    /// When it began.
    pub started: Mono,
    /// The result so far.
    pub state: PutState,
}

/// The result of a PUT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutState {
    /// Not answered.
    Open,
    /// Answered with 200. It is not done until it is read back.
    Accepted,
    /// Refused or lost.
    Failed,
}

/// What happened to the presence of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A poll was begun, in place of any open one.
    PollStarted {
        /// The value of `set_presence`.
        set: Presence,
        /// It is an initial sync, so it is answered at once.
        is_initial: bool,
    },
    /// The newest poll was answered, with our own presence if the answer had
    /// it.
    PollAnswered(Option<Seen>),
    /// The newest poll failed: the server cannot be reached, or its answer
    /// makes no sense.
    PollFailed {
        /// Spreads the retries of many clients, 0 to 100.
        jitter: u8,
    },
    /// The rate limit refused the newest poll (429) and asked for this pause.
    PollLimited(Duration),
    /// The newest poll sent busy and was refused (400), for that or for
    /// something else.
    PollBusyRefused,
    /// A PUT was begun.
    PutStarted(Put),
    /// The PUT was accepted.
    PutAccepted,
    /// The rate limit refused the PUT (429) and asked for this pause.
    PutLimited(Duration),
    /// The server refused the PUT, because it does not support busy.
    PutBusyRefused,
    /// The PUT failed in another way.
    PutFailed {
        /// As for a poll.
        jitter: u8,
    },
    /// A read of our own presence was begun.
    ReadStarted,
    /// The read was answered. `None` is a presence that makes no sense, or one
    /// that we may not read.
    ReadAnswered(Option<Seen>),
    /// The read failed.
    ReadFailed {
        /// As for a poll.
        jitter: u8,
    },
    /// The list of devices was requested.
    DevicesStarted,
    /// The devices were listed, at this time of the server's clock. `None` if
    /// the server does not list them.
    DevicesAnswered(Option<(Vec<Device>, Timestamp)>),
    /// The request for the list failed.
    DevicesFailed {
        /// As for a poll.
        jitter: u8,
    },
    /// The network or the machine came back. Open requests may be lost, and
    /// requests that wait for a back-off are due at once.
    Returned {
        /// As for a poll.
        jitter: u8,
    },
    /// A probe asked for the presence of a user that cannot exist.
    NonexistentUserAsked(NonexistentUser),
    /// A write to the profile was sent, or was answered.
    ProfileWritten,
    /// The person set or cleared the message here.
    MessageChanged,
}

/// What a server has confirmed, and what is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// What others see. `None` if it is not known, as after each failed poll.
    pub seen: Option<Seen>,
    /// A sync was answered since the last failure.
    pub synced: bool,
    /// The long polls.
    pub sync: SyncLane,
    /// The PUTs.
    pub put: PutLane,
    /// The reads of our own presence.
    pub read: ReadLane,
    /// The other devices of the account.
    pub others: Others,
    /// The busy that we set.
    pub busy: BusyRecord,
    /// The messages that we set.
    pub message: MessageRecord,
    /// When others began to see that presence, as far as we were told.
    pub(super) seen_since: Mono,
    /// When a poll or a read was last answered.
    pub(super) heard: Mono,
    /// Others saw us as something other than offline since the last failure. So
    /// presence is not turned off here.
    pub(super) shown: bool,
    /// What others see is known from a read, not from a sync.
    pub(super) seen_by_read: bool,
    /// When a write to the profile was last sent or answered.
    pub(super) profile_written: Option<Mono>,
    /// Our own write to the profile undid what our PUT had set.
    pub(super) undone_by_profile: bool,
    /// Nothing was sent since the program started, so requests of an earlier
    /// run may still arrive.
    pub(super) restarted: bool,
}

/// The long polls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncLane {
    /// The newest one.
    pub poll: Option<Poll>,
    pub(super) retry: Retry,
    /// When the newest poll began that the rate limit surely let through.
    pub(super) last_unlimited_poll: Option<Mono>,
    /// Polls in a row with the same presence that no read-back confirmed.
    pub(super) without_effect: u32,
    /// The longest timeout of a poll. Something between us and the server ends
    /// longer ones.
    pub(super) cap: Option<Duration>,
    /// Another device's syncs keep step with ours and use up the shared rate
    /// limit, so ours are moved out of step.
    pub(super) shares_limit: bool,
    /// Polls in a row that were answered at once.
    pub(super) quick_answers: u32,
    /// Polls in a row that sent busy and were refused.
    pub(super) busy_refused: u8,
}

/// The PUTs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutLane {
    /// The newest one.
    pub last: Option<PutRecord>,
    pub(super) retry: Retry,
    /// The presence of the last accepted one that no later poll undid.
    pub in_force: Option<Presence>,
    /// When a PUT was last accepted.
    pub(super) accepted: Option<Mono>,
    /// Polls with a presence that began after that.
    pub(super) polls_since: u32,
    /// PUTs in a row with the same content that no read-back confirmed.
    pub(super) without_effect: u32,
    /// Until then, a PUT that was given up may still arrive.
    pub(super) late_write_until: Option<Mono>,
}

/// The reads of our own presence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadLane {
    /// A read has not been answered.
    pub open: bool,
    pub(super) retry: Retry,
    /// It is known what stands there, or that it cannot be known. A sync or a
    /// read told it since the line was last lost. Nothing is written before
    /// that.
    pub(super) known: bool,
    /// When the last read began.
    pub(super) started: Mono,
    /// A read was made since the last PUT or poll was answered.
    pub(super) done: bool,
    /// Something newer was told while the read was open.
    pub(super) late: bool,
    /// Reads in a row that told nothing, since a presence was last told or the
    /// line was lost.
    pub(super) empty_in_a_row: u8,
}

/// The busy that we set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BusyRecord {
    /// We set busy and have not read back that it ended. The mark is kept
    /// across restarts, and is on disk before the request is sent.
    pub mark: bool,
    /// When we first tried to leave it.
    pub(super) left: Option<Mono>,
    /// The busy that others see was there when the line came up, so it is not
    /// known who set it.
    pub(super) found: bool,
}

/// The messages that we set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageRecord {
    /// Messages that we wrote and that may still stand there. There is more
    /// than one if an answer was lost. They are kept across restarts.
    pub ours: Vec<String>,
    /// What became of the message that the person set here. It is kept across
    /// restarts.
    pub said: LastWriter,
    /// Messages of others that a PUT of ours carried. The PUT was given up, and
    /// they come back if it still arrives.
    pub(super) carried: Vec<String>,
    /// When the person last set or cleared the message here.
    pub(super) spoken: Option<Mono>,
    /// The message of the newest PUT was read back. If another one stands there
    /// later, somebody has changed it.
    pub(super) is_read_back: bool,
}

impl Acknowledged {
    /// The state at the start, from the marks of an earlier run.
    pub(super) fn after_restart(marks: &Marks) -> Self {
        Self {
            busy: BusyRecord { mark: marks.busy, ..BusyRecord::default() },
            message: MessageRecord {
                ours: marks.messages.clone(),
                said: marks.said,
                ..MessageRecord::default()
            },
            restarted: true,
            ..Self::default()
        }
    }

    /// Since when another device may hold what others see: since they see it,
    /// or since we left busy, whichever is later.
    pub(super) fn held_since(&self) -> Mono {
        self.seen_since.max(self.busy.left.unwrap_or_default())
    }

    /// The presence that others see, if it is known.
    pub(super) fn seen_presence(&self) -> Option<Presence> {
        self.seen.as_ref().map(|seen| seen.presence)
    }

    /// Whether a poll is open, so that changes are heard at once.
    pub(super) fn is_listening(&self) -> bool {
        self.sync.poll.is_some_and(|poll| poll.open)
    }

    /// Whether a PUT is open.
    pub(super) fn is_putting(&self) -> bool {
        self.put.last.as_ref().is_some_and(|last| last.state == PutState::Open)
    }
}
