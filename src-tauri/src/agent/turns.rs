//! One sign-in or sign-out of an account at a time: two at once would each
//! store, run and end what is the other's.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whose turn it is, by user id.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Mutex<BTreeSet<String>>>);

/// A sign-in or sign-out of an account that is under way, until this is
/// dropped.
#[derive(Debug)]
pub(super) struct Turn {
    user_id: String,
    turns: Turns,
}

impl Turns {
    /// Begins one, if there is none of this account.
    pub(super) fn take(&self, user_id: &str) -> Option<Turn> {
        let is_free = self.taken().insert(user_id.to_owned());
        is_free.then(|| Turn { user_id: user_id.to_owned(), turns: self.clone() })
    }

    /// One of this account is under way.
    pub(super) fn is_taken(&self, user_id: &str) -> bool {
        self.taken().contains(user_id)
    }

    fn taken(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.taken().remove(&self.user_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_has_one_turn_at_a_time() {
        let turns = Turns::default();
        let first = turns.take("@me:a").expect("nobody has it");
        let other = turns.take("@me:b").expect("another account's");
        assert!(turns.take("@me:a").is_none() && turns.is_taken("@me:a"));
        drop(first);
        assert!(!turns.is_taken("@me:a") && turns.is_taken("@me:b"));
        drop((turns.take("@me:a").expect("it is free again"), other));
        assert!(!turns.is_taken("@me:a") && !turns.is_taken("@me:b"));
    }
}
