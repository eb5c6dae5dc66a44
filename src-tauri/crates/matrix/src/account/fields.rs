//! The requests about the profile's status, call and time zone (MSC4133, MSC4426,
//! MSC4175).

use presently_core::account::Answer;
use presently_core::account::profile::{Field, Fields, Status, Step};
use serde_json::{Value, json};

use super::requests::Versions;
use crate::api::{Api, TIMEOUT, segment};
use crate::request_error::RequestError;

/// The names of the fields in the order in which they are tried. Until MSC4426
/// is stable, the unstable names come first.
const STATUS: [&str; 2] = ["org.matrix.msc4426.status", "m.status"];
const CALL: [&str; 2] = ["org.matrix.msc4426.call", "m.call"];

/// MSC4175 is a part of Matrix 1.16, as MSC4133 is.
const ZONE: [&str; 2] = ["m.tz", "us.cloke.msc4175.tz"];

/// The feature flag and the capability of MSC4133, before it became a part of
/// Matrix 1.16.
const UNSTABLE: &str = "uk.tcpip.msc4133";
const UNSTABLE_CAPABILITY: &str = "uk.tcpip.msc4133.profile_fields";
/// The feature flag of a server that has the stable path, whatever versions it
/// lists.
const STABLE: &str = "uk.tcpip.msc4133.stable";

/// Asks which fields may be written, and at which path. `versions` is the
/// answer to /versions.
pub(super) async fn probe(api: &Api, versions: &Versions) -> Result<Fields, RequestError> {
    let answer = match api.get("_matrix/client/v3/capabilities", TIMEOUT).await {
        Ok(answer) => answer,
        // An old server does not know the endpoint.
        Err(RequestError::Refused { .. }) => return Ok(Fields::default()),
        Err(error) => return Err(error),
    };
    Ok(known(&answer["capabilities"], versions))
}

fn known(capabilities: &Value, versions: &Versions) -> Fields {
    // Synapse sends both.
    let [stable, unstable] =
        ["m.profile_fields", UNSTABLE_CAPABILITY].map(|name| Capability::read(&capabilities[name]));
    let is_stable = versions.has(STABLE) || versions.reach(16);
    // A server that sends only the stable capability, and no flag, has only the
    // stable path.
    let only_stable = stable.is_some() && unstable.is_none() && !versions.has(UNSTABLE);
    let known = is_stable || versions.has(UNSTABLE);
    let capability = stable.or(unstable);
    let can = |name: &str| match &capability {
        Some(capability) => capability.can_set(name),
        // Without a capability every field may be written, if the server
        // supports fields at all.
        None => known,
    };
    let first = |names: [&str; 2]| names.into_iter().find(|n| can(n)).map(str::to_owned);
    let unstable = !is_stable && !only_stable;
    let [stable_zone, early_zone] = ZONE;
    let zone = if unstable { [early_zone, stable_zone] } else { ZONE };
    Fields { status: first(STATUS), call: first(CALL), zone: first(zone), unstable }
}

/// The capability that says which fields may be written.
struct Capability {
    enabled: bool,
    allowed: Option<Vec<String>>,
    disallowed: Vec<String>,
}

impl Capability {
    /// `None` if it is missing or malformed.
    fn read(said: &Value) -> Option<Self> {
        let list = |name: &str| -> Option<Vec<String>> {
            let names = said[name].as_array()?.iter().filter_map(Value::as_str);
            Some(names.map(str::to_owned).collect())
        };
        Some(Self {
            enabled: said["enabled"].as_bool()?,
            allowed: list("allowed"),
            disallowed: list("disallowed").unwrap_or_default(),
        })
    }

    fn can_set(&self, name: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|listed| listed == name);
        self.enabled
            && match &self.allowed {
                Some(allowed) => listed(allowed),
                None => !listed(&self.disallowed),
            }
    }
}

/// Carries out one step.
pub(super) async fn carry_out(
    api: &Api,
    fields: &Fields,
    step: Step,
) -> Result<Answer, RequestError> {
    let status = fields.status.as_deref().unwrap_or(STATUS[0]);
    let call = fields.call.as_deref().unwrap_or(CALL[0]);
    let zone = fields.zone.as_deref().unwrap_or(ZONE[0]);
    let field = |name| ProfileField { api, name, unstable: fields.unstable };
    let done = match step {
        Step::ReadStatus => field(status).read().await.map(Answer::Status),
        Step::WriteStatus(s) => {
            field(status).write(json!({"text": s.text, "emoji": s.emoji})).await
        }
        Step::WriteCall(joined) => field(call).write(json!({"call_joined_ts": joined})).await,
        Step::Remove(Field::Status) => field(status).remove().await,
        Step::Remove(Field::Call) => field(call).remove().await,
        Step::WriteZone(name) => field(zone).write(json!(name)).await,
        Step::Remove(Field::Zone) => field(zone).remove().await,
    };
    match done {
        Err(error) if is_no_endpoint(&error) => Ok(Answer::NoField),
        other => other,
    }
}

/// A field of the account's profile.
struct ProfileField<'a> {
    api: &'a Api,
    name: &'a str,
    unstable: bool,
}

impl ProfileField<'_> {
    fn path(&self) -> String {
        let under = if self.unstable { "unstable/uk.tcpip.msc4133" } else { "v3" };
        let user = segment(self.api.user().as_str());
        format!("_matrix/client/{under}/profile/{user}/{}", segment(self.name))
    }

    async fn read(&self) -> Result<Option<Status>, RequestError> {
        match self.api.get(&self.path(), TIMEOUT).await {
            Ok(answer) => Ok(Status::read(&answer[self.name])),
            Err(error) if is_not_set(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn write(&self, value: Value) -> Result<Answer, RequestError> {
        self.api.put(&self.path(), &json!({self.name: value})).await.map(|()| Answer::Done)
    }

    async fn remove(&self) -> Result<Answer, RequestError> {
        match self.api.delete(&self.path()).await {
            Ok(()) => Ok(Answer::Done),
            Err(error) if is_not_set(&error) => Ok(Answer::Done),
            Err(error) => Err(error),
        }
    }
}

/// Whether the field is not set. An unknown endpoint is 404 as well, but with
/// M_UNRECOGNIZED, which says nothing about the field.
fn is_not_set(error: &RequestError) -> bool {
    matches!(error, RequestError::Refused { status: 404, code, .. } if code == "M_NOT_FOUND")
}

/// Whether the server does not have the endpoint, whatever its capabilities
/// say.
fn is_no_endpoint(error: &RequestError) -> bool {
    matches!(
        error,
        RequestError::Refused { status: 404 | 405, code, .. } if code == "M_UNRECOGNIZED"
    )
}

#[cfg(test)]
mod tests;
