//! Requests and answers on their way between an agent and its server.

use std::time::Duration;

use presently_core::Mono;
use presently_core::account::{Answer, Fault, Lane, Request, RequestId, SyncRequest, Transmit};

use crate::agent::Agent;
use crate::line::{Back, TIMEOUT};
use crate::net::{Net, Position};

pub type Outcome = Result<Answer, Fault>;

/// A request or an answer on its way, and when it arrives.
#[derive(Clone, Debug)]
pub struct Flight {
    pub at: Mono,
    pub leg: Leg,
}

#[derive(Clone, Debug)]
pub enum Leg {
    /// A request to the server, and what becomes of its answer. `None` if
    /// nobody waits for the answer.
    There(Transmit, Option<Back>),
    /// An answer to the agent.
    Back(Lane, RequestId, Outcome),
}

/// The poll that the server holds.
#[derive(Clone, Debug)]
pub struct Held {
    pub id: RequestId,
    pub sync: SyncRequest,
    /// What the client was told before.
    pub since: Position,
    pub end: Mono,
    /// When the client drops it, because there is a newer one.
    pub dropped: Option<Mono>,
}

/// A poll that was replaced is dropped after this time.
const OVERLAP: Duration = Duration::from_millis(500);

impl Agent {
    pub fn send(&mut self, transmit: Transmit, net: &mut Net) {
        net.trace(|| format!("{} sends {:?}", self.device, transmit.request));
        let lane = transmit.request.lane();
        self.steps += 1;
        self.requests += 1;
        self.profile_requests += u64::from(matches!(lane, Lane::Profile | Lane::Room));
        self.early += u64::from(self.waits.get(&lane).is_some_and(|until| net.now < *until));
        if lane == Lane::Sync
            && let Some(held) = &mut self.held
        {
            held.dropped = Some(net.now + OVERLAP);
        }
        let fate = self.line.fate(&mut net.dice);
        let waits = matches!(fate.back, Back::Answer(_));
        if let Back::Failure(after) = fate.back {
            self.lost = net.now + after;
            self.fly_back(net.now + after, &transmit, Err(Fault::Lost));
        }
        match fate.there {
            None => {}
            Some(Duration::ZERO) => self.arrive(transmit, waits.then_some(fate.back), net),
            Some(there) => self.flights.push(Flight {
                at: net.now + there,
                leg: Leg::There(transmit, waits.then_some(fate.back)),
            }),
        }
    }

    pub fn fly_back(&mut self, at: Mono, transmit: &Transmit, outcome: Outcome) {
        let leg = Leg::Back(transmit.request.lane(), transmit.id, outcome);
        self.flights.push(Flight { at, leg });
    }

    /// A request arrives at the server.
    pub fn arrive(&mut self, transmit: Transmit, back: Option<Back>, net: &mut Net) {
        net.agents.insert(self.device, net.now);
        net.room.late = back.is_none();
        net.trace(|| format!("{} arrives {:?} {:?}", self.device, transmit.request, net.mood));
        let after = match back {
            Some(Back::Answer(after)) => Some(after),
            _ => None,
        };
        let outcome = match &transmit.request {
            Request::Sync(sync) => match net.refuses_sync(sync) {
                Some(fault) => Some(Err(fault)),
                None => self.begin_poll(transmit.id, sync, after.is_some(), net),
            },
            request => {
                let mut limited = 0;
                let outcome = net.answer(self.device, request, &mut limited);
                // An agent that does not know that a request got through cannot
                // keep to the pace.
                if net.now.since(self.lost) > TIMEOUT {
                    self.limited += limited;
                }
                Some(outcome)
            }
        };
        if let (Some(outcome), Some(after)) = (outcome, after) {
            self.fly_back(net.now + after, &transmit, outcome);
        }
    }

    /// Begins a poll. Returns the answer to an initial sync; the server holds
    /// any other.
    fn begin_poll(
        &mut self,
        id: RequestId,
        sync: &SyncRequest,
        waited_for: bool,
        net: &mut Net,
    ) -> Option<Outcome> {
        let newest = self.held.as_ref().is_none_or(|held| held.id < id);
        net.server.sync(self.device, sync.set, net.now);
        if waited_for
            && newest
            && let Some(since) = &sync.since
        {
            let (since, end) = (Position::read(since), net.now + sync.timeout);
            self.held = Some(Held { id, sync: sync.clone(), since, end, dropped: None });
            return None;
        }
        if self.held.is_none() || waited_for && newest {
            self.held = None;
            net.server.sync_ended(self.device, net.now);
        }
        Some(Ok(net.initial(self.device, sync)))
    }

    /// Answers the held poll when something has changed or its time is over.
    /// Returns whether it did.
    pub fn answer_held(&mut self, net: &mut Net) -> bool {
        let Some(held) = &self.held else { return false };
        if held.dropped.is_some_and(|at| at <= net.now) {
            self.held = None;
            net.server.sync_ended(self.device, net.now);
            return false;
        }
        if held.dropped.is_some() || !(net.news(held.since) || net.now >= held.end) {
            return false;
        }
        let Some(held) = self.held.take() else { return false };
        net.server.sync_ended(self.device, net.now);
        let (after, outcome) = match self.line.fate(&mut net.dice).back {
            Back::Answer(after) => (after, Ok(net.changes(&held))),
            Back::Failure(after) => (after, Err(Fault::Lost)),
        };
        let leg = Leg::Back(Lane::Sync, held.id, outcome);
        self.flights.push(Flight { at: net.now + after, leg });
        true
    }

    /// Drops the held poll without an answer. Returns its id, unless a newer
    /// poll had replaced it.
    pub fn drop_held(&mut self, net: &mut Net) -> Option<RequestId> {
        let held = self.held.take()?;
        net.server.sync_ended(self.device, net.now);
        held.dropped.is_none().then_some(held.id)
    }
}
