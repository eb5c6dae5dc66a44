//! The filter and the answer of a /sync: our own presence, calls and status.
//! Answers are read leniently, so a malformed part does not hide the others.

use serde_json::{Map, Value, json};

use super::presence::Seen;
use super::profile::Status;
use crate::remote_call::{Room, RoomUpdates, STATE_TYPES, TIMELINE_TYPES};

/// The most events of a room that a sync brings. Earlier events count as over.
/// With all senders the limit is higher, because a large call brings many
/// events.
const OWN_EVENTS_LIMIT: u32 = 10;
const ALL_EVENTS_LIMIT: u32 = 50;

/// The longest accepted sync token, in bytes. The token is part of the next
/// sync's URL, and a URL that is too long would end all syncs. Synapse's tokens
/// have a few hundred bytes.
const LONGEST_NEXT: usize = 8192;

/// The unstable names of MSC4429, until a spec version has stable ones.
const PROFILE_FIELDS: &str = "org.matrix.msc4429.profile_fields";
const PROFILES: &str = "org.matrix.msc4429.users";

/// What a sync asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncQuery {
    /// The account's user id.
    pub user: String,
    /// Ask for the call events of all senders, not only our own.
    pub has_all_senders: bool,
    /// This is an initial sync, so the answer holds all there is.
    pub is_initial: bool,
    /// The name of the profile's status field, if the server has one. The
    /// filter then asks for its changes (MSC4429). No flag says which servers
    /// tell them, and the others ignore the question.
    pub status: Option<String>,
}

impl SyncQuery {
    /// The filter as JSON. It asks for our own presence, call events and the
    /// status, and for nothing else. An answer has 144 bytes for an account in
    /// 200 rooms where nothing happens (docs/protocol.md, "What a sync costs").
    pub fn filter(&self) -> Value {
        let ours = json!([self.user]);
        let nothing = json!({"types": []});
        // Changed state comes in the timeline, so the timeline filter must name
        // the state types too.
        let types: Vec<&str> = STATE_TYPES.into_iter().chain(TIMELINE_TYPES).collect();
        let limit = if self.has_all_senders { ALL_EVENTS_LIMIT } else { OWN_EVENTS_LIMIT };
        let mut timeline = json!({"types": types, "limit": limit});
        if !self.has_all_senders {
            timeline["senders"] = ours.clone();
        }
        let mut filter = json!({
            "presence": {"senders": ours},
            "account_data": nothing,
            "room": {
                "account_data": nothing,
                "ephemeral": nothing,
                "state": {"types": STATE_TYPES, "senders": ours},
                "timeline": timeline,
            },
        });
        if let Some(field) = &self.status {
            filter[PROFILE_FIELDS] = json!({"ids": [field]});
        }
        filter
    }
}

/// The parts of a sync's answer that an account uses.
#[derive(Clone, Debug)]
pub struct SyncAnswer {
    /// The `since` token of the next sync.
    pub next: String,
    /// Our own presence, if it changed.
    pub seen: Option<Seen>,
    /// Call events, by room.
    pub rooms: RoomUpdates,
    /// The status in our profile, if it changed. `Some(None)` means that it was
    /// removed.
    pub told: Option<Option<Status>>,
}

impl SyncAnswer {
    /// Reads the JSON body of an answer. Returns `None` if it is no JSON
    /// object, or if `next_batch` is missing or too long.
    pub fn read(query: &SyncQuery, body: &[u8]) -> Option<Self> {
        let mut body: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let Some(Value::String(next)) = body.remove("next_batch") else { return None };
        if next.len() > LONGEST_NEXT {
            return None;
        }
        let presence = events(body.get_mut("presence"));
        let rooms = body.remove("rooms").unwrap_or_default();
        Some(Self {
            next,
            seen: presence.iter().rev().find_map(|event| query.own(event)),
            rooms: query.room_updates(rooms),
            told: body.get(PROFILES).and_then(|users| query.status_change(users)),
        })
    }
}

impl SyncQuery {
    fn own(&self, event: &Value) -> Option<Seen> {
        let content = &event["content"];
        let ours = event["type"] == "m.presence" && event["sender"] == *self.user;
        let name = content["presence"].as_str().filter(|_| ours)?;
        Seen::read(name, content["status_msg"].as_str())
    }

    fn room_updates(&self, mut rooms: Value) -> RoomUpdates {
        let joined = map(rooms.get_mut("join").map(Value::take));
        let left = map(rooms.get_mut("leave").map(Value::take));
        RoomUpdates {
            is_initial: self.is_initial,
            has_all_senders: self.has_all_senders,
            rooms: joined.into_iter().map(|(id, room)| said(id, room)).collect(),
            left: left.into_iter().map(|(id, _)| id).collect(),
        }
    }

    fn status_change(&self, users: &Value) -> Option<Option<Status>> {
        let field = self.status.as_deref()?;
        match users.get(&self.user)?.get("profile_updates")? {
            // The whole profile is gone.
            Value::Null => Some(None),
            updates => updates.get(field).map(Status::read),
        }
    }
}

fn said(id: String, mut room: Value) -> Room {
    Room {
        id,
        state: events(room.get_mut("state")),
        timeline: events(room.get_mut("timeline")),
        limited: room["timeline"]["limited"].as_bool().unwrap_or(false),
    }
}

fn events(part: Option<&mut Value>) -> Vec<Value> {
    match part.and_then(|part| part.get_mut("events")).map(Value::take) {
        Some(Value::Array(events)) => events,
        _ => Vec::new(),
    }
}

fn map(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Presence;

    fn query() -> SyncQuery {
        let status = Some("m.status".to_owned());
        SyncQuery {
            user: "@me:example.org".to_owned(),
            has_all_senders: false,
            is_initial: false,
            status,
        }
    }

    fn read(body: &Value) -> Option<SyncAnswer> {
        SyncAnswer::read(&query(), body.to_string().as_bytes())
    }

    fn answer(part: &str, value: &Value) -> SyncAnswer {
        read(&json!({"next_batch": "s1", part: value})).expect("an answer")
    }

    #[test]
    fn the_filter_asks_for_what_is_our_own_and_nothing_else() {
        let state =
            json!(["org.matrix.msc3401.call.member", "m.call.member", "io.element.video.member",]);
        let timeline = json!([
            "org.matrix.msc3401.call.member",
            "m.call.member",
            "io.element.video.member",
            "org.matrix.msc4143.rtc.member",
            "m.rtc.member",
            "m.call.invite",
            "m.call.answer",
            "m.call.select_answer",
            "m.call.hangup",
            "m.call.reject",
        ]);
        let mut wanted = json!({
            "presence": {"senders": ["@me:example.org"]},
            "account_data": {"types": []},
            "room": {
                "account_data": {"types": []},
                "ephemeral": {"types": []},
                "state": {"types": state, "senders": ["@me:example.org"]},
                "timeline": {"types": timeline, "senders": ["@me:example.org"], "limit": 10},
            },
        });
        assert_eq!(SyncQuery { status: None, ..query() }.filter(), wanted);
        wanted["org.matrix.msc4429.profile_fields"] = json!({"ids": ["m.status"]});
        assert_eq!(query().filter(), wanted);
        wanted["room"]["timeline"] = json!({"types": timeline, "limit": 50});
        assert_eq!(SyncQuery { has_all_senders: true, ..query() }.filter(), wanted);
    }

    #[test]
    fn only_our_own_presence_counts_and_the_last_of_it() {
        let event = |sender: &str, content: Value| json!({"type": "m.presence", "sender": sender, "content": content});
        let me = |content| event("@me:example.org", content);
        let busy = json!({"presence": "org.matrix.msc3026.busy", "status_msg": "In a call"});
        let seen = |presence, message: Option<&str>| {
            Some(Seen { presence, message: message.map(str::to_owned) })
        };
        for (events, wanted) in [
            (json!([me(busy.clone())]), seen(Presence::Busy, Some("In a call"))),
            (json!([event("@you:example.org", busy.clone())]), None),
            (json!([me(json!({"presence": 7}))]), None),
            (json!([me(json!({"presence": "dancing"}))]), None),
            (
                json!([me(json!({"presence": "online", "status_msg": ""}))]),
                seen(Presence::Online, None),
            ),
            (
                json!([me(json!({"presence": "online", "status_msg": null}))]),
                seen(Presence::Online, None),
            ),
            (
                json!([me(json!({"presence": "offline"})), me(busy), 7, null, []]),
                seen(Presence::Busy, Some("In a call")),
            ),
            (json!({}), None),
        ] {
            assert_eq!(answer("presence", &json!({"events": events})).seen, wanted, "{events}");
        }
    }

    #[test]
    fn our_status_is_told_and_nobody_elses() {
        let field = json!({"text": "Back at 15:00", "emoji": "💬"});
        let status = Status { text: "Back at 15:00".to_owned(), emoji: "💬".to_owned() };
        let me = |updates: Value| json!({"@me:example.org": {"profile_updates": updates}});
        for (users, wanted) in [
            (me(json!({"m.status": field})), Some(Some(status))),
            (me(json!({"m.status": null})), Some(None)),
            (me(json!({"displayname": "Me"})), None),
            (me(Value::Null), Some(None)),
            (json!({"@you:example.org": {"profile_updates": {"m.status": field}}}), None),
            (json!({"@me:example.org": null}), None),
            (json!([field]), None),
        ] {
            assert_eq!(answer(PROFILES, &users).told, wanted, "{users}");
        }
    }

    #[test]
    fn rooms_are_read_and_what_makes_no_sense_in_them_is_left_out() {
        let rooms = json!({
            "join": {
                "!a": {"state": {"events": [{"n": 1}]},
                       "timeline": {"events": [{"n": 2}, {"n": 3}], "limited": true}},
                "!b": {"state": [], "timeline": {"events": "none", "limited": "yes"}},
                "!c": null,
            },
            "leave": {"!d": {}},
        });
        let updates = answer("rooms", &rooms).rooms;
        let said: Vec<_> = updates
            .rooms
            .iter()
            .map(|r| (r.id.as_str(), r.state.len(), r.timeline.len(), r.limited))
            .collect();
        assert_eq!(said, [("!a", 1, 2, true), ("!b", 0, 0, false), ("!c", 0, 0, false)]);
        assert_eq!(updates.left, ["!d"]);
        assert!(answer("rooms", &json!({"join": []})).rooms.rooms.is_empty());
    }

    #[test]
    fn what_is_no_answer_to_a_sync_is_none() {
        for body in ["", "null", "[]", "{}", r#"{"next_batch": 7}"#, "<html>", r#"{"next_batch""#] {
            assert!(SyncAnswer::read(&query(), body.as_bytes()).is_none(), "{body}");
        }
        for (length, fits) in [(LONGEST_NEXT, true), (LONGEST_NEXT + 1, false)] {
            assert_eq!(read(&json!({"next_batch": "s".repeat(length)})).is_some(), fits);
        }
        let deep = format!(r#"{{"next_batch": "s", "presence": {}"#, "[".repeat(100_000));
        assert!(SyncAnswer::read(&query(), deep.as_bytes()).is_none());
    }

    const NAMES: [&str; 18] = [
        "next_batch",
        "presence",
        "rooms",
        "join",
        "leave",
        "events",
        "state",
        "timeline",
        "limited",
        "content",
        "sender",
        "type",
        "status_msg",
        PROFILES,
        "@me:example.org",
        "profile_updates",
        "m.status",
        "text",
    ];

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            prop::sample::select(&["m.presence", "@me:example.org", "online", "s1"][..])
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            let name = prop::sample::select(&NAMES[..]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..6)
                    .prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        /// Every JSON object with a `next_batch` is read.
        #[test]
        fn no_answer_is_too_odd(mut body in any_json()) {
            if let Some(body) = body.as_object_mut() {
                body.insert("next_batch".to_owned(), json!("s1"));
                prop_assert!(read(&json!(body)).is_some());
            }
        }
    }
}
