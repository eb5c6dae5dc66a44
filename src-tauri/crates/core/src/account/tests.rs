//! Tests of an account's state machine as a whole, with a server that the test
//! plays. The simulation in core/tests/ covers hours and days.

use jiff::Timestamp;
use proptest::prelude::*;

use super::profile::{Field, Step};
use super::profile_room::{Found, Part, RoomStep, Stated};
use super::*;
use crate::Presence;
use crate::manual::Message;

mod odd_servers;

const USER: &str = "@me:example.org";

fn moment(ms: u64) -> Moment {
    let wall = 1_800_000_000_000 + i64::try_from(ms).expect("soon");
    Moment { mono: Mono(ms), wall: Timestamp::from_millisecond(wall).expect("in range") }
}

fn both() -> Fields {
    Fields {
        status: Some("m.status".to_owned()),
        call: Some("m.call".to_owned()),
        ..Fields::default()
    }
}

/// A server that carries out every request.
struct Server {
    account: Account,
    now: u64,
    seen: Seen,
    /// What the last sync told. The open poll is answered once this is not what
    /// others see.
    told: Option<Seen>,
    poll: Option<RequestId>,
    off: bool,
    status: Option<profile::Status>,
    call: Option<i64>,
    room: [Option<Stated>; 2],
    /// All requests except the syncs.
    asked: Vec<Request>,
}

impl Server {
    fn new(marks: Marks) -> Self {
        let abilities = Abilities { busy: Some(true), ..Abilities::default() };
        let user = USER.to_owned();
        let device = "OURS".to_owned();
        Self {
            account: Account::new(Start { user, device, abilities, marks, seed: 7 }),
            now: 1_000,
            seen: Seen { presence: Presence::Offline, message: None },
            told: None,
            poll: None,
            off: false,
            status: None,
            call: None,
            room: [None, None],
            asked: Vec::new(),
        }
    }

    fn handle(&mut self, event: Event) {
        self.account.handle(event, moment(self.now));
    }

    fn shows(&mut self, change: impl FnOnce(&mut Everything)) {
        let mut shown = Everything::default();
        change(&mut shown);
        self.handle(Event::Intent(Intent::Everything(shown)));
        self.handle(Event::MessageChanged);
    }

    /// Answers all requests, and the open poll when there is news, until
    /// nothing is due.
    fn settle(&mut self) {
        for _ in 0..50 {
            self.now += 1;
            if let Some(transmit) = self.account.poll_transmit(moment(self.now)) {
                match self.answer(&transmit.request) {
                    Some(answer) => self.handle(Event::Answered(transmit.id, Ok(answer))),
                    None => self.poll = Some(transmit.id),
                }
            } else if let Some(poll) = self.poll.take().filter(|_| self.has_news()) {
                let answer = self.synced(true);
                self.handle(Event::Answered(poll, Ok(answer)));
            } else if self.account.leaving.is_some() && self.account.poll_timeout().is_some() {
                self.now = self.account.poll_timeout().map_or(self.now, |due| due.0);
            } else {
                return;
            }
        }
        panic!("it goes on for ever: {:?}", self.asked);
    }

    fn has_news(&self) -> bool {
        !self.off && self.told.as_ref().is_some_and(|told| *told != self.seen)
    }

    fn synced(&mut self, tells: bool) -> Answer {
        self.told = Some(self.seen.clone());
        Answer::Synced(Box::new(sync::SyncAnswer {
            next: "s1".to_owned(),
            seen: tells.then(|| self.seen.clone()),
            rooms: Default::default(),
            told: None,
        }))
    }

    fn answer(&mut self, request: &Request) -> Option<Answer> {
        if !matches!(request, Request::Sync(_)) {
            self.asked.push(request.clone());
        }
        let answer = match request {
            Request::Sync(SyncRequest { since: Some(_), .. }) => return None,
            Request::Sync(sync) => {
                self.seen.presence = if self.off { Presence::Offline } else { sync.set };
                // An initial sync leaves an offline presence out.
                self.synced(self.seen.presence != Presence::Offline)
            }
            Request::Put(put) => {
                let Put { presence, message, .. } = put.clone();
                self.seen = Seen { presence, message };
                Answer::Done
            }
            Request::Read => Answer::Presence(Some(self.seen.clone())),
            Request::Devices => Answer::Devices { devices: Vec::new(), now: moment(self.now).wall },
            Request::Probe => Answer::Probed(Probed {
                busy: true,
                presence: Some(!self.off),
                nobody: NonexistentUser::default(),
                fields: Some(both()),
            }),
            Request::Profile(step) => {
                match step {
                    Step::ReadStatus => return Some(Answer::Status(self.status.clone())),
                    Step::WriteStatus(status) => self.status = Some(status.clone()),
                    Step::WriteCall(joined) => self.call = Some(*joined),
                    Step::Remove(Field::Status) => self.status = None,
                    Step::Remove(Field::Call) => self.call = None,
                    Step::WriteZone(_) | Step::Remove(Field::Zone) => {}
                }
                Answer::Done
            }
            Request::Room(step) => self.room_answer(step),
        };
        Some(answer)
    }

    fn room_answer(&mut self, step: &RoomStep) -> Answer {
        match step {
            RoomStep::Find => {
                let [status, presence] = self.room.clone();
                let room = "!r".to_owned();
                Answer::Found(Some(Found { room, theirs: true, status, presence }))
            }
            RoomStep::Create => Answer::Created("!r".to_owned()),
            RoomStep::Write { part, value, .. } => {
                let event = format!("${value}");
                let value = Some(value.clone());
                let age = Duration::ZERO;
                self.room[*part as usize] = Some(Stated { value, event: event.clone(), age });
                Answer::Written(event)
            }
            RoomStep::Redact { event, .. } => {
                for stated in self.room.iter_mut().flatten().filter(|s| s.event == *event) {
                    stated.value = None;
                }
                Answer::Done
            }
        }
    }

    fn room_says(&self, part: Part) -> Option<&str> {
        self.room[part as usize].as_ref()?.value.as_deref()
    }
}

/// What others can still read after the agent has left.
#[test]
fn leaving_clears_presence_call_and_ending_messages() {
    let text = "Back at 15:00";
    let lasting = Message::new(text, None, None).expect("short");
    let ending = Message { until: Some(Timestamp::MAX), ..lasting.clone() };
    for (message, stays) in [(lasting, true), (ending, false)] {
        let mut server = Server::new(Marks::default());
        server.shows(|shown| {
            *shown = Everything {
                presence: Some(Presence::Busy),
                manual: true,
                message: Some(message),
                call: Some(300),
                profile_room: true,
                ..Everything::default()
            };
        });
        server.settle();
        assert_eq!(server.seen.presence, Presence::Busy);
        assert_eq!(server.seen.message.as_deref(), Some(text));
        assert!(server.status.is_some() && server.call.is_some());
        assert_eq!(server.room_says(Part::Presence), Some("org.matrix.msc3026.busy"));
        assert_eq!(server.room_says(Part::Status), Some(text));

        // After this time no request of an earlier run can arrive.
        server.now += 60_000;
        server.settle();
        server.handle(Event::Leave);
        server.settle();
        assert!(server.account.is_over(), "{:?}", server.account);
        let text = Some(text).filter(|_| stays);
        assert_eq!(server.seen.presence, Presence::Offline);
        assert_eq!(server.seen.message.as_deref(), text);
        assert_eq!(server.status.as_ref().map(|status| status.text.as_str()), text);
        assert_eq!(server.call, None);
        assert_eq!(server.room_says(Part::Presence), None);
        assert_eq!(server.room_says(Part::Status), text);
        let marks = server.account.marks();
        assert!(!marks.busy && !marks.call, "{marks:?}");
        assert_eq!(marks.messages.is_empty(), !stays, "{marks:?}");
    }
}

/// A PUT without a message clears that of another device. So the message is
/// read before any PUT, the goodbye included.
#[test]
fn a_goodbye_takes_no_message_of_another_device_away() {
    let mut server = Server::new(Marks::default());
    server.seen.message = Some("theirs".to_owned());
    // It leaves before the first sync is answered.
    server.shows(|shown| shown.presence = Some(Presence::Offline));
    drop(server.account.poll_transmit(moment(server.now)));
    server.handle(Event::Leave);
    server.settle();
    assert!(server.account.is_over());
    assert_eq!(server.seen.message.as_deref(), Some("theirs"));
}

/// Leaving gives up the open poll, but the poll may still reach the server.
#[test]
fn a_goodbye_waits_until_the_last_poll_has_arrived() {
    let mut server = Server::new(Marks::default());
    server.shows(|shown| shown.presence = Some(Presence::Online));
    server.settle();
    let poll = server.account.ack.sync.poll.expect("a poll");
    server.handle(Event::Leave);
    let (last, next) = (poll.started.0 + 249, poll.started.0 + 250);
    assert_eq!(server.account.poll_transmit(moment(last)), None);
    assert_eq!(server.account.poll_timeout(), Some(Mono(next)));
    let goodbye = server.account.poll_transmit(moment(next)).map(|transmit| transmit.request);
    assert!(matches!(goodbye, Some(Request::Put(Put { presence: Presence::Offline, .. }))));
}

#[test]
fn where_presence_is_off_a_goodbye_is_about_the_profile_alone() {
    let mut server = Server::new(Marks { call: true, ..Marks::default() });
    (server.off, server.call) = (true, Some(300));
    server.shows(|shown| shown.call = Some(300));
    server.settle();
    server.asked.clear();
    server.handle(Event::Leave);
    server.settle();
    assert!(server.account.is_over());
    assert_eq!(server.asked, [Request::Profile(Step::Remove(Field::Call))]);
}

/// An unknown server is probed first, because busy would go out as away.
#[test]
fn nothing_is_said_to_a_server_of_which_nothing_is_known() {
    let mut account = Account::new(Start { user: USER.to_owned(), ..Start::default() });
    let probe = account.poll_transmit(moment(0)).expect("a probe");
    assert_eq!(probe.request, Request::Probe);
    assert_eq!(account.poll_transmit(moment(0)), None);
    // If the probe fails, the sync finds out when the server is back.
    account.handle(Event::Answered(probe.id, Err(Fault::Lost)), moment(5));
    let sync = account.poll_transmit(moment(5)).expect("a sync");
    assert!(matches!(sync.request, Request::Sync(_)));
}

#[test]
fn an_answer_that_nobody_waits_for_says_nothing() {
    let mut server = Server::new(Marks::default());
    server.shows(|shown| shown.presence = Some(Presence::Online));
    let old: Vec<_> =
        std::iter::from_fn(|| server.account.poll_transmit(moment(server.now))).collect();
    assert!(old.iter().all(|transmit| server.account.is_open(transmit.id)));
    server.handle(Event::Returned);
    assert!(!old.iter().any(|transmit| server.account.is_open(transmit.id)));
    for transmit in old {
        server.handle(Event::Answered(transmit.id, Err(Fault::UnknownToken)));
    }
    assert!(!server.account.is_over());
    server.settle();
    assert_eq!(server.account.view(moment(server.now)).connection, Connection::Syncing);
}

#[test]
fn a_session_that_has_ended_is_over() {
    let mut server = Server::new(Marks::default());
    let transmit = server.account.poll_transmit(moment(0)).expect("a request");
    server.handle(Event::Answered(transmit.id, Err(Fault::UnknownToken)));
    assert!(server.account.is_over());
    assert_eq!(server.account.poll_transmit(moment(100_000)), None);
    assert_eq!(server.account.poll_timeout(), None);
    assert_eq!(server.account.view(moment(0)).connection, Connection::NeedsLogin);
}

/// With `share = "nothing"`, everything that was shared before is removed.
#[test]
fn an_account_that_is_told_nothing_any_more_takes_back_what_it_said() {
    let mut server = Server::new(Marks::default());
    server.shows(|shown| {
        *shown = Everything {
            presence: Some(Presence::Busy),
            manual: true,
            message: Message::new("mine", None, None).ok(),
            call: Some(300),
            profile_room: true,
            ..Everything::default()
        };
    });
    server.settle();
    server.handle(Event::Intent(Intent::Nothing));
    server.settle();
    server.now += 60_000;
    server.settle();
    assert_eq!(server.seen, Seen { presence: Presence::Offline, message: None });
    assert_eq!((server.status, server.call), (None, None));
    assert!(server.room.iter().flatten().all(|stated| stated.value.is_none()));
}

proptest! {
    /// Synapse answers an equal initial sync from its cache for two minutes,
    /// also to the next run of the program.
    #[test]
    fn a_sync_that_begins_anew_is_like_no_other(
        start in 0i64..4_000_000_000_000,
        later in 1i64..120_000,
        seconds in prop::sample::select(&[25u64, 55, 240][..]),
    ) {
        let at = |ms| {
            let wall = Timestamp::from_millisecond(ms).expect("in range");
            uncached_timeout(Duration::from_secs(seconds), Moment { mono: Mono(0), wall })
        };
        let (one, two) = (at(start), at(start + later));
        let longest = Duration::from_secs(seconds);
        prop_assert!(one <= longest && one > longest / 2);
        // Timeouts repeat only after a whole number of rounds.
        let round = i64::try_from(seconds * 500).expect("short");
        prop_assert_eq!(one == two, later % round == 0);
    }
}
