//! The model homeserver as a whole: presence, profile and moods.

use std::collections::BTreeMap;
use std::time::Duration;

use presently_core::account::Event;
use presently_core::account::devices::SYNCING;
use presently_core::account::profile::ProfileEvent;
use presently_core::{Mono, Presence};

use crate::dice::Dice;
use crate::fields::ModelFields;
use crate::flight::{Answer, Request, failure, poll_failed};
use crate::line::Mood;
use crate::model::{PutAnswer, Server};

/// The server, its time, and chance.
pub struct Net {
    pub server: Server,
    pub fields: ModelFields,
    pub mood: Mood,
    pub dice: Dice,
    pub now: Mono,
    /// Another device uses up what syncs may change: from then on.
    pub greedy: Option<Mono>,
    /// The agents of this account, and when each was heard last.
    pub agents: BTreeMap<&'static str, Mono>,
    /// Tell all that happens, for whoever looks into a seed
    /// (`PRESENTLY_TRACE`).
    pub trace: bool,
}

impl Net {
    #[expect(clippy::print_stdout, reason = "asked for by a variable")]
    pub fn trace(&self, what: impl Fn() -> String) {
        if self.trace {
            let ms = self.now.0;
            let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
            println!("{h:02}:{m:02}:{s:02}.{:03} {}", ms % 1000, what());
        }
    }

    /// Time passes.
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

    fn upto(&self) -> (u64, u64) {
        (self.server.changes, self.fields.changes)
    }

    /// There is something that one who has read up to this was not told.
    pub fn news(&self, since: (u64, u64)) -> bool {
        self.server.changes != since.0 || self.fields.tells && self.fields.changes != since.1
    }

    pub fn tell_news(&self, number: u64, since: (u64, u64)) -> Answer {
        let told = self.fields.tells && self.fields.changes != since.1;
        Answer::Poll {
            number,
            seen: (self.server.changes != since.0).then(|| self.server.seen()),
            upto: self.upto(),
            told: told.then(|| self.fields.status.clone()),
        }
    }

    pub fn tell_all(&self, number: u64) -> Answer {
        let told = self.fields.tells.then(|| self.fields.status.clone());
        Answer::Poll { number, seen: Some(self.server.seen()), upto: self.upto(), told }
    }

    /// The answer to a poll that is not taken.
    pub fn refuses_poll(&mut self, number: u64, set: Presence) -> Option<Answer> {
        if set == Presence::Busy && !self.server.shape.last_wins {
            return Some(Answer::Event(Event::PollBusyRefused { number }));
        }
        match self.mood {
            Mood::Limits { polls: true, says } => {
                let retry_after = Some(says.wait(self.now));
                let jitter = u8::try_from(self.dice.below(101)).unwrap_or(0);
                Some(Answer::Event(Event::PollFailed { number, retry_after, jitter }))
            }
            Mood::Fails { acts: false } => Some(poll_failed(number, self)),
            _ => None,
        }
    }

    /// Carries out any other request.
    pub fn answer(&mut self, device: &'static str, request: Request, limited: &mut u64) -> Answer {
        match self.mood {
            Mood::Limits { says, .. } => {
                let wait = says.wait(self.now);
                match &request {
                    Request::Put(_) => return Answer::Event(Event::PutLimited(wait)),
                    Request::Profile(_) => return Answer::Profile(ProfileEvent::Limited(wait)),
                    _ => {}
                }
            }
            Mood::Fails { acts } => {
                let failed = failure(&request, self);
                if acts {
                    self.carry_out(device, request, limited);
                }
                return failed;
            }
            Mood::Well => {}
        }
        self.carry_out(device, request, limited)
    }

    fn carry_out(&mut self, device: &'static str, request: Request, limited: &mut u64) -> Answer {
        match request {
            Request::Put(put) => {
                Answer::Event(match self.server.put(device, put.presence, put.message, self.now) {
                    PutAnswer::Ok => Event::PutAccepted,
                    PutAnswer::Limited(wait) => {
                        *limited += 1;
                        Event::PutLimited(wait)
                    }
                    PutAnswer::BusyRefused => Event::PutBusyRefused,
                })
            }
            Request::Read | Request::Poll { .. } => {
                Answer::Event(Event::ReadAnswered(Some(self.server.seen())))
            }
            Request::Devices(_) => {
                let heard = |at: &Mono| self.now.since(*at) < SYNCING;
                let agents = self.agents.iter().filter(|(name, at)| **name != device && heard(at));
                let mut others = self.server.others(self.now);
                others.extend(agents.map(|(name, _)| format!("Presently on {name}")));
                Answer::Event(Event::DevicesAnswered(Some(others)))
            }
            Request::Profile(step) => {
                Answer::Profile(self.fields.carry_out(device, &step, self.now))
            }
        }
    }
}
