//! The readings of the session's lock and the machine's sleep, and the claim
//! that follows from them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Claim, Presence, Reason, Scope, Source};

/// Whether the person's session is unlocked and in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Lock {
    /// The session is unlocked and in front.
    Open {
        /// Since when.
        since: Timestamp,
    },
    /// The screen is locked.
    Locked {
        /// Since when.
        since: Timestamp,
    },
    /// Another session is in front.
    #[serde(rename = "behind")]
    InBackground {
        /// Since when.
        since: Timestamp,
    },
}

impl Lock {
    /// Whether nobody can be at this session, because it is locked or not in
    /// front.
    pub fn is_unattended(&self) -> bool {
        !matches!(self, Self::Open { .. })
    }

    /// This state, with the start of `before` where that is the same state.
    pub fn with_start_of(self, before: Option<&Lock>) -> Self {
        match before {
            Some(before) if std::mem::discriminant(before) == std::mem::discriminant(&self) => {
                *before
            }
            _ => self,
        }
    }
}

/// Whether the machine sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Sleep {
    /// The machine is awake.
    Awake {
        /// Since when.
        since: Timestamp,
    },
    /// The machine sleeps or is about to.
    Asleep {
        /// Since when.
        since: Timestamp,
    },
}

impl Sleep {
    /// Whether it sleeps or is about to.
    pub fn is_asleep(&self) -> bool {
        matches!(self, Self::Asleep { .. })
    }
}

/// The claim that follows from both readings; `None` if the machine is awake
/// and the session is unlocked and in front. Sleep is the reason even where the
/// session is locked as well. A reading that is not known claims nothing
/// (docs/signals.md, "Lock").
pub fn claim(lock: Option<&Lock>, sleep: Option<&Sleep>) -> Option<Claim> {
    let (reason, since) = match (sleep, lock) {
        (Some(Sleep::Asleep { since }), _) => (Reason::Asleep, since),
        (_, Some(Lock::Locked { since })) => (Reason::Locked, since),
        (_, Some(Lock::InBackground { since })) => (Reason::OtherSession, since),
        _ => return None,
    };
    Some(Claim {
        source: Source::Lock,
        scope: Scope::All,
        presence: Presence::Unavailable,
        reason,
        since: *since,
        until: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asleep_locked_or_in_background_is_away() {
        let (early, late) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        let open = Lock::Open { since: early };
        let locked = Lock::Locked { since: early };
        let in_background = Lock::InBackground { since: early };
        let awake = Sleep::Awake { since: early };
        let asleep = Sleep::Asleep { since: late };
        for (lock, sleep, reason) in [
            (None, None, None),
            (Some(open), None, None),
            (Some(open), Some(awake), None),
            (None, Some(awake), None),
            (Some(locked), Some(awake), Some(Reason::Locked)),
            (Some(in_background), None, Some(Reason::OtherSession)),
            (Some(locked), Some(asleep), Some(Reason::Asleep)),
            (None, Some(asleep), Some(Reason::Asleep)),
        ] {
            let claim = claim(lock.as_ref(), sleep.as_ref());
            assert_eq!(claim.map(|c| c.reason), reason, "{lock:?} {sleep:?}");
        }
    }

    #[test]
    fn a_state_told_twice_began_the_first_time() {
        let first = Lock::Locked { since: Timestamp::UNIX_EPOCH };
        let again = Lock::Locked { since: Timestamp::MAX };
        assert_eq!(again.with_start_of(Some(&first)), first);
        assert_eq!(again.with_start_of(None), again);
        assert_eq!(again.with_start_of(Some(&Lock::Open { since: Timestamp::UNIX_EPOCH })), again);
    }

    #[test]
    fn the_background_keeps_the_name_that_recordings_have() {
        let in_background = Lock::InBackground { since: Timestamp::UNIX_EPOCH };
        let stored = serde_json::to_value(in_background).expect("serializes");
        assert_eq!(stored["state"], "behind");
    }
}
