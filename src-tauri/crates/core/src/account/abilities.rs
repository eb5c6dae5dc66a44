//! What a homeserver can do: what it says, and what it was seen to do.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::presence::Seen;
use super::profile::Fields;
use crate::Presence;

/// What a homeserver can do. Remembered for its base URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Abilities {
    /// The server has `busy` (MSC3026), according to /versions or to its answer
    /// to a PUT. `None` until asked.
    pub busy: Option<bool>,
    /// Presence is turned on. `None` until found out.
    pub presence: Option<bool>,
    /// What the server answers about a user that cannot exist. It is not
    /// stored: each start asks again.
    #[serde(skip)]
    pub nobody: NonexistentUser,
    /// How often a presence may change.
    pub pace: Pace,
    /// When [`Self::pace`] was learnt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pace_learnt: Option<Timestamp>,
    /// What a sync does to a busy that was set by PUT.
    pub busy_by_sync: BusyBySync,
    /// When [`Self::busy_by_sync`] was learnt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub busy_by_sync_learnt: Option<Timestamp>,
}

/// What a server answers when it is asked for the presence of a user that
/// cannot exist. Dendrite with presence turned off accepts every PUT and
/// answers for any user. On such a server the same answer about us proves
/// nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NonexistentUser {
    /// It refuses, or it was not asked.
    #[default]
    Refused,
    /// A value that is no valid presence.
    Invalid,
    /// This presence. It is never offline: a server where everybody is offline
    /// has presence turned off.
    Shown(Presence),
}

impl NonexistentUser {
    /// Whether `seen`, which was read about us, equals the answer about a user
    /// that cannot exist.
    pub(super) fn is_like(self, seen: &Seen) -> bool {
        self == Self::Shown(seen.presence) && seen.message.is_none()
    }
}

/// What a sync does to a busy that was set by PUT. Synapse keeps it and refuses
/// busy in `set_presence`. On servers where the last request wins, busy has to
/// be sent by sync, and they accept it there (docs/protocol.md, "The two ways
/// to set presence").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BusyBySync {
    /// A sync keeps it, as far as is known.
    #[default]
    Kept,
    /// A sync undid it, so our syncs send busy themselves.
    Needed,
    /// A sync undoes it and may not send busy, so busy cannot be shown.
    Refused,
}

/// Synapse's default rate limit: one change in ten seconds for each user,
/// shared by all devices (`rc_presence.per_user`; docs/protocol.md, "Rate
/// limits").
pub const SYNAPSE_PACE: Duration = Duration::from_secs(10);

/// How often a server lets a presence change. By default Synapse allows one
/// change in ten seconds, and ignores further ones on /sync without an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// Not known. Synapse's default is assumed.
    #[default]
    Unknown,
    /// Two changes came through within ten seconds.
    Free,
    /// One change in this time.
    Limited(Duration),
}

impl Pace {
    /// The time after which the server surely accepts another change.
    pub fn interval(self) -> Duration {
        match self {
            Pace::Free => Duration::ZERO,
            Pace::Unknown => SYNAPSE_PACE,
            Pace::Limited(d) => d,
        }
    }
}

/// How long a learnt pace is kept. The next probe after that forgets it,
/// because an administrator may have changed the limit.
const PACE_BELIEVED: SignedDuration = SignedDuration::from_hours(1);
/// How long [`BusyBySync::Refused`] is kept.
const REFUSAL_BELIEVED: SignedDuration = SignedDuration::from_hours(24);
/// How long [`BusyBySync::Needed`] is kept. To learn it again, a wrong presence
/// is shown for a minute, so it is kept for longer.
const UNDOING_BELIEVED: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Abilities {
    /// Records the answers to a probe. `seen` means that others see us as
    /// something other than offline. That proves more than the answers, because
    /// everybody is offline where presence is turned off. If nothing is proven
    /// and the server answers for users that cannot exist, presence becomes
    /// unknown.
    pub(super) fn record_probe(&mut self, probed: &Probed, seen: bool, now: Timestamp) {
        self.busy = Some(probed.busy);
        let believed = self.presence.filter(|_| probed.nobody == NonexistentUser::Refused);
        self.presence = if seen { Some(true) } else { probed.presence.or(believed) };
        self.expire(now);
    }

    fn expire(&mut self, now: Timestamp) {
        let is_old = |learnt: Option<Timestamp>, believed| {
            learnt.is_none_or(|at| now.duration_since(at).abs() >= believed)
        };
        if is_old(self.pace_learnt, PACE_BELIEVED) {
            (self.pace, self.pace_learnt) = (Pace::Unknown, None);
        }
        let believed = match self.busy_by_sync {
            BusyBySync::Kept => return,
            BusyBySync::Refused => REFUSAL_BELIEVED,
            BusyBySync::Needed => UNDOING_BELIEVED,
        };
        if is_old(self.busy_by_sync_learnt, believed) {
            (self.busy_by_sync, self.busy_by_sync_learnt) = (BusyBySync::Kept, None);
        }
    }

    pub(super) fn learn_pace(&mut self, pace: Pace, now: Timestamp) {
        (self.pace, self.pace_learnt) = (pace, Some(now));
    }

    pub(super) fn learn_busy_by_sync(&mut self, busy_by_sync: BusyBySync, now: Timestamp) {
        (self.busy_by_sync, self.busy_by_sync_learnt) = (busy_by_sync, Some(now));
    }
}

/// A homeserver's answers to a probe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// /versions names MSC3026.
    pub busy: bool,
    /// Presence is turned on. `None` if the answers do not tell.
    pub presence: Option<bool>,
    /// What it answers about a user that cannot exist.
    pub nobody: NonexistentUser,
    /// The profile fields. `None` if they could not be asked for.
    pub fields: Option<Fields>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hours * 3600).expect("in range")
    }

    #[test]
    fn what_was_learnt_ends() {
        use BusyBySync::{Kept, Needed, Refused};
        let limited = Pace::Limited(SYNAPSE_PACE);
        for (by_sync, age, pace_after, by_sync_after) in [
            (Kept, 0, limited, Kept),
            (Needed, 1, Pace::Unknown, Needed),
            (Refused, 23, Pace::Unknown, Refused),
            (Refused, 24, Pace::Unknown, Kept),
            (Needed, 24, Pace::Unknown, Needed),
            (Needed, 7 * 24, Pace::Unknown, Kept),
            // The clock was set back.
            (Needed, -7 * 24, Pace::Unknown, Kept),
        ] {
            let mut abilities = Abilities::default();
            abilities.learn_pace(limited, at(0));
            abilities.learn_busy_by_sync(by_sync, at(0));
            abilities.record_probe(&Probed::default(), false, at(age));
            let after = (abilities.pace, abilities.busy_by_sync);
            assert_eq!(after, (pace_after, by_sync_after), "{by_sync:?} after {age} h");
        }
        // An earlier version stored no time.
        let mut abilities = Abilities { busy_by_sync: Refused, ..Abilities::default() };
        abilities.record_probe(&Probed::default(), false, at(0));
        assert_eq!(abilities.busy_by_sync, Kept);
    }

    #[test]
    fn who_is_seen_is_on_a_server_with_presence() {
        let away = NonexistentUser::Shown(Presence::Unavailable);
        for (before, said, nobody, seen, after) in [
            (None, None, NonexistentUser::Refused, false, None),
            (None, Some(false), NonexistentUser::Refused, false, Some(false)),
            (Some(false), Some(true), NonexistentUser::Refused, false, Some(true)),
            (Some(true), None, NonexistentUser::Refused, false, Some(true)),
            (Some(false), Some(false), NonexistentUser::Refused, true, Some(true)),
            // An answer for everybody proves nothing.
            (Some(false), None, NonexistentUser::Invalid, false, None),
            (Some(true), None, away, false, None),
            (None, None, away, true, Some(true)),
        ] {
            let mut abilities = Abilities { presence: before, ..Abilities::default() };
            let probed = Probed { presence: said, nobody, ..Probed::default() };
            abilities.record_probe(&probed, seen, at(0));
            assert_eq!(abilities.presence, after, "{before:?} {said:?} {nobody:?} {seen}");
        }
    }
}
