//! Replaces the session of an account. The earlier session stays in use until
//! the new one is stored. The one that is not used is then signed out.

use crate::{Matrix, SecretError, SecretStores, Session};

/// A new session that is stored, and the session that it replaced.
#[derive(Debug)]
pub struct Stored {
    matrix: Matrix,
    stores: SecretStores,
    session: Session,
    /// The earlier session, if it belongs to another device.
    earlier: Option<Session>,
}

impl Matrix {
    /// Stores the session of a new sign-in. If it cannot be stored, it is
    /// signed out and the earlier session stays. The person may be asked once
    /// to unlock the store.
    ///
    /// # Errors
    ///
    /// Why the session cannot be stored.
    pub async fn store(
        &self,
        stores: &SecretStores,
        session: Session,
    ) -> Result<Stored, SecretError> {
        let (matrix, stores) = (self.clone(), stores.clone());
        let store = stores.kept();
        let earlier = match store.open().await {
            Ok(()) => store.load(&session.user_id).await,
            Err(error) => Err(error),
        };
        let (kept, earlier) = match earlier {
            // A person who has dismissed the question is not asked again.
            Err(error @ SecretError::Locked) => (Err(error), None),
            earlier => (store.save(&session).await, earlier.ok()),
        };
        let earlier = earlier.filter(|earlier| earlier.device_id != session.device_id);
        let stored = Stored { matrix, stores, session, earlier };
        match kept {
            Ok(()) => Ok(stored),
            Err(error) => {
                stored.undo().await;
                Err(error)
            }
        }
    }
}

impl Stored {
    /// The new session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The stores, one of which holds it.
    pub fn stores(&self) -> &SecretStores {
        &self.stores
    }

    /// Confirms that the new session is in use. Earlier devices are signed out
    /// on a best-effort basis.
    pub async fn settle(self) {
        let left = self.stores.sessions_in_other_stores(&self.session.user_id).await;
        let left = left.into_iter().filter(|left| left.device_id != self.session.device_id);
        for earlier in self.earlier.into_iter().chain(left) {
            let _ = self.matrix.sign_out(&earlier).await;
            if let Err(error) = self.stores.forget(&earlier).await {
                tracing::info!(%error, "an earlier sign-in was left in a secret store");
            }
        }
    }

    /// Discards the new session. It is signed out on a best-effort basis, and
    /// the earlier session is stored again.
    pub async fn undo(self) {
        let _ = self.matrix.sign_out(&self.session).await;
        let restored = match &self.earlier {
            Some(earlier) => self.stores.kept().save_quietly(earlier).await,
            None => self.stores.kept().forget(&self.session).await,
        };
        if let Err(error) = restored {
            tracing::info!(%error, "a sign-in was not taken back in the secret store");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stub::{Stub, answer};
    use crate::{Secret, SecretStore};

    const ME: &str = "@me:example.org";

    /// A homeserver, and the session of a device there.
    async fn homeserver() -> (Stub, impl Fn(&str) -> Session) {
        let stub = Stub::start(|_| answer(200, "", "{}")).await;
        let homeserver = stub.url.clone();
        let session = move |device: &str| Session {
            user_id: ME.to_owned(),
            device_id: device.to_owned(),
            homeserver: homeserver.clone(),
            access_token: Secret::new(format!("token-{device}")),
            refresh_token: None,
            client_id: None,
        };
        (stub, session)
    }

    fn file(folder: &tempfile::TempDir) -> SecretStore {
        SecretStore::file(folder.path().join("state/secrets.json"))
    }

    fn stores(store: &SecretStore) -> SecretStores {
        SecretStores::new(store.clone(), [])
    }

    #[tokio::test]
    async fn what_is_left_in_another_store_is_signed_out_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let (matrix, store) = (Matrix::new().expect("a client"), file(&folder));
        let old = SecretStore::file(folder.path().join("old.json"));
        let (server, session) = homeserver().await;
        old.save(&session("left")).await.expect("stored");
        let both = SecretStores::new(store.clone(), [old.clone()]);
        let new = matrix.store(&both, session("new")).await.expect("stored");
        new.settle().await;
        assert_eq!(server.signed_out(), ["token-left"]);
        assert!(matches!(old.load(ME).await, Err(SecretError::NotFound(_))));
        assert_eq!(store.load(ME).await.ok(), Some(session("new")));
    }

    #[tokio::test]
    async fn the_first_session_goes_on_until_the_second_is_stored_and_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let (matrix, store) = (Matrix::new().expect("a client"), file(&folder));
        let (server, session) = homeserver().await;
        let kept = async || store.load(ME).await.ok();

        let first = matrix.store(&stores(&store), session("one")).await.expect("stored");
        assert_eq!(first.session(), &session("one"));
        first.settle().await;
        assert_eq!((kept().await, server.signed_out()), (Some(session("one")), vec![]));

        // The second is not used after all.
        let second = matrix.store(&stores(&store), session("two")).await.expect("stored");
        assert_eq!((kept().await, server.signed_out()), (Some(session("two")), vec![]));
        second.undo().await;
        assert_eq!(kept().await, Some(session("one")));
        assert_eq!(server.signed_out(), ["token-two"]);

        // The third is.
        let third = matrix.store(&stores(&store), session("three")).await.expect("stored");
        third.settle().await;
        assert_eq!(kept().await, Some(session("three")));
        assert_eq!(server.signed_out(), ["token-two", "token-one"]);

        // The same device once more.
        let again = Session { access_token: Secret::new("token-new"), ..session("three") };
        let stored = matrix.store(&stores(&store), again.clone()).await.expect("stored");
        stored.settle().await;
        assert_eq!(kept().await, Some(again));
        assert_eq!(server.signed_out().len(), 2);
    }

    #[tokio::test]
    async fn what_cannot_be_stored_is_signed_out_and_nothing_else_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let (matrix, store) = (Matrix::new().expect("a client"), file(&folder));
        let (server, session) = homeserver().await;
        store.save(&session("one")).await.expect("stored");
        // What cannot be read is not overwritten.
        let path = &folder.path().join("state/secrets.json");
        let text = std::fs::read_to_string(path).expect("readable");
        std::fs::write(path, text.replacen('{', "", 1)).expect("writable");
        let second = matrix.store(&stores(&store), session("two")).await;
        assert!(matches!(second, Err(SecretError::Broken(_))), "{second:?}");
        assert_eq!(server.signed_out(), ["token-two"]);
        std::fs::write(path, text).expect("writable");
        assert_eq!(store.load(ME).await.ok(), Some(session("one")));
    }

    #[tokio::test]
    async fn only_the_device_that_is_stored_is_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = file(&folder);
        let (_server, session) = homeserver().await;
        store.forget(&session("one")).await.expect("none is fine");
        store.save(&session("one")).await.expect("stored");
        store.forget(&session("two")).await.expect("another is fine");
        assert_eq!(store.load(ME).await.ok(), Some(session("one")));
        store.forget(&session("one")).await.expect("forgotten");
        assert!(matches!(store.load(ME).await, Err(SecretError::NotFound(_))));
    }
}
