//! What is kept of an account across restarts.

use serde::{Deserialize, Serialize};

use super::profile::Status;
use super::profile_room::RoomMarks;
use super::said::Said;

/// What we left on a server and have to clear when it is no longer true. Kept
/// across restarts, and written durably before the request that it is about.
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
    pub statuses: Vec<Status>,
    /// What became of the last one that the person said.
    pub status_said: Said,
    /// We wrote the profile's call and have not removed it.
    pub call: bool,
    /// What we left in the profile room.
    pub room: RoomMarks,
}
