//! An agent on the model: it does what the plans say, over its line, and
//! nothing else.

use std::time::Duration;

use presently_core::Mono;
use presently_core::account::profile::{
    Fields, Profile, ProfileEvent, ProfilePlan, Wish, plan_profile,
};
use presently_core::account::{Abilities, Acknowledged, Desired, Event, Marks, Plan, Put, plan};

use crate::flight::{Answer, Flight, Held, Leg, Request, devices_pause};
use crate::line::Line;
use crate::mind::Mind;
use crate::net::Net;

/// The machine and the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Power {
    #[default]
    On,
    /// Suspended since then, until then; whether the agent is told that it
    /// was.
    Asleep { since: Mono, until: Mono, told: bool },
    /// Not running until then.
    Off(Mono),
}

/// A poll that was replaced is let go of after this.
const OVERLAP: Duration = Duration::from_millis(500);

pub struct Agent {
    pub device: &'static str,
    /// No other agent is at this account.
    pub alone: bool,
    pub mind: Option<Mind>,
    pub desired: Desired,
    pub wish: Wish,
    pub abilities: Abilities,
    pub fields: Fields,
    pub ack: Acknowledged,
    pub profile: Profile,
    pub last: Plan,
    pub last_profile: ProfilePlan,
    pub line: Line,
    pub power: Power,
    pub connected: bool,
    /// How far its clock is behind: it stands still in suspend.
    behind: Duration,
    pub flights: Vec<Flight>,
    pub held: Option<Held>,
    /// The token of the last answer that it took.
    pub since: (u64, u64),
    polls: u64,
    /// The marks as they are, since when, and as they were before: what
    /// ended a moment ago may not be on the disk yet.
    pub marks: Marks,
    pub marked: Mono,
    pub marks_before: Marks,
    /// It said goodbye and was heard.
    pub gone: bool,
    /// The server said that it should not come back before.
    pub put_wait: Mono,
    pub profile_wait: Mono,
    pub poll_wait: Mono,
    /// When a request failed last on its way.
    pub lost: Mono,
    pub requests: u64,
    pub profile_requests: u64,
    /// Refused because of the pace, and sent although the server had said
    /// when to come back.
    pub limited: u64,
    pub early: u64,
    pub steps: u64,
}

impl Agent {
    pub fn new(device: &'static str, busy: bool) -> Self {
        Self {
            device,
            alone: true,
            mind: None,
            desired: Desired::default(),
            wish: Wish::default(),
            abilities: Abilities { busy: Some(busy), ..Abilities::default() },
            fields: Fields { status: Some("m.status".into()), call: Some("m.call".into()) },
            ack: Acknowledged::default(),
            profile: Profile::default(),
            last: Plan::default(),
            last_profile: ProfilePlan::default(),
            line: Line::Good,
            power: Power::On,
            connected: false,
            behind: Duration::ZERO,
            flights: Vec::new(),
            held: None,
            since: (0, 0),
            polls: 0,
            marks: Marks::default(),
            marked: Mono(0),
            marks_before: Marks::default(),
            gone: false,
            put_wait: Mono(0),
            profile_wait: Mono(0),
            poll_wait: Mono(0),
            lost: Mono(0),
            requests: 0,
            profile_requests: 0,
            limited: 0,
            early: 0,
            steps: 0,
        }
    }

    pub fn is_on(&self) -> bool {
        self.power == Power::On
    }

    /// The agent's own clock.
    fn clock(&self, now: Mono) -> Mono {
        now - self.behind
    }

    /// Carries out what is due, as the driver does: each step changes what
    /// is under way, so the plan is asked again.
    pub fn step(&mut self, net: &mut Net) -> bool {
        if !self.is_on() {
            return false;
        }
        if let Some(mind) = self.mind.as_mut().filter(|mind| mind.next <= net.now) {
            let (desired, wish) = mind.decide(net.now);
            if desired.message != self.desired.message {
                self.record(Event::Spoken, net);
            }
            if wish.status != self.wish.status {
                self.record_profile(ProfileEvent::Spoken, net);
            }
            net.trace(|| format!("{} wishes {desired:?} {wish:?}", self.device));
            (self.desired, self.wish) = (desired, wish);
        }
        let before = self.steps;
        for _ in 0..5 {
            if !self.step_once(net) {
                break;
            }
        }
        self.step_profile(net);
        self.keep_marks(net);
        before != self.steps
    }

    pub fn keep_marks(&mut self, net: &Net) {
        let marks = Marks::of(&self.ack, &self.profile);
        if marks != self.marks {
            self.marks_before = std::mem::replace(&mut self.marks, marks);
            self.marked = net.now;
        }
    }

    fn step_once(&mut self, net: &mut Net) -> bool {
        let now = self.clock(net.now);
        let p = plan(&self.desired, &self.abilities, &self.ack, now);
        assert!(p.look.is_none_or(|l| l > now), "a look in the past: {p:?}");
        let before = self.steps;
        if let Some(step) = p.poll {
            self.polls += 1;
            let number = self.polls;
            self.early += u64::from(net.now < self.poll_wait);
            self.record(Event::PollStarted { number, set: step.set }, net);
            if let Some(held) = &mut self.held {
                held.dropped = Some(net.now + OVERLAP);
            }
            let (set, fresh, timeout) = (step.set, step.fresh, step.timeout);
            self.send(Request::Poll { number, set, fresh, timeout }, net);
        }
        if let Some(put) = p.put.clone() {
            self.carries_what_it_found(&put);
            self.early += u64::from(net.now < self.put_wait);
            self.record(Event::PutStarted(put.clone()), net);
            self.keep_marks(net);
            self.send(Request::Put(put), net);
        }
        if p.read {
            self.record(Event::ReadStarted, net);
            self.send(Request::Read, net);
        }
        if p.devices {
            self.record(Event::DevicesStarted, net);
            self.send(Request::Devices(0), net);
        }
        self.last = p;
        before != self.steps
    }

    /// A PUT without a message clears it: what somebody else wrote, as far
    /// as we were told, has to be in it.
    fn carries_what_it_found(&self, put: &Put) {
        let found = self.ack.seen.as_ref().and_then(|s| s.message.as_ref());
        // Two that speak at once may bring back what the other just took
        // away: that is the protocol's.
        if !self.alone {
            return;
        }
        let foreign = found.filter(|m| m.starts_with("theirs"));
        assert!(put.ours || foreign == put.message.as_ref(), "{put:?} drops {foreign:?}");
    }

    fn step_profile(&mut self, net: &mut Net) {
        // It waits until the server is known to be there.
        if !self.connected {
            self.last_profile = ProfilePlan::default();
            return;
        }
        let now = self.clock(net.now);
        let p = plan_profile(&self.wish, &self.fields, &self.profile, now);
        assert!(p.look.is_none_or(|l| l > now), "a look in the past: {p:?}");
        if let Some(step) = p.step.clone() {
            self.early += u64::from(net.now < self.profile_wait);
            self.profile_requests += 1;
            self.record_profile(ProfileEvent::Started(step.clone()), net);
            self.keep_marks(net);
            self.send(Request::Profile(step), net);
        }
        self.last_profile = p;
    }

    pub fn record(&mut self, event: Event, net: &Net) {
        net.trace(|| format!("{} {event:?}", self.device));
        let now = self.clock(net.now);
        self.ack.record(event, &mut self.abilities, now);
    }

    pub fn record_profile(&mut self, event: ProfileEvent, net: &Net) {
        net.trace(|| format!("{} profile {event:?}", self.device));
        let now = self.clock(net.now);
        self.profile.record(event, now);
    }

    /// An answer is here.
    pub fn land(&mut self, answer: Answer, net: &mut Net) {
        let event = match answer {
            Answer::Poll { number, seen, upto, told } => {
                if self.ack.poll.is_none_or(|p| p.number != number || !p.open) {
                    // What was replaced is not listened to.
                    return;
                }
                self.since = upto;
                if !self.connected {
                    self.connected = true;
                    self.ask_devices_anew(net);
                    self.record_profile(ProfileEvent::Returned, net);
                }
                if let Some(told) = told {
                    self.record_profile(ProfileEvent::Told(told), net);
                }
                Event::PollAnswered { number, seen }
            }
            Answer::Profile(event) => {
                if let ProfileEvent::Limited(wait) = event {
                    self.profile_wait = net.now + wait;
                }
                return self.record_profile(event, net);
            }
            Answer::DevicesFailed(times) => {
                let again = net.now + devices_pause(times);
                return self.fly_back(again, Answer::DevicesAgain(times + 1));
            }
            Answer::DevicesAgain(times) => return self.send(Request::Devices(times), net),
            Answer::Event(event) => event,
        };
        match &event {
            Event::PutLimited(wait) => self.put_wait = net.now + *wait,
            Event::PutFailed => self.lost = net.now,
            Event::PollFailed { number, retry_after, .. } => {
                if self.ack.poll.is_none_or(|p| p.number != *number || !p.open) {
                    return;
                }
                self.connected = false;
                self.poll_wait = net.now + retry_after.unwrap_or_default();
            }
            _ => {}
        }
        self.record(event, net);
    }

    /// What was asked on the broken line is asked anew.
    fn ask_devices_anew(&mut self, net: &mut Net) {
        let asks = |flight: &Flight| {
            matches!(
                flight.leg,
                Leg::There(Request::Devices(_), _)
                    | Leg::Back(Answer::DevicesFailed(_) | Answer::DevicesAgain(_))
                    | Leg::Back(Answer::Event(Event::DevicesAnswered(_)))
            )
        };
        if self.flights.iter().any(asks) {
            self.flights.retain(|flight| !asks(flight));
            self.record(Event::DevicesStarted, net);
            self.send(Request::Devices(0), net);
        }
    }

    /// When something happens by itself.
    pub fn next(&self) -> Option<Mono> {
        let flights = self.flights.iter();
        let held = self.held.into_iter().map(|held| held.dropped.unwrap_or(held.end).min(held.end));
        match self.power {
            Power::Off(until) => {
                let there = flights.filter(|f| matches!(f.leg, Leg::There(..))).map(|f| f.at);
                there.chain([until]).min()
            }
            Power::Asleep { until, .. } => {
                let there = flights.filter(|f| matches!(f.leg, Leg::There(..))).map(|f| f.at);
                there.chain(held).chain([until]).min()
            }
            Power::On => {
                let looks = [self.last.look, self.last_profile.look].into_iter().flatten();
                let mind = self.mind.as_ref().map(|mind| mind.next);
                flights
                    .map(|f| f.at)
                    .chain(held)
                    .chain(looks.map(|look| look + self.behind))
                    .chain(mind)
                    .min()
            }
        }
    }

    /// The agent's clock stood still, so it waits for longer than it should.
    pub fn slept(&mut self, length: Duration) {
        self.behind += length;
        for wait in [&mut self.put_wait, &mut self.poll_wait, &mut self.profile_wait] {
            *wait = *wait + length;
        }
    }
}
