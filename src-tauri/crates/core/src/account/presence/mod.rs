//! The presence and the status message of one account: what its homeserver
//! has confirmed, and what is under way.
//!
//! [`Acknowledged::record`] takes in what happened, [`plan::plan`] says what
//! is due.

use std::time::Duration;

use jiff::Timestamp;

use super::abilities::NonexistentUser;
use super::devices::Device;
use super::marks::Marks;
use super::retry::Retry;
use super::said::Said;
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

/// What others see, as the server says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The presence, combined over all devices.
    pub presence: Presence,
    /// The status message.
    pub message: Option<String>,
}

impl Seen {
    /// From the names of the wire; none where Presently does not know the
    /// presence. Servers differ in how they show that there is no message.
    pub fn read(presence: &str, message: Option<&str>) -> Option<Self> {
        let presence = Presence::from_wire(presence)?;
        Some(Self { presence, message: message.filter(|m| !m.is_empty()).map(str::to_owned) })
    }
}

/// One /sync with a presence: a long poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// What it says in `set_presence`.
    pub set: Presence,
    /// When it began. Liveness counts from here.
    pub started: Mono,
    /// It has not been answered.
    pub open: bool,
    /// It began before the rate limit surely let it through, so its presence
    /// may have been ignored without a word.
    pub early: bool,
    /// It asks for everything anew, so it is answered at once.
    pub fresh: bool,
}

/// A poll to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollStep {
    /// What it says in `set_presence`.
    pub set: Presence,
    /// How long the server may hold it.
    pub timeout: Duration,
    /// Ask for everything anew instead of what is new: our own presence is
    /// then in the answer, unless it is offline.
    pub fresh: bool,
}

/// One PUT of the presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// What it says.
    pub presence: Presence,
    /// The message it carries: a PUT without one clears it.
    pub message: Option<String>,
    /// That message is what our person said, not one that was found there.
    pub ours: bool,
}

/// A PUT and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutRecord {
    /// What it says.
    pub put: Put,
    /// When it began.
    pub started: Mono,
    /// How it went so far.
    pub state: PutState,
}

/// What became of a PUT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutState {
    /// Not answered.
    Open,
    /// Answered 200. Not done until it is read back.
    Accepted,
    /// Refused or lost.
    Failed,
}

/// What happened to the presence of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A poll was begun, in place of any open one.
    PollStarted {
        /// What it says.
        set: Presence,
        /// It asks for everything anew, so it is answered at once.
        fresh: bool,
    },
    /// The newest poll was answered; our own presence where it was in it.
    PollAnswered(Option<Seen>),
    /// It failed: the server cannot be reached or answered nonsense.
    PollFailed {
        /// Spreads the retries of many clients, 0 to 100.
        jitter: u8,
    },
    /// The rate limit.
    PollLimited(Duration),
    /// It said busy and was refused (400), for that or for something else.
    PollBusyRefused,
    /// A PUT was begun.
    PutStarted(Put),
    /// It was accepted.
    PutAccepted,
    /// It was refused by the rate limit.
    PutLimited(Duration),
    /// The server does not take busy.
    PutBusyRefused,
    /// It failed otherwise.
    PutFailed {
        /// As for a poll.
        jitter: u8,
    },
    /// A read of our own presence was begun.
    ReadStarted,
    /// It was answered; `None` is a presence that makes no sense, or that we
    /// may not read.
    ReadAnswered(Option<Seen>),
    /// It failed.
    ReadFailed {
        /// As for a poll.
        jitter: u8,
    },
    /// The other devices were asked for.
    DevicesStarted,
    /// They were listed; `now` is the server's clock. `None` where the
    /// server does not list them.
    DevicesAnswered(Option<(Vec<Device>, Timestamp)>),
    /// That failed.
    DevicesFailed {
        /// As for a poll.
        jitter: u8,
    },
    /// The network or the machine came back: what was waited for may be
    /// tried at once, and what is under way may be lost.
    Returned {
        /// As for a poll.
        jitter: u8,
    },
    /// The server was asked about somebody who cannot exist.
    NonexistentUserAsked(NonexistentUser),
    /// We write to the profile, or that was answered.
    ProfileWritten,
    /// The person has said a message here, or that there is none.
    MessageChanged,
}

/// What a server has confirmed, and what is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// What others see; `None` where not known, and after every failure.
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
    /// Since when others see that presence, as far as we were told.
    pub(super) seen_since: Mono,
    /// When a poll or a read was answered last.
    pub(super) heard: Mono,
    /// We were seen as anything but gone since the last failure: presence is
    /// not turned off here.
    pub(super) shown: bool,
    /// What others see was read, and no sync told it.
    pub(super) seen_by_read: bool,
    /// When we last wrote to the profile, or that was answered.
    pub(super) profile_written: Option<Mono>,
    /// Our own write to the profile undid what our PUT had said.
    pub(super) undone_by_profile: bool,
    /// Nothing was sent since the program started: requests of an earlier
    /// run may still arrive.
    pub(super) restarted: bool,
}

/// The long polls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncLane {
    /// The newest one.
    pub poll: Option<Poll>,
    pub(super) retry: Retry,
    /// When the newest poll began that the rate limit has surely let
    /// through.
    pub(super) counted: Option<Mono>,
    /// Polls that said the same and were not read back.
    pub(super) without_effect: u32,
    /// The longest poll that something between us and the server lets live.
    pub(super) cap: Option<Duration>,
    /// Another device's syncs keep step with ours and take what the rate
    /// limit allows to both, so ours keep out of step.
    pub(super) crowded: bool,
    /// Polls in a row that were answered at once.
    pub(super) hurried: u32,
    /// Polls in a row that said busy and were refused.
    pub(super) busy_refused: u8,
}

/// The PUTs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutLane {
    /// The newest one.
    pub last: Option<PutRecord>,
    pub(super) retry: Retry,
    /// The presence of the last accepted one that no later poll undid.
    pub stands: Option<Presence>,
    /// When one was accepted last.
    pub(super) accepted: Option<Mono>,
    /// Polls with a presence that began since.
    pub(super) polls_since: u32,
    /// PUTs that said the same and were not read back.
    pub(super) without_effect: u32,
    /// One that was given up may still arrive, until then.
    pub(super) stray: Option<Mono>,
}

/// The reads of our own presence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadLane {
    /// One has not been answered.
    pub open: bool,
    pub(super) retry: Retry,
    /// It is known what stands there, or that it cannot be known: told by a
    /// sync or read since the line was lost last. Nothing is written before.
    pub(super) known: bool,
    /// When the last one was begun.
    pub(super) started: Mono,
    /// One was made since the last PUT or poll was answered.
    pub(super) done: bool,
    /// Something newer was told while it was under way.
    pub(super) late: bool,
    /// Reads in a row that told nothing, since others were seen to see us or
    /// the line was lost.
    pub(super) empty_in_a_row: u8,
}

/// The busy that we set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BusyRecord {
    /// We set busy and have not read back that it ended. Kept across
    /// restarts, written before the request.
    pub mark: bool,
    /// Others saw busy before we set it: it is somebody's word, and what we
    /// leave may rightly stay.
    pub(super) joined: bool,
    /// When we first tried to leave it.
    pub(super) left: Option<Mono>,
    /// The busy that others see was there when the line came up: who has
    /// set it was not seen.
    pub(super) found: bool,
}

/// The messages that we set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageRecord {
    /// Those that we wrote and that may still stand there: more than one
    /// where an answer was lost. Kept across restarts.
    pub ours: Vec<String>,
    /// What became of the message that the person said here. Kept likewise.
    pub said: Said,
    /// Messages of others that a PUT of ours carried and that may come back
    /// with it, because it was given up.
    pub(super) carried: Vec<String>,
    /// When the person spoke, or took it back.
    pub(super) spoken: Option<Mono>,
    /// The message of the newest PUT was read back: where another stands
    /// there later, somebody has changed it.
    pub(super) stood: bool,
}

impl Acknowledged {
    /// What is known at start: the marks that an earlier run kept.
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

    /// Whoever keeps others seeing what we do not say has done so since then.
    pub(super) fn held_since(&self) -> Mono {
        self.seen_since.max(self.busy.left.unwrap_or_default())
    }

    /// What others see, where it is known.
    pub(super) fn seen_presence(&self) -> Option<Presence> {
        self.seen.as_ref().map(|seen| seen.presence)
    }

    /// A poll is open: what happens is heard at once.
    pub(super) fn is_listening(&self) -> bool {
        self.sync.poll.is_some_and(|poll| poll.open)
    }

    /// A PUT is under way.
    pub(super) fn is_putting(&self) -> bool {
        self.put.last.as_ref().is_some_and(|last| last.state == PutState::Open)
    }
}
