//! Fuzzes the profile room with events and answers in any order. Only what the
//! person said may be written there, and no part too often.
#![no_main]

use std::time::Duration;

#[path = "account/mod.rs"]
mod account;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use presently_core::account::profile_room::{Contents, Found, PACE, Part, RoomStep, Stated};
use presently_core::account::{
    Answer, Event, Everything, Fault, Intent, Lane, Request, Seen, sync,
};
use presently_core::remote_call::RoomUpdates;
use presently_core::{Message, Mono, Presence};

use account::{Agent, Server, start};

#[derive(Arbitrary, Debug)]
enum Turn {
    Wait(u32),
    /// Time passes until the account next wants to be called, if it does.
    WaitForTimeout,
    /// The person's presence and message; `None` where they want no room.
    SetWords(Option<(Option<u8>, Option<u8>)>),
    /// The agent is killed and started again.
    Restart,
    End(End),
    Returned,
}

#[derive(Arbitrary, Debug)]
enum End {
    Found(Option<Place>),
    /// The request was fulfilled.
    Done,
    Refused,
    Limited(u32),
    Failed,
}

#[derive(Arbitrary, Debug)]
struct Place {
    theirs: bool,
    status: Option<(Option<u8>, u32)>,
    presence: Option<(Option<u8>, u32)>,
}

impl Place {
    fn found(self, count: &mut u32) -> Found {
        let mut stated = |text: Option<(Option<u8>, u32)>| {
            text.map(|(value, age)| Stated {
                value: value.map(word),
                event: name(count),
                age: Duration::from_millis(age.into()),
            })
        };
        let (status, presence) = (stated(self.status), stated(self.presence));
        Found { room: "!room:here".to_owned(), theirs: self.theirs, status, presence }
    }
}

fn word(byte: u8) -> String {
    format!("word {}", byte % 4)
}

/// The id of a new event.
fn name(count: &mut u32) -> String {
    *count += 1;
    format!("$event{count}")
}

fn intent(words: Option<(Option<u8>, Option<u8>)>) -> Intent {
    let all = [Presence::Online, Presence::Busy, Presence::Unavailable];
    let (presence, message) = words.unwrap_or_default();
    Intent::Everything(Everything {
        presence: presence.map(|p| all[usize::from(p % 3)]),
        manual: presence.is_some(),
        message: message.and_then(|text| Message::new(&word(text), None, None).ok()),
        profile_room: words.is_some(),
        ..Everything::default()
    })
}

/// The value that is written into a part of the room.
fn of(said: &Contents, part: Part) -> Option<String> {
    match part {
        Part::Status => said.message.clone(),
        Part::Presence => said.presence.map(|presence| presence.wire().to_owned()),
    }
}

/// An account on a server that behaves well, except about the room.
struct Stage {
    agent: Agent,
    server: Server,
    intent: Intent,
    count: u32,
    /// When each part was last written, where this target knows it.
    written: [Option<Mono>; 2],
}

impl Stage {
    fn take(&mut self, turn: Turn) {
        let agent = &mut self.agent;
        match turn {
            Turn::Wait(ms) => agent.now = agent.now + Duration::from_millis(ms.into()),
            Turn::WaitForTimeout => agent.now = agent.next_timeout().unwrap_or(agent.now),
            Turn::SetWords(words) => {
                self.intent = intent(words);
                agent.handle(Event::Intent(self.intent.clone()));
            }
            Turn::Restart => {
                agent.restart();
                agent.handle(Event::Intent(self.intent.clone()));
                self.written = [None, None];
            }
            Turn::Returned => agent.handle(Event::Returned),
            Turn::End(end) => {
                let Some((id, Request::Room(step))) = agent.open.get(&Lane::Room).cloned() else {
                    return;
                };
                if let Some(answer) = self.answer(end, &step) {
                    self.agent.answer(id, answer);
                }
            }
        }
    }

    fn answer(&mut self, end: End, step: &RoomStep) -> Option<Result<Answer, Fault>> {
        Some(match end {
            // Only a request to find the room has such an answer.
            End::Found(_) if *step != RoomStep::Find => return None,
            End::Found(place) => {
                self.written = [None, None];
                Ok(Answer::Found(place.map(|place| place.found(&mut self.count))))
            }
            End::Done => match step {
                RoomStep::Find => return None,
                RoomStep::Create => Ok(Answer::Created("!room:here".to_owned())),
                RoomStep::Write { part, .. } => {
                    let now = self.agent.now;
                    let before = self.written[*part as usize].replace(now);
                    let pace = before.is_none_or(|before| now.since(before) >= PACE);
                    assert!(pace, "{part:?} is written too often");
                    Ok(Answer::Written(name(&mut self.count)))
                }
                RoomStep::Redact { .. } => Ok(Answer::Done),
            },
            End::Refused => Err(Fault::Refused { status: 403, message: "no".to_owned() }),
            End::Limited(ms) => Err(Fault::Limited(Some(Duration::from_millis(ms.into())))),
            End::Failed => Err(Fault::Lost),
        })
    }

    /// Sends what is due. Every request except those about the room is answered
    /// at once; of the syncs only an initial one.
    fn act(&mut self) {
        loop {
            let begun = self.agent.act();
            let mut answered = false;
            for lane in begun {
                let Some((id, request)) = self.agent.open.get(&lane).cloned() else { continue };
                let answer = match &request {
                    Request::Room(step) => {
                        self.check(step);
                        continue;
                    }
                    Request::Sync(sync) if sync.since.is_some() => continue,
                    Request::Sync(sync) => {
                        self.server.set_by_sync(sync.set);
                        synced(&self.server.shown)
                    }
                    other => self.server.answer(other),
                };
                answered = true;
                self.agent.answer(id, Ok(answer));
            }
            if !answered {
                return;
            }
        }
    }

    fn check(&self, step: &RoomStep) {
        let wanted = self.intent.profile_room();
        match step {
            RoomStep::Write { part, value, .. } => {
                let said = wanted.as_ref().and_then(|said| of(said, *part));
                assert_eq!(said.as_ref(), Some(value), "nobody said that");
            }
            RoomStep::Create => assert!(wanted.is_some(), "nobody wants it"),
            RoomStep::Find | RoomStep::Redact { .. } => {}
        }
    }
}

fn synced(shown: &Seen) -> Answer {
    Answer::Synced(Box::new(sync::SyncAnswer {
        next: "s".to_owned(),
        seen: Some(shown.clone()),
        rooms: RoomUpdates {
            is_initial: true,
            has_all_senders: true,
            rooms: Vec::new(),
            left: Vec::new(),
        },
        told: None,
    }))
}

fuzz_target!(|turns: Vec<Turn>| {
    let mut stage = Stage {
        agent: Agent::new(start()),
        server: Server::new(Seen { presence: Presence::Online, message: None }),
        intent: Intent::default(),
        count: 0,
        written: [None, None],
    };
    stage.act();
    for turn in turns {
        stage.take(turn);
        stage.act();
    }
});
