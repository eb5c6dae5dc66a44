//! Filters that the homeserver keeps: a sync then names one by its id in
//! place of spelling it out, which is half of what a poll sends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Their ids, by what they say; none where the server would not keep it.
#[derive(Debug, Default)]
pub(crate) struct Filters(Mutex<BTreeMap<String, Option<String>>>);

impl Filters {
    /// What to put into a sync's `filter`: the id, else the filter itself.
    pub(crate) fn name(&self, filter: &str) -> String {
        let known = self.known();
        known.get(filter).cloned().flatten().unwrap_or_else(|| filter.to_owned())
    }

    /// The server has been asked to keep it, and said yes or no.
    pub(crate) fn is_known(&self, filter: &str) -> bool {
        self.known().contains_key(filter)
    }

    /// The server keeps it by this id, or does not keep it.
    pub(crate) fn kept(&self, filter: String, id: Option<String>) {
        // An id that begins like a filter would be taken for one, and a long
        // one saves nothing.
        let useful = |id: &String| !id.starts_with('{') && id.len() < filter.len();
        let id = id.filter(useful);
        self.known().insert(filter, id);
    }

    /// The server does not take its id any more: it is spelt out from now on.
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
