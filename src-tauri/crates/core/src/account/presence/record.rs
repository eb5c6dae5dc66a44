//! How an event changes what is known of the presence.

use std::time::Duration;

use super::busy::{DEVICES_BACKOFF, Listed};
use super::detect::{detect_free_pace, detect_limited_pace};
use super::{Acknowledged, Event, Poll, Put, PutRecord, PutState, Seen};
use crate::account::abilities::{Abilities, NonexistentUser};
use crate::account::devices::{BUSY_KEPT, SYNCING, others_seen};
use crate::account::retry::{Backoff, LATE_WRITE};
use crate::{Moment, Mono, Presence};

const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(1),
    cap: Duration::from_secs(8),
    long_cap: Duration::from_secs(60),
};

/// A poll that fails after this time was most likely ended by something between
/// us and the server that does not allow long requests.
const SUSPECT_POLL: Duration = Duration::from_secs(40);
/// A poll that fails after this time resets the back-off, because the line
/// worked until then. An initial sync does not reset it: a server may answer
/// each of these and no other sync, and would be asked without a pause.
const WORKED: Duration = Duration::from_secs(5);
const SHORTEST_CAP: Duration = Duration::from_secs(25);
/// How many messages of ours are remembered while answers are lost. The oldest
/// are forgotten first.
const OUR_MESSAGES: usize = 8;
/// A poll that was answered sooner than this was not held by the server.
const NOT_HELD: Duration = Duration::from_millis(500);
/// A message that is told this soon after the person spoke may be older.
const AT_ONCE: Duration = Duration::from_secs(15);

impl Acknowledged {
    /// Records an event that happened at `at`. `own` is the id of our own
    /// device.
    pub(in crate::account) fn record(
        &mut self,
        event: Event,
        own: &str,
        abilities: &mut Abilities,
        at: Moment,
    ) {
        let now = at.mono;
        match event {
            Event::PollStarted { set, is_initial } => {
                self.poll_started(set, is_initial, abilities, now)
            }
            Event::PollAnswered(seen) => {
                self.poll_ended();
                self.poll_took(now);
                self.detect_refused_busy(abilities, at);
                self.heard = now;
                self.synced = true;
                if self.sync.poll.is_some_and(|poll| !poll.is_initial) {
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
                if self.sync.poll.is_some_and(|poll| !poll.is_initial && age >= WORKED) {
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
                self.put.late_write_until = Some(now + LATE_WRITE);
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
                // If a poll told something newer meanwhile, or a PUT was
                // accepted, this is no read-back and the read is made again.
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
                        self.detect_from_nonexistent_user(abilities);
                        // The read may have been too early to prove anything.
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
                    // The read told what the server answers about any user.
                    self.seen = None;
                    self.shown = false;
                }
                if self.seen.is_none() && nobody != NonexistentUser::Refused {
                    (self.read.done, self.read.empty_in_a_row) = (false, 0);
                }
            }
            Event::ProfileWritten => self.profile_written = Some(now),
            Event::MessageChanged => {
                self.message.said.set_here();
                self.message.spoken = Some(now);
            }
        }
    }

    /// Forgets what others see.
    fn line_lost(&mut self) {
        self.synced = false;
        self.seen = None;
        self.shown = false;
        self.read.known = false;
        self.read.empty_in_a_row = 0;
        self.undone_by_profile = false;
        self.put.in_force = None;
        // What had no effect before may have one now. Besides, the first sync
        // after this may catch a busy before it is read.
        self.put.without_effect = 0;
        self.sync.without_effect = 0;
    }

    fn poll_started(&mut self, set: Presence, is_initial: bool, abilities: &Abilities, now: Mono) {
        let interval = abilities.pace.interval();
        let counts = self.sync.last_unlimited_poll.is_none_or(|last| now.since(last) >= interval);
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
            self.sync.last_unlimited_poll = Some(now);
        }
        if self.is_seen_busy() && set != Presence::Offline {
            // The sync may have caught another device's busy, which only a PUT
            // leaves.
            self.put.without_effect = 0;
        }
        if std::mem::take(&mut self.restarted) {
            self.put.late_write_until = Some(now + LATE_WRITE);
        }
        self.put.polls_since =
            self.put.polls_since.saturating_add(u32::from(set != Presence::Offline));
        self.put.in_force = self.put.in_force.filter(|p| stands_after_sync(*p, set));
        self.sync.poll = Some(Poll { set, started: now, open: true, early: !counts, is_initial });
    }

    fn poll_ended(&mut self) {
        if let Some(poll) = &mut self.sync.poll {
            poll.open = false;
        }
    }

    /// Counts the poll that was just answered if the server did not hold it.
    fn poll_took(&mut self, now: Mono) {
        let Some(poll) = self.sync.poll.filter(|poll| !poll.is_initial) else { return };
        let is_quick = now.since(poll.started) < NOT_HELD;
        self.sync.quick_answers =
            if is_quick { self.sync.quick_answers.saturating_add(1) } else { 0 };
    }

    fn put_started(&mut self, put: Put, now: Mono) {
        self.undone_by_profile = false;
        // A PUT that a sync undid did have an effect.
        let in_force = self.put.in_force == Some(put.presence);
        let same = in_force && self.put.last.as_ref().is_some_and(|last| last.put == put);
        self.put.without_effect = if same { self.put.without_effect.saturating_add(1) } else { 0 };
        // Both marks are on disk before the request is sent. If we are killed
        // in between, the next start clears what is left.
        if put.presence == Presence::Busy {
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
            // The goodbye does not wait for an open PUT.
            PutState::Open => true,
            // What is read from now on may be from before that PUT or from
            // after it.
            PutState::Accepted => !self.message.is_read_back && last.put.message != put.message,
            PutState::Failed => false,
        });
        if unread {
            self.put.late_write_until = Some(now + LATE_WRITE);
        }
        self.message.is_read_back = self.seen.as_ref().is_some_and(|s| s.message == put.message);
        self.put.last = Some(PutRecord { put, started: now, state: PutState::Open });
    }

    fn put_accepted(&mut self, abilities: &mut Abilities, at: Moment) {
        let Some(record) = &mut self.put.last else { return };
        record.state = PutState::Accepted;
        detect_free_pace(self.put.accepted, abilities, at);
        self.put.accepted = Some(at.mono);
        self.put.polls_since = 0;
        self.put.in_force = Some(record.put.presence);
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
            // Where presence is turned off, everybody is offline.
            abilities.presence = Some(true);
            self.shown = true;
        }
        if self.is_seen_busy() && seen.presence != Presence::Busy {
            // Whoever kept us busy has stopped. The next busy is another one.
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
            self.message.is_read_back |= record.put.message == seen.message;
            if record.put.presence == seen.presence && record.put.message == seen.message {
                self.put.without_effect = 0;
            }
            record.put.presence == Presence::Busy && record.state != PutState::Failed
        });
        if seen.presence != Presence::Busy && !setting_busy {
            self.busy.mark = false;
            self.busy.left = None;
        }
        // A message of ours is forgotten once the read-back shows another one,
        // and not before. What was last read may still show it, and a PUT that
        // was given up may still write it.
        let there = seen.message.as_ref();
        // Whether the message has changed while it was known.
        let known = self.seen.as_ref().is_some_and(|before| before.message != seen.message);
        let later = self.message.spoken.is_some_and(|at| now.since(at) >= AT_ONCE);
        // A message of another device that a late PUT of ours brought back is
        // not newer than ours.
        let late_write = self.put.late_write_until.is_some_and(|until| until > now);
        if !late_write {
            self.message.carried.clear();
        }
        if !there.is_some_and(|there| self.message.carried.contains(there)) {
            self.message.said.read(there, &self.message.ours, known && later);
        }
        let writing = self.put.last.as_ref().and_then(|r| r.put.message.as_ref());
        if !late_write {
            self.message.ours.retain(|m| Some(m) == there || Some(m) == writing);
        }
    }
}

/// Whether what a PUT set still holds after a sync of the same device. Busy
/// does, and so does anything after a sync with `offline` (docs/protocol.md,
/// "The two ways to set presence").
fn stands_after_sync(put: Presence, sync: Presence) -> bool {
    put == Presence::Busy || sync == Presence::Offline || sync == put
}
