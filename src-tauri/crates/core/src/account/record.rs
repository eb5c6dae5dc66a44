//! What an event changes in what is known.

use std::time::Duration;

use super::{
    Abilities, Acknowledged, BusyBySync, Company, Event, Pace, Poll, Put, PutRecord, PutState,
    SYNAPSE_PACE, Seen,
};
use crate::{Mono, Presence};

/// Back-off: doubled from the first to the cap, which rises after a while.
/// A homeserver that was down for minutes is found again within seconds; one
/// that is down for hours costs little.
pub(super) const FIRST_RETRY: Duration = Duration::from_secs(1);
const RETRY_CAP: Duration = Duration::from_secs(8);
const LONG_OUTAGE: Duration = Duration::from_secs(600);
const LONG_RETRY_CAP: Duration = Duration::from_secs(60);

/// A poll that fails after this long was most likely ended by something in
/// between that does not like long requests.
const SUSPECT_POLL: Duration = Duration::from_secs(40);
const SHORTEST_CAP: Duration = Duration::from_secs(25);

impl Acknowledged {
    /// Takes in what happened at `now`.
    pub fn record(&mut self, event: Event, abilities: &mut Abilities, now: Mono) {
        match event {
            Event::PollStarted { number, set } => self.poll_started(number, set, abilities, now),
            Event::PollAnswered { number, seen } => {
                if self.close_poll(number) {
                    self.heard = now;
                    self.synced = true;
                    self.failures = 0;
                    self.failing_since = None;
                    self.read_done = false;
                    if let Some(seen) = seen {
                        self.read_late = self.read_open;
                        self.read_back(seen, abilities, now);
                    }
                }
            }
            Event::PollFailed { number, retry_after, jitter } => {
                let age = self.poll.map(|p| now.since(p.started));
                if self.close_poll(number) {
                    self.poll_failed(age.unwrap_or_default(), retry_after, jitter, now);
                }
            }
            Event::PollBusyRefused { number } => {
                if self.close_poll(number) {
                    abilities.busy_by_sync = BusyBySync::Refused;
                    self.poll_not_before = now;
                }
            }
            Event::PutStarted(put) => self.put_started(put, now),
            Event::PutAccepted => self.put_accepted(abilities, now),
            Event::PutLimited(retry_after) => {
                abilities.pace = Pace::Limited(retry_after.clamp(SYNAPSE_PACE, SLOWEST_PACE));
                self.put_limited = now + retry_after;
                self.put_failed(self.put_limited);
            }
            Event::PutBusyRefused => {
                abilities.busy = Some(false);
                self.put_failed(now);
            }
            Event::PutFailed => {
                self.stray = Some(now + STRAY);
                self.put_failures = self.put_failures.saturating_add(1);
                let delay = doubled(FIRST_RETRY, self.put_failures - 1, RETRY_CAP);
                self.put_failed(now + delay);
            }
            Event::ReadStarted => {
                (self.read_open, self.read_late) = (true, false);
                self.read_since = now;
            }
            Event::ReadAnswered(seen) => {
                self.read_open = false;
                self.heard = now;
                // What a poll told meanwhile is newer, and after a PUT that
                // was accepted meanwhile it is read again.
                self.read_done = !self.read_late;
                if let Some(seen) = seen.filter(|_| !self.read_late) {
                    self.goes_nowhere(&seen, abilities, now);
                    self.read_back(seen, abilities, now);
                }
            }
            Event::DevicesStarted => self.devices_open = Some(now),
            Event::DevicesAnswered(syncing) => {
                self.devices_open = None;
                self.company = Some(Company { syncing, asked: now });
            }
            Event::Returned => {
                self.company = None;
                if let Some(poll) = &mut self.poll {
                    poll.open = false;
                }
                self.synced = false;
                self.seen = None;
                self.shown = false;
                self.failures = 0;
                self.failing_since = None;
                // As where a poll has failed.
                self.puts_in_vain = 0;
                self.polls_in_vain = 0;
                self.poll_not_before = now.max(self.poll_limited);
                self.put_not_before = now.max(self.put_limited);
            }
            Event::Spoken => self.said.spoken(),
        }
    }

    fn poll_started(&mut self, number: u64, set: Presence, abilities: &mut Abilities, now: Mono) {
        let through = abilities.pace == Pace::Free
            || self.bucket.is_none_or(|last| now.since(last) >= abilities.pace.interval());
        if let Some(before) = self.poll {
            let in_vain =
                before.set == set && self.seen.as_ref().is_some_and(|s| s.presence != set);
            self.polls_in_vain = if in_vain { self.polls_in_vain.saturating_add(1) } else { 0 };
            if before.early && in_vain && abilities.pace == Pace::Unknown {
                // It was tried early and nothing came of it.
                abilities.pace = Pace::Limited(SYNAPSE_PACE);
            }
        }
        if through {
            self.bucket = Some(now);
        }
        let seen_busy = self.seen.as_ref().is_some_and(|s| s.presence == Presence::Busy);
        if seen_busy && set != Presence::Offline {
            // It may have caught another's busy, which only a PUT leaves.
            self.puts_in_vain = 0;
        }
        if std::mem::take(&mut self.restarted) {
            self.stray = Some(now + STRAY);
        }
        self.polls_since_put =
            self.polls_since_put.saturating_add(u32::from(set != Presence::Offline));
        self.put_stands = self.put_stands.filter(|p| stands_after_sync(*p, set));
        self.poll = Some(Poll { number, set, started: now, open: true, early: !through });
    }

    /// True if it was the newest poll: what an older one says is out of
    /// date.
    fn close_poll(&mut self, number: u64) -> bool {
        match &mut self.poll {
            Some(poll) if poll.number == number && poll.open => {
                poll.open = false;
                true
            }
            _ => false,
        }
    }

    fn poll_failed(&mut self, age: Duration, retry_after: Option<Duration>, jitter: u8, now: Mono) {
        let since = *self.failing_since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        let cap = if now.since(since) < LONG_OUTAGE { RETRY_CAP } else { LONG_RETRY_CAP };
        let delay = doubled(FIRST_RETRY, self.failures - 1, cap);
        // Between three quarters of it and all of it.
        let delay = delay * (300 + u32::from(jitter.min(100))) / 400;
        self.poll_limited = now + retry_after.unwrap_or_default();
        self.poll_not_before = self.poll_limited.max(now + delay);
        if age >= SUSPECT_POLL {
            self.poll_cap = Some((age * 4 / 5).max(SHORTEST_CAP));
        }
        self.synced = false;
        self.seen = None;
        self.shown = false;
        self.put_stands = None;
        // What was in vain may not be so any more; and the first sync after
        // this may catch a busy before it is read.
        self.puts_in_vain = 0;
        self.polls_in_vain = 0;
    }

    fn put_started(&mut self, put: Put, now: Mono) {
        let same = self.put.as_ref().is_some_and(|last| last.put == put);
        let seen_busy = self.seen.as_ref().is_some_and(|s| s.presence == Presence::Busy);
        if same && seen_busy && self.busy_mark && put.presence != Presence::Busy {
            // We have left busy once already, and are busy: another device
            // holds it, unless none syncs and the server does by itself.
            self.held_once |= self.company.as_ref().is_some_and(|c| self.is_held_by(c));
        }
        self.puts_in_vain = if same { self.puts_in_vain.saturating_add(1) } else { 0 };
        // Both marks are kept before the request goes out: if we are killed
        // in between, the next start looks after it.
        if put.presence == Presence::Busy {
            self.busy_joined = seen_busy && (self.busy_joined || !self.busy_mark);
            self.busy_mark = true;
        }
        if let Some(message) =
            put.message.as_ref().filter(|m| put.ours && !self.our_messages.contains(m))
        {
            self.our_messages.push(message.clone());
            let old = self.our_messages.len().saturating_sub(OUR_MESSAGES);
            self.our_messages.drain(..old);
        }
        let unread = self.put.as_ref().is_some_and(|last| match last.state {
            // The last word of an agent that ends does not wait for it.
            PutState::Open => true,
            // What is read from now on may be from before it, or after.
            PutState::Accepted => !self.message_stood && last.put.message != put.message,
            PutState::Failed => false,
        });
        if unread {
            self.stray = Some(now + STRAY);
        }
        self.message_stood = self.seen.as_ref().is_some_and(|s| s.message == put.message);
        self.put = Some(PutRecord { put, started: now, state: PutState::Open });
    }

    /// One of these devices has kept the busy that we left. An agent leaves
    /// what it caught by itself, as soon as a rate limit lets it; one that
    /// does not has a busy of its own, or is no agent.
    fn is_held_by(&self, company: &Company) -> bool {
        let by_agent =
            !company.is_alone() && self.puts_in_vain >= AGENT_LEAVES && !self.busy_joined;
        company.may_hold().map_or(by_agent, |name| name.is_some())
    }

    fn put_accepted(&mut self, abilities: &mut Abilities, now: Mono) {
        let Some(record) = &mut self.put else { return };
        record.state = PutState::Accepted;
        if self.last_put.is_some_and(|last| now.since(last) + PACE_SLACK < SYNAPSE_PACE) {
            abilities.pace = Pace::Free;
        }
        self.last_put = Some(now);
        self.polls_since_put = 0;
        self.put_stands = Some(record.put.presence);
        self.put_failures = 0;
        self.read_done = false;
        self.read_late = self.read_open;
    }

    fn put_failed(&mut self, not_before: Mono) {
        if let Some(record) = &mut self.put {
            record.state = PutState::Failed;
        }
        self.put_not_before = not_before;
    }

    /// A PUT is never ignored without a word. One that was accepted twice
    /// while others go on seeing nobody there went nowhere: presence is not
    /// tracked on this server, whatever it says of itself.
    fn goes_nowhere(&mut self, seen: &Seen, abilities: &mut Abilities, now: Mono) {
        let Some(record) = &self.put else { return };
        let unseen = seen.presence == Presence::Offline && !self.shown;
        let said = record.state == PutState::Accepted && record.put.presence != Presence::Offline;
        // Who fell asleep meanwhile is seen as gone, rightly.
        let fresh = now.since(record.started) < SYNAPSE_PACE;
        // Where the last word wins, a sync of ours that says so undoes it.
        let undone = self.poll.is_some_and(|p| p.set == Presence::Offline);
        if unseen && said && fresh && !undone && self.puts_in_vain > 0 {
            abilities.presence = Some(false);
        }
    }

    fn read_back(&mut self, seen: Seen, abilities: &mut Abilities, now: Mono) {
        if seen.presence != Presence::Offline {
            // Where it is turned off, everybody is offline.
            abilities.presence = Some(true);
            self.shown = true;
        }
        let was_busy = self.seen.as_ref().is_some_and(|s| s.presence == Presence::Busy);
        if was_busy && seen.presence != Presence::Busy {
            // Who kept us busy does so no more; the next time is another one.
            self.puts_in_vain = 0;
        }
        if let Some(poll) = &self.poll
            && seen.presence.rank() < poll.set.rank()
            && now.since(poll.started) > SYNC_HEARD
        {
            // A poll that keeps somebody shown was open, and they are shown
            // as less: it was ignored.
            self.crowded = !self.crowded;
            if seen.presence == Presence::Offline {
                abilities.pace = Pace::Limited(abilities.pace.interval().max(SYNAPSE_PACE));
            }
        }
        // Only a sync that began after the PUT was answered, and no other PUT:
        // what goes beside it may come first or last on any server.
        let stray = self.stray.is_some_and(|until| until > now);
        if let (Some(poll), Some(accepted)) = (&self.poll, self.last_put)
            && !stray
            && self.put.as_ref().is_some_and(|p| p.state == PutState::Accepted)
            && self.put_stands == Some(Presence::Busy)
            && poll.started >= accepted
            // The first one does so, and at once, or it was another device.
            && self.polls_since_put == 1
            && now.since(poll.started) < SYNC_HEARD
            && poll.set == seen.presence
            && !matches!(poll.set, Presence::Busy | Presence::Offline)
            && abilities.busy_by_sync == BusyBySync::Kept
        {
            // Our own sync undid the busy that our PUT had set.
            abilities.busy_by_sync = BusyBySync::Needed;
            self.put_stands = None;
        }
        if let Some(poll) = &mut self.poll
            && poll.set == seen.presence
        {
            self.polls_in_vain = 0;
            let changed = self.seen.as_ref().is_some_and(|s| s.presence != seen.presence);
            let by_put = self.put_stands == Some(seen.presence);
            if poll.early && changed && !by_put && now.since(poll.started) < SYNC_HEARD {
                // Two changes came through one after the other.
                abilities.pace = Pace::Free;
                poll.early = false;
                self.bucket = Some(now);
            }
        }
        if let Some(record) = &self.put {
            self.message_stood |= record.put.message == seen.message;
            if record.put.presence == seen.presence && record.put.message == seen.message {
                self.puts_in_vain = 0;
            }
            let setting_busy =
                record.put.presence == Presence::Busy && record.state != PutState::Failed;
            if seen.presence != Presence::Busy && !setting_busy {
                self.busy_mark = false;
            }
        } else if seen.presence != Presence::Busy {
            self.busy_mark = false;
        }
        // A message of ours is forgotten when it is read back that another
        // stands there, not before: what was read last may still show it, and
        // a PUT that was given up may still write it.
        self.said.read(seen.message.as_ref(), &self.our_messages);
        let writing = self.put.as_ref().and_then(|r| r.put.message.as_ref());
        if self.stray.is_none_or(|until| until <= now) {
            self.our_messages.retain(|m| Some(m) == seen.message.as_ref() || Some(m) == writing);
        }
        self.seen = Some(seen);
    }
}

/// Messages of ours that may stand on a server at most, while answers are
/// lost: beyond, the oldest is forgotten.
const OUR_MESSAGES: usize = 8;

/// So many times we try to leave busy, for more than two minutes, while only
/// agents are there that may hold it: a rate limit that both share may keep
/// one from leaving it for half a minute.
const AGENT_LEAVES: u32 = 4;

/// A write that was given up, because its answer was lost or the program
/// ended, may still be carried out within this time.
pub(super) const STRAY: Duration = Duration::from_secs(30);

/// A server that is overrun may refuse everybody for minutes: that is when to
/// come back, and no pace to keep for ever.
const SLOWEST_PACE: Duration = Duration::from_secs(20);

/// What a sync says is acted on within this time.
const SYNC_HEARD: Duration = Duration::from_secs(5);

/// The slack that a clock may have when two PUTs are taken for quick ones.
const PACE_SLACK: Duration = Duration::from_secs(1);

/// Whether what a PUT set is still so after a sync of the same device
/// (PROTOCOL section 1, the second table).
fn stands_after_sync(put: Presence, sync: Presence) -> bool {
    put == Presence::Busy || sync == Presence::Offline || sync == put
}

/// `first`, doubled so often, at most `cap`.
pub(super) fn doubled(first: Duration, times: u32, cap: Duration) -> Duration {
    first.saturating_mul(1u32.checked_shl(times.min(20)).unwrap_or(u32::MAX)).min(cap)
}
