//! What happens to an agent: its line changes, it is suspended, is killed or
//! ends properly, and starts again.

use std::time::Duration;

use presently_core::account::{Answer, Event, Fault, Lane, Marks, RequestId};

use crate::agent::{Agent, Power};
use crate::flight::{Flight, Leg, Outcome};
use crate::line::{Back, Line, TRIP};
use crate::net::Net;

/// How long the removal of a mark may take to reach the disk.
const UNWRITTEN: Duration = Duration::from_secs(1);

/// The time limit for all requests of leaving.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Agent {
    /// Handles one moment: what arrives, and what is due.
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
                Leg::There(transmit, back) => self.arrive(transmit, back, net),
                Leg::Back(lane, id, outcome) => self.land(lane, id, outcome, net),
            }
        }
    }

    /// Changes the line. What is on its way may still come through.
    pub fn plug(&mut self, line: Line, net: &mut Net) {
        self.line = line;
        if line != Line::Down {
            return;
        }
        let mut lost = Vec::new();
        lost.extend(self.drop_held(net).map(|id| (Lane::Sync, id)));
        for flight in &mut self.flights {
            if let Leg::There(transmit, back) = &mut flight.leg
                && back.take().is_some()
            {
                lost.push((transmit.request.lane(), transmit.id));
            }
        }
        for (lane, id) in lost {
            let leg = Leg::Back(lane, id, Err(Fault::Lost));
            self.flights.push(Flight { at: net.now + TRIP, leg });
        }
    }

    /// Tells the agent that the network or the machine came back.
    pub fn returned(&mut self, net: &mut Net) {
        self.handle(Event::Returned, net);
        self.forget_closed();
    }

    /// Drops answers that nobody waits for. The requests may still get through.
    fn forget_closed(&mut self) {
        let account = &self.account;
        self.flights.retain_mut(|flight| match &mut flight.leg {
            Leg::Back(_, id, _) => account.is_open(*id),
            Leg::There(transmit, back) => {
                if !account.is_open(transmit.id) {
                    *back = None;
                }
                true
            }
        });
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
        (self.up_since, self.news) = (None, true);
        if let Some(mind) = &mut self.mind {
            mind.next = net.now;
        }
        // Some connections do not survive the suspend.
        if net.dice.one_in(2) {
            for flight in &mut self.flights {
                if let Leg::Back(Lane::Sync, _, outcome) = &mut flight.leg
                    && flight.at <= net.now
                {
                    *outcome = Err(Fault::Lost);
                }
            }
        }
        if told {
            self.returned(net);
        }
    }

    /// Kills the agent and starts it again after `off`. What has left the
    /// machine may still arrive.
    pub fn die(&mut self, off: Duration, net: &mut Net) {
        let mut marks = self.account.marks();
        // The removal of a mark may not be on disk yet.
        if net.now.since(self.marked) < UNWRITTEN && net.dice.one_in(2) {
            let before = &self.marks_before;
            marks.busy |= before.busy;
            marks.call |= before.call;
            marks.room.wrote |= before.room.wrote;
            marks.room.old.extend(before.room.old.iter().cloned());
            marks.messages.extend(before.messages.iter().cloned());
            marks.statuses.extend(before.statuses.iter().cloned());
        }
        self.end(&marks, off, net);
    }

    fn end(&mut self, marks: &Marks, off: Duration, net: &mut Net) {
        self.start(marks, net);
        self.flights.retain_mut(|flight| match &mut flight.leg {
            Leg::There(_, back) => {
                *back = None;
                true
            }
            Leg::Back(..) => false,
        });
        self.drop_held(net);
        if off > Duration::ZERO {
            self.power = Power::Off(net.now + off);
        } else {
            self.power = Power::On;
        }
        if let Some(mind) = &mut self.mind {
            mind.next = net.now;
        }
    }

    /// Ends the agent properly. Its last requests are sent, if the line lets
    /// them through. They take no time here, and those that would take too long
    /// get no answer.
    pub fn quit(&mut self, off: Duration, net: &mut Net) {
        if !self.is_on() {
            return;
        }
        self.drop_held(net);
        // Answers that arrive within this time are waited for.
        let end = net.now + LAST_WORDS;
        self.handle(Event::Leave, net);
        self.forget_closed();
        let mut heard = !self.flights.iter().any(|f| matches!(f.leg, Leg::There(..)));
        let mut arriving: Vec<(presently_core::Mono, Lane, RequestId, Outcome)> = Vec::new();
        self.flights.retain(|flight| match &flight.leg {
            Leg::Back(lane, id, outcome) => {
                arriving.push((flight.at, *lane, *id, outcome.clone()));
                false
            }
            Leg::There(..) => true,
        });
        let mut now = self.moment(net.now);
        let start = now.mono;
        for _ in 0..60 {
            while let Some(transmit) = self.account.poll_transmit(now) {
                self.keep_marks(net);
                let fate = self.line.fate(&mut net.dice);
                let (lane, id) = (transmit.request.lane(), transmit.id);
                let sent = net.now + now.mono.since(start);
                match (fate.there, fate.back) {
                    (Some(there), Back::Answer(back)) if sent + there + back < end => {
                        let mut limited = 0;
                        let outcome = net.answer(self.device, &transmit.request, &mut limited);
                        heard &= outcome.is_ok();
                        arriving.push((sent + there + back, lane, id, outcome));
                    }
                    (there, _) => {
                        heard = false;
                        if let Some(there) = there {
                            let leg = Leg::There(transmit, None);
                            self.flights.push(Flight { at: sent + there, leg });
                        }
                    }
                }
            }
            if self.account.is_over() {
                break;
            }
            arriving.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
            let look = self.account.poll_timeout().map(|at| net.now + at.since(start));
            let next = arriving.last().map(|(at, ..)| *at).into_iter().chain(look).min();
            let Some(next) = next.filter(|next| *next < end) else {
                heard = false;
                break;
            };
            let passed = next.since(net.now);
            now = self.moment(net.now + passed);
            if arriving.last().is_some_and(|(at, ..)| *at <= next)
                && let Some((_, _, id, outcome)) = arriving.pop()
            {
                heard &= !matches!(outcome, Ok(Answer::Synced(_)));
                self.account.handle(Event::Answered(id, outcome), now);
            }
        }
        let marks = self.account.marks();
        self.end(&marks, off, net);
        self.gone = heard;
    }
}
