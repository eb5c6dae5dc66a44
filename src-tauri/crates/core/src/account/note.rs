//! What a person should know about an account.

use crate::Presence;

/// What the person should know about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// We left busy, no other device syncs, and the server shows it still:
    /// a Synapse that was restarted while somebody was busy keeps it as that
    /// of a device that nobody has.
    ServerHolds,
    /// Busy is shown as away, because this device would hold it.
    WouldBeHeld(Option<String>),
    /// What the person said here last was said before what others read now.
    MessageReplaced,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PresenceOff => f.write_str("Presence is turned off on this server"),
            Self::NoBusy => f.write_str("This server has no “busy”: shown as away"),
            Self::OtherDevice { presence, name } => {
                let name = name.as_deref().unwrap_or("Another device of yours");
                write!(f, "{name} keeps you {}", presence.word().to_lowercase())
            }
            Self::ServerHolds => {
                f.write_str("The server itself keeps you busy, for up to an hour after its restart")
            }
            Self::WouldBeHeld(Some(name)) => {
                write!(f, "Shown as away, because {name} would keep you busy")
            }
            // Which one, and whether it is in use, is not known.
            Self::WouldBeHeld(None) => {
                f.write_str("Shown as away, because another device of yours could keep you busy")
            }
            Self::MessageReplaced => f.write_str("Another device changed your message"),
        }
    }
}
