//! What is learnt of a server from what it does: each with its evidence. When
//! it is forgotten stands in [`Abilities`].

use std::time::Duration;

use super::plan::READ_BACK;
use super::{Acknowledged, PutState, Seen};
use crate::account::abilities::{Abilities, BusyBySync, NonexistentUser, Pace, SYNAPSE_PACE};
use crate::{Moment, Mono, Presence};

/// What a sync says is acted on within this time.
const SYNC_HEARD: Duration = Duration::from_secs(5);
/// What a write to the profile does to the presence is told within this time.
const PROFILE_HEARD: Duration = Duration::from_secs(5);
/// The slack that a clock may have when two PUTs are taken for quick ones.
const PACE_SLACK: Duration = Duration::from_secs(1);
/// A server that is overrun may refuse everybody for minutes: that is when to
/// come back, and no pace to keep from then on.
const SLOWEST_PACE: Duration = Duration::from_secs(20);

/// A PUT is never ignored without a word. One was accepted now, and one was
/// before: within Synapse's pace, there is no limit that matters.
pub(super) fn detect_free_pace(before: Option<Mono>, abilities: &mut Abilities, at: Moment) {
    let quick = |before| at.mono.since(before) + PACE_SLACK < SYNAPSE_PACE;
    if before.is_some_and(quick) {
        abilities.learn_pace(Pace::Free, at.wall);
    }
}

/// A PUT was refused by the rate limit, for so long.
pub(super) fn detect_limited_pace(pause: Duration, abilities: &mut Abilities, at: Moment) {
    let pace = Pace::Limited(pause.clamp(SYNAPSE_PACE, SLOWEST_PACE));
    abilities.learn_pace(pace, at.wall);
}

impl Acknowledged {
    /// A poll that keeps somebody shown is open, and they are shown as less:
    /// its presence was ignored. Who is shown as more is so by another
    /// device, which says nothing of the rate limit.
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
        self.sync.crowded = !self.sync.crowded;
        if seen.presence == Presence::Offline {
            let pace = abilities.pace.interval().max(SYNAPSE_PACE);
            abilities.learn_pace(Pace::Limited(pace), at.wall);
        }
    }

    /// Our own sync undid the busy that our PUT had set. Only a sync counts
    /// that began after the PUT was answered, and no other PUT: what goes
    /// beside it may come first or last on any server.
    pub(super) fn detect_undone_busy(
        &mut self,
        seen: &Seen,
        abilities: &mut Abilities,
        at: Moment,
    ) {
        let now = at.mono;
        let stray = self.put.stray.is_some_and(|until| until > now);
        let accepted = self.put.last.as_ref().is_some_and(|p| p.state == PutState::Accepted);
        let (Some(poll), Some(put)) = (&self.sync.poll, self.put.accepted) else { return };
        if !stray
            && accepted
            && self.put.stands == Some(Presence::Busy)
            && poll.started >= put
            // The first one does so, and at once, or it was another device.
            && self.put.polls_since == 1
            && now.since(poll.started) < SYNC_HEARD
            && poll.set == seen.presence
            && !matches!(poll.set, Presence::Busy | Presence::Offline)
            && abilities.busy_by_sync == BusyBySync::Kept
        {
            abilities.learn_busy_by_sync(BusyBySync::Needed, at.wall);
            self.put.stands = None;
        }
    }

    /// A poll was answered after polls that said busy were refused, the last
    /// one without anything else that could be refused. Where this one says
    /// less, busy was the reason.
    pub(super) fn detect_refused_busy(&mut self, abilities: &mut Abilities, at: Moment) {
        let refused = std::mem::take(&mut self.sync.busy_refused);
        let says_busy = self.sync.poll.is_some_and(|poll| poll.set == Presence::Busy);
        if !says_busy && refused > 1 {
            abilities.learn_busy_by_sync(BusyBySync::Refused, at.wall);
        }
    }

    /// A PUT was accepted twice while others go on seeing nobody there:
    /// presence is not tracked on this server, whatever it says of itself.
    pub(super) fn detect_untracked_presence(
        &mut self,
        seen: &Seen,
        abilities: &mut Abilities,
        now: Mono,
    ) {
        let Some(record) = &self.put.last else { return };
        let unseen = seen.presence == Presence::Offline && !self.shown;
        let said = record.state == PutState::Accepted && record.put.presence != Presence::Offline;
        // Who fell asleep meanwhile is seen as gone, rightly.
        let fresh = now.since(record.started) < SYNAPSE_PACE;
        // Where the last word wins, a sync of ours that says so undoes it.
        let undone = self.sync.poll.is_some_and(|p| p.set == Presence::Offline);
        if unseen && said && fresh && !undone && self.put.without_effect > 0 {
            abilities.presence = Some(false);
        }
    }

    /// A read told of us what is told of somebody who cannot exist, and it was
    /// made when a sync or a PUT of ours had said something: presence goes
    /// nowhere on this server.
    pub(super) fn detect_presence_of_nobody(&self, abilities: &mut Abilities) {
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

    /// Some servers take a write to the profile for a sign of life, and show
    /// as online who chose something else (conduwuit). That was our own doing,
    /// and what our PUT said is said again.
    pub(super) fn detect_undoing_by_profile(&mut self, seen: &Seen, now: Mono) {
        let wrote = self.profile_written.is_some_and(|at| now.since(at) < PROFILE_HEARD);
        let undone = self.put.stands.is_some_and(|stands| stands != seen.presence);
        let online = seen.presence == Presence::Online;
        self.undone_by_profile = undone && online && (wrote || self.undone_by_profile);
    }
}
