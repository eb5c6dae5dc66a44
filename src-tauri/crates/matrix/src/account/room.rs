//! The requests about a profile room (MSC3032).

use matrix_sdk::ruma::api::client::alias::get_alias;
use matrix_sdk::ruma::api::client::redact::redact_event;
use matrix_sdk::ruma::api::client::room::create_room;
use matrix_sdk::ruma::api::client::state::{get_state_events, send_state_event};
use matrix_sdk::ruma::{EventId, RoomAliasId, RoomId, UserId};
use presently_core::account::Answer;
use presently_core::account::profile_room::{Found, Part, RoomStep, alias};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::{Api, TIMEOUT};
use crate::request_error::RequestError;

/// Carries out one step.
pub(super) async fn carry_out(api: &Api, step: RoomStep) -> Result<Answer, RequestError> {
    match step {
        RoomStep::Find => find(api, api.user()).await.map(Answer::Found),
        RoomStep::Create => create(api).await.map(Answer::Created),
        RoomStep::Write { room, part, value } => {
            write(api, &room, part, &value).await.map(Answer::Written)
        }
        RoomStep::Redact { room, event } => redact(api, &room, &event).await.map(|()| Answer::Done),
    }
}

/// Reads a user's profile room without joining it, because it is
/// `world_readable`. `None` if its alias does not exist.
pub(crate) async fn find(api: &Api, owner: &UserId) -> Result<Option<Found>, RequestError> {
    let name = format!("#{}:{}", alias(owner.localpart()), owner.server_name());
    let Ok(name) = RoomAliasId::parse(name) else { return Ok(None) };
    let request = get_alias::v3::Request::new(name);
    let room = match api.send(TIMEOUT, |c| c.send(request.clone())).await {
        Ok(answer) => answer.room_id,
        Err(RequestError::Refused { status: 404, .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let request = get_state_events::v3::Request::new(room.clone());
    let answer = api.send(TIMEOUT, |c| c.send(request.clone())).await?;
    let events = answer.room_state.iter();
    let state: Value =
        events.filter_map(|event| event.deserialize_as_unchecked::<Value>().ok()).collect();
    let now = api.server_now().as_millisecond();
    Ok(Some(Found::read(room.to_string(), owner.as_str(), &state, now)))
}

/// Creates a room that anybody may read and only the account may write to.
async fn create(api: &Api) -> Result<String, RequestError> {
    let user = api.user();
    let mut request = create_room::v3::Request::new();
    request.preset = Some(create_room::v3::RoomPreset::PrivateChat);
    request.name = Some(format!("What {} shows", user.localpart()));
    request.topic = Some(
        "A public log of the presence and the message that were chosen, kept by Presently \
         (MSC3032)"
            .to_owned(),
    );
    request.room_alias_name = Some(alias(user.localpart()));
    let readable = json!({
        "type": "m.room.history_visibility",
        "state_key": "",
        "content": {"history_visibility": "world_readable"},
    });
    let closed = json!({
        "type": "m.room.guest_access",
        "state_key": "",
        "content": {"guest_access": "forbidden"},
    });
    request.initial_state = vec![json_as(&readable)?, json_as(&closed)?];
    let powers = json!({"events_default": 100, "state_default": 100, "invite": 100, "events": {}});
    request.power_level_content_override = Some(json_as(&powers)?);
    let answer = api.send(TIMEOUT, |c| c.send(request.clone())).await?;
    Ok(answer.room_id.to_string())
}

async fn write(api: &Api, room: &str, part: Part, value: &str) -> Result<String, RequestError> {
    let room = RoomId::parse(room).map_err(|_| RequestError::NotMatrix)?;
    let content = json_as(&part.content(value))?;
    let request =
        send_state_event::v3::Request::new_raw(room, part.kind().into(), String::new(), content);
    let answer = api.send(TIMEOUT, |c| c.send(request.clone())).await?;
    Ok(answer.event_id.to_string())
}

async fn redact(api: &Api, room: &str, event: &str) -> Result<(), RequestError> {
    let room = RoomId::parse(room).map_err(|_| RequestError::NotMatrix)?;
    let event = EventId::parse(event).map_err(|_| RequestError::NotMatrix)?;
    // The transaction id depends on the event alone, so a retry redacts only
    // once.
    let transaction = format!("presently{event}").as_str().into();
    let request = redact_event::v3::Request::new(room, event, transaction);
    match api.send(TIMEOUT, |c| c.send(request.clone())).await {
        Ok(_) | Err(RequestError::Refused { status: 404, .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn json_as<T: DeserializeOwned>(value: &impl Serialize) -> Result<T, RequestError> {
    let text = serde_json::to_string(value).map_err(|_| RequestError::NotMatrix)?;
    serde_json::from_str(&text).map_err(|_| RequestError::NotMatrix)
}
