//! Reading sessions that the keyring may want a password for: the person is
//! asked once, however many accounts wait for the answer, and not again after
//! they said no.

use std::sync::Arc;

use presently_matrix::{Found, SecretError, SecretStores};
use tokio::sync::Mutex;

use super::STORE_RETRY;

/// Whose turn it is to ask, and whether the person has said no.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyringPrompt {
    dismissed: Arc<Mutex<bool>>,
}

impl KeyringPrompt {
    /// The session of an account. The person may be asked, though nobody has
    /// signed in just now.
    pub(super) async fn load(
        &self,
        secrets: &SecretStores,
        user_id: &str,
    ) -> Result<Found, SecretError> {
        // What needs no answer does not wait for one.
        match secrets.load_quietly(user_id).await {
            Err(SecretError::Locked) => {}
            found => return found,
        }
        tokio::select! {
            found = self.ask(secrets, user_id) => found,
            found = opened(secrets, user_id) => found,
        }
    }

    async fn ask(&self, secrets: &SecretStores, user_id: &str) -> Result<Found, SecretError> {
        let mut dismissed = self.dismissed.lock().await;
        // Another account's question may have opened it for this one.
        match secrets.load_quietly(user_id).await {
            Err(SecretError::Locked) if !*dismissed => {}
            found => return found,
        }
        let found = secrets.load(user_id).await;
        *dismissed = matches!(found, Err(SecretError::Locked));
        found
    }
}

/// What another program has unlocked while the question stands.
async fn opened(secrets: &SecretStores, user_id: &str) -> Result<Found, SecretError> {
    loop {
        tokio::time::sleep(STORE_RETRY).await;
        match secrets.load_quietly(user_id).await {
            Err(SecretError::Locked) => {}
            found => return found,
        }
    }
}
