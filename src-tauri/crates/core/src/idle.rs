//! The reading of the idle signal, and the claim that follows from it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Claim, Code, Presence, Reason, Scope, Source};

/// What is known about input at the desk. An unknown reading claims nothing, so
/// it makes the person look neither away nor active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Idle {
    /// Nothing is known, for this reason.
    Unknown(Code),
    /// There was input less than the threshold ago.
    Active {
        /// Since when the person is active.
        since: Timestamp,
    },
    /// There was no input for the threshold or longer.
    Idle {
        /// The last input.
        since: Timestamp,
    },
}

impl Idle {
    /// The reading before anything was tried.
    pub fn not_read_yet() -> Self {
        Self::Unknown(Code::not_read_yet())
    }

    /// The claim that follows; `None` while the reading is unknown.
    pub fn claim(&self) -> Option<Claim> {
        let (source, presence, reason, since) = match self {
            Self::Unknown(_) => return None,
            Self::Active { since } => (Source::Active, Presence::Online, Reason::Input, *since),
            Self::Idle { since } => (Source::Idle, Presence::Unavailable, Reason::NoInput, *since),
        };
        Some(Claim { source, scope: Scope::All, presence, reason, since, until: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_claims_nothing() {
        let t = Timestamp::UNIX_EPOCH;
        assert_eq!(Idle::Unknown(Code::new("no-display")).claim(), None);
        let shown = |i: Idle| i.claim().map(|c| (c.source, c.presence));
        assert_eq!(shown(Idle::Active { since: t }), Some((Source::Active, Presence::Online)));
        assert_eq!(shown(Idle::Idle { since: t }), Some((Source::Idle, Presence::Unavailable)));
    }
}
