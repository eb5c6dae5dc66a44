//! A server as Synapse is, with one device and no faults.

use std::time::Duration;

use presently_core::account::{Event, PutState, Seen};
use presently_core::{Mono, Presence};

use crate::{Agent, Begun};

/// By then what others see is what is meant: what was in vain is tried again
/// after some minutes, and more often than once only by bad luck.
const PATIENCE: Duration = Duration::from_secs(3600);

/// The poll that is open.
struct Poll {
    number: u64,
    ends: Mono,
    set: Presence,
    fresh: bool,
}

/// Answers all that the agent asks, until nothing is left to do.
pub(crate) fn settle(mut agent: Agent, mut shown: Seen) {
    lose_what_is_open(&mut agent);
    let end = agent.now + PATIENCE;
    let mut poll: Option<Poll> = None;
    // How often that changed, and what of it was told.
    let (mut changes, mut told) = (1u64, 0);
    // As of a moment at which nothing was left to do.
    let mut settled = false;
    while agent.now < end {
        agent.act();
        let begun = std::mem::take(&mut agent.begun);
        let idle = begun.is_empty();
        let before = shown.clone();
        for request in begun {
            match request {
                Begun::Poll(step) => {
                    set_by_sync(&mut shown, step.set);
                    let (number, ends) = (agent.polls, agent.now + step.timeout);
                    poll = Some(Poll { number, ends, set: step.set, fresh: step.fresh });
                }
                Begun::Put(put) => {
                    shown = Seen { presence: put.presence, message: put.message };
                    agent.record(Event::PutAccepted);
                }
                Begun::Read => agent.record(Event::ReadAnswered(Some(shown.clone()))),
                Begun::Devices => agent.record(Event::DevicesAnswered(Some(Vec::new()))),
            }
        }
        changes += u64::from(shown != before);
        if let Some(open) = &poll {
            let news = open.fresh || told < changes;
            let number = open.number;
            if open.set == Presence::Busy {
                poll = None;
                agent.record(Event::PollBusyRefused { number });
                continue;
            }
            if news || open.ends <= agent.now {
                poll = None;
                told = changes;
                agent.record(Event::PollAnswered { number, seen: news.then(|| shown.clone()) });
                agent.now = agent.now + Duration::from_millis(1);
                continue;
            }
        }
        if idle {
            settled = agent.plan().settled;
            let next = agent.look.into_iter().chain(poll.as_ref().map(|poll| poll.ends)).min();
            agent.now = next.expect("there is always a next poll");
        }
    }
    check(&agent, &shown, settled);
}

/// What was asked of the server before is not answered any more.
fn lose_what_is_open(agent: &mut Agent) {
    let number = agent.polls;
    agent.record(Event::PollFailed { number, retry_after: None, jitter: 50 });
    if agent.ack.put.as_ref().is_some_and(|put| put.state == PutState::Open) {
        agent.record(Event::PutFailed);
    }
    agent.record(Event::ReadAnswered(None));
    agent.record(Event::DevicesAnswered(None));
    // Another device may have had the last word.
    agent.record(Event::Spoken);
}

/// Busy is left by PUT alone.
fn set_by_sync(shown: &mut Seen, set: Presence) {
    if set != Presence::Offline && set != Presence::Busy && shown.presence != Presence::Busy {
        shown.presence = set;
    }
}

fn check(agent: &Agent, shown: &Seen, settled: bool) {
    let due = agent.plan();
    let story = format!("{shown:?} for {:?}, {:?}, {due:?}", agent.desired, agent.abilities);
    assert!(settled, "it does not settle: {story}");
    if agent.abilities.presence == Some(false) {
        return;
    }
    let right = match agent.desired.presence {
        // Who is invisible may be seen by another device's doing.
        None | Some(Presence::Offline) => true,
        Some(Presence::Busy) => matches!(shown.presence, Presence::Busy | Presence::Unavailable),
        Some(wanted) => shown.presence == wanted,
    };
    assert!(right, "it shows something else: {story}");
    let wanted = agent.desired.message.as_ref();
    assert!(wanted.is_none() || shown.message.as_ref() == wanted, "another message: {story}");
}
