//! The requests of an account, and what their answers say.

use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::api::client::device::get_devices;
use matrix_sdk::ruma::api::client::discovery::get_supported_versions;
use matrix_sdk::ruma::api::client::presence::{get_presence, set_presence};
use matrix_sdk::ruma::presence::PresenceState;
use presently_core::Presence;
use presently_core::account::devices::Device;
use presently_core::account::profile::Fields;
use presently_core::account::{Answer, Probed, Put, Request, Seen, SyncRequest, sync};

use super::{fields, filters, room};
use crate::api::{Api, TIMEOUT};
use crate::trouble::{Trouble, one_line};

const SYNC: &str = "_matrix/client/v3/sync";
/// Until the other devices are known, busy is shown as away: better asked
/// again on a new connection than waited for on one that went dead.
const DEVICES_TIMEOUT: Duration = Duration::from_secs(8);
/// A poll may be answered this much later than it asked for.
const POLL_SLACK: Duration = Duration::from_secs(30);

/// Carries out one request; `known` are the fields that profiles have.
pub(super) async fn carry_out(
    api: &Api,
    known: &Fields,
    request: Request,
) -> Result<Answer, Trouble> {
    match request {
        Request::Sync(sync) => poll(api, sync).await.map(|answer| Answer::Synced(Box::new(answer))),
        Request::Put(said) => put(api, &said).await.map(|()| Answer::Done),
        Request::Read => read(api).await.map(Answer::Presence),
        Request::Devices => devices(api).await,
        Request::Probe => probe(api).await.map(Answer::Probed),
        Request::Profile(step) => fields::carry_out(api, known, step).await,
        Request::Room(step) => room::carry_out(api, step).await,
    }
}

/// Not by the SDK, which knows neither MSC4429 nor a limit for what a server
/// says.
async fn poll(api: &Api, sync: SyncRequest) -> Result<sync::SyncAnswer, Trouble> {
    let SyncRequest { set, timeout, since, asked, spelt_out } = sync;
    let filter = asked.filter();
    let text = filter.to_string();
    if spelt_out {
        api.filters.refused(&text);
    }
    let (name, held) = (api.filters.name(&text), timeout.as_millis().to_string());
    let mut query = vec![("filter", name.as_str()), ("timeout", &held)];
    if set != Presence::Online {
        // Online is what a sync says by itself.
        query.push(("set_presence", set.wire()));
    }
    query.extend(since.as_deref().map(|since| ("since", since)));
    let mut sync = pin!(api.fetch(SYNC, &query, timeout + POLL_SLACK));
    let body = if since.is_some() {
        // The line is known to work, so the next request may be a shorter
        // one.
        tokio::select! {
            biased;
            body = &mut sync => body,
            () = filters::store(api, &filter) => sync.await,
        }
    } else {
        sync.await
    };
    sync::SyncAnswer::read(&asked, &body?).ok_or(Trouble::Nonsense)
}

async fn put(api: &Api, put: &Put) -> Result<(), Trouble> {
    let state = PresenceState::from(put.presence.wire());
    let mut request = set_presence::v3::Request::new(api.user().to_owned(), state);
    request.status_msg.clone_from(&put.message);
    api.send(TIMEOUT, |c| c.send(request.clone())).await.map(drop)
}

async fn read(api: &Api) -> Result<Option<Seen>, Trouble> {
    let request = get_presence::v3::Request::new(api.user().to_owned());
    let answer = api.send(TIMEOUT, |c| c.send(request.clone())).await?;
    Ok(Seen::read(answer.presence.as_str(), answer.status_msg.as_deref()))
}

/// The account's devices.
async fn devices(api: &Api) -> Result<Answer, Trouble> {
    let request = get_devices::v3::Request::new();
    let answer = api.send(DEVICES_TIMEOUT, |c| c.send(request.clone())).await?;
    let devices = answer.devices.into_iter().map(|device| Device {
        id: device.device_id.to_string(),
        name: device.display_name.map(|name| one_line(&name)),
        last_seen: device
            .last_seen_ts
            .and_then(|at| Timestamp::from_millisecond(i64::from(at.get())).ok()),
    });
    Ok(Answer::Devices { devices: devices.collect(), now: api.server_now() })
}

/// Asks what the server can do (docs/protocol.md, "What a server can do").
async fn probe(api: &Api) -> Result<Probed, Trouble> {
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
