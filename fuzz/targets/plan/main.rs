//! Whatever happens to an account, in whatever order: the plan neither panics
//! nor spins, and never has two requests of a kind under way. And whatever has
//! happened, where the server is a good one from then on, it shows what is
//! meant before long.
#![no_main]

use std::time::Duration;

mod honest;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use presently_core::account::profile::{Fields, Profile, ProfileEvent, Status, Wish, plan_profile};
use presently_core::account::{
    Abilities, Acknowledged, BusyBySync, Desired, Event, Marks, Pace, Plan, PollStep, Put,
    PutState, Seen, plan,
};
use presently_core::settings::BusyMode;
use presently_core::{Mono, Presence};

/// More requests than this at one moment would be a quarrel with ourselves.
const AT_ONCE: usize = 6;

#[derive(Arbitrary, Debug)]
struct Story {
    abilities: Server,
    busy: u8,
    /// What the server shows after all that.
    shown: Sight,
    turns: Vec<Turn>,
}

#[derive(Arbitrary, Debug)]
struct Server {
    busy: Option<bool>,
    presence: Option<bool>,
    pace: Option<u16>,
    busy_by_sync: u8,
}

/// One of a few words, so that the same one is met again.
type Word = u8;

#[derive(Arbitrary, Debug)]
enum Turn {
    Wait(u32),
    /// To the plan's next look, if it has one.
    Look,
    Mean {
        presence: u8,
        manual: bool,
        message: Option<Word>,
        stand_in: Option<Word>,
    },
    Show {
        status: Option<Word>,
        call: Option<u8>,
    },
    /// Killed and started again.
    Restart,
    Poll {
        old: bool,
        end: PollEnd,
    },
    Put(PutEnd),
    Read(Option<Sight>),
    Devices(Option<u8>),
    Profile(FieldEnd),
    Told(Option<Word>),
    Returned,
    /// The person said something anew.
    Spoken,
}

#[derive(Arbitrary, Debug)]
enum PollEnd {
    Answered(Option<Sight>),
    Failed { retry_after: Option<u32>, jitter: u8 },
    BusyRefused,
}

#[derive(Arbitrary, Debug)]
enum PutEnd {
    Accepted,
    Limited(u32),
    BusyRefused,
    Failed,
}

#[derive(Arbitrary, Debug)]
enum FieldEnd {
    Read(Option<Word>),
    Accepted,
    Refused,
    Limited(u32),
    Failed,
}

#[derive(Arbitrary, Debug)]
struct Sight {
    presence: u8,
    message: Option<Word>,
}

fn presence(byte: u8) -> Presence {
    let all = [Presence::Online, Presence::Busy, Presence::Unavailable, Presence::Offline];
    all[usize::from(byte % 4)]
}

fn word(word: Word) -> String {
    format!("word {}", word % 4)
}

fn status(text: Word) -> Status {
    Status { text: word(text), emoji: "💬".to_owned() }
}

/// What a server says is waited for, so it says no more than ten minutes.
fn ms(ms: u32) -> Duration {
    Duration::from_millis((ms % 600_000).into())
}

impl Sight {
    fn seen(self) -> Seen {
        Seen { presence: presence(self.presence), message: self.message.map(word) }
    }
}

impl Server {
    fn read(self) -> Abilities {
        let pace = match self.pace {
            None => Pace::Unknown,
            Some(0) => Pace::Free,
            Some(seconds) => Pace::Limited(Duration::from_secs((seconds % 60).into())),
        };
        let by_sync = [BusyBySync::Kept, BusyBySync::Needed, BusyBySync::Refused];
        let busy_by_sync = by_sync[usize::from(self.busy_by_sync % 3)];
        Abilities { busy: self.busy, presence: self.presence, pace, busy_by_sync }
    }
}

/// An agent with one account, whose driver does what the plans say.
struct Agent {
    desired: Desired,
    abilities: Abilities,
    ack: Acknowledged,
    wish: Wish,
    fields: Fields,
    profile: Profile,
    polls: u64,
    now: Mono,
    look: Option<Mono>,
    /// What the plans have begun since somebody looked.
    begun: Vec<Begun>,
}

/// A request.
#[derive(Debug)]
enum Begun {
    Poll(PollStep),
    Put(Put),
    Read,
    Devices,
}

impl Agent {
    fn record(&mut self, event: Event) {
        self.ack.record(event, &mut self.abilities, self.now);
    }

    /// The plan now, which is the same when asked for again.
    fn plan(&self) -> Plan {
        let due = plan(&self.desired, &self.abilities, &self.ack, self.now);
        assert_eq!(due, plan(&self.desired, &self.abilities, &self.ack, self.now));
        assert!(due.look.is_none_or(|look| look > self.now), "a look in the past: {due:?}");
        due
    }

    /// Sends what is due until nothing is.
    fn act(&mut self) {
        self.begun.clear();
        loop {
            let due = self.plan();
            self.look = due.look;
            let before = self.begun.len();
            if due.devices {
                self.begun.push(Begun::Devices);
                self.record(Event::DevicesStarted);
            }
            if let Some(put) = due.put {
                let open = self.ack.put.as_ref().is_some_and(|put| put.state == PutState::Open);
                assert!(!open, "two PUTs at the same time");
                self.begun.push(Begun::Put(put.clone()));
                self.record(Event::PutStarted(put));
            }
            if let Some(poll) = due.poll {
                assert!(poll.timeout >= Duration::from_secs(20), "{poll:?} is short");
                self.begun.push(Begun::Poll(poll));
                self.polls += 1;
                self.record(Event::PollStarted { number: self.polls, set: poll.set });
            }
            if due.read {
                assert!(!self.ack.read_open, "two reads at the same time");
                self.begun.push(Begun::Read);
                self.record(Event::ReadStarted);
            }
            if self.begun.len() == before {
                break;
            }
            assert!(self.begun.len() <= AT_ONCE, "it goes on for ever: {:?}", self.begun);
        }
        self.act_on_profile();
    }

    fn act_on_profile(&mut self) {
        let due = plan_profile(&self.wish, &self.fields, &self.profile, self.now);
        assert!(due.look.is_none_or(|look| look > self.now), "a look in the past: {due:?}");
        self.look = self.look.into_iter().chain(due.look).min();
        let Some(step) = due.step else { return };
        self.profile.record(ProfileEvent::Started(step), self.now);
        let next = plan_profile(&self.wish, &self.fields, &self.profile, self.now);
        assert_eq!(next.step, None, "two requests at the same time");
    }

    fn take(&mut self, turn: Turn) {
        match turn {
            Turn::Wait(wait) => self.now = self.now + Duration::from_millis(wait.into()),
            Turn::Look => self.now = self.look.unwrap_or(self.now),
            Turn::Mean { presence: meant, manual, message, stand_in } => {
                self.desired.presence = (meant % 5 != 4).then(|| presence(meant % 5));
                self.desired.manual = manual;
                self.desired.message = message.map(word);
                self.desired.stand_in = stand_in.map(word);
            }
            Turn::Show { status: said, call } => {
                self.wish = Wish { status: said.map(status), call: call.map(i64::from) };
            }
            Turn::Restart => {
                let marks = Marks::of(&self.ack, &self.profile);
                self.ack = Acknowledged::after_restart(&marks);
                self.profile = Profile::after_restart(&marks);
            }
            Turn::Poll { old, end } => {
                let number = self.polls.saturating_sub(old.into());
                self.record(match end {
                    PollEnd::Answered(seen) => {
                        Event::PollAnswered { number, seen: seen.map(Sight::seen) }
                    }
                    PollEnd::Failed { retry_after, jitter } => {
                        Event::PollFailed { number, retry_after: retry_after.map(ms), jitter }
                    }
                    PollEnd::BusyRefused => Event::PollBusyRefused { number },
                });
            }
            Turn::Put(end) => self.record(match end {
                PutEnd::Accepted => Event::PutAccepted,
                PutEnd::Limited(wait) => Event::PutLimited(ms(wait)),
                PutEnd::BusyRefused => Event::PutBusyRefused,
                PutEnd::Failed => Event::PutFailed,
            }),
            Turn::Read(seen) => self.record(Event::ReadAnswered(seen.map(Sight::seen))),
            Turn::Devices(some) => {
                let names = some.map(|some| (0..some % 3).map(word).collect());
                self.record(Event::DevicesAnswered(names));
            }
            Turn::Profile(end) => {
                let event = match end {
                    FieldEnd::Read(there) => ProfileEvent::Read(there.map(status)),
                    FieldEnd::Accepted => ProfileEvent::Accepted,
                    FieldEnd::Refused => ProfileEvent::Refused,
                    FieldEnd::Limited(wait) => ProfileEvent::Limited(ms(wait)),
                    FieldEnd::Failed => ProfileEvent::Failed,
                };
                self.profile.record(event, self.now);
            }
            Turn::Told(there) => {
                self.profile.record(ProfileEvent::Told(there.map(status)), self.now);
            }
            Turn::Spoken => self.record(Event::Spoken),
            Turn::Returned => {
                self.record(Event::Returned);
                self.profile.record(ProfileEvent::Returned, self.now);
            }
        }
    }
}

fuzz_target!(|story: Story| {
    let modes = [BusyMode::Auto, BusyMode::Always, BusyMode::Never];
    let busy = modes[usize::from(story.busy % 3)];
    let mut agent = Agent {
        desired: Desired { busy, ..Desired::default() },
        abilities: story.abilities.read(),
        ack: Acknowledged::default(),
        wish: Wish::default(),
        fields: Fields { status: Some("m.status".to_owned()), call: Some("m.call".to_owned()) },
        profile: Profile::default(),
        polls: 0,
        now: Mono(0),
        look: None,
        begun: Vec::new(),
    };
    agent.act();
    for turn in story.turns {
        agent.take(turn);
        agent.act();
    }
    honest::settle(agent, story.shown.seen());
});
