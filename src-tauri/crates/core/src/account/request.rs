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

/// Identifies one request of an account, so that its answer can be matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

/// A request to send now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The id that its answer is given with.
    pub id: RequestId,
    /// The request itself.
    pub request: Request,
}

/// A request to the homeserver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// GET /sync: a long poll. It replaces an open one. The replaced one is
    /// kept open for half a second, so that the server sees the new one begin
    /// before the old one ends.
    Sync(SyncRequest),
    /// PUT of the presence.
    Put(Put),
    /// GET of our own presence.
    Read,
    /// GET /devices.
    Devices,
    /// What the server can do: /versions, /capabilities, and the presence of a
    /// user that cannot exist.
    Probe,
    /// A request about the profile.
    Profile(Step),
    /// A request about the profile room.
    Room(RoomStep),
}

/// A long poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRequest {
    /// The value of `set_presence`.
    pub set: Presence,
    /// How long the server may hold it. An initial sync is answered at once,
    /// whatever its timeout. The timeout differs from one initial sync to the
    /// next, because Synapse answers an equal one from its cache for two
    /// minutes.
    pub timeout: Duration,
    /// The `since` token. `None` for an initial sync.
    pub since: Option<String>,
    /// What it asks for.
    pub query: sync::SyncQuery,
    /// The whole filter is sent instead of its id. A sync was refused, and the
    /// id may be the reason.
    pub inline_filter: bool,
}

/// A kind of request. One request is open at a time in each lane, and lanes do
/// not wait for each other.
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
    /// The lane of this request.
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

    /// Whether this request leaves something on the server that nobody would
    /// know of after a kill. The marks must then be on disk before it is sent
    /// ([`super::Account::marks`]).
    pub fn needs_marks(&self) -> bool {
        match self {
            Self::Put(put) => put.presence == Presence::Busy || put.ours,
            Self::Profile(step) => {
                matches!(step, Step::WriteStatus(_) | Step::WriteCall(_) | Step::WriteZone(_))
            }
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
    /// To a read of the presence. `None` if it is no valid presence.
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
    /// To a request about a profile field: the server does not know such
    /// requests.
    NoField,
    /// The profile room. `None` if nobody has its alias.
    Found(Option<Found>),
    /// The id of the profile room that was created.
    Created(String),
    /// The id of the event that was written into the profile room.
    Written(String),
    /// The request succeeded, and its answer holds nothing more.
    Done,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It was not sent, because its marks could not be made durable.
    NotSent,
    /// There was no answer, or one that does not tell whether the request was
    /// carried out.
    Lost,
    /// The rate limit (429), with the pause that the server asked for, if it
    /// said one.
    Limited(Option<Duration>),
    /// The server understood the request and refuses it (4xx).
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's error message, on one line.
        message: String,
    },
    /// The session has ended (401).
    UnknownToken,
}
