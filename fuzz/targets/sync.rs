//! Fuzzes the answers to syncs, one a line, from their bytes to the requests
//! that follow. A line that is no answer is a sync that failed. A line that is
//! a list is also read as the state of a profile room.
#![no_main]

use std::time::Duration;

#[path = "account/mod.rs"]
mod account;

use libfuzzer_sys::fuzz_target;
use presently_core::account::profile_room::Found;
use presently_core::account::sync::{SyncAnswer, SyncQuery};
use presently_core::account::{Answer, Event, Everything, Fault, Intent, Lane, Request, Seen};
use presently_core::{Mono, Presence};
use serde_json::Value;

use account::{Agent, Server, USER, moment, start};

/// The time between two answers.
const STEP: Duration = Duration::from_secs(7);

fuzz_target!(|body: &[u8]| {
    let mut agent = Agent::new(start());
    let mut server = Server::new(Seen { presence: Presence::Offline, message: None });
    let busy = Everything { presence: Some(Presence::Busy), ..Everything::default() };
    agent.handle(Event::Intent(Intent::Everything(busy)));
    for line in body.split(|&b| b == b'\n').take(50) {
        check_room(line, agent.now);
        act(&mut agent, &mut server);
        agent.now = agent.now + STEP;
        act(&mut agent, &mut server);
        let Some((id, Request::Sync(sync))) = agent.open.get(&Lane::Sync).cloned() else {
            agent.now = agent.next_timeout().expect("it never asks again");
            continue;
        };
        let answer = SyncAnswer::read(&sync.query, line);
        if let Some(answer) = &answer {
            check(&sync.query, line, answer);
        }
        let answer = answer.map(|answer| Answer::Synced(Box::new(answer)));
        agent.answer(id, answer.ok_or(Fault::Lost));
    }
});

/// Answers every request except syncs at once.
fn act(agent: &mut Agent, server: &mut Server) {
    loop {
        agent.act();
        let others = agent.open.clone().into_values();
        let others: Vec<_> =
            others.filter(|(_, request)| !matches!(request, Request::Sync(_))).collect();
        if others.is_empty() {
            return;
        }
        for (id, request) in others {
            agent.answer(id, Ok(server.answer(&request)));
        }
    }
}

/// Nothing that another user sends may count as the account's own.
fn check(query: &SyncQuery, line: &[u8], answer: &SyncAnswer) {
    let Ok(said) = serde_json::from_slice::<Value>(line) else { panic!("read what is no JSON") };
    assert_eq!(said["next_batch"].as_str(), Some(answer.next.as_str()));
    let presences = said["presence"]["events"].as_array();
    let ours = |event: &Value| event["sender"].as_str() == Some(&query.user);
    if !presences.is_some_and(|events| events.iter().any(ours)) {
        assert_eq!(answer.seen, None, "somebody else's presence");
    }
    let told = &said["org.matrix.msc4429.users"][&query.user]["profile_updates"];
    assert!(answer.told.is_none() || told.is_object() || told.is_null(), "somebody else's status");
}

/// Nothing that another user made may count as the account's profile room.
fn check_room(line: &[u8], now: Mono) {
    let Ok(state @ Value::Array(_)) = serde_json::from_slice::<Value>(line) else { return };
    let now = moment(now).wall.as_millisecond();
    let found = Found::read("!room:here".to_owned(), USER, &state, now);
    let ours = |kind: &str| {
        let mut events = state.as_array().into_iter().flatten();
        events.any(|event| event["type"] == *kind && event["sender"] == *USER)
    };
    assert!(!found.theirs || ours("m.room.create"), "somebody else's room");
    assert!(found.status.is_none() || found.theirs && ours("org.matrix.msc3032.status"));
    assert!(found.presence.is_none() || found.theirs && ours("org.matrix.msc3032.presence"));
}
