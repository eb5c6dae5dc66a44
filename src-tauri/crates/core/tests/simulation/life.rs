//! What happens to an agent: its line changes, it sleeps, is killed, ends as
//! it should, and starts again.

use std::time::Duration;

use presently_core::Mono;
use presently_core::account::profile::{Profile, ProfileEvent};
use presently_core::account::{Acknowledged, Event, Marks, Plan, PutState, leaving};

use crate::agent::{Agent, Power};
use crate::flight::{Answer, Flight, Leg, Request, failure, poll_failed};
use crate::line::{Back, Line, TRIP};
use crate::net::Net;

/// Marks that end are written at leisure.
const UNWRITTEN: Duration = Duration::from_secs(1);

/// An answer that is under way when the agent ends is waited for so long,
/// and all its last words may take so long.
const LAST_ANSWER: Duration = Duration::from_millis(500);
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Agent {
    /// One moment: what arrives, what is due.
    pub fn live(&mut self, net: &mut Net) {
        match self.power {
            Power::Off(until) if until <= net.now => {
                self.power = Power::On;
                self.gone = false;
            }
            Power::Asleep { since, until, told } if until <= net.now => {
                self.wake(net.now.since(since), told, net);
            }
            _ => {}
        }
        self.deliver(net);
        self.answer_held(net);
        if self.step(net) {
            // A step may have changed what a held poll tells.
            self.answer_held(net);
        }
    }

    fn deliver(&mut self, net: &mut Net) {
        let listens = self.is_on();
        let due = |f: &Flight| f.at <= net.now && (listens || matches!(f.leg, Leg::There(..)));
        if !self.flights.iter().any(due) {
            return;
        }
        let mut arriving = Vec::new();
        let mut i = 0;
        while i < self.flights.len() {
            if due(&self.flights[i]) { arriving.push(self.flights.remove(i)) } else { i += 1 }
        }
        arriving.sort_by_key(|flight| flight.at);
        for flight in arriving {
            match flight.leg {
                Leg::There(request, back) => self.arrive(request, back, net),
                Leg::Back(answer) => self.land(answer, net),
            }
        }
    }

    /// The line is another from now on. What is on its way may still come
    /// through.
    pub fn plug(&mut self, line: Line, net: &mut Net) {
        self.line = line;
        if line != Line::Down {
            return;
        }
        if let Some(held) = self.held.take() {
            net.server.sync_ended(self.device, net.now);
            if held.dropped.is_none() {
                let failed = poll_failed(held.number, net);
                self.fly_back(net.now + TRIP, failed);
            }
        }
        let mut lost = Vec::new();
        for flight in &mut self.flights {
            if let Leg::There(request, back) = &mut flight.leg
                && back.take().is_some()
            {
                lost.push(request.clone());
            }
        }
        for request in lost {
            let failed = failure(&request, net);
            self.fly_back(net.now + TRIP, failed);
        }
    }

    /// The network came back, or the machine: the agent is told.
    pub fn returned(&mut self, net: &mut Net) {
        self.record(Event::Returned, net);
        self.forget_profile_flight();
        self.record_profile(ProfileEvent::Failed, net);
        self.record_profile(ProfileEvent::Returned, net);
    }

    /// Its answer is not waited for any more; it may get through.
    fn forget_profile_flight(&mut self) {
        self.flights.retain(|f| !matches!(f.leg, Leg::Back(Answer::Profile(_))));
        for flight in &mut self.flights {
            if let Leg::There(Request::Profile(_), back) = &mut flight.leg {
                *back = None;
            }
        }
    }

    pub fn sleep(&mut self, length: Duration, told: bool, net: &Net) {
        if self.is_on() {
            let since = net.now;
            self.power = Power::Asleep { since, until: since + length, told };
        }
    }

    fn wake(&mut self, slept: Duration, told: bool, net: &mut Net) {
        self.power = Power::On;
        self.slept(slept);
        if let Some(mind) = &mut self.mind {
            mind.next = net.now;
        }
        // Some connections have not lived through it.
        if net.dice.one_in(2) {
            let Net { now, dice, .. } = net;
            for flight in &mut self.flights {
                if let Leg::Back(Answer::Poll { number, .. }) = flight.leg
                    && flight.at <= *now
                {
                    let jitter = u8::try_from(dice.below(101)).unwrap_or(0);
                    let event = Event::PollFailed { number, retry_after: None, jitter };
                    flight.leg = Leg::Back(Answer::Event(event));
                }
            }
        }
        if told {
            self.returned(net);
        }
    }

    /// Killed: what has left the machine may still arrive. It is started
    /// again after this.
    pub fn die(&mut self, off: Duration, net: &mut Net) {
        let mut marks = Marks::of(&self.ack, &self.profile);
        // A mark that ended may not be on the disk yet.
        if net.now.since(self.marked) < UNWRITTEN && net.dice.one_in(2) {
            let before = &self.marks_before;
            marks.busy |= before.busy;
            marks.call |= before.call;
            marks.messages.extend(before.messages.iter().cloned());
            marks.statuses.extend(before.statuses.iter().cloned());
        }
        self.end(&marks, off, net);
    }

    fn end(&mut self, marks: &Marks, off: Duration, net: &mut Net) {
        self.ack = Acknowledged::after_restart(marks);
        self.profile = Profile::after_restart(marks);
        self.marks = marks.clone();
        self.connected = false;
        self.gone = false;
        // Who is started anew does not know when it should come back.
        [self.put_wait, self.poll_wait, self.profile_wait] = [Mono(0); 3];
        self.last = Plan::default();
        self.last_profile = Default::default();
        self.flights.retain_mut(|flight| match &mut flight.leg {
            Leg::There(_, back) => {
                *back = None;
                true
            }
            Leg::Back(_) => false,
        });
        if self.held.take().is_some() {
            net.server.sync_ended(self.device, net.now);
        }
        if off > Duration::ZERO {
            self.power = Power::Off(net.now + off);
        } else {
            self.power = Power::On;
        }
        if let Some(mind) = &mut self.mind {
            mind.next = net.now;
        }
    }

    /// Ends as it should: its last words go out, if the line lets them.
    pub fn quit(&mut self, off: Duration, net: &mut Net) {
        if !self.is_on() {
            return;
        }
        if self.held.take().is_some() {
            net.server.sync_ended(self.device, net.now);
        }
        let put_open = self.take_soon(net, |a| {
            matches!(a, Answer::Event(Event::PutAccepted | Event::PutLimited(_) | Event::PutFailed))
        });
        let hang_up = self.profile.leaving();
        let put = leaving(&self.desired, &self.abilities, &self.ack);
        let quiet = !self.flights.iter().any(|f| matches!(f.leg, Leg::There(..)));
        let mut heard = quiet && !put_open;
        let hang_up =
            hang_up.map(|step| (step.clone(), self.last_word(Request::Profile(step), net)));
        if let Some(put) = put {
            self.record(Event::PutStarted(put.clone()), net);
            self.keep_marks(net);
            match self.last_word(Request::Put(put), net) {
                Some(Answer::Event(Event::PutAccepted)) => {
                    self.record(Event::PutAccepted, net);
                    if let Some(Answer::Event(read)) = self.last_word(Request::Read, net) {
                        self.record(read, net);
                    }
                }
                _ => heard = false,
            }
        }
        if let Some((step, answer)) = hang_up {
            self.record_profile(ProfileEvent::Started(step), net);
            match answer {
                Some(Answer::Profile(answer)) => {
                    heard &= answer == ProfileEvent::Accepted;
                    self.record_profile(answer, net);
                }
                _ => heard = false,
            }
        }
        let marks = Marks::of(&self.ack, &self.profile);
        self.end(&marks, off, net);
        self.gone = heard;
    }

    /// Takes in an answer that is nearly here; true if one is waited for
    /// still.
    fn take_soon(&mut self, net: &mut Net, wanted: impl Fn(&Answer) -> bool) -> bool {
        let last = net.now + LAST_ANSWER;
        let found = self.flights.iter().position(|f| match &f.leg {
            Leg::Back(answer) => f.at <= last && wanted(answer),
            Leg::There(..) => false,
        });
        if let Some(at) = found
            && let Leg::Back(answer) = self.flights.remove(at).leg
        {
            self.land(answer, net);
        }
        self.ack.put.as_ref().is_some_and(|p| p.state == PutState::Open)
    }

    fn last_word(&mut self, request: Request, net: &mut Net) -> Option<Answer> {
        let fate = self.line.fate(&mut net.dice);
        let there = fate.there?;
        let soon = matches!(fate.back, Back::Answer(back) if there + back < LAST_WORDS);
        if there > Duration::ZERO {
            let leg = Leg::There(request.clone(), None);
            if !soon {
                self.flights.push(Flight { at: net.now + there, leg });
                return None;
            }
        }
        let answer = net.answer(self.device, request, &mut self.limited);
        soon.then_some(answer)
    }
}
