//! What a sync is asked for: our own presence and our own calls.

use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::api::client::filter::{
    Filter, FilterDefinition, RoomEventFilter, RoomFilter,
};
use matrix_sdk::ruma::api::client::sync::sync_events::v3::{JoinedRoom, Rooms, State};
use matrix_sdk::ruma::serde::Raw;
use presently_core::remote_call::{Heard, Room, STATE_TYPES, TIMELINE_TYPES};
use serde_json::Value;

/// How many events of a room a sync brings at most; what was before them
/// counts as over. With everybody's, those of a large call crowd in.
const NARROW: u32 = 10;
const WIDE: u32 = 50;

/// Nothing but our own presence and what we said of calls: 144 bytes for an
/// account in 200 rooms where nothing happens (PROTOCOL sections 4 and 8).
/// `wide` is what others said of calls, too.
pub(super) fn own(user: &UserId, wide: bool) -> FilterDefinition {
    let mut filter = FilterDefinition::empty();
    filter.account_data = Filter::ignore_all();
    filter.presence.senders = Some(vec![user.to_owned()]);
    let named = |types: &[&str]| {
        let mut named = RoomEventFilter::empty();
        named.types = Some(types.iter().map(|&kind| kind.to_owned()).collect());
        named.senders = Some(vec![user.to_owned()]);
        named
    };
    let mut room = RoomFilter::empty();
    room.account_data = RoomEventFilter::ignore_all();
    room.ephemeral = RoomEventFilter::ignore_all();
    room.state = named(&STATE_TYPES);
    // State that changes comes in the timeline, which must name it, too.
    room.timeline = named(&[&STATE_TYPES[..], &TIMELINE_TYPES[..]].concat());
    room.timeline.limit = Some(if wide { WIDE } else { NARROW }.into());
    if wide {
        room.timeline.senders = None;
    }
    filter.room = room;
    filter
}

/// What a sync brought.
pub(super) fn heard(rooms: Rooms, fresh: bool, wide: bool) -> Heard {
    let said = rooms.join.into_iter().map(|(id, room)| in_room(id.to_string(), room));
    let rooms_left = rooms.leave.into_keys().map(String::from).collect();
    Heard { fresh, wide, rooms: said.collect(), left: rooms_left }
}

fn in_room(id: String, room: JoinedRoom) -> Room {
    let state = match room.state {
        State::Before(state) | State::After(state) => state.events,
        _ => Vec::new(),
    };
    Room {
        id,
        state: state.iter().filter_map(value).collect(),
        timeline: room.timeline.events.iter().filter_map(value).collect(),
        limited: room.timeline.limited,
    }
}

fn value<T>(event: &Raw<T>) -> Option<Value> {
    event.deserialize_as_unchecked().ok()
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::user_id;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_filter_asks_for_what_is_our_own_and_nothing_else() {
        let me = user_id!("@me:example.org");
        let asked = |wide| serde_json::to_value(own(me, wide)).expect("serialises");
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
        assert_eq!(asked(false), wanted);
        wanted["room"]["timeline"] = json!({"types": timeline, "limit": 50});
        assert_eq!(asked(true), wanted);
    }
}
