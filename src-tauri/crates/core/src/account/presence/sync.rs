//! When a long poll is to begin, and what it says.
//!
//! The rate limit of a server has two sides. A sync that it does not let
//! through is answered all the same, and tells what happens; only its
//! `set_presence` is ignored, without a word. So listening waits for nothing,
//! and what a poll said early is said again once it surely counts.

use std::time::Duration;

use super::PollStep;
use super::plan::{Due, PACE_MARGIN, Planner};
use crate::account::abilities::{BusyBySync, Pace};
use crate::account::retry::doubled;
use crate::{Mono, Presence};

/// Synapse takes a person for active until 60 s after a sync began, also
/// while it is open.
const ACTIVE_POLL: Duration = Duration::from_secs(55);
/// Any other state holds for as long as the poll is open.
const RESTING_POLL: Duration = Duration::from_secs(240);
/// A poll that may have been ignored is renewed so long after the last one
/// that counted: late, so that the change that comes next finds the rate
/// limit rested, and soon enough to stay alive, for which a sync in 32 s is
/// needed.
const RENEW: Duration = Duration::from_secs(21);
/// The same out of step with another device that renews when we do.
const RENEW_OUT_OF_STEP: Duration = Duration::from_millis(15_500);
/// A poll that says busy and is refused is tried so often, the second time
/// without anything else that could be refused.
const BUSY_ATTEMPTS: u8 = 2;

/// So many polls in a row may be answered at once.
const HURRIED: u32 = 20;
/// Then the next one waits, at most for this: short enough for us to be seen
/// as there by syncs that nobody holds.
const LONGEST_REST: Duration = Duration::from_secs(15);

impl Planner<'_> {
    /// What our syncs say.
    fn set(&self) -> Presence {
        if self.off() || self.busy_elsewhere() {
            return Presence::Offline;
        }
        match self.wire {
            None | Some(Presence::Offline) => Presence::Offline,
            Some(Presence::Online) => Presence::Online,
            Some(Presence::Busy)
                if self.abilities.busy_by_sync == BusyBySync::Needed
                    && self.ack.sync.busy_refused < BUSY_ATTEMPTS =>
            {
                Presence::Busy
            }
            // Synapse takes no busy by sync. What shows if it is lost should
            // be nearest to it.
            Some(Presence::Unavailable | Presence::Busy) => Presence::Unavailable,
        }
    }

    pub(super) fn poll_step(&self) -> PollStep {
        let set = self.set();
        let timeout = if set == Presence::Online { ACTIVE_POLL } else { RESTING_POLL };
        let timeout = self.ack.sync.cap.map_or(timeout, |cap| timeout.min(cap));
        PollStep { set, timeout, fresh: !self.ack.synced }
    }

    /// When the presence of a sync surely counts.
    pub(super) fn sync_token(&self) -> Mono {
        match (self.abilities.pace, self.ack.sync.counted) {
            (Pace::Free, _) | (_, None) => Mono(0),
            (pace, Some(last)) => last + pace.interval() + PACE_MARGIN,
        }
    }

    /// When the next poll is to begin.
    pub(super) fn poll_due(&self, put_due: Due) -> Due {
        let sync = &self.ack.sync;
        let Some(poll) = &sync.poll else { return Some(sync.retry.due()) };
        let set = self.set();
        if !poll.open {
            // What a PUT is about to say would be seen as two changes.
            let unsaid = self.ack.is_putting() || put_due.is_some_and(|due| due <= self.now);
            if self.ack.synced && unsaid && poll.set != set {
                return None;
            }
            let rest = self.rest().filter(|_| poll.set == set);
            return Some(sync.retry.due().max(rest.unwrap_or_default()));
        }
        if set == Presence::Offline {
            // An open poll that says more keeps us shown as more.
            return (poll.set != Presence::Offline).then_some(Mono(0));
        }
        let wrong = self.seen().is_some_and(|seen| Some(seen) != self.wire);
        // A PUT that has to wait for longer than a sync carries nothing yet; but
        // busy is left by PUT alone.
        let put_first = |due| due <= self.sync_token().max(self.now) || self.ack.is_seen_busy();
        let put_carries =
            put_due.is_some_and(put_first) || self.ack.is_putting() || self.put_unread();
        let by_sync = wrong && !put_carries && self.wire != Some(Presence::Busy);
        if poll.set != set {
            // Even where all looks right, this poll does not keep it so.
            let due = if by_sync { self.sync_token() } else { self.renewal() };
            return (!put_carries).then_some(due);
        }
        if poll.early && self.abilities.pace != Pace::Free {
            // It may have been ignored, and then nothing keeps us alive.
            return Some(if by_sync { self.sync_token() } else { self.renewal() });
        }
        let counted = sync.counted.filter(|_| by_sync)?;
        Some(counted + self.retry_interval(sync.without_effect))
    }

    /// A server, or something before it, that holds no poll is not asked
    /// without a pause; one that has much to tell at a time is.
    fn rest(&self) -> Due {
        let sync = &self.ack.sync;
        let times = sync.hurried.checked_sub(HURRIED)?;
        Some(sync.poll?.started + doubled(Duration::from_secs(1), times, LONGEST_REST))
    }

    /// When a poll that may not count is begun anew, at the latest.
    fn renewal(&self) -> Mono {
        let pause = if self.ack.sync.crowded { RENEW_OUT_OF_STEP } else { RENEW };
        let counted = self.ack.sync.counted.unwrap_or_default();
        match self.abilities.pace {
            Pace::Free => Mono(0),
            _ => self.sync_token().max(counted + pause),
        }
    }
}
