//! Filters that the homeserver keeps: a sync then names one by its id in
//! place of spelling it out, which is half of what a poll sends.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::api::Api;
use crate::trouble::Trouble;

/// Storing one is a convenience: no poll waits longer for it.
const STORING: Duration = Duration::from_secs(5);

/// Their ids, by what they say; none where the server would not keep it.
#[derive(Debug, Default)]
pub(crate) struct Filters(Mutex<BTreeMap<String, Option<String>>>);

impl Filters {
    /// What to put into a sync's `filter`: the id, else the filter itself.
    pub(super) fn name(&self, filter: &str) -> String {
        let known = self.known();
        known.get(filter).cloned().flatten().unwrap_or_else(|| filter.to_owned())
    }

    /// The server does not take its id any more: it is spelt out from now on.
    pub(super) fn refused(&self, filter: &str) {
        if let Some(id) = self.known().get_mut(filter) {
            *id = None;
        }
    }

    /// Has the server keep a filter, unless that was tried before.
    pub(super) async fn store(&self, api: &Api, filter: &Value) {
        let text = filter.to_string();
        if self.known().contains_key(&text) {
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
        // An id that begins like a filter would be taken for one.
        self.known().insert(text, id.filter(|id| !id.starts_with('{')));
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_goes_by_its_id_for_as_long_as_the_server_takes_it() {
        let filters = Filters::default();
        assert_eq!(filters.name("{}"), "{}");
        filters.known().insert("{}".to_owned(), Some("7".to_owned()));
        assert_eq!(filters.name("{}"), "7");
        assert_eq!(filters.name(r#"{"a":1}"#), r#"{"a":1}"#);
        filters.refused("{}");
        assert_eq!(filters.name("{}"), "{}");
    }
}
