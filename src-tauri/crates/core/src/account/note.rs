//! What a person should know about an account.

use super::profile::Refused;
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
    /// We left busy, no device syncs that could hold it, and the server shows
    /// it still. Synapse keeps the busy of a device for an hour after its last
    /// sync; one that was restarted while somebody was busy keeps it so long
    /// as that of a device that nobody has.
    ServerHolds,
    /// Busy is shown as away, because this device syncs and would hold it.
    WouldBeHeld(Option<String>),
    /// What the person said here last was said before what others read now.
    MessageReplaced,
    /// The server refuses to change a field of the profile.
    FieldRefused(Refused),
    /// A call on another device was heard of on this account, and nothing
    /// more since its line went down: it is not counted any more.
    CallUnknown,
}

impl Note {
    /// The same without what the person calls their devices.
    pub fn without_names(self) -> Self {
        match self {
            Self::OtherDevice { presence, name: _ } => Self::OtherDevice { presence, name: None },
            Self::WouldBeHeld(_) => Self::WouldBeHeld(None),
            other => other,
        }
    }
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
                f.write_str("The server itself keeps you busy, for an hour at most")
            }
            Self::WouldBeHeld(Some(name)) => {
                write!(f, "Shown as away, because {name} would keep you busy")
            }
            // Which one, and whether it is in use, is not known.
            Self::WouldBeHeld(None) => {
                f.write_str("Shown as away, because another device of yours could keep you busy")
            }
            Self::MessageReplaced => f.write_str("Another device changed your message"),
            Self::FieldRefused(Refused { field, removal: false, message }) => {
                write!(f, "The server refuses {} in your profile: {message}", field.word())
            }
            Self::FieldRefused(Refused { field, removal: true, message }) => write!(
                f,
                "The server refuses to take {} out of your profile, where others still read it: \
                 {message}",
                field.word()
            ),
            Self::CallUnknown => f.write_str(
                "Whether your call on another device goes on cannot be known while this server \
                 does not answer",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_may_go_without_its_name() {
        let name = Some("Alex's phone".to_owned());
        for (note, said) in [
            (
                Note::OtherDevice { presence: Presence::Online, name: name.clone() },
                "Another device of yours keeps you available",
            ),
            (
                Note::WouldBeHeld(name),
                "Shown as away, because another device of yours could keep you busy",
            ),
            (Note::MessageReplaced, "Another device changed your message"),
        ] {
            assert_eq!(note.without_names().to_string(), said);
        }
    }
}
