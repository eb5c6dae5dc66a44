//! When a long poll begins, and which presence it sends.
//!
//! A sync over the server's rate limit is answered like any other and tells
//! what happens. Only its `set_presence` is ignored, without an error
//! (docs/protocol.md, "Rate limits"). So listening never waits for the rate
//! limit, and a presence that a poll sent early is sent again once it surely
//! counts.

use std::time::Duration;

use super::PollStep;
use super::plan::{Due, PACE_MARGIN, Planner};
use crate::account::abilities::{BusyBySync, Pace};
use crate::account::retry::doubled;
use crate::{Mono, Presence};

/// The timeout of a poll with online. Synapse counts a person as active until
/// 60 s after a sync began, even while the sync is open.
const ACTIVE_POLL: Duration = Duration::from_secs(55);
/// The timeout of a poll with any other presence, which holds for as long as
/// the poll is open.
const RESTING_POLL: Duration = Duration::from_secs(240);
/// The time from the last poll that counted to the renewal of a poll that may
/// have been ignored. It is long, so that the next change finds the rate limit
/// rested. It is short enough to stay alive, which needs a sync every 32 s.
const RENEW: Duration = Duration::from_secs(21);
/// The same time while another device renews when we do, to get out of step
/// with it.
const RENEW_OUT_OF_STEP: Duration = Duration::from_millis(15_500);
/// How often a poll with busy is tried while it is refused. The second attempt
/// has nothing else that could be refused.
const BUSY_ATTEMPTS: u8 = 2;

/// How many polls in a row may be answered at once before the next one waits.
const QUICK_ANSWERS: u32 = 20;
/// The longest of these waits. It is short enough for us to stay shown by syncs
/// that are not held.
const LONGEST_REST: Duration = Duration::from_secs(15);

impl Planner<'_> {
    /// The presence that our syncs send.
    fn set(&self) -> Presence {
        if self.off() || self.busy_elsewhere() {
            return Presence::Offline;
        }
        match self.to_send {
            None | Some(Presence::Offline) => Presence::Offline,
            Some(Presence::Online) => Presence::Online,
            Some(Presence::Busy)
                if self.abilities.busy_by_sync == BusyBySync::Needed
                    && self.ack.sync.busy_refused < BUSY_ATTEMPTS =>
            {
                Presence::Busy
            }
            // Synapse refuses busy by sync. Away is nearest to it, and shows if
            // the busy of the PUT is lost.
            Some(Presence::Unavailable | Presence::Busy) => Presence::Unavailable,
        }
    }

    pub(super) fn poll_step(&self) -> PollStep {
        let set = self.set();
        let timeout = if set == Presence::Online { ACTIVE_POLL } else { RESTING_POLL };
        let timeout = self.ack.sync.cap.map_or(timeout, |cap| timeout.min(cap));
        PollStep { set, timeout, is_initial: !self.ack.synced }
    }

    /// From when on the presence of a sync surely counts.
    pub(super) fn sync_allowed_at(&self) -> Mono {
        match (self.abilities.pace, self.ack.sync.last_unlimited_poll) {
            (Pace::Free, _) | (_, None) => Mono(0),
            (pace, Some(last)) => last + pace.interval() + PACE_MARGIN,
        }
    }

    /// When the next poll is to begin. `put_due` is when the next PUT is due.
    pub(super) fn poll_due(&self, put_due: Due) -> Due {
        let sync = &self.ack.sync;
        let Some(poll) = &sync.poll else { return Some(sync.retry.due()) };
        let set = self.set();
        if !poll.open {
            // A PUT is about to make this change. With a poll beside it, others
            // would see two changes.
            let unsaid = self.ack.is_putting() || put_due.is_some_and(|due| due <= self.now);
            if self.ack.synced && unsaid && poll.set != set {
                return None;
            }
            let pause = self.quick_answer_pause().filter(|_| poll.set == set);
            return Some(sync.retry.due().max(pause.unwrap_or_default()));
        }
        if set == Presence::Offline {
            // An open poll with another presence keeps that presence shown.
            return (poll.set != Presence::Offline).then_some(Mono(0));
        }
        let wrong = self.seen().is_some_and(|seen| Some(seen) != self.to_send);
        // A PUT that has to wait longer than a sync does not hold up the sync.
        // Busy is the exception, because only a PUT leaves it.
        let put_first =
            |due| due <= self.sync_allowed_at().max(self.now) || self.ack.is_seen_busy();
        let put_carries =
            put_due.is_some_and(put_first) || self.ack.is_putting() || self.put_unread();
        let by_sync = wrong && !put_carries && self.to_send != Some(Presence::Busy);
        if poll.set != set {
            // The open poll does not keep what is meant, even if others see it
            // now.
            let due = if by_sync { self.sync_allowed_at() } else { self.renewal() };
            return (!put_carries).then_some(due);
        }
        if poll.early && self.abilities.pace != Pace::Free {
            // It may have been ignored, and then nothing keeps the presence
            // alive.
            return Some(if by_sync { self.sync_allowed_at() } else { self.renewal() });
        }
        let counted = sync.last_unlimited_poll.filter(|_| by_sync)?;
        Some(counted + self.retry_interval(sync.without_effect))
    }

    /// When the next poll may begin if the server, or a proxy before it,
    /// answers each poll at once. A few quick answers in a row cause no wait,
    /// because a server may have much to tell at a time.
    fn quick_answer_pause(&self) -> Due {
        let sync = &self.ack.sync;
        let times = sync.quick_answers.checked_sub(QUICK_ANSWERS)?;
        Some(sync.poll?.started + doubled(Duration::from_secs(1), times, LONGEST_REST))
    }

    /// When a poll that may have been ignored is renewed at the latest.
    fn renewal(&self) -> Mono {
        let pause = if self.ack.sync.shares_limit { RENEW_OUT_OF_STEP } else { RENEW };
        let counted = self.ack.sync.last_unlimited_poll.unwrap_or_default();
        match self.abilities.pace {
            Pace::Free => Mono(0),
            _ => self.sync_allowed_at().max(counted + pause),
        }
    }
}
