//! What an event changes in what is known.

use std::time::Duration;

use super::busy::{DEVICES_BACKOFF, Listed};
use super::detect::{detect_free_pace, detect_limited_pace};
use super::{Acknowledged, Event, Poll, Put, PutRecord, PutState, Seen};
use crate::account::abilities::{Abilities, NonexistentUser};
use crate::account::devices::{BUSY_KEPT, SYNCING, others_seen};
use crate::account::retry::{Backoff, STRAY};
use crate::{Moment, Mono, Presence};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(1),
    cap: Duration::from_secs(8),
    long_cap: Duration::from_secs(60),
};

/// A poll that fails after this long was most likely ended by something in
/// between that does not like long requests.
const SUSPECT_POLL: Duration = Duration::from_secs(40);
/// The line worked before a poll failed that was held for so long. A server
/// that answers each sync that begins anew and none that goes on is not asked
/// without a pause.
const WORKED: Duration = Duration::from_secs(5);
const SHORTEST_CAP: Duration = Duration::from_secs(25);
/// While answers are lost, so many messages of ours are remembered; beyond,
/// the oldest is forgotten.
const OUR_MESSAGES: usize = 8;
/// A poll that was held for less was not held at all.
const NOT_HELD: Duration = Duration::from_millis(500);
/// What is told so soon after the person spoke may have been said before.
const AT_ONCE: Duration = Duration::from_secs(15);

impl Acknowledged {
    /// Takes in what happened at `now`. `own` is our own device's id.
    pub(in crate::account) fn record(
        &mut self,
        event: Event,
        own: &str,
        abilities: &mut Abilities,
        at: Moment,
    ) {
        let now = at.mono;
        match event {
            Event::PollStarted { set, fresh } => self.poll_started(set, fresh, abilities, now),
            Event::PollAnswered(seen) => {
                self.poll_ended();
                self.poll_took(now);
                self.detect_refused_busy(abilities, at);
                self.heard = now;
                self.synced = true;
                if self.sync.poll.is_some_and(|poll| !poll.fresh) {
                    self.sync.retry.succeeded();
                }
                self.read.done = false;
                if let Some(seen) = seen {
                    self.read.late = self.read.open;
                    self.seen_by_read = false;
                    self.read_back(seen, abilities, at);
                }
            }
            Event::PollFailed { jitter } => {
                let age = self.sync.poll.map(|p| now.since(p.started)).unwrap_or_default();
                self.poll_ended();
                if self.sync.poll.is_some_and(|poll| !poll.fresh && age >= WORKED) {
                    self.sync.retry.succeeded();
                }
                self.sync.retry.failed(&BACKOFF, jitter, now);
                if age >= SUSPECT_POLL {
                    self.sync.cap = Some((age * 4 / 5).max(SHORTEST_CAP));
                }
                self.line_lost();
            }
            Event::PollLimited(pause) => {
                self.poll_ended();
                self.sync.retry.limited(pause, now);
                self.line_lost();
            }
            Event::PollBusyRefused => {
                self.poll_ended();
                self.sync.busy_refused = self.sync.busy_refused.saturating_add(1);
                self.synced = false;
            }
            Event::PutStarted(put) => self.put_started(put, now),
            Event::PutAccepted => self.put_accepted(abilities, at),
            Event::PutLimited(pause) => {
                detect_limited_pace(pause, abilities, at);
                self.put.retry.limited(pause, now);
                self.put_failed();
            }
            Event::PutBusyRefused => {
                abilities.busy = Some(false);
                self.put_failed();
            }
            Event::PutFailed { jitter } => {
                self.put.stray = Some(now + STRAY);
                let put = self.put.last.as_ref().map(|last| &last.put);
                let carried = put.filter(|put| !put.ours).and_then(|put| put.message.clone());
                self.message.carried.extend(carried);
                self.put.retry.failed(&BACKOFF, jitter, now);
                self.put_failed();
            }
            Event::ReadStarted => {
                (self.read.open, self.read.late) = (true, false);
                self.read.started = now;
            }
            Event::ReadAnswered(seen) => {
                self.read.open = false;
                self.read.known = true;
                self.read.retry.succeeded();
                self.heard = now;
                // What a poll told meanwhile is newer, and after a PUT that
                // was accepted meanwhile it is read again.
                self.read.done = !self.read.late;
                match seen.filter(|seen| !abilities.nobody.is_like(seen)) {
                    _ if self.read.late => {}
                    Some(seen) => {
                        self.detect_untracked_presence(&seen, abilities, now);
                        self.seen_by_read = true;
                        self.read_back(seen, abilities, at);
                    }
                    None => {
                        self.read.empty_in_a_row = self.read.empty_in_a_row.saturating_add(1);
                        self.detect_presence_of_nobody(abilities);
                        // It may have been too soon to tell.
                        self.read.done = abilities.nobody == NonexistentUser::Refused;
                    }
                }
            }
            Event::ReadFailed { jitter } => {
                self.read.open = false;
                self.read.retry.failed(&BACKOFF, jitter, now);
            }
            Event::DevicesStarted => self.others.asked = Some(now),
            Event::DevicesAnswered(listed) => {
                self.others.asked = None;
                self.others.retry.succeeded();
                let lately = listed.as_ref().map(|(all, at)| others_seen(all, own, *at, BUSY_KEPT));
                let syncing = listed.map(|(all, at)| others_seen(&all, own, at, SYNCING));
                let lately = lately.unwrap_or_default();
                self.others.known = Some(Listed { syncing, lately, at: now });
            }
            Event::DevicesFailed { jitter } => {
                self.others.asked = None;
                self.others.retry.failed(&DEVICES_BACKOFF, jitter, now);
            }
            Event::Returned { jitter } => {
                if self.is_putting() {
                    self.record(Event::PutFailed { jitter }, own, abilities, at);
                }
                self.read.open = false;
                self.others.asked = None;
                self.others.known = None;
                self.poll_ended();
                self.line_lost();
                self.sync.retry.returned();
                self.put.retry.returned();
                self.read.retry.returned();
                self.others.retry.returned();
            }
            Event::NonexistentUserAsked(nobody) => {
                abilities.nobody = nobody;
                let like = self.seen.as_ref().is_some_and(|seen| nobody.is_like(seen));
                if self.seen_by_read && like {
                    // That was said of nobody.
                    self.seen = None;
                    self.shown = false;
                }
                if self.seen.is_none() && nobody != NonexistentUser::Refused {
                    (self.read.done, self.read.empty_in_a_row) = (false, 0);
                }
            }
            Event::ProfileWritten => self.profile_written = Some(now),
            Event::MessageChanged => {
                self.message.said.spoken();
                self.message.spoken = Some(now);
            }
        }
    }

    /// Nothing is known any more of what others see.
    fn line_lost(&mut self) {
        self.synced = false;
        self.seen = None;
        self.shown = false;
        self.read.known = false;
        self.read.empty_in_a_row = 0;
        self.undone_by_profile = false;
        self.put.stands = None;
        // What was in vain may not be so any more; and the first sync after
        // this may catch a busy before it is read.
        self.put.without_effect = 0;
        self.sync.without_effect = 0;
    }

    fn poll_started(&mut self, set: Presence, fresh: bool, abilities: &Abilities, now: Mono) {
        let interval = abilities.pace.interval();
        let counts = self.sync.counted.is_none_or(|last| now.since(last) >= interval);
        if let Some(before) = self.sync.poll {
            let without_effect =
                before.set == set && self.seen_presence().is_some_and(|s| s != set);
            if !without_effect {
                self.sync.without_effect = 0;
            } else if !before.early {
                self.sync.without_effect = self.sync.without_effect.saturating_add(1);
            }
        }
        if counts {
            self.sync.counted = Some(now);
        }
        if self.is_seen_busy() && set != Presence::Offline {
            // It may have caught another's busy, which only a PUT leaves.
            self.put.without_effect = 0;
        }
        if std::mem::take(&mut self.restarted) {
            self.put.stray = Some(now + STRAY);
        }
        self.put.polls_since =
            self.put.polls_since.saturating_add(u32::from(set != Presence::Offline));
        self.put.stands = self.put.stands.filter(|p| stands_after_sync(*p, set));
        self.sync.poll = Some(Poll { set, started: now, open: true, early: !counts, fresh });
    }

    fn poll_ended(&mut self) {
        if let Some(poll) = &mut self.sync.poll {
            poll.open = false;
        }
    }

    /// How long the poll that was answered now was held.
    fn poll_took(&mut self, now: Mono) {
        let Some(poll) = self.sync.poll.filter(|poll| !poll.fresh) else { return };
        let hurried = now.since(poll.started) < NOT_HELD;
        self.sync.hurried = if hurried { self.sync.hurried.saturating_add(1) } else { 0 };
    }

    fn put_started(&mut self, put: Put, now: Mono) {
        self.undone_by_profile = false;
        // One that a sync undid was not in vain.
        let stands = self.put.stands == Some(put.presence);
        let same = stands && self.put.last.as_ref().is_some_and(|last| last.put == put);
        let seen_busy = self.is_seen_busy();
        self.put.without_effect = if same { self.put.without_effect.saturating_add(1) } else { 0 };
        // Both marks are kept before the request goes out: if we are killed
        // in between, the next start looks after it.
        if put.presence == Presence::Busy {
            self.busy.joined = seen_busy && (self.busy.joined || !self.busy.mark);
            self.busy.mark = true;
            self.busy.left = None;
        } else if self.busy.mark {
            self.busy.left.get_or_insert(now);
        }
        if let Some(message) =
            put.message.as_ref().filter(|m| put.ours && !self.message.ours.contains(m))
        {
            self.message.ours.push(message.clone());
            let old = self.message.ours.len().saturating_sub(OUR_MESSAGES);
            self.message.ours.drain(..old);
        }
        let unread = self.put.last.as_ref().is_some_and(|last| match last.state {
            // The last word of an agent that ends does not wait for it.
            PutState::Open => true,
            // What is read from now on may be from before it, or after.
            PutState::Accepted => !self.message.stood && last.put.message != put.message,
            PutState::Failed => false,
        });
        if unread {
            self.put.stray = Some(now + STRAY);
        }
        self.message.stood = self.seen.as_ref().is_some_and(|s| s.message == put.message);
        self.put.last = Some(PutRecord { put, started: now, state: PutState::Open });
    }

    fn put_accepted(&mut self, abilities: &mut Abilities, at: Moment) {
        let Some(record) = &mut self.put.last else { return };
        record.state = PutState::Accepted;
        detect_free_pace(self.put.accepted, abilities, at);
        self.put.accepted = Some(at.mono);
        self.put.polls_since = 0;
        self.put.stands = Some(record.put.presence);
        self.put.retry.succeeded();
        self.read.done = false;
        self.read.late = self.read.open;
    }

    fn put_failed(&mut self) {
        if let Some(record) = &mut self.put.last {
            record.state = PutState::Failed;
        }
    }

    fn read_back(&mut self, seen: Seen, abilities: &mut Abilities, at: Moment) {
        let now = at.mono;
        self.read.known = true;
        self.read.empty_in_a_row = 0;
        if seen.presence != Presence::Offline {
            // Where it is turned off, everybody is offline.
            abilities.presence = Some(true);
            self.shown = true;
        }
        if self.is_seen_busy() && seen.presence != Presence::Busy {
            // Who kept us busy does so no more; the next time is another one.
            self.put.without_effect = 0;
        }
        if self.seen_presence() != Some(seen.presence) {
            self.seen_since = now;
            self.busy.found = seen.presence == Presence::Busy && self.seen.is_none();
        }
        self.detect_undoing_by_profile(&seen, now);
        self.detect_ignored_poll(&seen, abilities, at);
        self.detect_undone_busy(&seen, abilities, at);
        if self.sync.poll.is_some_and(|poll| poll.set == seen.presence) {
            self.sync.without_effect = 0;
        }
        self.message_read_back(&seen, now);
        self.seen = Some(seen);
    }

    fn message_read_back(&mut self, seen: &Seen, now: Mono) {
        let setting_busy = self.put.last.as_ref().is_some_and(|record| {
            self.message.stood |= record.put.message == seen.message;
            if record.put.presence == seen.presence && record.put.message == seen.message {
                self.put.without_effect = 0;
            }
            record.put.presence == Presence::Busy && record.state != PutState::Failed
        });
        if seen.presence != Presence::Busy && !setting_busy {
            self.busy.mark = false;
            self.busy.left = None;
        }
        // A message of ours is forgotten when it is read back that another
        // stands there, not before: what was read last may still show it, and
        // a PUT that was given up may still write it.
        let there = seen.message.as_ref();
        // It has changed under our eyes since the person spoke here.
        let known = self.seen.as_ref().is_some_and(|before| before.message != seen.message);
        let later = self.message.spoken.is_some_and(|at| now.since(at) >= AT_ONCE);
        // Nor is one that a PUT of ours carried, and that came late.
        let stray = self.put.stray.is_some_and(|until| until > now);
        if !stray {
            self.message.carried.clear();
        }
        if !there.is_some_and(|there| self.message.carried.contains(there)) {
            self.message.said.read(there, &self.message.ours, known && later);
        }
        let writing = self.put.last.as_ref().and_then(|r| r.put.message.as_ref());
        if !stray {
            self.message.ours.retain(|m| Some(m) == there || Some(m) == writing);
        }
    }
}

/// Whether what a PUT set is still so after a sync of the same device: busy
/// stays, and anything stays after a sync that says nothing.
fn stands_after_sync(put: Presence, sync: Presence) -> bool {
    put == Presence::Busy || sync == Presence::Offline || sync == put
}
