//! Rules about the person's other devices and about unusual servers, step by
//! step. The simulation in core/tests/ covers hours and days.

use std::time::Duration;

use jiff::Timestamp;

use super::plan::{Plan, plan};
use super::*;
use crate::Moment;
use crate::account::abilities::{Abilities, BusyBySync, Pace};
use crate::account::note::Note;
use crate::settings::BusyMode;

fn synapse() -> Abilities {
    Abilities { busy: Some(true), presence: Some(true), pace: Pace::Free, ..Abilities::default() }
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn seen(presence: Presence, message: Option<&str>) -> Seen {
    Seen { presence, message: message.map(str::to_owned) }
}

fn wish(presence: Presence) -> Desired {
    Desired { presence: Some(presence), manual: true, ..Desired::default() }
}

fn moment(mono: Mono) -> Moment {
    let ms = i64::try_from(mono.0).expect("soon");
    Moment { mono, wall: Timestamp::from_millisecond(ms).expect("in range") }
}

mod detect;
mod limits;
mod others;

/// An agent whose server is played by the test.
struct Agent {
    desired: Desired,
    abilities: Abilities,
    ack: Acknowledged,
    now: Mono,
    polls: u64,
    puts: Vec<Put>,
}

impl Agent {
    /// An agent whose first poll was answered with `there`, and whose next poll
    /// with the desired presence is open.
    fn new(desired: Desired, there: Option<Seen>) -> Self {
        Self::on(synapse(), desired, there)
    }

    fn on(abilities: Abilities, desired: Desired, there: Option<Seen>) -> Self {
        let ack = Acknowledged::default();
        let mut agent = Self { desired, abilities, ack, now: Mono(0), polls: 0, puts: Vec::new() };
        agent.step();
        agent.tells(there);
        agent
    }

    fn record(&mut self, event: Event) {
        self.ack.record(event, "OURS", &mut self.abilities, moment(self.now));
    }

    /// Carries out what is due. PUTs are accepted at once, and no poll tells of
    /// them.
    fn step(&mut self) -> Plan {
        for _ in 0..6 {
            let plan = plan(&self.desired, &self.abilities, &self.ack, self.now);
            if let Some(step) = plan.poll {
                self.polls += 1;
                self.record(Event::PollStarted { set: step.set, is_initial: step.is_initial });
            }
            if let Some(put) = plan.put.clone() {
                self.puts.push(put.clone());
                self.record(Event::PutStarted(put));
                self.record(Event::PutAccepted);
            }
            if plan.read {
                self.record(Event::ReadStarted);
            }
            if plan.devices {
                self.record(Event::DevicesStarted);
            }
            if plan.poll.is_none() && plan.put.is_none() && !plan.read && !plan.devices {
                return plan;
            }
        }
        panic!("it goes on for ever");
    }

    /// Answers the open poll with this, and lets the next one begin.
    fn tells(&mut self, there: Option<Seen>) -> Plan {
        self.record(Event::PollAnswered(there));
        self.step()
    }

    fn others(&mut self, names: &[&str]) -> Plan {
        let now = moment(self.now).wall;
        let devices = names.iter().map(|&name| Device {
            id: name.to_owned(),
            name: Some(name.to_owned()),
            last_seen: Some(now),
        });
        self.record(Event::DevicesAnswered(Some((devices.collect(), now))));
        self.step()
    }

    /// Lets time pass. A read that is due is answered with `read`.
    fn waits(&mut self, time: Duration, read: &Seen) -> Plan {
        let end = self.now + time;
        loop {
            let mut plan = self.step();
            while self.ack.read.open {
                self.record(Event::ReadAnswered(Some(read.clone())));
                plan = self.step();
            }
            match plan.next {
                Some(next) if next <= end => self.now = next,
                _ => {
                    self.now = end;
                    return self.step();
                }
            }
        }
    }
}
