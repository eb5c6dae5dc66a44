//! The events of a fuzzed account, made from arbitrary bytes.

use std::time::Duration;

use arbitrary::Arbitrary;
use jiff::Timestamp;
use presently_core::account::devices::Device;
use presently_core::account::profile::{Fields, Status};
use presently_core::account::profile_room::{Found, Part, RoomStep, Stated};
use presently_core::account::{
    Abilities, Answer, BusyBySync, Everything, Fault, Intent, Lane, MessageOnly, Pace, Probed,
    Request, Seen, profile, sync,
};
use presently_core::settings::BusyMode;
use presently_core::{Message, Presence};

#[derive(Arbitrary, Debug)]
pub(crate) struct Story {
    pub(crate) server: Server,
    /// What the server shows at the end of the story.
    pub(crate) shown: Sight,
    pub(crate) turns: Vec<Turn>,
}

/// What the account has learnt about the server before.
#[derive(Arbitrary, Debug)]
pub(crate) struct Server {
    busy: Option<bool>,
    presence: Option<bool>,
    pace: Option<u16>,
    busy_by_sync: u8,
}

/// All lanes, in their order.
const LANES: [Lane; 7] =
    [Lane::Sync, Lane::Put, Lane::Read, Lane::Devices, Lane::Probe, Lane::Profile, Lane::Room];

pub(crate) fn lane(byte: u8) -> Lane {
    LANES[usize::from(byte % 7)]
}

/// One of a few words, so that equal ones are frequent.
type Word = u8;

#[derive(Arbitrary, Debug)]
pub(crate) enum Turn {
    Wait(u32),
    /// Time passes until the account next wants to be called, if it does.
    WaitForTimeout,
    /// The account is to show something else.
    SetIntent(ArbitraryIntent),
    /// The agent is killed and started again.
    Restart,
    /// The request in this lane is answered. If there is none, that in the next
    /// lane that has one.
    Answer {
        lane: u8,
        end: End,
    },
    /// A request that was given up is answered.
    AnswerClosed(End),
    Returned,
    /// The person says something new.
    MessageChanged,
    Leave,
}

#[derive(Arbitrary, Debug)]
pub(crate) struct ArbitraryIntent {
    share: u8,
    presence: u8,
    manual: bool,
    message: Option<Word>,
    ends: bool,
    stand_in: Option<Word>,
    busy: u8,
    call: Option<u8>,
    profile_room: bool,
}

#[derive(Arbitrary, Debug)]
pub(crate) enum End {
    /// An answer of the kind that was asked for.
    Done(Done),
    /// An answer of another kind.
    WrongKind,
    Limited(Option<u32>),
    Refused {
        status: u8,
        why: Word,
    },
    Lost,
    NotSent,
    UnknownToken,
}

/// The possible contents of an answer. Each kind of answer uses some of them.
#[derive(Arbitrary, Debug)]
pub(crate) struct Done {
    seen: Option<Sight>,
    word: Option<Word>,
    told: bool,
    yes: Option<bool>,
    some: u8,
    age: u32,
}

#[derive(Arbitrary, Debug)]
pub(crate) struct Sight {
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

/// A wait that a server asks for, in milliseconds. It is limited to ten
/// minutes, because the account waits that long.
pub(crate) fn ms(ms: u32) -> Duration {
    Duration::from_millis((ms % 600_000).into())
}

impl Sight {
    pub(crate) fn seen(&self) -> Seen {
        Seen { presence: presence(self.presence), message: self.message.map(word) }
    }
}

impl Server {
    pub(crate) fn abilities(&self) -> Abilities {
        let pace = match self.pace {
            None => Pace::Unknown,
            Some(0) => Pace::Free,
            Some(seconds) => Pace::Limited(Duration::from_secs((seconds % 60).into())),
        };
        let by_sync = [BusyBySync::Kept, BusyBySync::Needed, BusyBySync::Refused];
        let busy_by_sync = by_sync[usize::from(self.busy_by_sync % 3)];
        let (busy, presence) = (self.busy, self.presence);
        Abilities { busy, presence, pace, busy_by_sync, ..Abilities::default() }
    }
}

impl ArbitraryIntent {
    pub(crate) fn intent(&self) -> Intent {
        let modes = [BusyMode::Auto, BusyMode::Always, BusyMode::Never];
        let until = self.ends.then_some(Timestamp::MAX);
        let message = self.message.and_then(|text| Message::new(&word(text), None, until).ok());
        let profile_room = self.profile_room;
        match self.share % 5 {
            0 => Intent::Nothing,
            1 => Intent::Message(MessageOnly { message, profile_room }),
            _ => Intent::Everything(Everything {
                presence: (self.presence % 5 != 4).then(|| presence(self.presence % 5)),
                manual: self.manual,
                message,
                stand_in: self.stand_in.map(word),
                busy: modes[usize::from(self.busy % 3)],
                call: self.call.map(i64::from),
                profile_room,
            }),
        }
    }
}

impl End {
    pub(crate) fn to(self, request: &Request) -> Result<Answer, Fault> {
        Err(match self {
            Self::Done(done) => return Ok(done.to(request)),
            Self::WrongKind => {
                let done = matches!(request, Request::Put(_) | Request::Profile(_));
                return Ok(if done { Answer::Created(String::new()) } else { Answer::Done });
            }
            Self::Limited(pause) => Fault::Limited(pause.map(ms)),
            Self::Refused { status, why } => {
                let status = [400, 403, 404, 413][usize::from(status % 4)];
                Fault::Refused { status, message: word(why) }
            }
            Self::Lost => Fault::Lost,
            Self::NotSent => Fault::NotSent,
            Self::UnknownToken => Fault::UnknownToken,
        })
    }
}

impl Done {
    fn to(self, request: &Request) -> Answer {
        match request {
            Request::Sync(sync) => Answer::Synced(Box::new(sync::SyncAnswer {
                next: word(self.some),
                seen: self.seen.map(|seen| seen.seen()),
                rooms: crate::room_updates(sync.query.is_initial),
                told: self.told.then(|| self.word.map(status)),
            })),
            Request::Read => Answer::Presence(self.seen.map(|seen| seen.seen())),
            Request::Devices => self.devices(),
            Request::Probe => Answer::Probed(self.probed()),
            Request::Profile(profile::Step::ReadStatus) => Answer::Status(self.word.map(status)),
            Request::Room(RoomStep::Find) => Answer::Found(self.found()),
            Request::Room(RoomStep::Create) => Answer::Created("!room:here".to_owned()),
            Request::Room(RoomStep::Write { .. }) => Answer::Written(word(self.some)),
            Request::Put(_) | Request::Profile(_) | Request::Room(_) => Answer::Done,
        }
    }

    fn devices(&self) -> Answer {
        let now = Timestamp::UNIX_EPOCH + Duration::from_secs(10_000);
        let names = ["Element on laptop", "Presently on laptop", "Element X iOS"];
        let device = |n: u8| Device {
            id: word(n),
            name: names.get(usize::from(n)).map(|name| (*name).to_owned()),
            last_seen: self.yes.map(|lately| if lately { now } else { Timestamp::UNIX_EPOCH }),
        };
        Answer::Devices { devices: (0..self.some % 5).map(device).collect(), now }
    }

    fn probed(&self) -> Probed {
        let named = |there: bool, name: &str| there.then(|| name.to_owned());
        let fields = self.word.map(|which| Fields {
            status: named(which & 1 == 0, "m.status"),
            call: named(which & 2 == 0, "m.call"),
            unstable: false,
        });
        Probed { busy: self.told, presence: self.yes, fields, ..Probed::default() }
    }

    fn found(&self) -> Option<Found> {
        let stated = |part: Part| {
            let said = self.some & (1 << (part as u8)) != 0;
            said.then(|| Stated {
                value: self.word.map(word),
                event: format!("${}", part as u8),
                age: ms(self.age),
            })
        };
        self.yes.map(|theirs| Found {
            room: "!room:here".to_owned(),
            theirs,
            status: stated(Part::Status).filter(|_| theirs),
            presence: stated(Part::Presence).filter(|_| theirs),
        })
    }
}
