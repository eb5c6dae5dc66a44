use proptest::prelude::*;
use serde_json::{Value, json};

use crate::Presence;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn says(presence: Option<Presence>, message: Option<&str>) -> Contents {
    Contents { presence, message: message.map(str::to_owned) }
}

/// A server with one room, and every event that was written to it.
#[derive(Default)]
struct Server {
    room: bool,
    taken: bool,
    /// The part, the value (`None` once redacted) and the time of each event.
    events: Vec<(Part, Option<String>, Mono)>,
    writes: u32,
}

impl Server {
    fn stated(&self, part: Part, now: Mono) -> Option<Stated> {
        let at = self.events.iter().rposition(|(p, ..)| *p == part)?;
        let (_, value, sent) = &self.events[at];
        Some(Stated { value: value.clone(), event: format!("${at}"), age: now.since(*sent) })
    }

    fn shows(&self, part: Part) -> Option<String> {
        self.stated(part, Mono(u64::MAX)).and_then(|s| s.value)
    }

    fn found(&self, now: Mono) -> Option<Found> {
        (self.room || self.taken).then(|| Found {
            room: "!r".to_owned(),
            theirs: !self.taken,
            status: self.stated(Part::Status, now),
            presence: self.stated(Part::Presence, now),
        })
    }

    fn answer(&mut self, step: &RoomStep, now: Mono) -> RoomEvent {
        match step {
            RoomStep::Find => RoomEvent::Found(self.found(now)),
            RoomStep::Create => {
                self.room = true;
                RoomEvent::Created("!r".to_owned())
            }
            RoomStep::Write { part, value, .. } => {
                let last = self.events.iter().rfind(|(p, ..)| p == part);
                assert!(last.is_none_or(|(.., sent)| now.since(*sent) >= PACE), "too soon");
                self.writes += 1;
                self.events.push((*part, Some(value.clone()), now));
                RoomEvent::Written(format!("${}", self.events.len() - 1))
            }
            RoomStep::Redact { event, .. } => {
                let at: usize = event[1..].parse().expect("one of ours");
                self.events[at].1 = None;
                RoomEvent::Redacted
            }
        }
    }

    /// Every value that the log still has.
    fn log(&self) -> Vec<&str> {
        self.events.iter().filter_map(|(_, value, _)| value.as_deref()).collect()
    }
}

/// Carries out what is due until nothing is. It waits for later steps for at
/// most `wait`.
fn settle(
    said: Option<&Contents>,
    room: &mut ProfileRoom,
    server: &mut Server,
    now: &mut Mono,
    wait: Duration,
) -> RoomPlan {
    let until = *now + wait;
    for _ in 0..60 {
        let plan = plan_room(said, room, *now);
        assert!(plan.next.is_none_or(|next| next > *now), "a time in the past");
        match (&plan.step, plan.next) {
            (Some(step), _) => {
                room.record(RoomEvent::Started(step.clone()), *now);
                let answer = server.answer(step, *now);
                room.record(answer, *now);
            }
            (None, Some(next)) if next <= until => *now = next,
            _ => return plan,
        }
    }
    panic!("it goes on for ever: {room:?}");
}

#[test]
fn nothing_is_asked_until_something_is_said() {
    let (mut room, mut server, mut now) = (ProfileRoom::default(), Server::default(), Mono(0));
    for said in [None, Some(&Contents::default())] {
        assert_eq!(plan_room(said, &room, now), RoomPlan::default());
    }
    // Without opt-in, no room is created.
    settle(None, &mut room, &mut server, &mut now, MINUTE);
    assert!(!server.room);
    let said = says(Some(Presence::Busy), Some("Writing"));
    settle(Some(&said), &mut room, &mut server, &mut now, Duration::ZERO);
    assert_eq!(server.shows(Part::Status).as_deref(), Some("Writing"));
    assert_eq!(server.shows(Part::Presence).as_deref(), Some("org.matrix.msc3026.busy"));
    assert!(room.marks.wrote);
}

#[test]
fn each_is_written_once_in_fifteen_minutes_and_what_was_said_is_redacted() {
    let (mut room, mut server, mut now) = (ProfileRoom::default(), Server::default(), Mono(0));
    let busy = says(Some(Presence::Busy), None);
    settle(Some(&busy), &mut room, &mut server, &mut now, Duration::ZERO);
    now = now + MINUTE;
    // A value is redacted at once, and a new one is written only later.
    settle(Some(&Contents::default()), &mut room, &mut server, &mut now, Duration::ZERO);
    assert_eq!(server.log(), Vec::<&str>::new());
    assert_eq!(room.marks, RoomMarks::default());
    let away = says(Some(Presence::Unavailable), None);
    let plan = settle(Some(&away), &mut room, &mut server, &mut now, Duration::ZERO);
    assert_eq!((plan.step, plan.next), (None, Some(Mono(0) + PACE)));
    settle(Some(&away), &mut room, &mut server, &mut now, PACE);
    assert_eq!(server.log(), ["unavailable"]);
    settle(Some(&busy), &mut room, &mut server, &mut now, PACE);
    assert_eq!(server.log(), ["org.matrix.msc3026.busy"], "the old one is gone");
    assert_eq!(server.writes, 3);
}

#[test]
fn who_opts_out_leaves_nothing_there() {
    let (mut room, mut server, mut now) = (ProfileRoom::default(), Server::default(), Mono(0));
    let said = says(Some(Presence::Busy), Some("Writing"));
    settle(Some(&said), &mut room, &mut server, &mut now, Duration::ZERO);
    settle(None, &mut room, &mut server, &mut now, Duration::ZERO);
    assert_eq!(server.log(), Vec::<&str>::new());
    assert_eq!(plan_room(None, &room, now), RoomPlan::default());
}

#[test]
fn the_pace_holds_over_a_restart() {
    let (mut room, mut server, mut now) = (ProfileRoom::default(), Server::default(), Mono(0));
    settle(Some(&says(None, Some("one"))), &mut room, &mut server, &mut now, Duration::ZERO);
    now = now + MINUTE * 5;
    let mut room = ProfileRoom::after_restart(&room.marks);
    let plan = settle(Some(&says(None, Some("two"))), &mut room, &mut server, &mut now, MINUTE);
    assert_eq!(plan.next, Some(Mono(0) + PACE));
    assert_eq!(server.log(), ["one"]);
}

#[test]
fn a_name_that_somebody_else_has_taken_is_left_and_said() {
    let mut server = Server { taken: true, ..Server::default() };
    server.events.push((Part::Status, Some("not mine".to_owned()), Mono(0)));
    let (mut room, mut now) = (ProfileRoom::default(), Mono(0));
    let said = says(Some(Presence::Busy), None);
    let plan = settle(Some(&said), &mut room, &mut server, &mut now, PACE);
    assert_eq!(plan, RoomPlan { step: None, next: None, problem: Some(RoomProblem::Taken) });
    assert_eq!(server.log(), ["not mine"]);
}

#[test]
fn a_server_that_refuses_is_asked_again_in_an_hour() {
    let (mut room, now) = (ProfileRoom::default(), Mono(0));
    let said = says(Some(Presence::Busy), None);
    room.record(RoomEvent::Started(RoomStep::Find), now);
    room.record(RoomEvent::Found(None), now);
    room.record(RoomEvent::Started(RoomStep::Create), now);
    room.record(RoomEvent::Refused("No rooms here".to_owned()), now);
    let plan = plan_room(Some(&said), &room, now);
    assert_eq!((plan.step, plan.next), (None, Some(now + REFUSED)));
    assert_eq!(plan.problem, Some(RoomProblem::Refused("No rooms here".to_owned())));
}

#[test]
fn a_rooms_state_is_read_and_only_the_owners_counts() {
    let me = "@me:example.org";
    let event = |kind: &str, sender: &str, content: Value| {
        json!({"type": kind, "sender": sender, "state_key": "", "event_id": format!("$of-{kind}"),
               "origin_server_ts": 60_000, "content": content})
    };
    let busy = json!({"presence": "org.matrix.msc3026.busy"});
    let status = json!({"status_msg": "Writing"});
    let create = || event("m.room.create", me, json!({}));
    let read = |state: Value| Found::read("!r".to_owned(), me, &state, 90_000);
    let found = read(json!([
        create(),
        event("org.matrix.msc3032.status", me, status.clone()),
        event("org.matrix.msc3032.presence", "@you:example.org", busy.clone()),
        7,
    ]));
    let stated = Stated {
        value: Some("Writing".to_owned()),
        event: "$of-org.matrix.msc3032.status".to_owned(),
        age: Duration::from_secs(30),
    };
    assert!(found.theirs);
    assert_eq!((found.status, found.presence), (Some(stated), None));
    // Redacted.
    let found = read(json!([create(), event("org.matrix.msc3032.presence", me, json!({}))]));
    assert_eq!(found.presence.map(|s| s.value), Some(None));
    // Somebody else created the room.
    let theirs = event("m.room.create", "@you:example.org", json!({"creator": me}));
    let found = read(json!([theirs, event("org.matrix.msc3032.status", me, status)]));
    assert_eq!(found, Found { room: "!r".to_owned(), ..Found::default() });
    assert!(!read(json!({"nonsense": true})).theirs);
}

proptest! {
    /// Whatever is lost on the way, the room says in the end what the person
    /// says and nothing older. It is never written too often.
    #[test]
    fn converges_after_faults(
        turns in prop::collection::vec((0u8..3, 0u8..3, any::<bool>(), 0u8..6, 0u64..2000), 1..30),
    ) {
        let (mut room, mut server) = (ProfileRoom::default(), Server::default());
        let mut now = Mono(0);
        let mut said = None;
        for (presence, text, opted, fault, secs) in turns {
            now = now + Duration::from_secs(secs);
            let choices = [None, Some(Presence::Busy), Some(Presence::Unavailable)];
            let presence = choices[usize::from(presence)];
            said = opted.then(|| Contents { presence, message: (text > 0).then(|| text.to_string()) });
            for _ in 0..3 {
                let Some(step) = plan_room(said.as_ref(), &room, now).step else { break };
                room.record(RoomEvent::Started(step.clone()), now);
                match fault {
                    0 => room.record(RoomEvent::Failed(50), now),
                    1 => { server.answer(&step, now); room.record(RoomEvent::Failed(50), now) }
                    2 => { server.answer(&step, now); room = ProfileRoom::after_restart(&room.marks) }
                    3 => { server.answer(&step, now); room.record(RoomEvent::Returned, now) }
                    4 => room.record(RoomEvent::Limited(Duration::from_secs(2)), now),
                    _ => { let answer = server.answer(&step, now); room.record(answer, now) }
                }
            }
        }
        let plan = settle(said.as_ref(), &mut room, &mut server, &mut now, PACE * 3);
        prop_assert_eq!(plan, RoomPlan::default());
        let said = said.unwrap_or_default();
        prop_assert_eq!(server.shows(Part::Status), said.message.clone());
        prop_assert_eq!(server.shows(Part::Presence), said.presence.map(|p| p.wire().to_owned()));
        let says = usize::from(said.message.is_some()) + usize::from(said.presence.is_some());
        prop_assert_eq!(server.log().len(), says, "{:?}", server.log());
    }
}
