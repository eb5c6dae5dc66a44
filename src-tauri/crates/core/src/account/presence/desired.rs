//! The presence and the status message that an account is to show.

use super::Seen;
use crate::Presence;
use crate::settings::BusyMode;

/// The presence and the status message that an account is to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// The presence. `None` if it is unknown, and then none is claimed.
    pub presence: Option<Presence>,
    /// The person chose the presence, so it is sent by PUT (MSC3032).
    pub manual: bool,
    /// The text of the status message.
    pub message: Option<String>,
    /// The status message where the person set none on any device.
    pub stand_in: Option<String>,
    /// Otherwise it is shown only where busy is shown as away.
    pub stands_in_always: bool,
    /// Whether busy is sent as busy.
    pub busy: BusyMode,
}

impl Desired {
    /// Whether others would see nothing of it: offline or no presence, and no
    /// message.
    pub fn claims_nothing(&self) -> bool {
        matches!(self.presence, None | Some(Presence::Offline)) && self.message.is_none()
    }

    /// Whether `seen` shows this. Away may stand for busy.
    pub fn is_shown_by(&self, seen: &Seen) -> bool {
        let presence = match self.presence {
            None | Some(Presence::Offline) => true,
            Some(Presence::Busy) => matches!(seen.presence, Presence::Busy | Presence::Unavailable),
            wanted => Some(seen.presence) == wanted,
        };
        presence && (self.message.is_none() || seen.message == self.message)
    }
}
