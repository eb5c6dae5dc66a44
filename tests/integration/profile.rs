//! The status and call fields of the profile, on real homeservers.

use anyhow::{Context as _, Result, ensure};
use presently_core::Presence;
use presently_core::account::profile::{FieldValue, Status};
use presently_core::account::{Everything, Intent, Note};
use presently_core::manual::Message;
use presently_world::synapse::Options;
use presently_world::{Client, Method, Synapse, User};
use serde_json::{Value, json};

use crate::accounts::{Account, online, online_saying, signed_in};

const STATUS: &str = "org.matrix.msc4426.status";
const CALL: &str = "org.matrix.msc4426.call";

/// The profile field as another user sees it; null if it is absent.
async fn field(viewer: &Client, user: &User, name: &str) -> Result<Value> {
    let path = format!("/_matrix/client/v3/profile/{}/{name}", user.user_id);
    let (status, answer) = viewer.request(Method::GET, &path, &Value::Null).await?;
    ensure!(status == 200 || status == 404, "{status} {answer}");
    Ok(answer[name].clone())
}

fn status(text: &str) -> Status {
    Status { text: text.to_owned(), emoji: "💬".to_owned() }
}

#[tokio::test]
async fn status_and_call_show_where_presence_is_turned_off() -> Result<()> {
    let synapse = Synapse::start(Options { presence: false, ..Options::default() }).await?;
    let (user, viewer) = (synapse.user("alex").await?, synapse.user("sam").await?);
    let viewer = Client::login(&viewer).await?;
    let (matrix, session) = signed_in(&user).await?;
    let says = Intent::Everything(Everything {
        presence: Some(Presence::Busy),
        message: Message::new("Back at 15:00", None, None).ok(),
        call: Some(1_800_000_000),
        ..Everything::default()
    });
    let mut account = Account::start(&matrix, session, says);
    account
        .until("the call", |a| a.view.as_ref().is_some_and(|v| v.call != FieldValue::Unknown))
        .await?;
    let settled = |a: &Account| a.view.as_ref().is_some_and(|v| v.profile_settled);
    account.until("the profile", settled).await?;
    let view = account.view.as_ref().context("a view")?;
    assert_eq!(view.abilities.presence, Some(false));
    assert_eq!(view.notes, [Note::PresenceOff]);
    assert_eq!(view.fields.as_ref().and_then(|fields| fields.status.as_deref()), Some(STATUS));
    let shown = json!({"text": "Back at 15:00", "emoji": "💬"});
    assert_eq!(field(&viewer, &user, STATUS).await?, shown);
    assert_eq!(field(&viewer, &user, CALL).await?, json!({"call_joined_ts": 1_800_000_000}));
    ensure!(account.marks.last().is_some_and(|m| m.call), "the call is marked");

    // Nobody keeps a call true when we are gone; what the person said stays.
    account.leave().await;
    assert_eq!(field(&viewer, &user, CALL).await?, Value::Null);
    assert_eq!(field(&viewer, &user, STATUS).await?, shown);
    Ok(())
}

#[tokio::test]
async fn a_status_that_was_set_elsewhere_is_shown_and_kept() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let user = synapse.user("alex").await?;
    let device = Client::login(&user).await?;
    let path = format!("/_matrix/client/v3/profile/{}/{STATUS}", user.user_id);
    let theirs = json!({STATUS: {"text": "On holiday", "emoji": "🌴"}});
    device.ok(Method::PUT, &path, &theirs).await?;
    let (matrix, session) = signed_in(&user).await?;
    let mut account = Account::start(&matrix, session, online());
    let there =
        FieldValue::Known(Some(Status { text: "On holiday".to_owned(), emoji: "🌴".to_owned() }));
    let shows = |a: &Account, status: &FieldValue<Status>| {
        a.view.as_ref().is_some_and(|v| v.profile_settled && v.status == *status)
    };
    account.until("their status", |a| shows(a, &there)).await?;
    let mine = status("Back at 15:00");
    account.intent.send_replace(online_saying("Back at 15:00"));
    account.until("my status", |a| shows(a, &FieldValue::Known(Some(mine.clone())))).await?;
    account.intent.send_replace(online());
    account.until("no status", |a| shows(a, &FieldValue::Known(None))).await?;
    assert_eq!(field(&device, &user, STATUS).await?, Value::Null);
    Ok(())
}

/// With MSC4429 a change by another client arrives at once.
#[tokio::test]
async fn a_status_that_is_set_elsewhere_meanwhile_is_told() -> Result<()> {
    let more = json!({"include_profile_updates_in_sync": true});
    let synapse = Synapse::start(Options { more, ..Options::default() }).await?;
    let (user, neighbour) = (synapse.user("alex").await?, synapse.user("sam").await?);
    let (device, neighbour) = (Client::login(&user).await?, Client::login(&neighbour).await?);
    let room = device.make_room().await?;
    neighbour.join(&room).await?;
    let (matrix, session) = signed_in(&user).await?;
    let mut account = Account::start(&matrix, session, online());
    let shows = |a: &Account, status: &FieldValue<Status>| {
        a.view.as_ref().is_some_and(|v| v.profile_settled && v.status == *status)
    };
    account.until("no status", |a| shows(a, &FieldValue::Known(None))).await?;

    // Somebody else's is not ours.
    neighbour.put_profile(STATUS, json!({"text": "Not mine", "emoji": "🙈"})).await?;
    device.put_profile(STATUS, json!({"text": "On holiday", "emoji": "🌴"})).await?;
    let theirs = Status { text: "On holiday".to_owned(), emoji: "🌴".to_owned() };
    account
        .until("the status from elsewhere", |a| shows(a, &FieldValue::Known(Some(theirs.clone()))))
        .await?;
    device.put_profile(STATUS, json!({"text": "Back", "emoji": "💼"})).await?;
    let back = Status { text: "Back".to_owned(), emoji: "💼".to_owned() };
    account.until("the next one", |a| shows(a, &FieldValue::Known(Some(back.clone())))).await?;
    let path = format!("/_matrix/client/v3/profile/{}/{STATUS}", user.user_id);
    device.ok(Method::DELETE, &path, &Value::Null).await?;
    account.until("none again", |a| shows(a, &FieldValue::Known(None))).await
}
