//! When a PUT of the presence is due, and what it says.

use super::plan::{Due, PACE_MARGIN, Planner, READ_BACK, carried_message};
use super::{Put, PutState};
use crate::account::abilities::Pace;
use crate::{Mono, Presence};

/// After this many polls without effect a PUT follows. Over the rate limit, a
/// PUT is answered with an error, whereas a poll is ignored without one.
const POLLS_WITHOUT_EFFECT: u32 = 1;

impl Planner<'_> {
    /// The PUT that is wanted, and when it may be sent.
    pub(super) fn put(&self) -> Option<(Mono, Put)> {
        let ack = self.ack;
        // Nothing is written before the message was read, because a PUT without
        // a message clears that of another device.
        if self.off() || !ack.synced || ack.is_putting() || !ack.read.known {
            return None;
        }
        let seen = self.seen();
        let in_force = ack.put.in_force;
        let busy_missing = self.to_send == Some(Presence::Busy) && seen != Some(Presence::Busy);
        // Only a PUT leaves busy. A busy that is not ours is left too, because
        // a sync of ours may have caught it and hold it. The retry interval
        // keeps two devices from overwriting each other again and again.
        let busy_left = seen == Some(Presence::Busy)
            && self.to_send != Some(Presence::Busy)
            && (ack.busy.mark || self.to_send.is_some() || in_force != Some(Presence::Offline));
        let chosen = self.desired.manual && self.to_send.is_some() && in_force != self.to_send;
        let hide = self.to_send == Some(Presence::Offline)
            && in_force != Some(Presence::Offline)
            && seen.is_some_and(|s| s != Presence::Offline);
        // Our syncs are answered and change nothing.
        let syncs_without_effect = seen == Some(Presence::Offline)
            && self.to_send.is_some_and(|w| w != Presence::Offline)
            && ack.sync.without_effect >= POLLS_WITHOUT_EFFECT;
        let undone = ack.undone_by_profile
            && self.to_send.is_some_and(|wire| seen.is_some_and(|s| s != wire));
        let wanted = busy_missing || busy_left || hide || syncs_without_effect || undone;
        let put = || {
            let (message, ours) = carried_message(self.message(), ack);
            let presence = self.to_send.unwrap_or(Presence::Offline);
            let put = Put { presence, message, ours };
            (self.put_due(&put), put)
        };
        if wanted || self.message_is_wrong() {
            return Some(put());
        }
        if chosen {
            let (due, put) = put();
            return Some((due.max(self.said_by_sync()), put));
        }
        // PUT and sync have separate rate limits. A change is sent by the one
        // that lets it through first.
        let by_sync = self.unsaid_change()?;
        Some(put()).filter(|(due, _)| *due < by_sync)
    }

    pub(super) fn message_is_wrong(&self) -> bool {
        let there = self.there();
        let is_ours = there.is_some_and(|m| self.ack.message.ours.contains(m));
        match self.message() {
            // A message counts as ours only if we wrote it, even if the same
            // text stood there before.
            Some(wanted) => there != Some(wanted) || !is_ours,
            None => is_ours,
        }
    }

    fn put_due(&self, put: &Put) -> Mono {
        let mut due = self.ack.put.retry.due();
        if let Some(last) = &self.ack.put.last {
            if let Pace::Limited(pace) = self.abilities.pace {
                due = due.max(last.started + pace + PACE_MARGIN);
            }
            // A message that stood there and was lost is written again without
            // this pause, even if another device holds the presence.
            let message_lost = self.message_is_wrong() && self.ack.message.is_read_back;
            let in_force = self.ack.put.in_force == Some(put.presence);
            let accepted = last.put == *put && last.state == PutState::Accepted;
            if accepted && self.ack.undone_by_profile {
                // What is told this soon may be from before the PUT.
                due = due.max(last.started + READ_BACK);
            } else if accepted && in_force && !message_lost {
                due = due.max(last.started + self.retry_interval(self.ack.put.without_effect));
            }
        }
        due
    }

    /// When the PUT of a choice may be sent. A choice is sent by PUT (MSC3032).
    /// But a poll begins once others have seen the change, and counts for the
    /// rate limit of syncs in any case. So if a sync may send the choice now,
    /// it goes first, and the limit of PUTs is left to the next change. The PUT
    /// follows once the limit of syncs has rested.
    fn said_by_sync(&self) -> Mono {
        let at_once = Mono(0);
        let (sync, seen) = (&self.ack.sync, self.seen());
        let by_sync = matches!(self.to_send, Some(Presence::Online | Presence::Unavailable));
        let (Some(poll), Some(counted)) = (sync.poll, sync.last_unlimited_poll) else {
            return at_once;
        };
        if !by_sync || self.abilities.pace == Pace::Free || self.ack.is_seen_busy() {
            return at_once;
        }
        let rested = counted + self.abilities.pace.interval() + PACE_MARGIN;
        if seen == self.to_send {
            return rested;
        }
        let says_it = Some(poll.set) == self.to_send && !poll.early;
        match says_it {
            true => poll.started + READ_BACK,
            false if rested <= self.now => self.now + READ_BACK,
            false => at_once,
        }
    }

    /// When a sync can send an automatic change that no request has sent yet.
    /// `None` if there is no such change, or if a sync can send it now.
    fn unsaid_change(&self) -> Due {
        let ack = self.ack;
        let wire =
            self.to_send.filter(|w| matches!(w, Presence::Online | Presence::Unavailable))?;
        let poll = ack.sync.poll.as_ref()?;
        let said = ack.put.in_force == Some(wire) || (poll.set == wire && !poll.early);
        let wrong = self.seen().is_some_and(|seen| seen != wire);
        let by_sync = self.sync_allowed_at();
        (wrong && !said && !self.busy_elsewhere() && by_sync > self.now).then_some(by_sync)
    }
}
