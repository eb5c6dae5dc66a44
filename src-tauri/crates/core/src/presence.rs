//! The four presences, and their names on the wire.

use serde::{Deserialize, Serialize};

/// What a person is shown as.
///
/// The serialised names are used in the code, on the command line and in the
/// JSON. `busy` has an unstable name on the wire, see [`Presence::wire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// The person is at the desk and can be talked to.
    Online,
    /// The person is at the desk and is not to be interrupted (MSC3026).
    Busy,
    /// The person is not at the desk.
    Unavailable,
    /// The person is shown as gone, whether or not that is so.
    Offline,
}

/// The unstable name of `busy` on the wire (MSC3026).
pub const BUSY_UNSTABLE: &str = "org.matrix.msc3026.busy";

impl Presence {
    /// All of them, in the order in which homeservers combine devices: others
    /// see the first one that any device has (docs/protocol.md, "The two ways
    /// to set presence").
    pub const ALL: [Presence; 4] = [Self::Busy, Self::Online, Self::Unavailable, Self::Offline];

    /// The name in the JSON and the code.
    pub fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Offline => "offline",
        }
    }

    /// The name that is sent to a homeserver.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Busy => BUSY_UNSTABLE,
            other => other.name(),
        }
    }

    /// Others see the presence of the highest rank that any device has.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Busy => 3,
            Self::Online => 2,
            Self::Unavailable => 1,
            Self::Offline => 0,
        }
    }

    /// Reads a homeserver's name for a presence; `None` if it is unknown.
    pub fn from_wire(name: &str) -> Option<Self> {
        match name {
            "online" => Some(Self::Online),
            "busy" | BUSY_UNSTABLE => Some(Self::Busy),
            "unavailable" => Some(Self::Unavailable),
            "offline" => Some(Self::Offline),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_presence_survives_the_wire() {
        for presence in Presence::ALL {
            assert_eq!(Presence::from_wire(presence.wire()), Some(presence));
            assert_eq!(
                serde_json::to_value(presence).ok(),
                Some(serde_json::Value::from(presence.name()))
            );
        }
        assert_eq!(Presence::from_wire("busy"), Some(Presence::Busy));
        assert_eq!(Presence::from_wire("org.example.dancing"), None);
    }
}
