//! The plan: from wish, abilities, what is confirmed and the time to the
//! requests that are due now.

use std::time::Duration;

use super::company::{self, AsBusy, as_busy};
use super::record::doubled;
use super::{
    Abilities, Acknowledged, BusyBySync, Company, Desired, Note, Pace, Plan, PollStep, Put,
    PutState, SYNAPSE_PACE,
};
use crate::settings::BusyMode;
use crate::{Mono, Presence};

/// Synapse takes a person for active until 60 s after a sync began, also
/// while it is open (PROTOCOL 0.5).
const ACTIVE_POLL: Duration = Duration::from_secs(55);
/// Any other state holds for as long as the poll is open.
const RESTING_POLL: Duration = Duration::from_secs(240);
/// An answer to a PUT is read back within this time, or something is wrong.
const READ_BACK: Duration = Duration::from_secs(2);
/// A poll that was tried twice and brought nothing is backed by a PUT: that
/// is never ignored without a word.
const POLLS_IN_VAIN: u32 = 1;
/// Without an open poll, what was heard is out of date after this.
const HEARD: Duration = Duration::from_millis(100);
/// A PUT waits so long for the answer that says what was missed.
const MISSED: Duration = Duration::from_secs(1);
/// What keeps out of step with another device's syncs lets them go first;
/// soon enough to stay alive (PROTOCOL 0.5).
const OUT_OF_STEP: Duration = Duration::from_secs(21);
/// What was tried in vain is tried again after the server's pace, then
/// after twice that, up to this: another device may hold the presence for
/// hours.
const LONGEST_PATIENCE: Duration = Duration::from_secs(300);
/// Added to the server's pace, because its clock and ours see requests at
/// different times.
const PACE_MARGIN: Duration = Duration::from_millis(500);

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

/// What is due at `now`. The same arguments give the same plan, and
/// [`Plan::look`] is later than `now`.
pub fn plan(desired: &Desired, abilities: &Abilities, ack: &Acknowledged, now: Mono) -> Plan {
    let (as_busy, ask) = as_busy(desired, abilities, ack, now);
    let wire = match desired.presence {
        Some(Presence::Busy) if as_busy != AsBusy::Yes => Some(Presence::Unavailable),
        other => other,
    };
    let ask = ask.or_else(|| company::ask_who_holds(desired, ack, now));
    let devices = ask.is_some_and(|at| at <= now);
    if let AsBusy::Wait(until) = as_busy
        && ack.synced
    {
        // Away now and busy in a moment would be two changes for one.
        return Plan { devices, look: Some(until), ..Plan::default() };
    }
    let planner = Planner { desired, abilities, ack, now, wire };
    let mut plan = planner.plan();
    plan.devices = devices && ack.synced;
    plan.look = plan.look.into_iter().chain(ask.filter(|at| *at > now)).min();
    plan
}

/// The message a PUT has to carry, because one without a message clears it,
/// and whether it is our person's: theirs, else the one that was found and
/// is not an old one of ours.
pub(super) fn carried_message(
    wanted: Option<&String>,
    ack: &Acknowledged,
) -> (Option<String>, bool) {
    if wanted.is_some() {
        return (wanted.cloned(), true);
    }
    let found = ack.seen.as_ref().and_then(|s| s.message.clone());
    (found.filter(|m| !ack.our_messages.contains(m)), false)
}

struct Planner<'a> {
    desired: &'a Desired,
    abilities: &'a Abilities,
    ack: &'a Acknowledged,
    now: Mono,
    wire: Option<Presence>,
}

/// When something is due: at a time, which may be past.
type Due = Option<Mono>;

impl Planner<'_> {
    fn plan(&self) -> Plan {
        let put = self.put();
        let mut put_now = put.as_ref().is_some_and(|(due, _)| *due <= self.now);
        let poll_due = self.poll_due(put.as_ref().map(|(due, _)| *due));
        let mut poll_now = poll_due.is_some_and(|due| due <= self.now);
        let missed = self.missed().filter(|until| put_now && *until > self.now);
        if missed.is_some() {
            (put_now, poll_now) = (false, false);
        }
        let wants_read = missed.is_some() && !self.ack.read_open;
        let read = wants_read || (self.read() && !poll_now && !put_now);
        let look = [
            put.as_ref().map(|(due, _)| *due),
            poll_due,
            self.read_back_look(),
            self.silence(),
            missed,
        ]
        .into_iter()
        .flatten()
        .filter(|due| *due > self.now)
        .min();
        let settled = put.is_none() && !self.put_open() && self.presence_is_right();
        Plan {
            poll: poll_now.then(|| self.poll_step()),
            put: put.filter(|_| put_now).map(|(_, put)| put),
            read,
            devices: false,
            look,
            note: self.note(),
            settled,
        }
    }

    /// What was said elsewhere while no poll was open is asked for before a
    /// PUT, which would clear a message that we have not heard of. It is
    /// waited for until then.
    fn missed(&self) -> Due {
        let ack = self.ack;
        let listening = ack.poll.is_some_and(|p| p.open);
        let deaf = ack.synced && !self.off() && !listening && self.now.since(ack.heard) > HEARD;
        let asked = if ack.read_open { ack.read_since } else { self.now };
        deaf.then_some(asked + MISSED)
    }

    fn off(&self) -> bool {
        self.abilities.presence == Some(false)
    }

    fn seen(&self) -> Option<Presence> {
        self.ack.seen.as_ref().map(|s| s.presence)
    }

    /// The message that is to stand there.
    fn message(&self) -> Option<&String> {
        let own = self.desired.message.as_ref().filter(|_| !self.ack.said.replaced);
        let away_for_busy =
            self.desired.presence == Some(Presence::Busy) && self.wire != Some(Presence::Busy);
        // It stands in for what the person said, wherever they said it.
        let theirs = self.there().is_some_and(|m| !self.ack.our_messages.contains(m));
        let stand_in = self.desired.stand_in.as_ref().filter(|_| away_for_busy && !theirs);
        own.or(stand_in)
    }

    /// The message that others read.
    fn there(&self) -> Option<&String> {
        self.ack.seen.as_ref()?.message.as_ref()
    }

    fn put_open(&self) -> bool {
        self.ack.put.as_ref().is_some_and(|p| p.state == PutState::Open)
    }

    /// A PUT was accepted a moment ago and not read back yet.
    fn put_unread(&self) -> bool {
        self.ack.put.as_ref().is_some_and(|p| {
            p.state == PutState::Accepted
                && self.now.since(p.started) < READ_BACK
                && self.seen() != Some(p.put.presence)
        })
    }

    fn read_back_look(&self) -> Due {
        let record = self.ack.put.as_ref()?;
        self.put_unread().then(|| record.started + READ_BACK)
    }

    /// Another device shows busy, not ours: we never set it, or have left
    /// it. A sync of ours with a presence would catch it and hold it after
    /// the other has left (PROTOCOL 0.2).
    fn busy_elsewhere(&self) -> bool {
        let left = self.ack.put.as_ref().is_some_and(|p| {
            p.state == PutState::Accepted
                && p.put.presence != Presence::Busy
                && self.now.since(p.started) >= READ_BACK
        });
        self.seen() == Some(Presence::Busy)
            && self.wire != Some(Presence::Busy)
            && self.abilities.busy_by_sync != BusyBySync::Needed
            // An open poll is no new sync; a new one would be.
            && (!self.ack.busy_mark || left || !self.ack.poll.is_some_and(|p| p.open))
    }

    fn presence_is_right(&self) -> bool {
        match self.wire {
            None => true,
            _ if self.off() => true,
            Some(Presence::Offline) => {
                self.seen().is_none_or(|s| s == Presence::Offline)
                    || self.ack.put_stands == Some(Presence::Offline)
            }
            Some(wire) => self.seen() == Some(wire),
        }
    }

    /// The PUT that is wanted, and when it may go.
    fn put(&self) -> Option<(Mono, Put)> {
        let ack = self.ack;
        if self.off() || !ack.synced || self.put_open() {
            return None;
        }
        let seen = self.seen();
        let stands = ack.put_stands;
        let busy_missing = self.wire == Some(Presence::Busy) && seen != Some(Presence::Busy);
        // Busy is left by PUT alone. One that is not ours is left too, in
        // case a sync of ours has caught it and holds it; patience sees to
        // it that this is no quarrel.
        let busy_left = seen == Some(Presence::Busy)
            && self.wire != Some(Presence::Busy)
            && (ack.busy_mark || self.wire.is_some() || stands != Some(Presence::Offline));
        let chosen = self.desired.manual && self.wire.is_some() && stands != self.wire;
        let hide = self.wire == Some(Presence::Offline)
            && stands != Some(Presence::Offline)
            && seen.is_some_and(|s| s != Presence::Offline);
        // Our syncs are answered and change nothing.
        let unheard = seen == Some(Presence::Offline)
            && self.wire.is_some_and(|w| w != Presence::Offline)
            && ack.polls_in_vain >= POLLS_IN_VAIN;
        if !(busy_missing || busy_left || chosen || hide || unheard || self.message_is_wrong()) {
            return None;
        }
        let (message, ours) = carried_message(self.message(), ack);
        let presence = self.wire.unwrap_or(Presence::Offline);
        let put = Put { presence, message, ours };
        Some((self.put_due(&put), put))
    }

    fn message_is_wrong(&self) -> bool {
        let there = self.there();
        let is_ours = there.is_some_and(|m| self.ack.our_messages.contains(m));
        match self.message() {
            // Ours even where the same words stood there before.
            Some(wanted) => there != Some(wanted) || !is_ours,
            None => is_ours,
        }
    }

    fn put_due(&self, put: &Put) -> Mono {
        let mut due = self.ack.put_not_before;
        if let Some(last) = &self.ack.put {
            if let Pace::Limited(pace) = self.abilities.pace {
                due = due.max(last.started + pace + PACE_MARGIN);
            }
            // Somebody who keeps our presence is no reason to let go of a
            // message that stood there.
            let message_lost = self.message_is_wrong() && self.ack.message_stood;
            if last.put == *put && last.state == PutState::Accepted && !message_lost {
                due = due.max(last.started + self.patience(self.ack.puts_in_vain));
            }
        }
        due
    }

    fn patience(&self, in_vain: u32) -> Duration {
        doubled(SYNAPSE_PACE + PACE_MARGIN, in_vain, LONGEST_PATIENCE)
    }

    /// What our syncs say.
    fn set(&self) -> Presence {
        if self.off() || self.busy_elsewhere() {
            return Presence::Offline;
        }
        match self.wire {
            None | Some(Presence::Offline) => Presence::Offline,
            Some(Presence::Online) => Presence::Online,
            Some(Presence::Busy) if self.abilities.busy_by_sync == BusyBySync::Needed => {
                Presence::Busy
            }
            // Busy cannot go by sync (PROTOCOL 0.1). What shows if it is
            // lost should be nearest to it.
            Some(Presence::Unavailable | Presence::Busy) => Presence::Unavailable,
        }
    }

    fn poll_step(&self) -> PollStep {
        let set = self.set();
        let timeout = if set == Presence::Online { ACTIVE_POLL } else { RESTING_POLL };
        let timeout = self.ack.poll_cap.map_or(timeout, |cap| timeout.min(cap));
        PollStep { set, timeout, fresh: !self.ack.synced }
    }

    /// When the next poll is to begin.
    fn poll_due(&self, put_due: Due) -> Due {
        let ack = self.ack;
        let Some(poll) = &ack.poll else { return Some(ack.poll_not_before) };
        let set = self.set();
        let after = |least: Duration| {
            ack.bucket.map_or(Mono(0), |last| match self.abilities.pace {
                Pace::Free => Mono(0),
                pace => last + (pace.interval() + PACE_MARGIN).max(least),
            })
        };
        // Two devices that were told the same at the same time would sync
        // again at the same time, and one of them in vain.
        let surely = after(if ack.crowded { OUT_OF_STEP } else { Duration::ZERO });
        // A change may be tried early where the pace is not known.
        let change = match self.abilities.pace {
            Pace::Limited(_) => after(Duration::ZERO),
            _ => Mono(0),
        };
        if !poll.open {
            if !ack.synced {
                return Some(ack.poll_not_before);
            }
            // What a PUT is about to say would be seen as two changes.
            let unsaid = self.put_open() || put_due.is_some_and(|due| due <= self.now);
            if unsaid && poll.set != set {
                return None;
            }
            let due = if poll.set == set { surely } else { change };
            return Some(due.max(ack.poll_not_before));
        }
        if set == Presence::Offline {
            // An open poll that says more keeps us shown as more.
            return (poll.set != Presence::Offline).then_some(Mono(0));
        }
        let wrong = self.seen().is_some_and(|seen| Some(seen) != self.wire);
        let put_carries = put_due.is_some() || self.put_open() || self.put_unread();
        let by_sync = wrong && !put_carries && self.wire != Some(Presence::Busy);
        if poll.set != set {
            // Even where all looks right, this poll does not keep it so.
            return (!put_carries).then_some(if by_sync { change } else { surely });
        }
        if poll.early && self.abilities.pace != Pace::Free {
            // It may have been ignored, and then nothing keeps us alive.
            return Some(surely);
        }
        let again = ack.bucket.filter(|_| by_sync)?;
        Some(again + self.patience(ack.polls_in_vain))
    }

    /// Whether to read our own presence, because no poll tells it.
    fn read(&self) -> bool {
        let ack = self.ack;
        if self.off() || !ack.synced || ack.read_open || ack.read_done {
            return false;
        }
        if ack.poll.is_some_and(|p| p.open) {
            // It should have told by now.
            return self.silence().is_some_and(|since| since <= self.now);
        }
        let put_unread = ack.put.as_ref().is_some_and(|p| {
            p.state == PutState::Accepted
                && (self.seen() != Some(p.put.presence)
                    || ack.seen.as_ref().and_then(|s| s.message.as_ref()) != p.put.message.as_ref())
        });
        ack.seen.is_none() || put_unread
    }

    /// When what we said and nobody tells of is to be asked for: an open
    /// poll tells it at once, unless presence goes nowhere on this server.
    fn silence(&self) -> Due {
        let ack = self.ack;
        if self.off() || !ack.synced || ack.read_open || ack.read_done || ack.shown {
            return None;
        }
        let says = |presence: Presence| presence != Presence::Offline;
        let put = ack.put.as_ref().filter(|p| p.state == PutState::Accepted);
        let put = put.filter(|p| says(p.put.presence)).map(|p| p.started);
        let poll = ack.poll.filter(|p| p.open && says(p.set) && ack.seen.is_none());
        let poll = poll.map(|p| p.started);
        put.max(poll).map(|since| since + READ_BACK)
    }

    fn note(&self) -> Option<Note> {
        if self.off() {
            return Some(Note::PresenceOff);
        }
        let held = |presence| {
            let company = self.ack.company.as_ref();
            let left = presence == Presence::Busy && self.ack.busy_mark;
            if left && company.is_some_and(Company::is_alone) {
                return Some(Note::ServerHolds);
            }
            let name = company.and_then(|c| c.shows(left)).cloned();
            Some(Note::OtherDevice { presence, name })
        };
        if self.busy_elsewhere() {
            return held(Presence::Busy);
        }
        let tried =
            self.ack.polls_in_vain + self.ack.puts_in_vain > 0 || self.ack.put_stands == self.wire;
        if let (Some(seen), Some(wire)) = (self.seen(), self.wire)
            && tried
            && seen.rank() > wire.rank()
            && !self.put_unread()
        {
            return held(seen);
        }
        let busy_as_away = self.desired.presence == Some(Presence::Busy)
            && self.wire != Some(Presence::Busy)
            && self.desired.busy != BusyMode::Never;
        match self.abilities.busy {
            _ if busy_as_away && self.abilities.busy_by_sync == BusyBySync::Refused => {
                Some(Note::NoBusy)
            }
            Some(false) if busy_as_away => Some(Note::NoBusy),
            Some(true) if busy_as_away => {
                let device = self.ack.company.as_ref().and_then(Company::may_hold).flatten();
                Some(Note::WouldBeHeld(device.cloned()))
            }
            _ => None,
        }
    }
}
