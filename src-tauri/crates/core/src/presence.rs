//! The four presences, and their names on the wire.

use serde::{Deserialize, Serialize};

/// What a person shows as.
///
/// The serialised names are those that the code, the command line and the
/// JSON use. `busy` has another name on the wire until it is stable, see
/// [`Presence::wire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// At the desk and can be talked to.
    Online,
    /// At the desk and not to be interrupted (MSC3026).
    Busy,
    /// Not at the desk.
    Unavailable,
    /// Shown as gone, whether or not it is so.
    Offline,
}

/// The unstable name of `busy` on the wire (MSC3026).
pub const BUSY_UNSTABLE: &str = "org.matrix.msc3026.busy";

impl Presence {
    /// All of them, in the order in which homeservers combine devices:
    /// the first one that any device has is what others see.
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

    /// The name that a homeserver takes.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Busy => BUSY_UNSTABLE,
            other => other.name(),
        }
    }

    /// Which presence of several devices others see: the highest.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Busy => 3,
            Self::Online => 2,
            Self::Unavailable => 1,
            Self::Offline => 0,
        }
    }

    /// Reads a homeserver's name for it; `None` for one we do not know.
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
