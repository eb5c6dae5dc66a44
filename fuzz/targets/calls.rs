//! Fuzzes how room events are read as calls of the account. Each line is the
//! answer to a sync. Besides what a server says, a line has what the agent
//! knows about that sync (`after`, `fresh`, `wide`).
#![no_main]

use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;
use presently_core::account::sync::{SyncAnswer, SyncQuery};
use presently_core::remote_call::{Own, RemoteCalls, RoomUpdates};
use serde_json::Value;

const OWN: Own<'_> = Own { user: "@me:here", device: "OURS" };

/// The time of the first answer, in milliseconds since the epoch.
const BEGIN: i64 = 1_800_000_000_000;

/// No event keeps a call for longer than this after it arrived.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// Without a state event of the account, the limit is shorter.
const PAIR: SignedDuration = SignedDuration::from_hours(4);

fuzz_target!(|text: &str| {
    let mut calls = RemoteCalls::default();
    // Gets the same events without those of the account, and must never have a
    // call.
    let mut strangers = RemoteCalls::default();
    let mut now = BEGIN;
    let mut heard_state = None;
    let mut heard_at = None;
    for line in text.lines().take(50) {
        let Ok(answer) = serde_json::from_str::<Value>(line) else { continue };
        now += answer["after"].as_i64().unwrap_or(1000).clamp(0, 90_000_000);
        let Ok(at) = Timestamp::from_millisecond(now) else { continue };
        let query = SyncQuery {
            user: OWN.user.to_owned(),
            has_all_senders: answer["wide"].as_bool().unwrap_or(true),
            is_initial: answer["fresh"].as_bool().unwrap_or(false),
            status: None,
        };
        let Some(SyncAnswer { rooms, .. }) = SyncAnswer::read(&query, line.as_bytes()) else {
            continue;
        };

        let ours = |event: &Value| event["sender"].as_str() == Some(OWN.user);
        let mut events =
            rooms.rooms.iter().flat_map(|room| room.state.iter().chain(&room.timeline));
        if events.clone().any(ours) {
            heard_at = Some(at);
        }
        // Any event of others may be an answer to a call of the account.
        if heard_at.is_some() && events.clone().next().is_some() {
            heard_at = Some(at);
        }
        if events.any(|event| ours(event) && event.get("state_key").is_some()) {
            heard_state = Some(at);
        }

        calls.record(OWN, &rooms, at);
        let limit = [heard_at.map(|at| at + PAIR), heard_state.map(|at| at + LONGEST)];
        check(&calls, at, limit.into_iter().flatten().max());

        strangers.record(OWN, &without_ours(rooms, ours), at);
        assert_eq!(strangers.live(at), None, "somebody else's call");
        assert!(
            !strangers.needs_all_senders(at) && !strangers.must_repeat_sync(),
            "somebody else's call"
        );
    }
    let Some(end) = heard_at else { return };
    assert_eq!(calls.live(end + LONGEST), None, "a call that never ends");
});

/// Checks the calls at `at`, and at later times without another event: each
/// must end by itself.
fn check(calls: &RemoteCalls, at: Timestamp, limit: Option<Timestamp>) {
    let mut until = None;
    for minutes in [0, 1, 59, 239, 1439] {
        let then = at + SignedDuration::from_mins(minutes);
        let Some(call) = calls.live(then) else { continue };
        assert!(call.since <= then && then < call.until, "{call:?} is not live at {then}");
        assert!(limit.is_some_and(|limit| call.until <= limit), "{call:?} lives past {limit:?}");
        assert!(until.is_none_or(|until| call.until <= until), "{call:?} became longer by itself");
        until = Some(call.until);
        let claim = call.claim();
        assert!(claim.until.is_some_and(|until| until == call.until));
    }
}

fn without_ours(mut updates: RoomUpdates, ours: impl Fn(&Value) -> bool) -> RoomUpdates {
    for room in &mut updates.rooms {
        room.state.retain(|event| !ours(event));
        room.timeline.retain(|event| !ours(event));
    }
    updates
}
