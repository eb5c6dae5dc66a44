//! The answers of a homeserver to a sync, one a line, from their bytes to
//! what is done about them. A line that is no answer is a sync that failed;
//! one that is a list is read as the state of a profile room as well.
#![no_main]

use std::time::Duration;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use presently_core::account::profile::{Fields, Profile, ProfileEvent, Wish, plan_profile};
use presently_core::account::profile_room::Found;
use presently_core::account::sync::{Answer, Asked};
use presently_core::account::{Abilities, Acknowledged, Desired, Event, plan};
use presently_core::remote_call::{Own, RemoteCalls};
use presently_core::{Mono, Presence};
use serde_json::Value;

const OWN: Own<'_> = Own { user: "@me:here", device: "OURS" };
const STATUS: &str = "org.matrix.msc4426.status";

/// Between one answer and the next.
const STEP: Duration = Duration::from_secs(7);

fuzz_target!(|body: &[u8]| {
    let mut abilities = Abilities { busy: Some(true), ..Abilities::default() };
    let mut ack = Acknowledged::default();
    let mut calls = RemoteCalls::default();
    let mut profile = Profile::default();
    let wanted = Desired { presence: Some(Presence::Busy), ..Desired::default() };
    let fields = Fields { status: Some(STATUS.to_owned()), call: None };
    let mut now = Mono(0);
    for (number, line) in (1..).zip(body.split(|&b| b == b'\n').take(50)) {
        let asked = Asked {
            user: OWN.user.to_owned(),
            wide: calls.needs_others(wall(now)),
            fresh: !ack.synced,
            status: fields.status.clone(),
        };
        check_room(line, wall(now));
        ack.record(Event::PollStarted { number, set: Presence::Unavailable }, &mut abilities, now);
        now = now + STEP;
        let event = match Answer::read(&asked, line) {
            Some(answer) => {
                check(&asked, line, &answer);
                calls.hear(OWN, &answer.heard, wall(now));
                if let Some(status) = answer.told {
                    profile.record(ProfileEvent::Told(status), now);
                }
                Event::PollAnswered { number, seen: answer.seen }
            }
            None => Event::PollFailed { number, retry_after: None, jitter: 50 },
        };
        ack.record(event, &mut abilities, now);

        let due = plan(&wanted, &abilities, &ack, now);
        assert!(due.look.is_none_or(|look| look > now), "a look in the past: {due:?}");
        assert!(due.poll.is_some() || due.look.is_some(), "it never asks again: {due:?}");
        let fields_due = plan_profile(&Wish::default(), &fields, &profile, now);
        assert!(fields_due.look.is_none_or(|look| look > now), "a look in the past");
    }
});

/// Nothing is ours that somebody else says.
fn check(asked: &Asked, line: &[u8], answer: &Answer) {
    let Ok(said) = serde_json::from_slice::<Value>(line) else { panic!("read what is no JSON") };
    assert_eq!(said["next_batch"].as_str(), Some(answer.next.as_str()));
    let presences = said["presence"]["events"].as_array();
    let ours = |event: &Value| event["sender"].as_str() == Some(&asked.user);
    if !presences.is_some_and(|events| events.iter().any(ours)) {
        assert_eq!(answer.seen, None, "somebody else's presence");
    }
    let told = &said["org.matrix.msc4429.users"][&asked.user]["profile_updates"];
    assert!(answer.told.is_none() || told.is_object() || told.is_null(), "somebody else's status");
}

/// Nothing in a room is ours that somebody else made.
fn check_room(line: &[u8], now: Timestamp) {
    let Ok(state @ Value::Array(_)) = serde_json::from_slice::<Value>(line) else { return };
    let found = Found::read("!room:here".to_owned(), OWN.user, &state, now.as_millisecond());
    let ours = |kind: &str| {
        let mut events = state.as_array().into_iter().flatten();
        events.any(|event| event["type"] == *kind && event["sender"] == *OWN.user)
    };
    assert!(!found.theirs || ours("m.room.create"), "somebody else's room");
    assert!(found.status.is_none() || found.theirs && ours("org.matrix.msc3032.status"));
    assert!(found.presence.is_none() || found.theirs && ours("org.matrix.msc3032.presence"));
}

fn wall(now: Mono) -> Timestamp {
    let ms = 1_800_000_000_000 + i64::try_from(now.0).expect("a short run");
    Timestamp::from_millisecond(ms).expect("in range")
}
