//! A server that behaves as Synapse does, with one device and no faults.

use std::time::Duration;

use presently_core::account::profile::FieldValue;
use presently_core::account::profile_room::{Contents, Part};
use presently_core::account::{Answer, Event, Fault, Intent, Lane, Request, sync};
use presently_core::{Mono, Presence};

use crate::account::{Agent, Server, moment};

/// After this time others must see what is meant. A refused request is sent
/// again after an hour, a failed one after some minutes.
const TIMEOUT: Duration = Duration::from_secs(3 * 3600);

/// More turns than this at one moment are an endless loop.
const TURNS: u32 = 100;

/// Answers every request of the account until none is due, and then checks what
/// others see.
pub(crate) fn settle(mut agent: Agent, mut server: Server, intent: &Intent) {
    lose_what_is_open(&mut agent, intent);
    // What the account has learnt about the profile is taken for right.
    let (view, marks) = (agent.account.view(moment(agent.now)), agent.account.marks());
    server.status = match view.status {
        FieldValue::Known(status) => status,
        FieldValue::Unknown => marks.statuses.first().cloned(),
    };
    server.call = match view.call {
        FieldValue::Known(call) => call,
        FieldValue::Unknown => marks.call.then_some(0),
    };
    let end = agent.now + TIMEOUT;
    // The number of changes of what is shown, and how many of them a sync has
    // told.
    let (mut changes, mut told) = (1u64, 0);
    let (mut sync_ends, mut turns) = (agent.now, 0);
    while agent.now < end {
        let begun = agent.act();
        let before = server.shown.clone();
        for lane in &begun {
            let Some((id, request)) = agent.open.get(lane).cloned() else { continue };
            if let Request::Sync(sync) = &request {
                server.set_by_sync(sync.set);
                sync_ends = agent.now + sync.timeout;
                continue;
            }
            let answer = server.answer(&request);
            agent.answer(id, Ok(answer));
        }
        changes += u64::from(server.shown != before);
        let answered = answer_sync(&mut agent, &server, &mut told, changes, sync_ends);
        turns += 1;
        assert!(turns < TURNS, "it spins: {begun:?}");
        if begun.is_empty() && !answered {
            let sync = agent.open.contains_key(&Lane::Sync).then_some(sync_ends);
            let next = agent.next_timeout().into_iter().chain(sync).min();
            (agent.now, turns) = (next.expect("there is always a next poll"), 0);
        }
    }
    while !agent.act().is_empty() {
        // Answers requests as long as the account sends any at this moment.
        for (id, request) in agent.open.clone().into_values() {
            if !matches!(request, Request::Sync(_)) {
                let answer = server.answer(&request);
                agent.answer(id, Ok(answer));
            }
        }
    }
    check(&agent, &server, intent);
}

/// Answers the open sync if there is a change to tell or its time is over.
/// Returns whether it did.
fn answer_sync(
    agent: &mut Agent,
    server: &Server,
    told: &mut u64,
    changes: u64,
    ends: Mono,
) -> bool {
    let Some((id, Request::Sync(sync))) = agent.open.get(&Lane::Sync).cloned() else {
        return false;
    };
    if sync.set == Presence::Busy {
        let message = "no such presence".to_owned();
        agent.answer(id, Err(Fault::Refused { status: 400, message }));
        return true;
    }
    let news = sync.since.is_none() || *told < changes;
    if !news && ends > agent.now {
        return false;
    }
    *told = changes;
    let answer = sync::SyncAnswer {
        next: changes.to_string(),
        seen: news.then(|| server.shown.clone()),
        rooms: crate::room_updates(sync.query.is_initial),
        told: None,
    };
    agent.answer(id, Ok(Answer::Synced(Box::new(answer))));
    agent.now = agent.now + Duration::from_millis(1);
    true
}

/// Fails the requests that are open, so that this server has to answer only new
/// ones.
fn lose_what_is_open(agent: &mut Agent, intent: &Intent) {
    if agent.account.is_over() || agent.is_leaving() {
        agent.restart();
        agent.handle(Event::Intent(intent.clone()));
    }
    for (id, _) in agent.open.clone().into_values() {
        agent.answer(id, Err(Fault::Lost));
    }
    // Another device may have changed the message last.
    agent.handle(Event::MessageChanged);
}

fn check(agent: &Agent, server: &Server, intent: &Intent) {
    let (view, marks) = (agent.account.view(moment(agent.now)), agent.account.marks());
    let (wanted, wish) = (intent.presence(), intent.profile());
    let shown = &server.shown;
    let story = format!("{shown:?} for {intent:?}, {view:?}, {marks:?}");
    assert!(view.settled && view.profile_settled, "it does not settle: {story}");
    let fields = view.fields.unwrap_or_default();
    if fields.status.is_some() {
        let ours = server.status.as_ref().is_some_and(|status| marks.statuses.contains(status));
        let right = if wish.status.is_some() { server.status == wish.status } else { !ours };
        assert!(right, "another status, {:?}: {story}", server.status);
    }
    if fields.call.is_some() {
        assert_eq!(server.call, wish.call, "another call: {story}");
    }
    let says = |contents: &Contents| *contents != Contents::default();
    match intent.profile_room().filter(|c| says(c) && view.room_problem.is_none()) {
        Some(contents) => {
            for part in Part::ALL {
                assert_eq!(server.said(part), said(&contents, part), "the profile room: {story}");
            }
        }
        // Events that others wrote there may stay.
        None => assert!(!server.says_ours(), "left in the profile room: {story}"),
    }
    if view.abilities.presence == Some(false) {
        return;
    }
    let right = match wanted.presence {
        // Another device of an invisible person may make them visible.
        None | Some(Presence::Offline) => true,
        Some(Presence::Busy) => matches!(shown.presence, Presence::Busy | Presence::Unavailable),
        Some(wanted) => shown.presence == wanted,
    };
    assert!(right, "it shows something else: {story}");
    let message = wanted.message.as_ref();
    assert!(message.is_none() || shown.message.as_ref() == message, "another message: {story}");
}

/// The value that a part of the profile room is to have.
pub(crate) fn said(contents: &Contents, part: Part) -> Option<&str> {
    match part {
        Part::Status => contents.message.as_deref(),
        Part::Presence => contents.presence.map(Presence::wire),
    }
}
