//! Allows one sign-in or sign-out of an account at a time. Two at once would
//! store, run and end each other's sessions.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The accounts that are locked, by user id.
#[derive(Clone, Debug, Default)]
pub(super) struct AccountLocks(Arc<Mutex<BTreeSet<String>>>);

/// Held by a sign-in or sign-out of an account until it ends.
#[derive(Debug)]
pub(super) struct AccountLock {
    user_id: String,
    account_locks: AccountLocks,
}

impl AccountLocks {
    /// Locks an account. Returns `None` if it is already locked.
    pub(super) fn lock(&self, user_id: &str) -> Option<AccountLock> {
        let is_free = self.locked().insert(user_id.to_owned());
        is_free.then(|| AccountLock { user_id: user_id.to_owned(), account_locks: self.clone() })
    }

    /// Whether a sign-in or sign-out of this account is running.
    pub(super) fn is_locked(&self, user_id: &str) -> bool {
        self.locked().contains(user_id)
    }

    fn locked(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AccountLock {
    fn drop(&mut self) {
        self.account_locks.locked().remove(&self.user_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_is_locked_by_one_at_a_time() {
        let account_locks = AccountLocks::default();
        let first = account_locks.lock("@me:a").expect("nobody has it");
        let other = account_locks.lock("@me:b").expect("another account's");
        assert!(account_locks.lock("@me:a").is_none() && account_locks.is_locked("@me:a"));
        drop(first);
        assert!(!account_locks.is_locked("@me:a") && account_locks.is_locked("@me:b"));
        drop((account_locks.lock("@me:a").expect("it is free again"), other));
        assert!(!account_locks.is_locked("@me:a") && !account_locks.is_locked("@me:b"));
    }
}
