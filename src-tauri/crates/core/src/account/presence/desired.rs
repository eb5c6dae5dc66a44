//! What presence and status message are to be.

use super::Seen;
use crate::Presence;
use crate::settings::BusyMode;

/// What presence and status message are to be on one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// The presence; `None` where nothing is known and nothing is claimed.
    pub presence: Option<Presence>,
    /// The person chose it, so it goes by PUT (MSC3032).
    pub manual: bool,
    /// The text of the status message.
    pub message: Option<String>,
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
