//! An account whose requests stay open until the target answers them, and a
//! server that behaves well.
#![allow(dead_code, reason = "each target uses some of it")]

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use presently_core::account::profile::{Field, Fields, Status, Step};
use presently_core::account::profile_room::{Found, Part, RoomStep, Stated};
use presently_core::account::{
    Account, Answer, Event, Fault, Lane, Probed, Request, RequestId, Seen, Start, Transmit,
};
use presently_core::{Moment, Mono, Presence};

pub(crate) const USER: &str = "@me:here";
pub(crate) const DEVICE: &str = "OURS";

/// More requests than this at one moment are an endless loop. There can be one
/// in each lane, and a sync that is replaced at once.
const AT_ONCE: usize = 8;

/// The wall clock at the start, in milliseconds since the epoch.
const BEGIN: i64 = 1_800_000_000_000;

pub(crate) fn start() -> Start {
    Start { user: USER.to_owned(), device: DEVICE.to_owned(), ..Start::default() }
}

pub(crate) fn moment(mono: Mono) -> Moment {
    let ms = BEGIN.saturating_add(i64::try_from(mono.0).unwrap_or(i64::MAX));
    Moment { mono, wall: Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX) }
}

/// An account and its clock.
pub(crate) struct Agent {
    pub(crate) account: Account,
    pub(crate) now: Mono,
    /// The open request of each lane.
    pub(crate) open: BTreeMap<Lane, (RequestId, Request)>,
    /// A request that is no longer open.
    pub(crate) closed: Option<RequestId>,
    leaving: bool,
}

impl Agent {
    pub(crate) fn new(start: Start) -> Self {
        let account = Account::new(start);
        Self { account, now: Mono(0), open: BTreeMap::new(), closed: None, leaving: false }
    }

    /// The program is killed and started again.
    pub(crate) fn restart(&mut self) {
        let (abilities, marks) = (self.account.abilities().clone(), self.account.marks());
        self.account = Account::new(Start { abilities, marks, ..start() });
        self.open.clear();
        (self.closed, self.leaving) = (None, false);
    }

    pub(crate) fn handle(&mut self, event: Event) {
        self.leaving |= matches!(event, Event::Leave);
        self.account.handle(event, moment(self.now));
        self.forget_closed();
    }

    pub(crate) fn answer(&mut self, id: RequestId, answer: Result<Answer, Fault>) {
        self.handle(Event::Answered(id, answer));
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving
    }

    pub(crate) fn next_timeout(&self) -> Option<Mono> {
        self.account.poll_timeout()
    }

    fn forget_closed(&mut self) {
        let account = &self.account;
        let gone = self.open.values().map(|(id, _)| *id).find(|id| !account.is_open(*id));
        self.closed = gone.or(self.closed);
        self.open.retain(|_, (id, _)| account.is_open(*id));
    }

    /// Sends the requests that are due, and returns their lanes.
    pub(crate) fn act(&mut self) -> Vec<Lane> {
        let mut begun = Vec::new();
        let now = moment(self.now);
        while let Some(Transmit { id, request }) = self.account.poll_transmit(now) {
            let lane = request.lane();
            begun.push(lane);
            assert!(begun.len() <= AT_ONCE, "it goes on for ever: {begun:?}");
            assert!(self.account.is_open(id), "nobody waits for {request:?}");
            let before = self.open.insert(lane, (id, request));
            // A request while leaving may replace an earlier one of its lane.
            let alone = before.is_none() || lane == Lane::Sync || self.leaving;
            assert!(alone, "two requests at the same time: {before:?}");
            self.closed = before.map(|(id, _)| id).or(self.closed);
            self.forget_closed();
        }
        let next = self.next_timeout();
        assert!(next.is_none_or(|next| next > self.now), "a timeout in the past: {next:?}");
        assert_eq!(self.account.poll_transmit(now), None, "nothing has happened");
        assert_eq!(self.next_timeout(), next, "nothing has happened");
        self.account.view(now);
        begun
    }
}

/// The state of a homeserver that fulfils every request.
pub(crate) struct Server {
    pub(crate) shown: Seen,
    pub(crate) status: Option<Status>,
    pub(crate) call: Option<i64>,
    /// The profile room's id and the contents of its two events.
    pub(crate) room: Option<(String, [Option<Stated>; 2])>,
    pub(crate) fields: Fields,
    events: u32,
    /// The events in the room that the account wrote.
    ours: Vec<String>,
}

impl Server {
    pub(crate) fn new(shown: Seen) -> Self {
        let named = |name: &str| Some(format!("org.matrix.msc4426.{name}"));
        let fields = Fields { status: named("status"), call: named("call"), ..Fields::default() };
        Self { shown, status: None, call: None, room: None, fields, events: 0, ours: Vec::new() }
    }

    /// The answer to any request except a sync.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        match request {
            Request::Sync(_) => unreachable!("it is held"),
            Request::Put(put) => {
                self.shown = Seen { presence: put.presence, message: put.message.clone() };
                Answer::Done
            }
            Request::Read => Answer::Presence(Some(self.shown.clone())),
            Request::Devices => Answer::Devices { devices: Vec::new(), now: Timestamp::UNIX_EPOCH },
            Request::Probe => Answer::Probed(Probed {
                busy: true,
                presence: Some(true),
                fields: Some(self.fields.clone()),
                ..Probed::default()
            }),
            Request::Profile(step) => self.profile(step),
            Request::Room(step) => self.room(step),
        }
    }

    fn profile(&mut self, step: &Step) -> Answer {
        match step {
            Step::ReadStatus => return Answer::Status(self.status.clone()),
            Step::WriteStatus(status) => self.status = Some(status.clone()),
            Step::WriteCall(joined) => self.call = Some(*joined),
            Step::Remove(Field::Status) => self.status = None,
            Step::Remove(Field::Call) => self.call = None,
        }
        Answer::Done
    }

    fn room(&mut self, step: &RoomStep) -> Answer {
        match step {
            RoomStep::Find => {
                Answer::Found(self.room.clone().map(|(room, [status, presence])| Found {
                    room,
                    theirs: true,
                    status,
                    presence,
                }))
            }
            RoomStep::Create => {
                let room = "!room:here".to_owned();
                self.room = Some((room.clone(), [None, None]));
                Answer::Created(room)
            }
            RoomStep::Write { part, value, .. } => {
                let event = self.event();
                let (value, age) = (Some(value.clone()), Duration::ZERO);
                self.ours.push(event.clone());
                let stated = Stated { value, event: event.clone(), age };
                let (_, stands) =
                    self.room.get_or_insert_with(|| ("!room:here".to_owned(), [None, None]));
                stands[*part as usize] = Some(stated);
                Answer::Written(event)
            }
            RoomStep::Redact { event, .. } => {
                let stands = self.room.iter_mut().flat_map(|(_, stands)| stands).flatten();
                for stated in stands.filter(|stated| stated.event == *event) {
                    stated.value = None;
                }
                Answer::Done
            }
        }
    }

    /// Changes the state as this answer to a request about the profile room
    /// tells.
    pub(crate) fn has_answered(&mut self, step: &RoomStep, answer: &Answer) {
        match (step, answer) {
            (RoomStep::Find, Answer::Found(found)) => {
                let theirs = found.clone().filter(|found| found.theirs);
                self.room = theirs.map(|found| (found.room, [found.status, found.presence]));
            }
            (RoomStep::Create, Answer::Created(room)) => {
                self.room = Some((room.clone(), [None, None]));
            }
            (RoomStep::Write { part, value, .. }, Answer::Written(event)) => {
                let (value, event, age) = (Some(value.clone()), event.clone(), Duration::ZERO);
                self.ours.push(event.clone());
                if let Some((_, stands)) = &mut self.room {
                    stands[*part as usize] = Some(Stated { value, event, age });
                }
            }
            (RoomStep::Redact { .. }, Answer::Done) => drop(self.room(step)),
            _ => {}
        }
    }

    fn event(&mut self) -> String {
        self.events += 1;
        format!("$event{}", self.events)
    }

    /// The value of a part of the profile room.
    pub(crate) fn said(&self, part: Part) -> Option<&str> {
        let (_, stands) = self.room.as_ref()?;
        stands[part as usize].as_ref()?.value.as_deref()
    }

    /// Whether the profile room still has a value that the account wrote.
    pub(crate) fn says_ours(&self) -> bool {
        let stands = self.room.iter().flat_map(|(_, stands)| stands).flatten();
        let mut said = stands.filter(|stated| stated.value.is_some());
        said.any(|stated| self.ours.contains(&stated.event))
    }

    /// Sets the presence of a sync. Busy is ended by PUT only.
    pub(crate) fn set_by_sync(&mut self, set: Presence) {
        let silent = matches!(set, Presence::Offline | Presence::Busy);
        if !silent && self.shown.presence != Presence::Busy {
            self.shown.presence = set;
        }
    }
}
