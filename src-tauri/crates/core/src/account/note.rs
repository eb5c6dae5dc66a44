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
    /// The server does not support busy, so away is shown in its place.
    NoBusy,
    /// Another device shows a different presence, which wins.
    OtherDevice {
        /// The presence that others see because of it.
        presence: Presence,
        /// Its display name, if only one device can be the cause.
        name: Option<String>,
    },
    /// The server still shows the busy that we left, although no device that
    /// could hold it syncs. Synapse keeps the busy of a device for an hour
    /// after its last sync. After a restart it keeps the busy that it knew for
    /// as long, as that of a device that nobody has (docs/protocol.md, "Busy").
    ServerHolds,
    /// Busy is shown as away, because a device syncs that would hold busy after
    /// we left it.
    WouldBeHeld {
        /// The display name of that device, if it is known.
        name: Option<String>,
    },
    /// Another device has replaced the message that the person last set here.
    MessageReplaced,
    /// The server refuses to change a field of the profile.
    FieldRefused(Refused),
    /// A call on another device is not counted any more, because the line has
    /// been down for too long to know of it.
    CallUnknown,
    /// A note that only a newer version knows.
    #[serde(other)]
    Other,
}

impl Note {
    /// The same note without the display names of devices.
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
