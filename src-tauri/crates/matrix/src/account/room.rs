//! The half of an account that is about the profile room. Its rules are
//! [`presently_core::account::profile_room`]'s.

use std::sync::Arc;

use jiff::Timestamp;
use matrix_sdk::ruma::api::client::alias::get_alias;
use matrix_sdk::ruma::api::client::redact::redact_event;
use matrix_sdk::ruma::api::client::room::create_room;
use matrix_sdk::ruma::api::client::state::{get_state_events, send_state_event};
use matrix_sdk::ruma::{EventId, RoomAliasId, RoomId, UserId};
use presently_core::Mono;
use presently_core::account::Marks;
use presently_core::account::profile_room::{
    Found, Part, ProfileRoom, RoomEvent, RoomProblem, RoomStep, Said, alias, plan_room,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use super::UNSAID_LIMIT;
use super::flight::Flight;
use crate::api::{Api, TIMEOUT};
use crate::trouble::Trouble;

/// What is known and under way.
pub(super) struct RoomSide {
    pub(super) said: watch::Receiver<Option<Said>>,
    pub(super) room: ProfileRoom,
    pub(super) flight: Option<Flight<RoomEvent>>,
    pub(super) look: Option<Mono>,
    pub(super) problem: Option<RoomProblem>,
}

impl RoomSide {
    pub(super) fn new(said: watch::Receiver<Option<Said>>, marks: &Marks) -> Self {
        let room = ProfileRoom::after_restart(&marks.room);
        Self { said, room, flight: None, look: None, problem: None }
    }

    /// The request that is due; it is taken for begun.
    pub(super) fn next(&mut self, now: Mono) -> Option<RoomStep> {
        let said = self.said.borrow_and_update().clone();
        let plan = plan_room(said.as_ref(), &self.room, now);
        (self.look, self.problem) = (plan.look, plan.problem);
        let step = plan.step?;
        self.room.record(RoomEvent::Started(step.clone()), now);
        Some(step)
    }

    /// Sends a request once its mark is written.
    pub(super) fn begin(
        &mut self,
        api: &Arc<Api>,
        step: RoomStep,
        marked: Option<oneshot::Receiver<()>>,
    ) {
        let api = Arc::clone(api);
        self.flight = Some(Box::pin(async move {
            if let Some(marked) = marked
                && marked.await.is_err()
            {
                return RoomEvent::Failed;
            }
            carry_out(&api, step).await.unwrap_or_else(failure)
        }));
    }
}

fn failure(trouble: Trouble) -> RoomEvent {
    match trouble {
        Trouble::Limited(wait) => RoomEvent::Limited(wait.unwrap_or(UNSAID_LIMIT)),
        Trouble::Refused { message, .. } => RoomEvent::Refused(message),
        _ => RoomEvent::Failed,
    }
}

async fn carry_out(api: &Api, step: RoomStep) -> Result<RoomEvent, Trouble> {
    match step {
        RoomStep::Find => find(api, api.user()).await.map(RoomEvent::Found),
        RoomStep::Create => create(api).await.map(RoomEvent::Created),
        RoomStep::Write { room, part, value } => {
            write(api, &room, part, &value).await.map(RoomEvent::Written)
        }
        RoomStep::Redact { room, event } => {
            redact(api, &room, &event).await.map(|()| RoomEvent::Redacted)
        }
    }
}

/// The profile room of somebody, read without joining it: it is
/// `world_readable`. None where nobody has its alias.
pub(crate) async fn find(api: &Api, owner: &UserId) -> Result<Option<Found>, Trouble> {
    let name = format!("#{}:{}", alias(owner.localpart()), owner.server_name());
    let Ok(name) = RoomAliasId::parse(name) else { return Ok(None) };
    let request = get_alias::v3::Request::new(name);
    let room = match api.send(TIMEOUT, |c| c.send(request.clone())).await {
        Ok(answer) => answer.room_id,
        Err(Trouble::Refused { status: 404, .. }) => return Ok(None),
        Err(trouble) => return Err(trouble),
    };
    let request = get_state_events::v3::Request::new(room.clone());
    let answer = api.send(TIMEOUT, |c| c.send(request.clone())).await?;
    let events = answer.room_state.iter();
    let state: Value =
        events.filter_map(|event| event.deserialize_as_unchecked::<Value>().ok()).collect();
    let now = Timestamp::now().as_millisecond();
    Ok(Some(Found::read(room.to_string(), owner.as_str(), &state, now)))
}

/// Anybody may read it, nobody else may say anything in it.
async fn create(api: &Api) -> Result<String, Trouble> {
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

async fn write(api: &Api, room: &str, part: Part, value: &str) -> Result<String, Trouble> {
    let room = RoomId::parse(room).map_err(|_| Trouble::Nonsense)?;
    let content = json_as(&part.content(value))?;
    let request =
        send_state_event::v3::Request::new_raw(room, part.kind().into(), String::new(), content);
    let answer = api.send(TIMEOUT, |c| c.send(request.clone())).await?;
    Ok(answer.event_id.to_string())
}

async fn redact(api: &Api, room: &str, event: &str) -> Result<(), Trouble> {
    let room = RoomId::parse(room).map_err(|_| Trouble::Nonsense)?;
    let event = EventId::parse(event).map_err(|_| Trouble::Nonsense)?;
    // Tried again, it is the same: once is enough.
    let transaction = format!("presently{event}").as_str().into();
    let request = redact_event::v3::Request::new(room, event, transaction);
    match api.send(TIMEOUT, |c| c.send(request.clone())).await {
        Ok(_) | Err(Trouble::Refused { status: 404, .. }) => Ok(()),
        Err(trouble) => Err(trouble),
    }
}

fn json_as<T: DeserializeOwned>(value: &impl Serialize) -> Result<T, Trouble> {
    let text = serde_json::to_string(value).map_err(|_| Trouble::Nonsense)?;
    serde_json::from_str(&text).map_err(|_| Trouble::Nonsense)
}
