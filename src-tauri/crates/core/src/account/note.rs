//! What a person should know about an account.

use serde::{Deserialize, Serialize};

use super::profile::Refused;
use crate::Presence;

/// What the person should know about an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Note {
    /// Presence is turned off on this server.
    PresenceOff,
    /// The server has no busy, so away is shown in its place.
    NoBusy,
    /// Another device shows something else, and it wins.
    OtherDevice {
        /// What it keeps us at.
        presence: Presence,
        /// Which one most likely, by its display name.
        name: Option<String>,
    },
    /// We left busy, no device syncs that could hold it, and the server shows
    /// it still. Synapse keeps the busy of a device for an hour after its last
    /// sync; one that was restarted while somebody was busy keeps it so long
    /// as that of a device that nobody has.
    ServerHolds,
    /// Busy is shown as away, because this device syncs and would hold it.
    WouldBeHeld {
        /// Its display name, where it is known which one.
        name: Option<String>,
    },
    /// What the person said here last was said before what others read now.
    MessageReplaced,
    /// The server refuses to change a field of the profile.
    FieldRefused(Refused),
    /// A call on another device was heard of on this account, and nothing
    /// more since its line went down: it is not counted any more.
    CallUnknown,
    /// One that only a newer version knows.
    #[serde(other)]
    Other,
}

impl Note {
    /// The same without what the person calls their devices.
    pub fn without_names(self) -> Self {
        match self {
            Self::OtherDevice { presence, name: _ } => Self::OtherDevice { presence, name: None },
            Self::WouldBeHeld { .. } => Self::WouldBeHeld { name: None },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_may_go_without_its_name() {
        let name = Some("Alex's phone".to_owned());
        let other = |name| Note::OtherDevice { presence: Presence::Online, name };
        for (note, without) in [
            (other(name.clone()), other(None)),
            (Note::WouldBeHeld { name }, Note::WouldBeHeld { name: None }),
            (Note::MessageReplaced, Note::MessageReplaced),
        ] {
            assert_eq!(note.without_names(), without);
        }
    }
}
