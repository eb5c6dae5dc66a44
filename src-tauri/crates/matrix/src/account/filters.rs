//! Stores a filter on the homeserver.

use std::time::Duration;

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::api::Api;
use crate::request_error::RequestError;

/// How long storing a filter may take. It only makes later requests shorter, so
/// no poll waits longer for it.
const FILTER_TIMEOUT: Duration = Duration::from_secs(5);

/// Stores a filter, unless the server has already answered that request.
pub(super) async fn store(api: &Api, filter: &Value) {
    let text = filter.to_string();
    if api.filters.is_known(&text) {
        return;
    }
    // A user id may have a slash in it.
    let user: String = byte_serialize(api.user().as_bytes()).collect();
    let path = format!("_matrix/client/v3/user/{user}/filter");
    let id = match api.post(&path, filter, FILTER_TIMEOUT).await {
        Ok(answer) => answer["filter_id"].as_str().map(str::to_owned),
        Err(RequestError::Refused { .. }) => None,
        // The server did not refuse, so the next poll tries again.
        Err(_) => return,
    };
    api.filters.kept(text, id);
}
