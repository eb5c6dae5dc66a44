//! An agent against the model server: the state machine of its account, its
//! line and its clock.

use std::collections::BTreeMap;
use std::time::Duration;

use presently_core::account::{
    Abilities, Account, Event, Fault, Intent, Lane, Marks, Request, RequestId, Start, Transmit,
    View,
};
use presently_core::{Moment, Mono};

use crate::flight::{Flight, Held, Leg, Outcome};
use crate::line::Line;
use crate::mind::Mind;
use crate::model::wall;
use crate::net::{Net, USER};

/// The state of the machine and the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Power {
    #[default]
    On,
    /// Suspended from `since` until `until`. `told` is whether the agent hears
    /// of it.
    Asleep { since: Mono, until: Mono, told: bool },
    /// Not running until then.
    Off(Mono),
}

/// The most requests at one moment. More of them would be an endless loop.
const AT_ONCE: usize = 12;
/// How many looks in a minute a timeout may cause. More of them would be a
/// processor that never rests.
const LOOKS_A_MINUTE: u32 = 60;

pub struct Agent {
    pub device: &'static str,
    /// No other agent uses this account.
    pub alone: bool,
    pub mind: Option<Mind>,
    /// What the account is to show.
    pub intent: Intent,
    given: Intent,
    pub account: Account,
    pub view: View,
    /// Something has happened since the last look for what is due.
    pub news: bool,
    pub line: Line,
    pub power: Power,
    /// How far its clock is behind, because the clock stands still in suspend.
    behind: Duration,
    pub flights: Vec<Flight>,
    pub held: Option<Held>,
    /// The current marks, since when, and the marks before them: those that
    /// were removed a moment ago may still be on disk.
    pub marks: Marks,
    pub marked: Mono,
    pub marks_before: Marks,
    /// It said goodbye, and the server heard all of it.
    pub gone: bool,
    /// Until when the server asked it to wait, for each lane.
    pub waits: BTreeMap<Lane, Mono>,
    /// When a request was last lost on its way.
    pub lost: Mono,
    /// Since when it is on and the newest sync was answered.
    pub up_since: Option<Mono>,
    /// When the person last set or cleared the message.
    pub spoke: Mono,
    pub requests: u64,
    pub profile_requests: u64,
    /// Requests that the rate limit refused, and requests that were sent
    /// although the server had asked to wait.
    pub limited: u64,
    pub early: u64,
    pub steps: u64,
    /// The start of the minute, and the looks since then that a timeout asked
    /// for.
    looks: (Mono, u32),
    pub all_looks: u64,
}

pub fn account(device: &str, abilities: Abilities, marks: &Marks, seed: u64) -> Account {
    Account::new(Start {
        user: USER.to_owned(),
        device: device.to_owned(),
        abilities,
        marks: marks.clone(),
        seed,
    })
}

impl Agent {
    pub fn new(device: &'static str, busy: bool) -> Self {
        let abilities = Abilities { busy: Some(busy), ..Abilities::default() };
        let account = account(device, abilities, &Marks::default(), 1);
        let now = Moment { mono: Mono(0), wall: wall(0, Mono(0)) };
        Self {
            device,
            alone: true,
            mind: None,
            intent: Intent::default(),
            given: Intent::default(),
            view: account.view(now),
            account,
            news: true,
            line: Line::Good,
            power: Power::On,
            behind: Duration::ZERO,
            flights: Vec::new(),
            held: None,
            marks: Marks::default(),
            marked: Mono(0),
            marks_before: Marks::default(),
            gone: false,
            waits: BTreeMap::new(),
            lost: Mono(0),
            up_since: None,
            spoke: Mono(0),
            requests: 0,
            profile_requests: 0,
            limited: 0,
            early: 0,
            steps: 0,
            looks: (Mono(0), 0),
            all_looks: 0,
        }
    }

    pub fn is_on(&self) -> bool {
        self.power == Power::On
    }

    /// The agent's own clocks.
    pub fn moment(&self, now: Mono) -> Moment {
        let jumped = self.mind.as_ref().map_or(0, |mind| mind.jumped);
        Moment { mono: now - self.behind, wall: wall(jumped, now) }
    }

    /// Starts the agent anew. It knows only the marks and what was remembered
    /// of the server.
    pub fn start(&mut self, marks: &Marks, net: &mut Net) {
        let (abilities, seed) = (self.account.abilities().clone(), net.dice.below(u64::MAX));
        self.account = account(self.device, abilities, marks, seed);
        self.given = Intent::default();
        self.view = self.account.view(self.moment(net.now));
        self.marks = marks.clone();
        self.news = true;
        self.gone = false;
        self.up_since = None;
        // An agent that is started anew does not know how long it was asked to
        // wait.
        self.waits.clear();
    }

    /// Carries out what is due, as the driver does. Returns whether a request
    /// was sent.
    pub fn step(&mut self, net: &mut Net) -> bool {
        if !self.is_on() {
            return false;
        }
        self.hear_the_person(net);
        let (now, before) = (self.moment(net.now), self.steps);
        if self.account.poll_timeout().is_some_and(|at| at <= now.mono) {
            self.count_look(net.now);
        } else if !std::mem::take(&mut self.news) {
            return false;
        }
        let mut at_once = 0;
        while let Some(transmit) = self.account.poll_transmit(now) {
            at_once += 1;
            assert!(at_once <= AT_ONCE, "it goes on for ever: {transmit:?}");
            self.keep_marks(net);
            self.send(transmit, net);
        }
        let timeout = self.account.poll_timeout();
        assert!(timeout.is_none_or(|at| at > now.mono), "a look in the past");
        self.keep_marks(net);
        self.view = self.account.view(now);
        self.note_line(net.now);
        before != self.steps
    }

    fn hear_the_person(&mut self, net: &Net) {
        if let Some(mind) = self.mind.as_mut() {
            mind.remote = self.view.elsewhere;
            if mind.next <= net.now || mind.remote != mind.heard {
                self.intent = mind.decide(net.now);
            }
        }
        if self.given == self.intent {
            return;
        }
        net.trace(|| format!("{} intends {:?}", self.device, self.intent));
        let spoken = self.given.message() != self.intent.message();
        self.handle(Event::Intent(self.intent.clone()), net);
        if spoken {
            self.spoke = net.now;
            self.handle(Event::MessageChanged, net);
        }
        self.given = self.intent.clone();
    }

    fn count_look(&mut self, now: Mono) {
        self.all_looks += 1;
        let (since, count) = &mut self.looks;
        if now.since(*since) >= Duration::from_secs(60) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        assert!(*count <= LOOKS_A_MINUTE, "it never rests: {:?}", self.account);
    }

    fn note_line(&mut self, now: Mono) {
        let up = self.view.connection == presently_core::account::Connection::Syncing;
        self.up_since = if up { self.up_since.or(Some(now)) } else { None };
    }

    pub fn keep_marks(&mut self, net: &Net) {
        let marks = self.account.marks();
        if marks != self.marks {
            self.marks_before = std::mem::replace(&mut self.marks, marks);
            self.marked = net.now;
        }
    }

    pub fn handle(&mut self, event: Event, net: &Net) {
        self.news = true;
        self.account.handle(event, self.moment(net.now));
    }

    /// Hands an answer to the account.
    pub fn land(&mut self, lane: Lane, id: RequestId, outcome: Outcome, net: &Net) {
        if !self.account.is_open(id) {
            // The request was replaced.
            return;
        }
        net.trace(|| format!("{} hears {lane:?} {outcome:?}", self.device));
        match &outcome {
            Err(Fault::Limited(Some(wait))) => {
                self.waits.insert(lane, net.now + *wait);
            }
            Err(Fault::Lost) if lane == Lane::Put => self.lost = net.now,
            _ => {}
        }
        self.handle(Event::Answered(id, outcome), net);
    }

    /// A request as an earlier run may have sent it.
    pub fn stray(&self, request: Request) -> Transmit {
        let mut spare = self.account.clone();
        let at = Moment { mono: Mono(u64::MAX / 2), wall: wall(0, Mono(0)) };
        spare.handle(Event::Returned, at);
        let id = spare.poll_transmit(at).map(|transmit| transmit.id);
        Transmit { id: id.expect("a poll is always due"), request }
    }

    /// When something happens next without an event from outside.
    pub fn next(&self) -> Option<Mono> {
        let flights = self.flights.iter();
        let there = self.flights.iter().filter(|f| matches!(f.leg, Leg::There(..))).map(|f| f.at);
        let held = self.held.iter().map(|held| held.dropped.unwrap_or(held.end).min(held.end));
        match self.power {
            Power::Off(until) => there.chain([until]).min(),
            Power::Asleep { until, .. } => there.chain(held).chain([until]).min(),
            Power::On => {
                let look = self.account.poll_timeout().map(|look| look + self.behind);
                let mind = self.mind.as_ref().map(|mind| mind.next);
                flights.map(|f| f.at).chain(held).chain(look).chain(mind).min()
            }
        }
    }

    /// Accounts for a suspend: the agent's clock stood still, so it waits for
    /// longer.
    pub fn slept(&mut self, length: Duration) {
        self.behind += length;
        for wait in self.waits.values_mut() {
            *wait = *wait + length;
        }
    }
}
