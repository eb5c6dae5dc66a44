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
    /// It has `busy` (MSC3026): what /versions says, or what a PUT taught.
    /// `None` until asked.
    pub busy: Option<bool>,
    /// Presence is turned on. `None` until found out.
    pub presence: Option<bool>,
    /// How it answers for somebody who cannot exist. Not kept: it is asked
    /// anew at each start.
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

/// What a server answers for somebody who cannot exist. Where it has an answer
/// for them (Dendrite has, and takes every PUT, with presence turned off),
/// the same answer about us says nothing of us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NonexistentUser {
    /// It refuses, or it was not asked.
    #[default]
    Refused,
    /// A presence that is not a valid one.
    Invalid,
    /// This presence, which is not offline: where everybody is offline,
    /// presence is turned off.
    Shown(Presence),
}

impl NonexistentUser {
    /// What is said of us is what is said of them.
    pub(super) fn is_like(self, seen: &Seen) -> bool {
        self == Self::Shown(seen.presence) && seen.message.is_none()
    }
}

/// What a sync does to a busy that was set by PUT. Synapse keeps it and
/// takes no busy in `set_presence`; where the last word wins, busy has to go
/// by sync, and there it is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BusyBySync {
    /// It is kept, as far as was seen.
    #[default]
    Kept,
    /// A sync undid it, so our syncs say busy themselves.
    Needed,
    /// A sync undoes it and may not say busy: there is no busy here.
    Refused,
}

/// Synapse's default: one change in ten seconds for each user, all devices
/// together (`rc_presence.per_user`).
pub const SYNAPSE_PACE: Duration = Duration::from_secs(10);

/// How often a server lets a presence change. Synapse allows one in ten
/// seconds by default and ignores more on /sync without a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// Not known: nothing may rely on more than Synapse's default.
    #[default]
    Unknown,
    /// Two changes came through within ten seconds.
    Free,
    /// One in this time.
    Limited(Duration),
}

impl Pace {
    /// The time between two changes that the server surely takes.
    pub fn interval(self) -> Duration {
        match self {
            Pace::Free => Duration::ZERO,
            Pace::Unknown => SYNAPSE_PACE,
            Pace::Limited(d) => d,
        }
    }
}

/// A pace that was learnt so long ago is learnt anew when the server is
/// asked what it can do: an administrator may have changed the limit.
const PACE_BELIEVED: SignedDuration = SignedDuration::from_hours(1);
/// That there is no busy by sync is tried again after this.
const REFUSAL_BELIEVED: SignedDuration = SignedDuration::from_hours(24);
/// Learning that a sync undoes busy shows the person wrongly for a minute,
/// so it is believed for longer.
const UNDOING_BELIEVED: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Abilities {
    /// What a server said when it was asked. `seen` is that others were seen
    /// to see us, which is the better proof of presence: where it is turned
    /// off, everybody is offline. Where the answer proves nothing either way,
    /// it is found out anew.
    pub(super) fn told(&mut self, probed: &Probed, seen: bool, now: Timestamp) {
        self.busy = Some(probed.busy);
        let believed = self.presence.filter(|_| probed.nobody == NonexistentUser::Refused);
        self.presence = if seen { Some(true) } else { probed.presence.or(believed) };
        self.forget_what_is_old(now);
    }

    fn forget_what_is_old(&mut self, now: Timestamp) {
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

/// What a homeserver said when it was asked what it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// /versions names MSC3026.
    pub busy: bool,
    /// Presence is turned on; `None` where that cannot be told.
    pub presence: Option<bool>,
    /// What it answers for somebody who cannot exist.
    pub nobody: NonexistentUser,
    /// The profile's fields; `None` where that could not be asked.
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
            abilities.told(&Probed::default(), false, at(age));
            let after = (abilities.pace, abilities.busy_by_sync);
            assert_eq!(after, (pace_after, by_sync_after), "{by_sync:?} after {age} h");
        }
        // Of what an earlier version kept, the time is not known.
        let mut abilities = Abilities { busy_by_sync: Refused, ..Abilities::default() };
        abilities.told(&Probed::default(), false, at(0));
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
            // What it answers for everybody proves nothing.
            (Some(false), None, NonexistentUser::Invalid, false, None),
            (Some(true), None, away, false, None),
            (None, None, away, true, Some(true)),
        ] {
            let mut abilities = Abilities { presence: before, ..Abilities::default() };
            let probed = Probed { presence: said, nobody, ..Probed::default() };
            abilities.told(&probed, seen, at(0));
            assert_eq!(abilities.presence, after, "{before:?} {said:?} {nobody:?} {seen}");
        }
    }
}
