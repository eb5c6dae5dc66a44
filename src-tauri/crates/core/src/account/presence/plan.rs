//! The plan of the presence: the requests that are due now. It follows from
//! what is desired, what the server can do, what it has confirmed, and the
//! time.

use std::time::Duration;

use super::busy::{self, AsBusy, as_busy};
use super::{Acknowledged, Desired, PollStep, Put, PutState};
use crate::account::abilities::{Abilities, BusyBySync, SYNAPSE_PACE};
use crate::account::note::Note;
use crate::account::retry::doubled;
use crate::settings::BusyMode;
use crate::{Mono, Presence};

/// The read-back of an accepted PUT takes no longer than this, or something is
/// wrong.
pub(super) const READ_BACK: Duration = Duration::from_secs(2);
/// The longest pause before a change without effect is sent again. The first
/// pause is the interval of the rate limit, and each further one is twice as
/// long, because another device may hold the presence for hours.
const LONGEST_RETRY_INTERVAL: Duration = Duration::from_secs(300);
/// Added to the server's pace, because the server sees a request at another
/// time than we do.
pub(super) const PACE_MARGIN: Duration = Duration::from_millis(500);
/// After this many reads in a row that told nothing, no further one is made
/// until there is a sign that there is something to read.
const MAX_EMPTY_READS: u8 = 3;
/// Without an open poll, what was last read is out of date after this time.
const STALE_AFTER: Duration = Duration::from_millis(100);
/// A PUT waits at most this long for the read that goes before it.
const READ_BEFORE_PUT_TIMEOUT: Duration = Duration::from_secs(1);

/// The requests that are due, and when to plan again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Begin this poll, in place of the open one.
    pub poll: Option<PollStep>,
    /// Send this PUT.
    pub put: Option<Put>,
    /// Read our own presence (GET), because no poll will tell it soon.
    pub read: bool,
    /// List the other devices (GET /devices).
    pub devices: bool,
    /// Plan again at this time if no event comes before. It is later than now.
    pub next: Option<Mono>,
    /// What the person should know.
    pub note: Option<Note>,
    /// Others see what was meant.
    pub settled: bool,
}

/// Returns what is due at `now`. The same arguments give the same plan, and
/// [`Plan::next`] is later than `now`.
pub(in crate::account) fn plan(
    desired: &Desired,
    abilities: &Abilities,
    ack: &Acknowledged,
    now: Mono,
) -> Plan {
    let (as_busy, ask) = as_busy(desired, abilities, ack, now);
    let wire = match desired.presence {
        Some(Presence::Busy) if as_busy != AsBusy::Yes => Some(Presence::Unavailable),
        other => other,
    };
    let ask = ask.or_else(|| busy::ask_who_holds(desired, ack, now)).filter(|_| ack.synced);
    let devices = ask.is_some_and(|at| at <= now);
    let ask = ask.filter(|at| *at > now);
    if let AsBusy::Wait(until) = as_busy
        && ack.synced
    {
        // Sending away now and busy in a moment would be two changes instead of
        // one. Until the list of devices is here, what others see stays, and
        // only reads and long polls go on.
        let planner = Planner { desired, abilities, ack, now, to_send: ack.seen_presence() };
        let listen = planner.poll_due(None).filter(|_| !ack.is_listening());
        let dues = [listen, planner.read_due()];
        let is_due = |due: Due| due.is_some_and(|at| at <= now);
        let poll = is_due(listen).then(|| planner.poll_step());
        let read = poll.is_none() && is_due(planner.read_due());
        let later = dues.into_iter().chain([Some(until), ask]).flatten().filter(|at| *at > now);
        return Plan { poll, read, devices, next: later.min(), ..Plan::default() };
    }
    let planner = Planner { desired, abilities, ack, now, to_send: wire };
    let mut plan = planner.plan();
    plan.devices = devices;
    plan.next = plan.next.into_iter().chain(ask).min();
    plan
}

/// The message that a PUT has to carry, because a PUT without one clears it. It
/// is `wanted`, or else the message that was found there, unless that is an old
/// one of ours. The second value is whether it is the person's own.
pub(in crate::account) fn carried_message(
    wanted: Option<&String>,
    ack: &Acknowledged,
) -> (Option<String>, bool) {
    if wanted.is_some() {
        return (wanted.cloned(), true);
    }
    let found = ack.seen.as_ref().and_then(|s| s.message.clone());
    (found.filter(|m| !ack.message.ours.contains(m)), false)
}

pub(super) struct Planner<'a> {
    pub(super) desired: &'a Desired,
    pub(super) abilities: &'a Abilities,
    pub(super) ack: &'a Acknowledged,
    pub(super) now: Mono,
    /// The presence to send, with away in place of a busy that cannot be sent.
    pub(super) to_send: Option<Presence>,
}

/// When something is due. The time may be past.
pub(super) type Due = Option<Mono>;

impl Planner<'_> {
    fn plan(&self) -> Plan {
        let put = self.put();
        let mut put_now = put.as_ref().is_some_and(|(due, _)| *due <= self.now);
        let poll_due = self.poll_due(put.as_ref().map(|(due, _)| *due));
        let mut poll_now = poll_due.is_some_and(|due| due <= self.now);
        let read_before_put = self.read_before_put().filter(|until| put_now && *until > self.now);
        if read_before_put.is_some() {
            (put_now, poll_now) = (false, false);
        }
        let read_due = self.read_due();
        let wants_read = read_before_put.is_some() && !self.ack.read.open;
        let read_now = wants_read || read_due.is_some_and(|due| due <= self.now);
        let next = [
            put.as_ref().map(|(due, _)| *due),
            poll_due,
            self.read_back_due(),
            read_due,
            read_before_put,
        ]
        .into_iter()
        .flatten()
        .filter(|due| *due > self.now)
        .min();
        // A PUT of what others already see can wait.
        let right = self.presence_is_right();
        let later = self.to_send.is_some() && right && !self.message_is_wrong();
        let settled =
            (put.is_none() || later) && !self.ack.is_putting() && right && self.is_known();
        Plan {
            poll: poll_now.then(|| self.poll_step()),
            put: put.filter(|_| put_now).map(|(_, put)| put),
            read: read_now && !poll_now && !put_now,
            devices: false,
            next,
            note: self.note(),
            settled,
        }
    }

    /// Until when a PUT waits for a read. While no poll was open, another
    /// device may have set a message that the PUT would clear. If it cannot be
    /// read, the PUT is sent without it.
    fn read_before_put(&self) -> Due {
        let ack = self.ack;
        let is_stale = ack.synced
            && !self.off()
            && !ack.is_listening()
            && self.now.since(ack.heard) > STALE_AFTER;
        let asked = if ack.read.open { ack.read.started } else { self.now };
        (is_stale && ack.read.retry.failures() == 0).then_some(asked + READ_BEFORE_PUT_TIMEOUT)
    }

    pub(super) fn off(&self) -> bool {
        self.abilities.presence == Some(false)
    }

    /// Whether it is known what stands there, as far as it can be.
    pub(super) fn is_known(&self) -> bool {
        self.off() || self.ack.read.known
    }

    pub(super) fn seen(&self) -> Option<Presence> {
        self.ack.seen_presence()
    }

    /// The message that is to stand there.
    pub(super) fn message(&self) -> Option<&String> {
        let own = self.desired.message.as_ref().filter(|_| !self.ack.message.said.replaced);
        let away_for_busy =
            self.desired.presence == Some(Presence::Busy) && self.to_send != Some(Presence::Busy);
        // A message that the person set on any device comes before the
        // stand-in.
        let theirs = self.there().is_some_and(|m| !self.ack.message.ours.contains(m));
        let is_due = away_for_busy || self.desired.stands_in_always;
        let stand_in = self.desired.stand_in.as_ref().filter(|_| is_due && !theirs);
        own.or(stand_in)
    }

    /// The message that others read.
    pub(super) fn there(&self) -> Option<&String> {
        self.ack.seen.as_ref()?.message.as_ref()
    }

    /// Whether a PUT was accepted a moment ago and its presence was not read
    /// back yet.
    pub(super) fn put_unread(&self) -> bool {
        self.ack.put.last.as_ref().is_some_and(|p| {
            p.state == PutState::Accepted
                && self.now.since(p.started) < READ_BACK
                && self.seen() != Some(p.put.presence)
        })
    }

    fn read_back_due(&self) -> Due {
        let record = self.ack.put.last.as_ref()?;
        self.put_unread().then(|| record.started + READ_BACK)
    }

    /// Whether another device shows busy and ours does not, because we never
    /// set it or have left it. A sync of ours with a presence would catch that
    /// busy and hold it after the other device has left it.
    pub(super) fn busy_elsewhere(&self) -> bool {
        let left = self.ack.put.last.as_ref().is_some_and(|p| {
            p.state == PutState::Accepted
                && p.put.presence != Presence::Busy
                && self.now.since(p.started) >= READ_BACK
        });
        self.ack.is_seen_busy()
            && self.to_send != Some(Presence::Busy)
            && self.abilities.busy_by_sync != BusyBySync::Needed
            // An open poll catches nothing, but a new one would.
            && (!self.ack.busy.mark || left || !self.ack.is_listening())
    }

    fn presence_is_right(&self) -> bool {
        match self.to_send {
            None => true,
            _ if self.off() => true,
            Some(Presence::Offline) => {
                self.seen().is_none_or(|s| s == Presence::Offline)
                    || self.ack.put.in_force == Some(Presence::Offline)
            }
            Some(wire) => self.seen() == Some(wire),
        }
    }

    pub(super) fn retry_interval(&self, without_effect: u32) -> Duration {
        doubled(SYNAPSE_PACE + PACE_MARGIN, without_effect, LONGEST_RETRY_INTERVAL)
    }

    /// When to read our own presence, because it is unknown or no poll tells
    /// it.
    fn read_due(&self) -> Due {
        let ack = self.ack;
        if self.off() || !ack.synced || ack.read.open {
            return None;
        }
        if !ack.read.known {
            return Some(ack.read.retry.due());
        }
        if ack.read.done || ack.read.empty_in_a_row >= MAX_EMPTY_READS {
            return None;
        }
        if ack.is_listening() {
            // An open poll should have told it by now.
            return self.unconfirmed_read_due().map(|since| since.max(ack.read.retry.due()));
        }
        let put_unread = ack.put.last.as_ref().is_some_and(|p| {
            p.state == PutState::Accepted
                && (self.seen() != Some(p.put.presence) || self.there() != p.put.message.as_ref())
        });
        (ack.seen.is_none() || put_unread).then(|| ack.read.retry.due())
    }

    /// When to read what we sent and no poll told. An open poll tells it at
    /// once, unless presence goes nowhere on this server.
    fn unconfirmed_read_due(&self) -> Due {
        let ack = self.ack;
        if self.off() || !ack.synced || ack.read.open || ack.read.done || ack.shown {
            return None;
        }
        let says = |presence: Presence| presence != Presence::Offline;
        let put = ack.put.last.as_ref().filter(|p| p.state == PutState::Accepted);
        let put = put.filter(|p| says(p.put.presence)).map(|p| p.started);
        let nobody = !self.seen().is_some_and(says);
        let poll = ack.sync.poll.filter(|p| p.open && says(p.set) && nobody);
        let poll = poll.map(|p| p.started);
        put.max(poll).map(|since| since + READ_BACK)
    }

    fn note(&self) -> Option<Note> {
        if self.off() {
            return Some(Note::PresenceOff);
        }
        let listed = self.ack.others.known.as_ref().filter(|listed| listed.is_fresh(self.now));
        let held = |presence| {
            let left = presence == Presence::Busy && self.ack.busy.mark;
            // An older list does not show which device is the cause.
            let listed = listed.filter(|listed| listed.at >= self.ack.held_since());
            if left && listed.is_some_and(busy::Listed::has_no_holder) {
                return Some(Note::ServerHolds);
            }
            // A busy that was there before the line came up may be of a device
            // that does not sync any more.
            let listed = listed.filter(|_| !self.ack.busy.found);
            let name = listed.and_then(|c| c.shows(presence, left)).map(|other| other.name.clone());
            Some(Note::OtherDevice { presence, name })
        };
        if self.busy_elsewhere() {
            return held(Presence::Busy);
        }
        let tried = self.ack.sync.without_effect + self.ack.put.without_effect > 0
            || self.ack.put.in_force == self.to_send;
        // What our own write to the profile did is not another device's doing.
        let tried = tried && !self.ack.undone_by_profile;
        if let (Some(seen), Some(wire)) = (self.seen(), self.to_send)
            && tried
            && seen.rank() > wire.rank()
            && !self.put_unread()
        {
            return held(seen);
        }
        let busy_as_away = self.desired.presence == Some(Presence::Busy)
            && self.to_send != Some(Presence::Busy)
            && self.desired.busy != BusyMode::Never;
        match self.abilities.busy {
            _ if busy_as_away && self.abilities.busy_by_sync == BusyBySync::Refused => {
                Some(Note::NoBusy)
            }
            Some(false) if busy_as_away => Some(Note::NoBusy),
            Some(true) if busy_as_away => {
                let holder = listed.and_then(busy::Listed::may_hold).flatten();
                Some(Note::WouldBeHeld { name: holder.map(|other| other.name.clone()) })
            }
            _ => None,
        }
    }
}
