//! What is kept of an account across restarts.

use serde::{Deserialize, Serialize};

use super::last_writer::LastWriter;
use super::profile::Status;
use super::profile_room::RoomMarks;

/// What we left on a server and have to clear when it is no longer true. Marks
/// are kept across restarts, and are on disk before the request that they are
/// about is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// We set busy and have not read back that it ended.
    pub busy: bool,
    /// Status messages that we wrote and that may still stand there.
    pub messages: Vec<String>,
    /// What became of the last message that the person set.
    pub said: LastWriter,
    /// Statuses that we wrote to the profile and that may still stand there.
    pub statuses: Vec<Status>,
    /// What became of the last status that the person set.
    pub status_said: LastWriter,
    /// We wrote the call to the profile and have not removed it.
    pub call: bool,
    /// We wrote the time zone to the profile and have not removed it.
    pub zone: bool,
    /// What we left in the profile room.
    pub room: RoomMarks,
}
