//! The model homeserver as a whole: presence, profile, calls and faults.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use presently_core::account::devices::{Device, SYNCING};
use presently_core::account::profile::Fields;
use presently_core::account::{Answer, Fault, NonexistentUser, Probed, Request, SyncRequest, sync};
use presently_core::remote_call::{Room, RoomUpdates};
use presently_core::{Mono, Presence};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::fields::ModelFields;
use crate::flight::{Held, Outcome};
use crate::line::Mood;
use crate::model::{PutAnswer, Server, wall};
use crate::room::ModelRoom;

pub const USER: &str = "@me:example.org";

/// Synapse answers an equal initial sync from its cache for this time
/// (docs/protocol.md, "What a sync costs").
const CACHED: Duration = Duration::from_secs(120);

/// The server, the time, and the random numbers.
pub struct Net {
    pub server: Server,
    pub fields: ModelFields,
    pub room: ModelRoom,
    pub mood: Mood,
    pub dice: Dice,
    pub now: Mono,
    /// When another device next uses up the rate limit of syncs.
    pub greedy: Option<Mono>,
    /// A call of the account on another device, and how often that changed.
    pub call: Option<Timestamp>,
    pub calls: u64,
    /// The agents of this account, and when the server last heard of each.
    pub agents: BTreeMap<&'static str, Mono>,
    cache: Vec<Cached>,
    /// Print all that happens, to debug a seed (`PRESENTLY_TRACE`).
    pub trace: bool,
}

struct Cached {
    device: &'static str,
    sync: SyncRequest,
    at: Mono,
    answer: Answer,
}

/// Up to which changes a client was told. It is what a sync token holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    presence: u64,
    fields: u64,
    calls: u64,
}

impl Position {
    pub fn read(token: &str) -> Self {
        let mut parts = token.split('_').map(|part| part.parse().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        Self { presence: next(), fields: next(), calls: next() }
    }

    fn token(self) -> String {
        format!("{}_{}_{}", self.presence, self.fields, self.calls)
    }
}

impl Net {
    pub fn new(server: Server) -> Self {
        Self {
            server,
            fields: ModelFields::default(),
            room: ModelRoom::default(),
            mood: Mood::Well,
            dice: Dice(0),
            now: Mono(1_000),
            greedy: None,
            call: None,
            calls: 0,
            agents: BTreeMap::new(),
            cache: Vec::new(),
            trace: std::env::var_os("PRESENTLY_TRACE").is_some(),
        }
    }

    #[expect(clippy::print_stdout, reason = "asked for by a variable")]
    pub fn trace(&self, what: impl Fn() -> String) {
        if self.trace {
            let ms = self.now.0;
            let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
            println!("{h:02}:{m:02}:{s:02}.{:03} {}", ms % 1000, what());
        }
    }

    /// The server's own clock.
    pub fn wall(&self) -> Timestamp {
        wall(0, self.now)
    }

    /// Carries out what is due.
    pub fn tick(&mut self) {
        if self.greedy.is_some_and(|next| next <= self.now) {
            self.server.sync("greedy", Presence::Offline, self.now);
            let pause = self.dice.time(Duration::from_secs(30));
            self.greedy = Some(self.now + Duration::from_secs(1) + pause);
        }
        self.server.tick(self.now);
    }

    pub fn next(&self) -> Option<Mono> {
        self.server.next_decay(self.now).into_iter().chain(self.greedy).min()
    }

    fn position(&self) -> Position {
        let (presence, fields) = (self.server.changes, self.fields.changes);
        Position { presence, fields, calls: self.calls }
    }

    /// Whether there is something to tell to a client at this position.
    pub fn news(&self, since: Position) -> bool {
        let told = Position {
            fields: if self.fields.tells { since.fields } else { self.fields.changes },
            presence: if self.server.shape.off { self.server.changes } else { since.presence },
            ..since
        };
        told != self.position()
    }

    /// The account joins or leaves a call on another device.
    pub fn call_elsewhere(&mut self, on: bool) {
        self.call = on.then(|| self.wall());
        self.calls += 1;
    }

    fn call_event(&self) -> Value {
        let since = self.call.unwrap_or_else(|| self.wall()).as_millisecond();
        let content = match self.call {
            Some(_) => json!({
                "application": "m.call", "call_id": "", "scope": "m.room", "device_id": "PHONE",
                "expires": 14_400_000,
            }),
            None => json!({}),
        };
        json!({
            "type": "org.matrix.msc3401.call.member", "sender": USER,
            "state_key": format!("_{USER}_PHONE_m.call"), "content": content,
            "origin_server_ts": since,
        })
    }

    fn synced(&self, sync: &SyncRequest, since: Option<Position>) -> Answer {
        let is_new = |then: fn(&Position) -> u64| {
            since.is_none_or(|since| then(&since) != then(&self.position()))
        };
        let seen = self.server.seen();
        // An initial sync leaves an offline presence out.
        let out = self.server.shape.off
            || (since.is_none()
                && seen.presence == Presence::Offline
                && !self.server.shape.last_wins);
        let told = (self.fields.tells && is_new(|p| p.fields) && sync.query.status.is_some())
            .then(|| self.fields.status.clone());
        let in_room = (self.calls > 0 && is_new(|p| p.calls)).then(|| Room {
            id: "!room".to_owned(),
            state: vec![self.call_event()],
            ..Room::default()
        });
        Answer::Synced(Box::new(sync::SyncAnswer {
            next: self.position().token(),
            seen: (!out && is_new(|p| p.presence)).then_some(seen),
            rooms: RoomUpdates {
                is_initial: sync.query.is_initial,
                has_all_senders: sync.query.has_all_senders,
                rooms: in_room.into_iter().collect(),
                left: Vec::new(),
            },
            told,
        }))
    }

    /// The answer to a held poll: what has changed.
    pub fn changes(&self, held: &Held) -> Answer {
        self.synced(&held.sync, Some(held.since))
    }

    /// The answer to an initial sync, perhaps from the cache.
    pub fn initial(&mut self, device: &'static str, sync: &SyncRequest) -> Answer {
        let now = self.now;
        self.cache.retain(|cached| now.since(cached.at) < CACHED);
        let same = |cached: &&Cached| {
            let (old, new) = (&cached.sync, sync);
            cached.device == device && old.timeout == new.timeout && old.query == new.query
        };
        if let Some(cached) = self.cache.iter().find(same) {
            return cached.answer.clone();
        }
        let answer = self.synced(sync, None);
        self.cache.push(Cached { device, sync: sync.clone(), at: now, answer: answer.clone() });
        answer
    }

    /// Why the server refuses a poll. `None` if it does not.
    pub fn refuses_sync(&mut self, sync: &SyncRequest) -> Option<Fault> {
        let refused =
            |message: &str| Some(Fault::Refused { status: 400, message: message.to_owned() });
        if sync.set == Presence::Busy && !self.server.shape.last_wins {
            return refused("no such presence");
        }
        match self.mood {
            Mood::Limits { polls: true, says } => Some(Fault::Limited(Some(says.wait(self.now)))),
            Mood::Fails { acts: false } => Some(Fault::Lost),
            Mood::Forgets if !sync.inline_filter => refused("no such filter"),
            _ => None,
        }
    }

    /// Carries out any other request.
    pub fn answer(
        &mut self,
        device: &'static str,
        request: &Request,
        limited: &mut u64,
    ) -> Outcome {
        match self.mood {
            Mood::Limits { says, .. }
                if matches!(request, Request::Put(_) | Request::Profile(_) | Request::Room(_)) =>
            {
                return Err(Fault::Limited(Some(says.wait(self.now))));
            }
            Mood::Fails { acts } => {
                if acts {
                    drop(self.carry_out(device, request, limited));
                }
                return Err(Fault::Lost);
            }
            _ => {}
        }
        self.carry_out(device, request, limited)
    }

    fn carry_out(&mut self, device: &'static str, request: &Request, limited: &mut u64) -> Outcome {
        match request {
            Request::Put(put) => {
                let message = put.message.clone();
                match self.server.put(device, put.presence, message, self.now) {
                    PutAnswer::Ok => Ok(Answer::Done),
                    PutAnswer::Limited(wait) => {
                        *limited += 1;
                        Err(Fault::Limited(Some(wait)))
                    }
                    PutAnswer::BusyRefused => {
                        Err(Fault::Refused { status: 400, message: "no such presence".to_owned() })
                    }
                }
            }
            Request::Read | Request::Sync(_) => Ok(Answer::Presence(Some(self.server.seen()))),
            Request::Devices => {
                let heard = |at: &Mono| self.now.since(*at) < SYNCING;
                let agents = self.agents.iter().filter(|(name, at)| **name != device && heard(at));
                let mut devices = self.server.devices(device, self.now);
                devices.extend(agents.map(|(name, at)| Device {
                    id: (*name).to_owned(),
                    name: Some(format!("Presently on {name}")),
                    last_seen: Some(wall(0, *at)),
                }));
                Ok(Answer::Devices { devices, now: self.wall() })
            }
            Request::Probe => Ok(Answer::Probed(Probed {
                busy: self.server.shape.busy,
                presence: Some(!self.server.shape.off),
                nobody: NonexistentUser::default(),
                fields: Some(Fields {
                    status: Some("m.status".to_owned()),
                    call: Some("m.call".to_owned()),
                    zone: None,
                    unstable: false,
                }),
            })),
            Request::Profile(step) => self.fields.carry_out(device, step, self.now),
            Request::Room(step) => self.room.carry_out(step, self.now),
        }
    }
}
