//! What one homeserver needs to be told, as a pure function of what we want,
//! what it can do, what it has confirmed and the time.
//!
//! [`Desired`] and [`Acknowledged`] are different types. The driver feeds
//! every answer into [`Acknowledged::record`], then asks [`plan`] and carries
//! out the steps it names. Rules about servers belong here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::settings::BusyMode;
use crate::{Mono, Presence};

pub mod asking;
mod company;
pub mod devices;
mod note;
mod plan;
pub mod profile;
pub mod profile_room;
mod record;
mod said;
pub mod sync;

pub use company::Company;
pub use note::Note;
pub use plan::plan;
pub use said::Said;

/// What we want others to see on one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// The presence; `None` where nothing is known and nothing is claimed.
    pub presence: Option<Presence>,
    /// The person chose it, so it goes by PUT (MSC3032).
    pub manual: bool,
    /// The text of the status message.
    pub message: Option<String>,
    /// It is to end by itself, which nobody sees to after we have left.
    pub message_ends: bool,
    /// What to say in its place where busy is shown as away.
    pub stand_in: Option<String>,
    /// Whether busy is sent as busy.
    pub busy: BusyMode,
}

impl Desired {
    /// Nothing is to be seen that others could read back.
    pub fn claims_nothing(&self) -> bool {
        matches!(self.presence, None | Some(Presence::Offline)) && self.message.is_none()
    }

    /// What others see is this, or what stands for it.
    pub fn is_shown_by(&self, seen: &Seen) -> bool {
        let presence = match self.presence {
            None | Some(Presence::Offline) => true,
            Some(Presence::Busy) => matches!(seen.presence, Presence::Busy | Presence::Unavailable),
            wanted => Some(seen.presence) == wanted,
        };
        presence && (self.message.is_none() || seen.message == self.message)
    }
}

/// What a homeserver can do. Remembered for its base URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Abilities {
    /// It has `busy` (MSC3026): what /versions says, or what a PUT taught.
    /// `None` until asked.
    pub busy: Option<bool>,
    /// Presence is turned on. `None` until found out.
    pub presence: Option<bool>,
    /// How often a presence may change.
    pub pace: Pace,
    /// What a sync does to a busy that was set by PUT.
    pub busy_by_sync: BusyBySync,
}

/// What a sync does to a busy that was set by PUT. Synapse keeps it and
/// takes no busy in `set_presence`; where the last word wins, busy has to go
/// by sync, and there it is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BusyBySync {
    /// It is kept, as far as was seen.
    #[default]
    Kept,
    /// A sync undid it, so our syncs say busy themselves.
    Needed,
    /// A sync undoes it and may not say busy: there is no busy here.
    Refused,
}

/// Synapse's default: one change in ten seconds for each user, all devices
/// together (`rc_presence.per_user`).
pub const SYNAPSE_PACE: Duration = Duration::from_secs(10);

/// How often a server lets a presence change. Synapse allows one in ten
/// seconds by default and ignores more on /sync without a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// Not known: one change may be tried early, nothing may rely on it.
    #[default]
    Unknown,
    /// Two changes came through within ten seconds.
    Free,
    /// One in this time.
    Limited(Duration),
}

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

/// One /sync with a presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Counts the polls, so that an answer finds its own.
    pub number: u64,
    /// What it says in `set_presence`.
    pub set: Presence,
    /// When it began. Liveness counts from here (PROTOCOL 0.5).
    pub started: Mono,
    /// It has not been answered.
    pub open: bool,
    /// It began before the rate limit surely let it through, so it may have
    /// been ignored without a word.
    pub early: bool,
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

/// What happened to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A poll was begun, in place of any open one.
    PollStarted {
        /// Its number.
        number: u64,
        /// What it says.
        set: Presence,
    },
    /// A poll was answered. `seen` is our own presence where it was in it.
    PollAnswered {
        /// Its number.
        number: u64,
        /// Our own presence.
        seen: Option<Seen>,
    },
    /// A poll failed: the server cannot be reached or answered nonsense.
    PollFailed {
        /// Its number.
        number: u64,
        /// The server's own wish.
        retry_after: Option<Duration>,
        /// 0 to 100, to spread the retries of many clients.
        jitter: u8,
    },
    /// A poll that said busy was refused for it (400).
    PollBusyRefused {
        /// Its number.
        number: u64,
    },
    /// A PUT was begun.
    PutStarted(Put),
    /// It was accepted.
    PutAccepted,
    /// It was refused by the rate limit.
    PutLimited(Duration),
    /// The server does not take busy.
    PutBusyRefused,
    /// It failed otherwise.
    PutFailed,
    /// A read of our own presence was begun.
    ReadStarted,
    /// It was answered, or failed with `None`.
    ReadAnswered(Option<Seen>),
    /// The other devices were asked for.
    DevicesStarted,
    /// Those that may be syncing, the likeliest first; `None` where they
    /// could not be listed.
    DevicesAnswered(Option<Vec<String>>),
    /// The network or the machine came back: what was waited for may be
    /// tried at once.
    Returned,
    /// The person has said a message here, or that there is none.
    Spoken,
}

/// What a server has confirmed, and what is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// What others see; `None` where not known, and after every failure.
    pub seen: Option<Seen>,
    /// A sync was answered since the last failure.
    pub synced: bool,
    /// The newest poll.
    pub poll: Option<Poll>,
    /// The newest PUT.
    pub put: Option<PutRecord>,
    /// A read has not been answered.
    pub read_open: bool,
    /// The presence of the last accepted PUT that no later poll undid
    /// (PROTOCOL section 1, the second table).
    pub put_stands: Option<Presence>,
    /// We set busy and have not read back that it ended. Kept across
    /// restarts, written before the request.
    pub busy_mark: bool,
    /// The messages that we wrote and that may still stand there: more than
    /// one where an answer was lost. Kept likewise.
    pub our_messages: Vec<String>,
    /// What became of the message that the person said here. Kept likewise.
    pub said: Said,
    /// The other devices of the account.
    pub company: Option<Company>,
    /// Another device has held us busy after we left it. Kept across
    /// restarts.
    pub held_once: bool,
    /// Others saw busy before we set it: it is somebody's word, and what we
    /// leave may rightly stay.
    pub(crate) busy_joined: bool,
    /// The other devices are being asked for, since then.
    pub(crate) devices_open: Option<Mono>,
    /// Another device's syncs keep step with ours and take what the rate
    /// limit allows to both, so ours keep out of step.
    pub(crate) crowded: bool,
    /// The last poll that the rate limit has let through, as far as known.
    pub(crate) bucket: Option<Mono>,
    /// Polls, and PUTs, that said the same and were not read back.
    pub(crate) polls_in_vain: u32,
    pub(crate) puts_in_vain: u32,
    /// No poll, no PUT before this.
    pub(crate) poll_not_before: Mono,
    pub(crate) put_not_before: Mono,
    /// The same by the server's own wish, which holds whatever comes back.
    pub(crate) poll_limited: Mono,
    pub(crate) put_limited: Mono,
    /// Failed polls in a row, and since when.
    pub(crate) failures: u32,
    pub(crate) failing_since: Option<Mono>,
    /// When a poll or a read was answered last.
    pub(crate) heard: Mono,
    /// When the last read was begun.
    pub(crate) read_since: Mono,
    /// The last accepted PUT.
    pub(crate) last_put: Option<Mono>,
    /// Polls with a presence that began since.
    pub(crate) polls_since_put: u32,
    /// The message of the newest PUT was read back: where another stands
    /// there later, somebody has changed it.
    pub(crate) message_stood: bool,
    /// A PUT that was given up may still arrive, until then.
    pub(crate) stray: Option<Mono>,
    /// One of an earlier run may, too.
    pub(crate) restarted: bool,
    /// Failed PUTs in a row.
    pub(crate) put_failures: u32,
    /// The longest poll that something between us and the server lets live.
    pub(crate) poll_cap: Option<Duration>,
    /// A read was made since the last PUT or poll was answered.
    pub(crate) read_done: bool,
    /// Something newer was told while the read was under way.
    pub(crate) read_late: bool,
    /// We were seen as anything but gone since the last failure: presence is
    /// not turned off here.
    pub(crate) shown: bool,
}

impl Acknowledged {
    /// What is known at start: the marks that an earlier run kept.
    pub fn after_restart(marks: &Marks) -> Self {
        Self {
            busy_mark: marks.busy,
            our_messages: marks.messages.clone(),
            said: marks.said,
            held_once: marks.held,
            restarted: true,
            ..Self::default()
        }
    }
}

/// What we left on a server and have to clear when it is no longer true, and
/// what was learnt the hard way. Kept across restarts, and written durably
/// before the request that it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// We set busy and have not read back that it ended.
    pub busy: bool,
    /// Status messages that we wrote and that may still stand there.
    pub messages: Vec<String>,
    /// What became of the last one that the person said.
    pub said: Said,
    /// The same for the profile's status.
    pub statuses: Vec<profile::Status>,
    /// What became of the last one that the person said.
    pub status_said: Said,
    /// We wrote the profile's call and have not removed it.
    pub call: bool,
    /// Another device has held us busy after we left it.
    pub held: bool,
    /// What we left in the profile room.
    pub room: profile_room::RoomMarks,
}

impl Marks {
    /// The marks of an account, but for those of its profile room.
    pub fn of(ack: &Acknowledged, profile: &profile::Profile) -> Self {
        Self {
            busy: ack.busy_mark,
            messages: ack.our_messages.clone(),
            said: ack.said,
            statuses: profile.our_statuses.clone(),
            status_said: profile.said,
            call: profile.call_mark,
            held: ack.held_once,
            room: profile_room::RoomMarks::default(),
        }
    }
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

/// The requests to send now, and when to ask again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Begin this poll, in place of the open one.
    pub poll: Option<PollStep>,
    /// Send this PUT.
    pub put: Option<Put>,
    /// Read our own presence (GET), because no poll will tell it soon.
    pub read: bool,
    /// List the other devices (GET /devices).
    pub devices: bool,
    /// Ask again at this time if nothing happens before.
    pub look: Option<Mono>,
    /// What the person should know.
    pub note: Option<Note>,
    /// What others see is what was meant.
    pub settled: bool,
}

/// A poll to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollStep {
    /// What it says in `set_presence`.
    pub set: Presence,
    /// How long the server may hold it.
    pub timeout: Duration,
    /// Ask for everything anew instead of what is new: our own presence is
    /// then in the answer.
    pub fresh: bool,
}

/// What goes out before the agent ends: others must not be left with a
/// presence that nobody keeps true, nor with a message that nobody ends.
pub fn leaving(desired: &Desired, abilities: &Abilities, ack: &Acknowledged) -> Option<Put> {
    (abilities.presence != Some(false)).then(|| {
        let stays = !desired.message_ends && !ack.said.replaced;
        let wanted = desired.message.as_ref().filter(|_| stays);
        let (message, ours) = plan::carried_message(wanted, ack);
        Put { presence: Presence::Offline, message, ours }
    })
}

#[cfg(test)]
mod tests;
