//! The requests that a plan's steps stand for, and what their answers say.

use std::time::Duration;

use jiff::Timestamp;
use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::api::client::device::get_devices;
use matrix_sdk::ruma::api::client::discovery::get_supported_versions;
use matrix_sdk::ruma::api::client::presence::{get_presence, set_presence};
use matrix_sdk::ruma::api::client::sync::sync_events;
use matrix_sdk::ruma::events::presence::PresenceEvent;
use matrix_sdk::ruma::presence::PresenceState;
use matrix_sdk::ruma::serde::Raw;
use presently_core::Presence;
use presently_core::account::devices::{Device, others_syncing};
use presently_core::account::profile::Fields;
use presently_core::account::{PollStep, Put, Seen};
use presently_core::remote_call::Heard;

use super::{fields, filter};
use crate::api::{Api, TIMEOUT};
use crate::trouble::{Trouble, one_line};

/// A poll may be answered this much later than it asked for.
const POLL_SLACK: Duration = Duration::from_secs(30);

/// The answer to a poll.
pub(super) struct PollAnswer {
    /// Where the next one goes on.
    pub(super) next: String,
    /// Our own presence, where it changed.
    pub(super) seen: Option<Seen>,
    /// What was said of calls.
    pub(super) heard: Heard,
}

/// What a server can do, as far as it said.
pub(super) struct Probed {
    pub(super) busy: bool,
    pub(super) presence: Option<bool>,
    pub(super) fields: Option<Fields>,
}

/// Begins nothing by itself: the future does. `number` keeps fresh polls
/// apart, because Synapse answers an equal one from its cache for two
/// minutes (PROTOCOL section 4). `wide` asks for what others say of calls,
/// too.
pub(super) async fn poll(
    api: &Api,
    step: PollStep,
    number: u64,
    since: Option<String>,
    wide: bool,
) -> Result<PollAnswer, Trouble> {
    let fresh = since.is_none();
    let mut request = sync_events::v3::Request::new();
    request.filter = Some(filter::own(api.user(), wide).into());
    request.set_presence = PresenceState::from(step.set.wire());
    request.timeout = Some(match since {
        Some(_) => step.timeout,
        None => step.timeout.saturating_sub(Duration::from_millis(number % 1000)),
    });
    request.since = since;
    let answer = api.send(step.timeout + POLL_SLACK, |c| c.send(request.clone())).await?;
    let seen = answer.presence.events.iter().rev().find_map(|event| own(event, api.user()));
    let heard = filter::heard(answer.rooms, fresh, wide);
    Ok(PollAnswer { next: answer.next_batch, seen, heard })
}

fn own(event: &Raw<PresenceEvent>, user: &UserId) -> Option<Seen> {
    let event = event.deserialize().ok().filter(|e| e.sender == user)?;
    seen(&event.content.presence, event.content.status_msg)
}

fn seen(presence: &PresenceState, message: Option<String>) -> Option<Seen> {
    let presence = Presence::from_wire(presence.as_str())?;
    // Servers differ in how they show that there is none.
    Some(Seen { presence, message: message.filter(|m| !m.is_empty()) })
}

pub(super) async fn put(api: &Api, put: &Put) -> Result<(), Trouble> {
    let state = PresenceState::from(put.presence.wire());
    let mut request = set_presence::v3::Request::new(api.user().to_owned(), state);
    request.status_msg.clone_from(&put.message);
    api.send(TIMEOUT, |c| c.send(request.clone())).await.map(drop)
}

pub(super) async fn read(api: &Api) -> Result<Option<Seen>, Trouble> {
    let request = get_presence::v3::Request::new(api.user().to_owned());
    let answer = api.send(TIMEOUT, |c| c.send(request.clone())).await?;
    Ok(seen(&answer.presence, answer.status_msg))
}

/// The account's other devices that may be syncing, the last seen first.
pub(super) async fn others(api: &Api) -> Result<Vec<String>, Trouble> {
    let request = get_devices::v3::Request::new();
    let answer = api.send(TIMEOUT, |c| c.send(request.clone())).await?;
    let devices = answer.devices.into_iter().map(|device| Device {
        id: device.device_id.to_string(),
        name: device.display_name.map(|name| one_line(&name)),
        last_seen: device
            .last_seen_ts
            .and_then(|at| Timestamp::from_millisecond(i64::from(at.get())).ok()),
    });
    let others = others_syncing(devices.collect(), api.device(), Timestamp::now());
    Ok(others.iter().map(|device| device.label().to_owned()).collect())
}

/// Asks what the server can do (PROTOCOL section 5).
pub(super) async fn probe(api: &Api) -> Result<Probed, Trouble> {
    let request = get_supported_versions::Request::new();
    let versions = api.send(TIMEOUT, |c| c.send(request.clone())).await?;
    let busy = versions.unstable_features.get(BUSY_FLAG).copied().unwrap_or(false);
    // What is odd about one answer must not hide the others.
    let presence = probe_presence(api).await.unwrap_or_default();
    let fields = fields::probe(api, &versions).await.ok();
    Ok(Probed { busy, presence, fields })
}

/// MSC3026, until a spec version brings it.
const BUSY_FLAG: &str = "org.matrix.msc3026.busy_presence";

/// A server with presence turned off shows everybody as offline; one with it
/// turned on does not show a stranger.
async fn probe_presence(api: &Api) -> Result<Option<bool>, Trouble> {
    let nobody = format!("@presently-asks-for-nobody:{}", api.user().server_name());
    let Ok(nobody) = UserId::parse(nobody) else { return Ok(None) };
    let request = get_presence::v3::Request::new(nobody);
    match api.send(TIMEOUT, |c| c.send(request.clone())).await {
        Ok(answer) => Ok((answer.presence == PresenceState::Offline).then_some(false)),
        Err(Trouble::Refused { message, .. }) if message.contains("disabled") => Ok(Some(false)),
        Err(Trouble::Refused { status: 403 | 404, .. }) => Ok(Some(true)),
        Err(Trouble::Refused { .. }) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::user_id;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_our_own_presence_counts() {
        let me = user_id!("@me:example.org");
        let event = |sender: &str, content: serde_json::Value| {
            let event = json!({"type": "m.presence", "sender": sender, "content": content});
            Raw::from_json(serde_json::value::to_raw_value(&event).expect("serialises"))
        };
        let busy = json!({"presence": "org.matrix.msc3026.busy", "status_msg": "In a call"});
        assert_eq!(
            own(&event("@me:example.org", busy.clone()), me),
            Some(Seen { presence: Presence::Busy, message: Some("In a call".to_owned()) })
        );
        assert_eq!(own(&event("@you:example.org", busy), me), None);
        assert_eq!(own(&event("@me:example.org", json!({"presence": 7})), me), None);
        assert_eq!(own(&event("@me:example.org", json!({"presence": "dancing"})), me), None);
        assert_eq!(
            own(&event("@me:example.org", json!({"presence": "online", "status_msg": ""})), me),
            Some(Seen { presence: Presence::Online, message: None })
        );
    }
}
