//! What an account sends to its homeserver, and what comes back.

use std::time::Duration;

use jiff::Timestamp;

use super::abilities::Probed;
use super::devices::Device;
use super::presence::{Put, Seen};
use super::profile::{Status, Step};
use super::profile_room::{Found, RoomStep};
use super::sync;
use crate::Presence;

/// Names one request of an account, so that an answer finds its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

/// A request to send now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Its name.
    pub id: RequestId,
    /// What is asked.
    pub request: Request,
}

/// What a homeserver is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// GET /sync: a long poll. It takes the place of an open one, which is to
    /// be kept for half a second so that the server sees the new one begin
    /// before the old one ends.
    Sync(SyncRequest),
    /// PUT of the presence.
    Put(Put),
    /// GET of our own presence.
    Read,
    /// GET /devices.
    Devices,
    /// What the server can do: /versions, /capabilities, and the presence of
    /// somebody who cannot exist.
    Probe,
    /// About the profile.
    Profile(Step),
    /// About the profile room.
    Room(RoomStep),
}

/// A long poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRequest {
    /// What it says in `set_presence`.
    pub set: Presence,
    /// How long the server may hold it. A poll that begins anew is answered
    /// at once whatever it says; it differs from one to the next, because
    /// Synapse answers an equal one from its cache for two minutes.
    pub timeout: Duration,
    /// Where it goes on; none to begin anew.
    pub since: Option<String>,
    /// What it asks for.
    pub asked: sync::Asked,
    /// The filter is to be spelt out: its id may be what was refused.
    pub spelt_out: bool,
}

/// Requests of one lane follow each other; each lane goes its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The long polls.
    Sync,
    /// The PUTs of the presence.
    Put,
    /// The reads of the presence.
    Read,
    /// The lists of devices.
    Devices,
    /// What the server can do.
    Probe,
    /// The profile.
    Profile,
    /// The profile room.
    Room,
}

impl Request {
    /// The lane that it takes.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Sync(_) => Lane::Sync,
            Self::Put(_) => Lane::Put,
            Self::Read => Lane::Read,
            Self::Devices => Lane::Devices,
            Self::Probe => Lane::Probe,
            Self::Profile(_) => Lane::Profile,
            Self::Room(_) => Lane::Room,
        }
    }

    /// It leaves something behind on the server that nobody would know of
    /// after a kill, so the marks must be durable before it is sent
    /// ([`super::Account::marks`]).
    pub fn needs_marks(&self) -> bool {
        match self {
            Self::Put(put) => put.presence == Presence::Busy || put.ours,
            Self::Profile(step) => matches!(step, Step::WriteStatus(_) | Step::WriteCall(_)),
            Self::Room(step) => matches!(step, RoomStep::Write { .. }),
            Self::Sync(_) | Self::Read | Self::Devices | Self::Probe => false,
        }
    }
}

/// What a homeserver answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To a sync.
    Synced(Box<sync::SyncAnswer>),
    /// To a read of the presence; `None` where it makes no sense.
    Presence(Option<Seen>),
    /// The devices of the account.
    Devices {
        /// All of them.
        devices: Vec<Device>,
        /// The server's clock.
        now: Timestamp,
    },
    /// What the server can do.
    Probed(Probed),
    /// To a read of the profile's status.
    Status(Option<Status>),
    /// To a request about a field of the profile: the server does not know
    /// such requests.
    NoField,
    /// The profile room; `None` where nobody has its alias.
    Found(Option<Found>),
    /// A profile room was made: its id.
    Created(String),
    /// An event was written into it: its id.
    Written(String),
    /// It was done, and there is nothing more to say.
    Done,
}

/// Why a request brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It was not sent, because its marks could not be made durable.
    NotSent,
    /// Nobody answered, or not in a way that tells whether it was done.
    Lost,
    /// The rate limit (429), and for how long where the server says so.
    Limited(Option<Duration>),
    /// The server understood and refuses (4xx).
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's words, on one line.
        message: String,
    },
    /// The session has ended (401).
    UnknownToken,
}
