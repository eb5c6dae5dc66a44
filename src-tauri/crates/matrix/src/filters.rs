//! Filters that are stored on the homeserver. A sync then names one by its id,
//! which halves the size of a poll's request.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The ids of stored filters by their JSON text. `None` if the server refused
/// to store one.
#[derive(Debug, Default)]
pub(crate) struct Filters(Mutex<BTreeMap<String, Option<String>>>);

impl Filters {
    /// The `filter` parameter of a sync: the id, else the filter itself.
    pub(crate) fn name(&self, filter: &str) -> String {
        let known = self.known();
        known.get(filter).cloned().flatten().unwrap_or_else(|| filter.to_owned())
    }

    /// Whether the server has accepted or refused to store it.
    pub(crate) fn is_known(&self, filter: &str) -> bool {
        self.known().contains_key(filter)
    }

    /// Records the server's answer: an id, or a refusal.
    pub(crate) fn kept(&self, filter: String, id: Option<String>) {
        // The server would take an id that begins with a brace for a filter. A
        // long id saves nothing.
        let useful = |id: &String| !id.starts_with('{') && id.len() < filter.len();
        let id = id.filter(useful);
        self.known().insert(filter, id);
    }

    /// Records that the server does not accept the id any more. The filter
    /// itself is sent from now on.
    pub(crate) fn refused(&self, filter: &str) {
        if let Some(id) = self.known().get_mut(filter) {
            *id = None;
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_goes_by_its_id_for_as_long_as_the_server_takes_it() {
        let filters = Filters::default();
        assert_eq!((filters.name("{}"), filters.is_known("{}")), ("{}".to_owned(), false));
        filters.kept("{}".to_owned(), Some("7".repeat(70_000)));
        assert_eq!((filters.name("{}"), filters.is_known("{}")), ("{}".to_owned(), true));
        filters.kept("{}".to_owned(), Some("7".to_owned()));
        assert_eq!((filters.name("{}"), filters.is_known("{}")), ("7".to_owned(), true));
        assert_eq!(filters.name(r#"{"a":1}"#), r#"{"a":1}"#);
        filters.refused("{}");
        assert_eq!((filters.name("{}"), filters.is_known("{}")), ("{}".to_owned(), true));
        filters.kept("{}".to_owned(), Some("{7}".to_owned()));
        assert_eq!(filters.name("{}"), "{}");
    }
}
