//! Reads sessions from a keyring that may ask for a password. The person is
//! asked once, however many accounts wait for the answer, and not again after
//! they dismissed the question.

use std::sync::Arc;

use presently_matrix::{SecretError, SecretStores, StoredSession};
use tokio::sync::Mutex;

use super::STORE_RETRY;

/// Serializes the questions and remembers whether the person has dismissed one.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyringPrompt {
    dismissed: Arc<Mutex<bool>>,
}

impl KeyringPrompt {
    /// Loads the session of an account. It may prompt the person, although no
    /// sign-in has just taken place.
    pub(super) async fn load(
        &self,
        secrets: &SecretStores,
        user_id: &str,
    ) -> Result<StoredSession, SecretError> {
        // A session that can be read without a prompt does not wait for the
        // lock below.
        match secrets.load_quietly(user_id).await {
            Err(SecretError::Locked) => {}
            found => return found,
        }
        tokio::select! {
            found = self.ask(secrets, user_id) => found,
            found = opened(secrets, user_id) => found,
        }
    }

    async fn ask(
        &self,
        secrets: &SecretStores,
        user_id: &str,
    ) -> Result<StoredSession, SecretError> {
        let mut dismissed = self.dismissed.lock().await;
        // The prompt of another account may have unlocked the store meanwhile.
        match secrets.load_quietly(user_id).await {
            Err(SecretError::Locked) if !*dismissed => {}
            found => return found,
        }
        let found = secrets.load(user_id).await;
        *dismissed = matches!(found, Err(SecretError::Locked));
        found
    }
}

/// Polls the store while the prompt is open, because another program may unlock
/// it.
async fn opened(secrets: &SecretStores, user_id: &str) -> Result<StoredSession, SecretError> {
    loop {
        tokio::time::sleep(STORE_RETRY).await;
        match secrets.load_quietly(user_id).await {
            Err(SecretError::Locked) => {}
            found => return found,
        }
    }
}
