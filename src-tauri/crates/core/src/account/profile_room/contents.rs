//! What stands in a profile room, and how it is read.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Presence;

/// What the room is to say: what the person said, and nothing automatic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The presence that they chose. Invisible is not written.
    pub presence: Option<Presence>,
    /// Their message.
    pub message: Option<String>,
}

/// One of the two state events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The message.
    Status,
    /// The presence.
    Presence,
}

impl Part {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Status, Self::Presence];

    /// The type of its event, until MSC3032 is stable.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Status => "org.matrix.msc3032.status",
            Self::Presence => "org.matrix.msc3032.presence",
        }
    }

    /// The only key of its content, with the name that it has in `m.presence`.
    fn key(self) -> &'static str {
        match self {
            Self::Status => "status_msg",
            Self::Presence => "presence",
        }
    }

    /// The content of its event.
    pub fn content(self, value: &str) -> Value {
        json!({ self.key(): value })
    }

    pub(super) fn of(self, said: &Contents) -> Option<&str> {
        match self {
            Self::Status => said.message.as_deref(),
            Self::Presence => said.presence.map(Presence::wire),
        }
    }
}

/// The alias of a person's profile room, without `#` and the server.
pub fn alias(localpart: &str) -> String {
    format!("_profile_{localpart}")
}

/// One of the two events, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// Its value. `None` if it has none, as after a redaction.
    pub value: Option<String>,
    /// The event's id.
    pub event: String,
    /// How long ago it was sent.
    pub age: Duration,
}

/// A profile room as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub room: String,
    /// The person created the room and sent the two events. Anybody else may
    /// take the alias first.
    pub theirs: bool,
    /// The message.
    pub status: Option<Stated>,
    /// The presence.
    pub presence: Option<Stated>,
}

impl Found {
    /// Reads a room's state, as `/rooms/{id}/state` answers it. Only events of
    /// `owner` count. `now` is in milliseconds since the epoch.
    pub fn read(room: String, owner: &str, state: &Value, now: i64) -> Self {
        let events = || state.as_array().into_iter().flatten();
        let by_owner = |event: &&Value| event["sender"] == *owner && event["state_key"] == *"";
        let theirs = events().filter(by_owner).any(|event| event["type"] == "m.room.create");
        let stated = |part: Part| {
            let event = events().filter(by_owner).find(|event| event["type"] == part.kind())?;
            let sent = event["origin_server_ts"].as_i64().unwrap_or(now);
            let age = u64::try_from(now.saturating_sub(sent)).unwrap_or(0);
            Some(Stated {
                value: event["content"][part.key()].as_str().map(str::to_owned),
                event: event["event_id"].as_str()?.to_owned(),
                age: Duration::from_millis(age),
            })
        };
        Self {
            room,
            theirs,
            status: stated(Part::Status).filter(|_| theirs),
            presence: stated(Part::Presence).filter(|_| theirs),
        }
    }
}
