//! Requests and answers on their way between an agent and its server.

use std::time::Duration;

use presently_core::account::profile::{ProfileEvent, Status, Step};
use presently_core::account::{Event, Put, Seen};
use presently_core::{Mono, Presence};

use crate::agent::Agent;
use crate::line::{Back, TIMEOUT};
use crate::net::Net;

/// What is asked of a server.
#[derive(Clone, Debug)]
pub enum Request {
    Poll {
        number: u64,
        set: Presence,
        fresh: bool,
        timeout: Duration,
    },
    Put(Put),
    Read,
    /// So often in vain so far.
    Devices(u32),
    Profile(Step),
}

/// What comes back.
#[derive(Clone, Debug)]
pub enum Answer {
    Poll {
        number: u64,
        seen: Option<Seen>,
        upto: (u64, u64),
        told: Option<Option<Status>>,
    },
    Event(Event),
    Profile(ProfileEvent),
    /// The other devices could not be listed, for the so-manieth time; and
    /// it is time to try again.
    DevicesFailed(u32),
    DevicesAgain(u32),
}

/// On its way.
#[derive(Clone, Debug)]
pub struct Flight {
    pub at: Mono,
    pub leg: Leg,
}

#[derive(Clone, Debug)]
pub enum Leg {
    /// To the server; what then becomes of the answer, if anybody waits.
    There(Request, Option<Back>),
    /// To the agent.
    Back(Answer),
}

/// The poll that the server holds.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub number: u64,
    pub end: Mono,
    /// The client lets go of it then, because there is a newer one.
    pub dropped: Option<Mono>,
}

impl Agent {
    pub fn send(&mut self, request: Request, net: &mut Net) {
        self.steps += 1;
        self.requests += 1;
        let fate = self.line.fate(&mut net.dice);
        let waits = matches!(fate.back, Back::Answer(_));
        if let Back::Failure(after) = fate.back {
            self.lost = net.now + after;
            self.fly_back(net.now + after, failure(&request, net));
        }
        match fate.there {
            None => {}
            Some(Duration::ZERO) => self.arrive(request, waits.then_some(fate.back), net),
            Some(there) => self.flights.push(Flight {
                at: net.now + there,
                leg: Leg::There(request, waits.then_some(fate.back)),
            }),
        }
    }

    pub fn fly_back(&mut self, at: Mono, answer: Answer) {
        self.flights.push(Flight { at, leg: Leg::Back(answer) });
    }

    /// A request is at the server.
    pub fn arrive(&mut self, request: Request, back: Option<Back>, net: &mut Net) {
        net.agents.insert(self.device, net.now);
        net.trace(|| format!("{} arrives {request:?} {:?}", self.device, net.mood));
        let after = match back {
            Some(Back::Answer(after)) => Some(after),
            _ => None,
        };
        if let Request::Poll { number, set, fresh, timeout } = request {
            if let Some(answer) = net.refuses_poll(number, set) {
                if let Some(after) = after {
                    self.fly_back(net.now + after, answer);
                }
                return;
            }
            let newest = self.held.is_none_or(|held| held.number < number);
            net.server.sync(self.device, set, net.now);
            let waited_for = after.is_some() && newest;
            if waited_for && !fresh {
                self.held = Some(Held { number, end: net.now + timeout, dropped: None });
                return;
            }
            if self.held.is_none() || waited_for {
                self.held = None;
                net.server.sync_ended(self.device, net.now);
            }
            if let Some(after) = after {
                let answer = net.tell_all(number);
                self.fly_back(net.now + after, answer);
            }
            return;
        }
        let mut limited = 0;
        let answer = net.answer(self.device, request, &mut limited);
        // Who does not know that a request got through cannot keep to the
        // pace.
        if net.now.since(self.lost) > TIMEOUT {
            self.limited += limited;
        }
        if let Some(after) = after {
            self.fly_back(net.now + after, answer);
        }
    }

    /// The poll that is held is answered when something has changed or its
    /// time is over.
    pub fn answer_held(&mut self, net: &mut Net) -> bool {
        let Some(held) = self.held else { return false };
        if held.dropped.is_some_and(|at| at <= net.now) {
            self.held = None;
            net.server.sync_ended(self.device, net.now);
            return false;
        }
        let news = net.news(self.since);
        if held.dropped.is_some() || !(news || net.now >= held.end) {
            return false;
        }
        self.held = None;
        net.server.sync_ended(self.device, net.now);
        match self.line.fate(&mut net.dice).back {
            Back::Answer(after) => {
                let answer = net.tell_news(held.number, self.since);
                self.fly_back(net.now + after, answer);
            }
            Back::Failure(after) => {
                let event = poll_failed(held.number, net);
                self.fly_back(net.now + after, event);
            }
        }
        true
    }
}

/// What an agent makes of a request that failed on its way.
pub fn failure(request: &Request, net: &mut Net) -> Answer {
    match request {
        Request::Poll { number, .. } => poll_failed(*number, net),
        Request::Put(_) => Answer::Event(Event::PutFailed),
        Request::Read => Answer::Event(Event::ReadAnswered(None)),
        Request::Devices(times) => Answer::DevicesFailed(*times),
        Request::Profile(_) => Answer::Profile(ProfileEvent::Failed),
    }
}

pub fn poll_failed(number: u64, net: &mut Net) -> Answer {
    let jitter = u8::try_from(net.dice.below(101)).unwrap_or(0);
    Answer::Event(Event::PollFailed { number, retry_after: None, jitter })
}

/// They are asked for again after this, after so many times in vain.
pub fn devices_pause(times: u32) -> Duration {
    (Duration::from_secs(2) * 2u32.saturating_pow(times.min(10))).min(Duration::from_secs(240))
}
