use proptest::prelude::*;
use serde_json::json;

use super::*;

const ME: &str = "@me:here.example";
const YOU: &str = "@you:here.example";
const OWN: Own<'_> = Own { user: ME, device: "OURS" };
const KEY: &str = "_@me:here.example_PHONE_m.call";
const HOUR: i64 = 3600;

/// This many seconds after an arbitrary start.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

fn ms(second: i64) -> i64 {
    at(second).as_millisecond()
}

/// A state event that was sent at second 0.
fn state(kind: &str, sender: &str, key: &str, content: Value) -> Value {
    json!({"type": kind, "sender": sender, "state_key": key, "content": content,
           "origin_server_ts": ms(0)})
}

fn event(kind: &str, sender: &str, second: i64, content: Value) -> Value {
    json!({"type": kind, "sender": sender, "content": content, "origin_server_ts": ms(second)})
}

fn room(timeline: Vec<Value>) -> Room {
    Room { id: "!a:here.example".to_owned(), timeline, ..Room::default() }
}

fn changed(timeline: Vec<Value>) -> RoomUpdates {
    RoomUpdates { has_all_senders: true, rooms: vec![room(timeline)], ..RoomUpdates::default() }
}

fn after(timeline: Vec<Value>) -> RemoteCalls {
    let mut calls = RemoteCalls::default();
    calls.record(OWN, &changed(timeline), at(0));
    calls
}

/// When the call of these events ends, in seconds; `None` if there is none.
fn end(timeline: Vec<Value>) -> Option<i64> {
    let live = after(timeline).live(at(0));
    live.map(|call| call.until.as_second() - at(0).as_second())
}

fn session(device: &str) -> Value {
    json!({"application": "m.call", "call_id": "", "scope": "m.room", "device_id": device})
}

#[test]
fn each_form_of_membership() {
    let element = |content| state(event::CALL_MEMBER, ME, KEY, content);
    let with = |mut content: Value, more: Value| {
        for (key, value) in more.as_object().expect("an object") {
            content[key] = value.clone();
        }
        content
    };
    let rooms_key = |key| state(event::CALL_MEMBER, ME, key, session("PHONE"));
    let listed = |device: &str, expires: i64| {
        let member = json!({"device_id": device, "expires": expires, "created_ts": ms(-60)});
        state(event::CALL_MEMBER, ME, ME, json!({"memberships": [member, session("OURS")]}))
    };
    let original = |device: &str, until: Value| {
        let device = json!({"device_id": device, "session_id": "s", "expires_ts": until});
        let calls = json!({"m.calls": [{"m.call_id": "c", "m.devices": [device]}]});
        state(event::MEMBER, ME, ME, calls)
    };
    let video = |content| state(event::VIDEO_MEMBER, ME, ME, content);
    for (name, said, wanted) in [
        ("by default four hours", element(session("PHONE")), Some(4 * HOUR)),
        ("its own life", element(with(session("PHONE"), json!({"expires": 60_000}))), Some(60)),
        (
            "counted from when it was made",
            element(with(session("PHONE"), json!({"expires": 90_000, "created_ts": ms(-60)}))),
            Some(30),
        ),
        (
            "over",
            element(with(session("PHONE"), json!({"expires": 60_000, "created_ts": ms(-60)}))),
            None,
        ),
        (
            "no longer than a day",
            element(with(session("PHONE"), json!({"expires": i64::MAX}))),
            Some(24 * HOUR),
        ),
        ("left", element(json!({})), None),
        ("redacted", element(Value::Null), None),
        ("left with a reason", element(json!({"leave_reason": "LOST_CONNECTION"})), None),
        ("our own device", element(session("OURS")), None),
        (
            "our own device by its key",
            state(
                event::CALL_MEMBER,
                ME,
                "@me:here.example_OURS",
                json!({"application": "m.call"}),
            ),
            None,
        ),
        ("without the underscore", rooms_key("@me:here.example_PHONE_m.call"), Some(4 * HOUR)),
        ("without what it does", rooms_key("@me:here.example_PHONE"), Some(4 * HOUR)),
        ("somebody else's key", rooms_key("_@you:here.example_PHONE_m.call"), None),
        ("one that begins alike", rooms_key("@me:here.example.org_PHONE"), None),
        ("a list", listed("PHONE", 120_000), Some(60)),
        ("a list that is over", listed("PHONE", 60_000), None),
        ("a list of our own", listed("OURS", 120_000), None),
        ("the original", original("PHONE", json!(ms(60))), Some(60)),
        ("the original, over", original("PHONE", json!(ms(0))), None),
        ("the original without an end", original("PHONE", Value::Null), None),
        ("Jitsi", video(json!({"devices": ["PHONE"], "expires_ts": ms(60)})), Some(60)),
        ("Jitsi, over", video(json!({"devices": ["PHONE"], "expires_ts": ms(0)})), None),
        ("Jitsi, without an end", video(json!({"devices": ["PHONE"]})), Some(HOUR)),
        ("Jitsi, left", video(json!({"devices": [], "expires_ts": ms(60)})), None),
        ("Jitsi, our own", video(json!({"devices": ["OURS"], "expires_ts": ms(60)})), None),
        ("state without a key", event(event::CALL_MEMBER, ME, 0, session("PHONE")), None),
    ] {
        assert_eq!(end(vec![said.clone()]), wanted, "{name}");
        let mut stranger = said;
        stranger["sender"] = json!(YOU);
        assert_eq!(end(vec![stranger]), None, "{name}, by somebody else");
    }
}

#[test]
fn sticky_memberships() {
    let member = |key: &str, device: &str, life: i64| {
        let content = json!({"msc4354_sticky_key": key, "slot_id": "m.call#ROOM",
            "application": {"type": "m.call"}, "member": {"device_id": device}});
        let mut event = event(event::RTC_MEMBER, ME, 0, content);
        event["msc4354_sticky"] = json!({"duration_ms": life});
        event
    };
    let leave = event(event::RTC_MEMBER, ME, 1, json!({"msc4354_sticky_key": "k"}));
    let mut gone = member("k", "PHONE", 60_000);
    gone["content"]["disconnect_reason"] = json!({"class": "user_action"});
    let mut loose = member("k", "PHONE", 60_000);
    loose["msc4354_sticky"].take();
    let mut stable = member("k", "PHONE", 60_000);
    stable["type"] = json!("m.rtc.member");
    stable["sticky"] = stable["msc4354_sticky"].take();
    for (name, said, wanted) in [
        ("as long as it sticks", vec![member("k", "PHONE", 60_000)], Some(60)),
        ("an hour at most", vec![member("k", "PHONE", 9_999_999)], Some(HOUR)),
        ("our own device", vec![member("k", "OURS", 60_000)], None),
        ("not sticky", vec![loose], None),
        ("left", vec![member("k", "PHONE", 60_000), leave.clone()], None),
        ("another stays", vec![member("other", "TV", 60_000), leave], Some(60)),
        ("said why it left", vec![member("k", "PHONE", 60_000), gone], None),
        ("the stable name", vec![stable], Some(60)),
    ] {
        assert_eq!(end(said), wanted, "{name}");
    }
    let mut stranger = member("k", "PHONE", 60_000);
    stranger["sender"] = json!(YOU);
    assert_eq!(end(vec![stranger]), None);
}

#[test]
fn calls_of_two_people() {
    let say = |kind, who, second| {
        event(kind, who, second, json!({"call_id": "c", "party_id": "PHONE", "version": "1"}))
    };
    let ours = |kind| event(kind, ME, 0, json!({"call_id": "c", "party_id": "OURS"}));
    let ring = |life: i64| event(event::INVITE, ME, 0, json!({"call_id": "c", "lifetime": life}));
    use event::{ANSWER, HANGUP, INVITE, REJECT, SELECT_ANSWER};
    for (name, said, wanted) in [
        ("ringing somebody", vec![say(INVITE, ME, 0)], Some(60)),
        ("ringing for so long", vec![ring(30_000)], Some(30)),
        ("not for ever", vec![ring(i64::MAX)], Some(300)),
        ("nobody answered", vec![ring(0)], None),
        ("they answered", vec![say(INVITE, ME, -5), say(ANSWER, YOU, 0)], Some(4 * HOUR)),
        ("their answer was taken", vec![say(SELECT_ANSWER, ME, 0)], Some(4 * HOUR)),
        ("being rung is no call", vec![say(INVITE, YOU, 0)], None),
        ("others answer each other", vec![say(INVITE, YOU, 0), say(ANSWER, "@x:y", 0)], None),
        ("we answered", vec![say(INVITE, YOU, 0), say(ANSWER, ME, 0)], Some(4 * HOUR)),
        ("we hung up", vec![say(ANSWER, ME, 0), say(HANGUP, ME, 1)], None),
        ("they hung up", vec![say(ANSWER, ME, 0), say(HANGUP, YOU, 1)], None),
        ("they did not want it", vec![say(INVITE, ME, 0), say(REJECT, YOU, 1)], None),
        ("too late", vec![say(HANGUP, YOU, 0), say(ANSWER, ME, 1)], None),
        ("this device", vec![ours(INVITE), ours(ANSWER)], None),
    ] {
        assert_eq!(end(said), wanted, "{name}");
    }
}

#[test]
fn who_leaves_or_is_renewed_or_overwritten_is_known() {
    let join = |second: i64| {
        let mut join = state(event::CALL_MEMBER, ME, KEY, session("PHONE"));
        join["origin_server_ts"] = json!(ms(second));
        join
    };
    let mut calls = after(vec![join(-100)]);
    calls.record(OWN, &changed(vec![join(-10)]), at(0));
    let call = calls.live(at(0)).expect("live");
    assert_eq!((call.since, call.until), (at(-100), at(4 * HOUR - 10)), "one call");
    assert_eq!(call.claim().reason, Reason::CallElsewhere);

    let emptied = |who| changed(vec![state(event::CALL_MEMBER, who, KEY, json!({}))]);
    calls.record(OWN, &emptied(YOU), at(1));
    assert!(calls.live(at(1)).is_some(), "somebody else cannot end it");
    assert_eq!(calls.live(call.until), None, "it ends by itself");
    calls.record(OWN, &emptied(ME), at(1));
    assert_eq!(calls.live(at(1)), None);

    let mut calls = after(vec![join(0)]);
    let left = RoomUpdates { left: vec!["!a:here.example".to_owned()], ..RoomUpdates::default() };
    calls.record(OWN, &left, at(1));
    assert_eq!(calls.live(at(1)), None, "no call in a room that was left");
}

#[test]
fn the_last_to_end_counts() {
    let join = |key: &str, life: i64| {
        let mut content = session("PHONE");
        content["expires"] = json!(life);
        state(event::CALL_MEMBER, ME, key, content)
    };
    let calls = after(vec![join(KEY, 60_000), join("_@me:here.example_TV_m.call", 30_000)]);
    assert_eq!(calls.live(at(0)).map(|c| c.until), Some(at(60)));
    assert_eq!(calls.live(at(59)).map(|c| c.until), Some(at(60)));
    assert_eq!(calls.live(at(60)), None);
}

#[test]
fn a_sync_that_begins_anew_says_all() {
    let member = state(event::CALL_MEMBER, ME, KEY, session("PHONE"));
    let mut calls = after(vec![member.clone()]);
    let mut nothing = RoomUpdates { is_initial: true, ..RoomUpdates::default() };
    calls.record(OWN, &nothing, at(0));
    assert_eq!(calls.live(at(0)), None);
    // State before the timeline, then a timeline event.
    let mut inside = room(Vec::new());
    inside.state.push(member);
    nothing.rooms.push(inside.clone());
    calls.record(OWN, &nothing, at(0));
    assert!(calls.live(at(0)).is_some());
    inside.timeline.push(state(event::CALL_MEMBER, ME, KEY, json!({})));
    calls.record(OWN, &RoomUpdates { rooms: vec![inside], ..RoomUpdates::default() }, at(0));
    assert_eq!(calls.live(at(0)), None);
}

#[test]
fn a_limited_timeline_drops_calls_known_by_timeline_events() {
    let answer = |call: &str| event(event::ANSWER, ME, 0, json!({"call_id": call}));
    let member = state(event::CALL_MEMBER, ME, KEY, session("PHONE"));
    let mut calls = after(vec![answer("old"), member]);
    let gap = Room { limited: true, ..room(Vec::new()) };
    calls.record(OWN, &RoomUpdates { rooms: vec![gap], ..RoomUpdates::default() }, at(0));
    assert!(calls.live(at(0)).is_some(), "state has no gaps");
    assert!(!calls.needs_all_senders(at(0)));
}

#[test]
fn a_pair_call_counts_only_after_a_sync_with_all_senders() {
    let answer = event(event::ANSWER, ME, 0, json!({"call_id": "c"}));
    let hangup = event(event::HANGUP, YOU, 1, json!({"call_id": "c"}));
    for is_initial in [true, false] {
        let updates = |has_all_senders, timeline| RoomUpdates {
            is_initial,
            has_all_senders,
            ..changed(timeline)
        };
        let mut calls = RemoteCalls::default();
        calls.record(OWN, &updates(false, vec![answer.clone()]), at(2));
        assert_eq!((calls.live(at(2)), calls.must_repeat_sync()), (None, true));
        assert!(calls.needs_all_senders(at(2)));
        // The same events, now with those of every sender.
        calls.record(OWN, &updates(true, vec![answer.clone()]), at(2));
        assert!(calls.live(at(2)).is_some() && !calls.must_repeat_sync());
        assert!(calls.needs_all_senders(at(2)) && !calls.needs_all_senders(at(5 * HOUR)));
        calls.record(OWN, &updates(true, vec![answer.clone(), hangup.clone()]), at(2));
        assert!(
            calls.live(at(2)).is_none()
                && !calls.must_repeat_sync()
                && !calls.needs_all_senders(at(2))
        );
    }
}

/// Any JSON, often with names and values that have a meaning in call events.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-100i64..100).prop_map(|second| Value::from(ms(second))),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(&["PHONE", "OURS", "c", "m.call", ME, YOU, KEY, "é", ""][..])
            .prop_map(Value::from),
    ];
    let names = prop::sample::select(
        &[
            "device_id",
            "expires",
            "expires_ts",
            "created_ts",
            "memberships",
            "m.calls",
            "m.devices",
            "devices",
            "application",
            "member",
            "call_id",
            "lifetime",
            "party_id",
            "msc4354_sticky_key",
            "duration_ms",
        ][..],
    );
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..5).prop_map(|pairs| {
                pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

fn any_event() -> impl Strategy<Value = Value> {
    let kinds: Vec<&str> = STATE_TYPES.into_iter().chain(TIMELINE_TYPES).collect();
    let sender = prop::sample::select(&[ME, YOU][..]).prop_map(Value::from);
    let key = prop_oneof![Just(json!(KEY)), Just(json!(ME)), Just(Value::Null), any_json()];
    let sent = prop_oneof![(-100i64..100).prop_map(|second| json!(ms(second))), any_json()];
    let parts = (any_json(), sender, key, sent, any_json(), prop::sample::select(kinds));
    parts.prop_map(|(content, sender, key, sent, sticky, kind)| {
        let mut event = json!({"type": kind, "sender": sender, "content": content,
            "origin_server_ts": sent, "msc4354_sticky": sticky});
        if !key.is_null() {
            event["state_key"] = key;
        }
        event
    })
}

/// A fuzz target found this: an event of the year 2084 kept the account busy
/// until then.
#[test]
fn an_event_from_the_future_lasts_no_longer_than_one_of_now() {
    let year = 365 * 24 * HOUR;
    let mut member = state(event::CALL_MEMBER, ME, KEY, session("PHONE"));
    member["origin_server_ts"] = ms(year).into();
    assert_eq!(end(vec![member]), Some(4 * HOUR));
    let answer = json!({"call_id": "1", "party_id": "PHONE"});
    assert_eq!(end(vec![event(event::ANSWER, ME, year, answer)]), Some(4 * HOUR));
}

proptest! {
    #[test]
    fn whatever_is_said_ends_and_only_the_account_itself_says_it(
        events in prop::collection::vec(prop_oneof![any_event(), any_json()], 0..12),
        is_initial in any::<bool>(),
        has_all_senders in any::<bool>(),
        limited in any::<bool>(),
    ) {
        let rooms = vec![Room { limited, ..room(events.clone()) }];
        let mut calls = RemoteCalls::default();
        calls.record(OWN, &RoomUpdates { is_initial, has_all_senders, rooms, left: Vec::new() }, at(0));
        if let Some(call) = calls.live(at(0)) {
            prop_assert!(call.since <= at(0) && at(0) < call.until);
            prop_assert_eq!(calls.live(call.until), None);
            prop_assert!(events.iter().any(|event| event["sender"] == ME));
        }
    }
}
