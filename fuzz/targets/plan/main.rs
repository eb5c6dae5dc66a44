//! Fuzzes an account with events and answers in any order. It must neither
//! panic nor loop, and must never have two requests in one lane. Whatever has
//! happened, once the server behaves well, it must show what is meant within a
//! limited time.
#![no_main]

use std::time::Duration;

#[path = "../account/mod.rs"]
mod account;
mod honest;
mod story;

use libfuzzer_sys::fuzz_target;
use presently_core::account::{Event, Intent, Lane, Request, Start};
use presently_core::remote_call::RoomUpdates;

use account::{Agent, Server, start};
use story::{Story, Turn, ms};

pub(crate) fn room_updates(is_initial: bool) -> RoomUpdates {
    RoomUpdates { is_initial, has_all_senders: true, rooms: Vec::new(), left: Vec::new() }
}

fn take(agent: &mut Agent, server: &mut Server, intent: &mut Intent, turn: Turn) {
    match turn {
        Turn::Wait(wait) => agent.now = agent.now + ms(wait),
        Turn::WaitForTimeout => agent.now = agent.next_timeout().unwrap_or(agent.now),
        Turn::SetIntent(arbitrary) => {
            *intent = arbitrary.intent();
            agent.handle(Event::Intent(intent.clone()));
        }
        Turn::Restart => {
            agent.restart();
            agent.handle(Event::Intent(intent.clone()));
        }
        Turn::Answer { lane, end } => {
            let mut open = agent.open.range(story::lane(lane)..).chain(&agent.open);
            let Some((_, (id, request))) = open.next() else { return };
            let (id, answer) = (*id, end.to(request));
            if let (Request::Room(step), Ok(answer)) = (request, &answer) {
                server.has_answered(step, answer);
            }
            agent.answer(id, answer);
        }
        Turn::AnswerClosed(end) => {
            // An answer to a request that is no longer open must have no
            // effect.
            let Some(id) = agent.closed else { return };
            agent.answer(id, end.to(&Request::Read));
        }
        Turn::Returned => agent.handle(Event::Returned),
        Turn::MessageChanged => agent.handle(Event::MessageChanged),
        Turn::Leave => agent.handle(Event::Leave),
    }
}

fuzz_target!(|story: Story| {
    let mut agent = Agent::new(Start { abilities: story.server.abilities(), ..start() });
    let (mut server, mut intent) = (Server::new(story.shown.seen()), Intent::default());
    agent.act();
    for turn in story.turns {
        take(&mut agent, &mut server, &mut intent, turn);
        agent.act();
        if let Some((_, Request::Sync(sync))) = agent.open.get(&Lane::Sync)
            && sync.since.is_some()
        {
            assert!(sync.timeout >= Duration::from_secs(20), "{sync:?} is short");
        }
    }
    honest::settle(agent, server, &intent);
});
