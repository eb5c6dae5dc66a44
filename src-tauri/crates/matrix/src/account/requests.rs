//! Sends the requests of an account and reads the answers.

use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use presently_core::Presence;
use presently_core::account::devices::Device;
use presently_core::account::profile::Fields;
use presently_core::account::{
    Answer, NonexistentUser, Probed, Put, Request, Seen, SyncRequest, sync,
};
use serde_json::{Value, json};

use super::{fields, filters, room};
use crate::api::{Api, TIMEOUT, segment};
use crate::request_error::{RequestError, one_line};

const SYNC: &str = "_matrix/client/v3/sync";
/// Until the other devices are known, busy is shown as away. A retry on a new
/// connection is faster than a long wait on a dead one.
const DEVICES_TIMEOUT: Duration = Duration::from_secs(8);
/// How much later than its own `timeout` a poll may be answered.
const POLL_SLACK: Duration = Duration::from_secs(30);

/// Carries out one request. `known` are the profile fields that the server has.
pub(super) async fn carry_out(
    api: &Api,
    known: &Fields,
    request: Request,
) -> Result<Answer, RequestError> {
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

/// Sends a /sync without the SDK, which does not support MSC4429 and does not
/// limit the size of an answer.
async fn poll(api: &Api, sync: SyncRequest) -> Result<sync::SyncAnswer, RequestError> {
    let SyncRequest { set, timeout, since, query, inline_filter } = sync;
    let filter = query.filter();
    let text = filter.to_string();
    if inline_filter {
        api.filters.refused(&text);
    }
    let (name, held) = (api.filters.name(&text), timeout.as_millis().to_string());
    let mut parameters = vec![("filter", name.as_str()), ("timeout", &held)];
    if set != Presence::Online {
        // Online is the default of `set_presence`.
        parameters.push(("set_presence", set.wire()));
    }
    parameters.extend(since.as_deref().map(|since| ("since", since)));
    let mut sync = pin!(api.fetch(SYNC, &parameters, timeout + POLL_SLACK));
    let body = if since.is_some() {
        // The connection is known to work, so the filter is stored meanwhile,
        // which makes the next request shorter.
        tokio::select! {
            biased;
            body = &mut sync => body,
            () = filters::store(api, &filter) => sync.await,
        }
    } else {
        sync.await
    };
    sync::SyncAnswer::read(&query, &body?).ok_or(RequestError::NotMatrix)
}

fn presence_of(user: &str) -> String {
    format!("_matrix/client/v3/presence/{}/status", segment(user))
}

async fn put(api: &Api, put: &Put) -> Result<(), RequestError> {
    let mut said = json!({"presence": put.presence.wire()});
    if let Some(message) = &put.message {
        said["status_msg"] = json!(message);
    }
    api.put(&presence_of(api.user().as_str()), &said).await
}

async fn read(api: &Api) -> Result<Option<Seen>, RequestError> {
    let answer = api.get(&presence_of(api.user().as_str()), TIMEOUT).await?;
    Ok(seen(&answer))
}

/// The presence in an answer. `None` if it is malformed.
fn seen(answer: &Value) -> Option<Seen> {
    Seen::read(answer["presence"].as_str()?, answer["status_msg"].as_str())
}

/// The account's devices.
async fn devices(api: &Api) -> Result<Answer, RequestError> {
    let answer = api.get("_matrix/client/v3/devices", DEVICES_TIMEOUT).await?;
    let devices = answer["devices"].as_array().ok_or(RequestError::NotMatrix)?;
    let devices = devices.iter().filter_map(device).collect();
    Ok(Answer::Devices { devices, now: api.server_now() })
}

fn device(said: &Value) -> Option<Device> {
    let last_seen = said["last_seen_ts"].as_i64();
    Some(Device {
        id: said["device_id"].as_str()?.to_owned(),
        name: said["display_name"].as_str().map(one_line),
        last_seen: last_seen.and_then(|at| Timestamp::from_millisecond(at).ok()),
    })
}

/// Asks what the server can do (docs/protocol.md, "What a server can do").
async fn probe(api: &Api) -> Result<Probed, RequestError> {
    let versions = Versions::read(&api.get("_matrix/client/versions", TIMEOUT).await?)?;
    // A malformed answer must not hide the others.
    let (presence, nobody) = probe_presence(api).await.unwrap_or_default();
    let fields = fields::probe(api, &versions).await.ok();
    Ok(Probed { busy: versions.has(BUSY_FLAG), presence, nobody, fields })
}

/// The feature flag of MSC3026, until a spec version includes it.
const BUSY_FLAG: &str = "org.matrix.msc3026.busy_presence";

/// The answer to /versions.
#[derive(Debug, Default)]
pub(super) struct Versions {
    versions: Vec<String>,
    flags: Vec<String>,
}

impl Versions {
    /// Reads the answer and ignores malformed entries.
    pub(super) fn read(answer: &Value) -> Result<Self, RequestError> {
        let versions = answer["versions"].as_array().ok_or(RequestError::NotMatrix)?;
        let versions = versions.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let flags = answer["unstable_features"].as_object();
        let set = |(name, value): (&String, &Value)| (*value == true).then(|| name.clone());
        Ok(Self { versions, flags: flags.into_iter().flatten().filter_map(set).collect() })
    }

    /// Whether this feature flag is set.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|set| set == flag)
    }

    /// Whether the server supports Matrix 1 of this minor version or a later
    /// one.
    pub(super) fn reach(&self, minor: u32) -> bool {
        let minors = self.versions.iter().filter_map(|v| v.strip_prefix("v1.")?.parse().ok());
        minors.into_iter().any(|said: u32| said >= minor)
    }
}

/// Whether presence is turned on, judged by the presence of a user that does
/// not exist. Synapse answers `offline` if presence is off and refuses if it is
/// on. Dendrite answers for every user.
async fn probe_presence(api: &Api) -> Result<(Option<bool>, NonexistentUser), RequestError> {
    let nobody = format!("@presently-asks-for-nobody:{}", api.user().server_name());
    match api.get(&presence_of(&nobody), TIMEOUT).await {
        Ok(answer) => Ok(match seen(&answer).map(|seen| seen.presence) {
            Some(Presence::Offline) => (Some(false), NonexistentUser::Refused),
            Some(presence) => (None, NonexistentUser::Shown(presence)),
            None => (None, NonexistentUser::Invalid),
        }),
        Err(RequestError::Refused { message, .. }) if message.contains("disabled") => {
            Ok((Some(false), NonexistentUser::Refused))
        }
        Err(RequestError::Refused { status: 403 | 404, .. }) => {
            Ok((Some(true), NonexistentUser::Refused))
        }
        Err(RequestError::Refused { .. }) => Ok(Default::default()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
