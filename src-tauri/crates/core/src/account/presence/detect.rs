//! What is learnt of a server from its behaviour, each with its evidence.
//! [`Abilities`] says when it is forgotten.

use std::time::Duration;

use super::plan::READ_BACK;
use super::{Acknowledged, PutState, Seen};
use crate::account::abilities::{Abilities, BusyBySync, NonexistentUser, Pace, SYNAPSE_PACE};
use crate::{Moment, Mono, Presence};

/// A server acts on the presence of a sync within this time.
const SYNC_HEARD: Duration = Duration::from_secs(5);
/// A server tells what a write to the profile did to the presence within this
/// time.
const PROFILE_HEARD: Duration = Duration::from_secs(5);
/// The tolerance when the time between two PUTs is compared with the rate
/// limit.
const PACE_SLACK: Duration = Duration::from_secs(1);
/// The slowest pace that is learnt. An overloaded server may refuse everybody
/// for minutes. That tells when to come back, and is no pace to keep from then
/// on.
const SLOWEST_PACE: Duration = Duration::from_secs(20);

/// Learns that there is no rate limit that matters: two PUTs were accepted
/// within Synapse's interval. A PUT, unlike a poll, is never ignored without an
/// error.
pub(super) fn detect_free_pace(before: Option<Mono>, abilities: &mut Abilities, at: Moment) {
    let quick = |before| at.mono.since(before) + PACE_SLACK < SYNAPSE_PACE;
    if before.is_some_and(quick) {
        abilities.learn_pace(Pace::Free, at.wall);
    }
}

/// Learns the pace from a PUT that the rate limit refused, with this pause.
pub(super) fn detect_limited_pace(pause: Duration, abilities: &mut Abilities, at: Moment) {
    let pace = Pace::Limited(pause.clamp(SYNAPSE_PACE, SLOWEST_PACE));
    abilities.learn_pace(pace, at.wall);
}

impl Acknowledged {
    /// Detects an ignored poll: it is open, and others see less than it sends.
    /// If others see more, another device is the cause, which says nothing
    /// about the rate limit.
    pub(super) fn detect_ignored_poll(
        &mut self,
        seen: &Seen,
        abilities: &mut Abilities,
        at: Moment,
    ) {
        let Some(poll) = &self.sync.poll else { return };
        if seen.presence.rank() >= poll.set.rank() || at.mono.since(poll.started) <= SYNC_HEARD {
            return;
        }
        self.sync.shares_limit = !self.sync.shares_limit;
        if seen.presence == Presence::Offline {
            let pace = abilities.pace.interval().max(SYNAPSE_PACE);
            abilities.learn_pace(Pace::Limited(pace), at.wall);
        }
    }

    /// Detects that our own sync undid the busy of our PUT. The sync must have
    /// begun after the PUT was answered, with no other PUT under way, because
    /// requests side by side may take effect in any order on any server.
    pub(super) fn detect_undone_busy(
        &mut self,
        seen: &Seen,
        abilities: &mut Abilities,
        at: Moment,
    ) {
        let now = at.mono;
        let late_write = self.put.late_write_until.is_some_and(|until| until > now);
        let accepted = self.put.last.as_ref().is_some_and(|p| p.state == PutState::Accepted);
        let (Some(poll), Some(put)) = (&self.sync.poll, self.put.accepted) else { return };
        if !late_write
            && accepted
            && self.put.in_force == Some(Presence::Busy)
            && poll.started >= put
            // Only the first sync can undo it, and it does so at once.
            // Otherwise it was another device.
            && self.put.polls_since == 1
            && now.since(poll.started) < SYNC_HEARD
            && poll.set == seen.presence
            && !matches!(poll.set, Presence::Busy | Presence::Offline)
            && abilities.busy_by_sync == BusyBySync::Kept
        {
            abilities.learn_busy_by_sync(BusyBySync::Needed, at.wall);
            self.put.in_force = None;
        }
    }

    /// Detects that syncs may not send busy. Polls with busy were refused, the
    /// last one without anything else that could be refused, and now a poll
    /// without busy was answered.
    pub(super) fn detect_refused_busy(&mut self, abilities: &mut Abilities, at: Moment) {
        let refused = std::mem::take(&mut self.sync.busy_refused);
        let says_busy = self.sync.poll.is_some_and(|poll| poll.set == Presence::Busy);
        if !says_busy && refused > 1 {
            abilities.learn_busy_by_sync(BusyBySync::Refused, at.wall);
        }
    }

    /// Detects that the server does not track presence, whatever it claims: a
    /// PUT was accepted twice, and others still see offline.
    pub(super) fn detect_untracked_presence(
        &mut self,
        seen: &Seen,
        abilities: &mut Abilities,
        now: Mono,
    ) {
        let Some(record) = &self.put.last else { return };
        let unseen = seen.presence == Presence::Offline && !self.shown;
        let said = record.state == PutState::Accepted && record.put.presence != Presence::Offline;
        // After a suspend of the machine, offline is right.
        let fresh = now.since(record.started) < SYNAPSE_PACE;
        // Where the last request wins, a sync of ours with `offline` undoes the
        // PUT.
        let undone = self.sync.poll.is_some_and(|p| p.set == Presence::Offline);
        if unseen && said && fresh && !undone && self.put.without_effect > 0 {
            abilities.presence = Some(false);
        }
    }

    /// Detects that presence goes nowhere on this server. A read about us
    /// brought what the server answers about users that cannot exist, after a
    /// sync or a PUT of ours had set a presence.
    pub(super) fn detect_from_nonexistent_user(&self, abilities: &mut Abilities) {
        let says = |presence| presence != Presence::Offline;
        let poll = self.sync.poll.filter(|poll| poll.open && says(poll.set));
        let put = self.put.last.as_ref().filter(|put| put.state == PutState::Accepted);
        let put = put.filter(|put| says(put.put.presence));
        let said = [poll.map(|poll| poll.started), put.map(|put| put.started)];
        let without_effect = |said: &Mono| self.read.started.since(*said) >= READ_BACK;
        let goes_nowhere = said.iter().flatten().any(without_effect);
        if abilities.nobody != NonexistentUser::Refused && !self.shown && goes_nowhere {
            abilities.presence = Some(false);
        }
    }

    /// Detects that our own write to the profile undid our PUT. Some servers
    /// (conduwuit) set the user to online at such a write, whatever was chosen.
    /// The PUT is then sent again.
    pub(super) fn detect_undoing_by_profile(&mut self, seen: &Seen, now: Mono) {
        let wrote = self.profile_written.is_some_and(|at| now.since(at) < PROFILE_HEARD);
        let undone = self.put.in_force.is_some_and(|in_force| in_force != seen.presence);
        let online = seen.presence == Presence::Online;
        self.undone_by_profile = undone && online && (wrote || self.undone_by_profile);
    }
}
