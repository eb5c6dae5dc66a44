//! The requests about the profile's status and call (MSC4133, MSC4426).

use matrix_sdk::ruma::api::client::discovery::get_capabilities::v3::ProfileFieldsCapability;
use matrix_sdk::ruma::api::client::discovery::get_supported_versions;
use matrix_sdk::ruma::api::client::profile::{
    delete_profile_field, get_profile_field, set_profile_field,
};
use matrix_sdk::ruma::profile::{ProfileFieldName, ProfileFieldValue};
use presently_core::account::Answer;
use presently_core::account::profile::{Field, Fields, Status, Step};
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::api::{Api, TIMEOUT};
use crate::trouble::Trouble;

/// The names of the fields: those in use until MSC4426 is stable, then the
/// stable ones.
const STATUS: [&str; 2] = ["org.matrix.msc4426.status", "m.status"];
const CALL: [&str; 2] = ["org.matrix.msc4426.call", "m.call"];

/// Which fields may be written. `versions` is what the server said of
/// itself.
pub(super) async fn probe(
    api: &Api,
    versions: &get_supported_versions::Response,
) -> Result<Fields, Trouble> {
    // Read here, because the SDK takes the stable and the unstable name of
    // the capability for one, and refuses a server that says both (Synapse).
    let answer = match api.get("_matrix/client/v3/capabilities").await {
        Ok(answer) => answer,
        // A server that is older than the question.
        Err(Trouble::Refused { .. }) => return Ok(Fields::default()),
        Err(trouble) => return Err(trouble),
    };
    let capabilities = &answer["capabilities"];
    let named = ["m.profile_fields", "uk.tcpip.msc4133.profile_fields"];
    let said = named.iter().find_map(|name| capabilities.get(*name));
    let capability = said.and_then(|said| ProfileFieldsCapability::deserialize(said).ok());
    let can = |name: &str| match &capability {
        Some(capability) => capability.can_set_field(&ProfileFieldName::from(name)),
        // Not said: every field, if it knows fields at all.
        None => has_fields(versions),
    };
    let first = |names: [&str; 2]| names.into_iter().find(|n| can(n)).map(str::to_owned);
    Ok(Fields { status: first(STATUS), call: first(CALL) })
}

/// Profile fields came with Matrix 1.16 (MSC4133).
fn has_fields(versions: &get_supported_versions::Response) -> bool {
    let flags = ["uk.tcpip.msc4133", "uk.tcpip.msc4133.stable"];
    let flagged = flags.iter().any(|f| versions.unstable_features.get(*f) == Some(&true));
    flagged
        || versions.versions.iter().any(|version| {
            let minor = version.strip_prefix("v1.").and_then(|minor| minor.parse::<u32>().ok());
            minor.is_some_and(|minor| minor >= 16)
        })
}

/// Carries out one step.
pub(super) async fn carry_out(api: &Api, fields: &Fields, step: Step) -> Result<Answer, Trouble> {
    let status = fields.status.as_deref().unwrap_or(STATUS[0]);
    let call = fields.call.as_deref().unwrap_or(CALL[0]);
    let done = match step {
        Step::ReadStatus => return read(api, status).await.map(Answer::Status),
        Step::WriteStatus(s) => write(api, status, json!({"text": s.text, "emoji": s.emoji})).await,
        Step::WriteCall(joined) => write(api, call, json!({"call_joined_ts": joined})).await,
        Step::Remove(Field::Status) => remove(api, status).await,
        Step::Remove(Field::Call) => remove(api, call).await,
    };
    done.map(|()| Answer::Done)
}

async fn read(api: &Api, field: &str) -> Result<Option<Status>, Trouble> {
    let request = get_profile_field::v3::Request::new(api.user().to_owned(), field.into());
    match api.send(TIMEOUT, |c| c.send(request.clone())).await {
        Ok(answer) => Ok(answer.value.and_then(|value| Status::read(&value.value()))),
        Err(trouble) if is_not_set(&trouble) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

async fn write(api: &Api, field: &str, value: Value) -> Result<(), Trouble> {
    let value = ProfileFieldValue::new(field, value).map_err(|_| Trouble::Nonsense)?;
    let request = set_profile_field::v3::Request::new(api.user().to_owned(), value);
    api.send(TIMEOUT, |c| c.send(request.clone())).await.map(drop)
}

async fn remove(api: &Api, field: &str) -> Result<(), Trouble> {
    let request = delete_profile_field::v3::Request::new(api.user().to_owned(), field.into());
    match api.send(TIMEOUT, |c| c.send(request.clone())).await {
        Ok(_) => Ok(()),
        Err(trouble) if is_not_set(&trouble) => Ok(()),
        Err(trouble) => Err(trouble),
    }
}

/// The field is not there. A server that does not know what it was asked
/// says 404, too, but as M_UNRECOGNIZED: that tells nothing of the field.
fn is_not_set(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Refused { status: 404, code, .. } if code == "M_NOT_FOUND")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_is_not_there_says_nothing_of_the_field() {
        for (status, code, expected) in [
            (404, "M_NOT_FOUND", true),
            (404, "M_UNRECOGNIZED", false),
            (403, "M_NOT_FOUND", false),
        ] {
            let (code, message) = (code.to_owned(), "No".to_owned());
            let trouble = Trouble::Refused { status, code, message };
            assert_eq!(is_not_set(&trouble), expected, "{trouble:?}");
        }
        assert!(!is_not_set(&Trouble::Nonsense));
    }

    #[test]
    fn profile_fields_are_known_by_version_or_flag() {
        let mut versions = get_supported_versions::Response::new(vec!["v1.12".to_owned()]);
        assert!(!has_fields(&versions));
        versions.unstable_features.insert("uk.tcpip.msc4133".to_owned(), true);
        assert!(has_fields(&versions));
        let versions = get_supported_versions::Response::new(vec!["v1.16".to_owned()]);
        assert!(has_fields(&versions));
    }
}
