//! Has the homeserver keep a filter.

use std::time::Duration;

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::api::Api;
use crate::trouble::Trouble;

/// Storing one is a convenience: no poll waits longer for it.
const STORING: Duration = Duration::from_secs(5);

/// Has the server keep a filter, unless it has answered that before.
pub(super) async fn store(api: &Api, filter: &Value) {
    let text = filter.to_string();
    if api.filters.is_known(&text) {
        return;
    }
    // A user id may have a slash in it.
    let user: String = byte_serialize(api.user().as_bytes()).collect();
    let path = format!("_matrix/client/v3/user/{user}/filter");
    let id = match api.post(&path, filter, STORING).await {
        Ok(answer) => answer["filter_id"].as_str().map(str::to_owned),
        Err(Trouble::Refused { .. }) => None,
        // It did not say no: the next poll asks again.
        Err(_) => return,
    };
    api.filters.kept(text, id);
}
