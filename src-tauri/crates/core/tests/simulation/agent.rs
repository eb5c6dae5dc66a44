//! An agent on the model: it does what the plan says, with a delay for each
//! request, and nothing else.

use std::time::Duration;

use presently_core::account::profile::Profile;
use presently_core::account::{
    Abilities, Acknowledged, Desired, Event, Marks, Plan, Put, Seen, plan,
};
use presently_core::{Mono, Presence};

use crate::model::{PutAnswer, Server};

pub const DEVICE: &str = "presently";
const TRIP: Duration = Duration::from_millis(8);

/// An answer on its way to us.
enum Flight {
    Poll { number: u64, seen: Option<Seen>, upto: u64, failed: bool },
    Put(PutAnswer),
    PutLost,
    Read(Option<Seen>),
    Devices(Option<Vec<String>>),
}

pub struct Agent {
    pub desired: Desired,
    pub abilities: Abilities,
    pub ack: Acknowledged,
    pub server: Server,
    pub now: Mono,
    /// Nothing gets through.
    pub down: bool,
    pub requests: u64,
    pub limited: u64,
    flights: Vec<(Mono, Flight)>,
    /// The poll that the server holds: number and end.
    held: Option<(u64, Mono)>,
    /// The token of the last answer that we took.
    since: u64,
    polls: u64,
    pub last: Plan,
    /// Told to the tests when something goes on for ever.
    pub steps: u64,
}

impl Agent {
    pub fn new(server: Server) -> Self {
        let busy = server.shape.busy;
        Self {
            desired: Desired::default(),
            abilities: Abilities { busy: Some(busy), ..Abilities::default() },
            ack: Acknowledged::default(),
            server,
            now: Mono(1_000),
            down: false,
            requests: 0,
            limited: 0,
            flights: Vec::new(),
            held: None,
            since: 0,
            polls: 0,
            last: Plan::default(),
            steps: 0,
        }
    }

    /// Killed and started again: only the marks are left.
    pub fn kill(&mut self) {
        self.ack = Acknowledged::after_restart(&Marks::of(&self.ack, &Profile::default()));
        self.flights.clear();
        if self.held.take().is_some() {
            self.server.sync_ended(DEVICE, self.now);
        }
    }

    pub fn cut(&mut self, down: bool) {
        self.down = down;
        if down && let Some((number, _)) = self.held.take() {
            self.server.sync_ended(DEVICE, self.now);
            self.fly(Flight::Poll { number, seen: None, upto: 0, failed: true });
        }
    }

    fn fly(&mut self, flight: Flight) {
        self.flights.push((self.now + TRIP, flight));
    }

    fn step(&mut self) {
        let p = plan(&self.desired, &self.abilities, &self.ack, self.now);
        assert!(p.look.is_none_or(|l| l > self.now), "a look in the past: {p:?}");
        if let Some(step) = p.poll {
            self.steps += 1;
            self.requests += 1;
            self.polls += 1;
            let number = self.polls;
            self.record(Event::PollStarted { number, set: step.set });
            if self.down {
                self.fly(Flight::Poll { number, seen: None, upto: 0, failed: true });
            } else {
                let fresh = step.fresh;
                self.server.sync(DEVICE, step.set, self.now);
                if fresh {
                    let (seen, upto) = (Some(self.server.seen()), self.server.changes);
                    self.held = None;
                    self.server.sync_ended(DEVICE, self.now);
                    self.fly(Flight::Poll { number, seen, upto, failed: false });
                } else {
                    self.held = Some((number, self.now + step.timeout));
                }
            }
        }
        if let Some(put) = p.put.clone() {
            self.steps += 1;
            self.requests += 1;
            self.record(Event::PutStarted(put.clone()));
            if self.down {
                self.fly(Flight::PutLost);
            } else {
                let Put { presence, message, .. } = put;
                let answer = self.server.put(DEVICE, presence, message, self.now);
                if matches!(answer, PutAnswer::Limited(_)) {
                    self.limited += 1;
                }
                self.fly(Flight::Put(answer));
            }
        }
        if p.read {
            self.steps += 1;
            self.requests += 1;
            self.record(Event::ReadStarted);
            let seen = (!self.down).then(|| self.server.seen());
            self.fly(Flight::Read(seen));
        }
        if p.devices {
            self.steps += 1;
            self.requests += 1;
            self.record(Event::DevicesStarted);
            let others = (!self.down).then(|| self.server.others(self.now));
            self.fly(Flight::Devices(others));
        }
        self.last = p;
    }

    fn record(&mut self, event: Event) {
        self.ack.record(event, &mut self.abilities, self.now);
    }

    fn answer_held(&mut self) {
        if let Some((number, end)) = self.held {
            let upto = self.server.changes;
            let changed = upto != self.since;
            if changed || self.now >= end {
                self.held = None;
                self.server.sync_ended(DEVICE, self.now);
                let seen = changed.then(|| self.server.seen());
                self.fly(Flight::Poll { number, seen, upto, failed: false });
            }
        }
    }

    fn land(&mut self, flight: Flight) {
        let event = match flight {
            Flight::Poll { number, failed: true, .. } => {
                Event::PollFailed { number, retry_after: None, jitter: 50 }
            }
            Flight::Poll { number, seen, upto, .. } => {
                if self.ack.poll.is_some_and(|p| p.number == number) {
                    self.since = upto;
                }
                Event::PollAnswered { number, seen }
            }
            Flight::Put(PutAnswer::Ok) => Event::PutAccepted,
            Flight::Put(PutAnswer::Limited(wait)) => Event::PutLimited(wait),
            Flight::Put(PutAnswer::BusyRefused) => Event::PutBusyRefused,
            Flight::PutLost => Event::PutFailed,
            Flight::Read(seen) => Event::ReadAnswered(seen),
            Flight::Devices(devices) => Event::DevicesAnswered(devices),
        };
        self.record(event);
    }

    /// Lets time pass.
    pub fn run(&mut self, length: Duration) {
        let end = self.now + length;
        loop {
            self.server.tick(self.now);
            self.answer_held();
            self.step();
            // A step may have changed what a held poll tells.
            self.answer_held();
            let next = [
                self.flights.iter().map(|(t, _)| *t).min(),
                self.last.look,
                self.held.map(|(_, end)| end),
                self.server.next_decay(self.now),
            ]
            .into_iter()
            .flatten()
            .min()
            .map_or(end, |t| t.min(end));
            if next > self.now {
                self.now = next;
            } else if next == end {
                break;
            } else {
                self.now = self.now + Duration::from_millis(1);
            }
            if self.now >= end {
                self.now = end;
            }
            let mut landing = Vec::new();
            let now = self.now;
            let mut kept = Vec::new();
            for (t, f) in self.flights.drain(..) {
                if t <= now { landing.push(f) } else { kept.push((t, f)) }
            }
            self.flights = kept;
            for f in landing {
                self.land(f);
            }
            if self.now >= end {
                self.server.tick(self.now);
                self.answer_held();
                self.step();
                break;
            }
        }
    }

    /// What others ought to see: busy only where the server has it and
    /// nothing would hold it.
    pub fn meant(&self) -> Option<Presence> {
        let with_element = !self.server.others(self.now).is_empty();
        match self.desired.presence {
            Some(Presence::Busy)
                if !self.server.shape.busy || self.ack.held_once || with_element =>
            {
                Some(Presence::Unavailable)
            }
            other => other,
        }
    }
}
