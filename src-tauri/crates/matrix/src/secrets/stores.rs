//! All secret stores. New sessions go to one of them. The others may hold
//! sessions from before a change of the settings.

use presently_core::Code;
use presently_core::settings::Secrets;

use super::{SecretError, SecretStore};
use crate::{Secret, Session};

/// The store that is in use, and those that may hold older sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretStores {
    kept: SecretStore,
    others: Vec<SecretStore>,
}

/// A session that was found.
#[derive(Debug)]
pub struct StoredSession {
    /// The session.
    pub session: Session,
    /// It is not in the store that is in use: move it with
    /// [`SecretStores::bring`].
    pub needs_migration: bool,
}

/// All sessions of an account, and the errors of unreadable stores.
#[derive(Debug, Default)]
pub struct AllSessions {
    /// Each session once.
    pub sessions: Vec<Session>,
    /// Why a store could not be read.
    pub errors: Vec<SecretError>,
}

impl SecretStores {
    /// Sessions are stored in `kept`. `others` may hold older ones.
    pub fn new(kept: SecretStore, others: impl IntoIterator<Item = SecretStore>) -> Self {
        Self { kept, others: others.into_iter().collect() }
    }

    /// Those of the settings.
    pub fn selected(setting: Secrets, keyring: SecretStore, file: SecretStore) -> Self {
        match setting {
            Secrets::Keyring => Self::new(keyring, [file]),
            Secrets::File => Self::new(file, [keyring]),
        }
    }

    /// The store that is in use.
    pub fn kept(&self) -> &SecretStore {
        &self.kept
    }

    /// The session of an account from the store in use, else from another one.
    /// A locked keyring asks the person for its password.
    pub async fn load(&self, user_id: &str) -> Result<StoredSession, SecretError> {
        let kept = self.kept.load(user_id).await;
        self.or_elsewhere(user_id, kept).await
    }

    /// The same without asking the person: a locked keyring is an error at
    /// once.
    pub async fn load_quietly(&self, user_id: &str) -> Result<StoredSession, SecretError> {
        let kept = self.kept.load_quietly(user_id).await;
        self.or_elsewhere(user_id, kept).await
    }

    async fn or_elsewhere(
        &self,
        user_id: &str,
        kept: Result<Session, SecretError>,
    ) -> Result<StoredSession, SecretError> {
        let error = match kept {
            Ok(session) => return Ok(StoredSession { session, needs_migration: false }),
            // The store may hold the session, which would be newer than one
            // elsewhere.
            Err(error @ SecretError::Locked) => return Err(error),
            Err(error) => error,
        };
        let mut locked = None;
        for other in &self.others {
            match other.load_quietly(user_id).await {
                Ok(session) => return Ok(StoredSession { session, needs_migration: true }),
                Err(error @ (SecretError::Locked | SecretError::Hidden(_))) => locked = Some(error),
                Err(_) => {}
            }
        }
        Err(locked.filter(|_| matches!(error, SecretError::NotFound(_))).unwrap_or(error))
    }

    /// Stores a session and deletes those of the same device from the other
    /// stores. The person is not asked for a password.
    pub async fn save_quietly(&self, session: &Session) -> Result<(), SecretError> {
        self.kept.save_quietly(session).await?;
        for other in &self.others {
            // A session that remains is found when the account is signed out.
            if let Err(error) = other.forget(session).await {
                tracing::info!(%error, "an old sign-in was left in the other secret store");
            }
        }
        Ok(())
    }

    /// Moves the session of an account to the store in use: `running` if given,
    /// else the one in another store. Nothing is deleted before it was read
    /// back from its new place. Returns the replaced sessions of other devices,
    /// which are of no use any more.
    pub async fn migrate(
        &self,
        user_id: &str,
        running: Option<&Session>,
    ) -> Result<Vec<Session>, SecretError> {
        let mut replaced = Vec::new();
        let mut kept = None;
        if let Some(session) = running {
            replaced.extend(self.keep(session).await?);
            kept = Some(session.clone());
        }
        for other in &self.others {
            let session = match other.load_quietly(user_id).await {
                Ok(session) => session,
                Err(SecretError::NotFound(_)) => continue,
                // A desktop without a keyring has no session in it.
                Err(SecretError::Unavailable) if kept.is_some() => continue,
                Err(error) => return Err(error),
            };
            if kept.is_none() {
                replaced.extend(self.keep(&session).await?);
                kept = Some(session.clone());
            }
            other.forget(&session).await?;
            replaced.push(session);
        }
        let device = kept.map(|kept| kept.device_id);
        replaced.retain(|replaced| Some(&replaced.device_id) != device.as_ref());
        Ok(replaced)
    }

    /// Stores a session, reads it back, and returns the session that it
    /// replaced.
    async fn keep(&self, session: &Session) -> Result<Option<Session>, SecretError> {
        let replaced = match self.kept.load_quietly(&session.user_id).await {
            Ok(replaced) => Some(replaced),
            // If nothing can be stored, the next step reports it.
            Err(SecretError::NotFound(_) | SecretError::Hidden(_)) => None,
            Err(error) => return Err(error),
        };
        self.kept.save_quietly(session).await?;
        match self.kept.load_quietly(&session.user_id).await? == *session {
            true => Ok(replaced),
            false => Err(SecretError::Broken(Code::new("stored-in-new-store"))),
        }
    }

    /// The sessions of an account in the stores that are not in use. The person
    /// is not asked for a password.
    pub(crate) async fn sessions_in_other_stores(&self, user_id: &str) -> Vec<Session> {
        let mut left = Vec::new();
        for other in &self.others {
            left.extend(other.load_quietly(user_id).await.ok());
        }
        left
    }

    /// Every session of an account in any store. A locked keyring asks the
    /// person for its password.
    pub async fn all_sessions(&self, user_id: &str) -> AllSessions {
        let mut found = AllSessions::default();
        for store in std::iter::once(&self.kept).chain(&self.others) {
            match store.load(user_id).await {
                Ok(session) if found.sessions.contains(&session) => {}
                Ok(session) => found.sessions.push(session),
                Err(SecretError::NotFound(_)) => {}
                // Another store is in use, and an older session is not worth a
                // question.
                Err(SecretError::Hidden(_)) if *store != self.kept => {}
                // A desktop without a keyring has no session in it.
                Err(SecretError::Unavailable) if *store != self.kept => {}
                Err(error) => found.errors.push(error),
            }
        }
        found
    }

    /// The password of a calendar from the store in use, else from another one.
    /// A locked keyring asks the person for its own password only if `ask`.
    pub async fn password(&self, address: &str, ask: bool) -> Result<Secret, SecretError> {
        let error = match self.kept.password(address, ask).await {
            Ok(password) => return Ok(password),
            Err(error) => error,
        };
        for other in &self.others {
            if let Ok(password) = other.password(address, false).await {
                return Ok(password);
            }
        }
        Err(error)
    }

    /// Stores the password of a calendar. The keyring may ask the person for its
    /// own password.
    pub async fn save_password(&self, address: &str, password: &Secret) -> Result<(), SecretError> {
        self.kept.set_password(address, Some(password)).await
    }

    /// Deletes the password of a calendar from every store.
    pub async fn forget_password(&self, address: &str) -> Result<(), SecretError> {
        let mut forgotten = self.kept.set_password(address, None).await;
        for other in &self.others {
            match other.set_password(address, None).await {
                Ok(()) | Err(SecretError::Unavailable) => {}
                Err(error) => forgotten = forgotten.and(Err(error)),
            }
        }
        forgotten
    }

    /// Deletes a session from every store. Sessions of other devices stay.
    pub async fn forget(&self, session: &Session) -> Result<(), SecretError> {
        let mut forgotten = self.kept.forget(session).await;
        for other in &self.others {
            match other.forget(session).await {
                Ok(()) | Err(SecretError::Unavailable) => {}
                Err(error) => forgotten = forgotten.and(Err(error)),
            }
        }
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: &str = "@me:example.org";

    fn session(device: &str) -> Session {
        Session {
            user_id: ME.to_owned(),
            device_id: device.to_owned(),
            homeserver: "https://example.org/".to_owned(),
            access_token: Secret::new(format!("token-{device}")),
            refresh_token: None,
            client_id: None,
        }
    }

    /// Two stores, an old one and a new one.
    fn stores(folder: &tempfile::TempDir) -> (SecretStore, SecretStore) {
        let file = |name: &str| SecretStore::file(folder.path().join(name));
        (file("old/secrets.json"), file("new/secrets.json"))
    }

    #[tokio::test]
    async fn what_is_left_is_found_and_brought() {
        let folder = tempfile::tempdir().expect("a folder");
        let (old, new) = stores(&folder);
        let both = SecretStores::new(new.clone(), [old.clone()]);
        assert!(matches!(both.load(ME).await, Err(SecretError::NotFound(_))));
        assert_eq!(both.migrate(ME, None).await.ok(), Some(vec![]), "nothing to bring is fine");
        old.save(&session("one")).await.expect("stored");
        let found = both.load(ME).await.expect("it is found");
        assert_eq!((found.session, found.needs_migration), (session("one"), true));
        assert_eq!(both.migrate(ME, None).await.ok(), Some(vec![]));
        assert_eq!(new.load(ME).await.ok(), Some(session("one")));
        assert!(matches!(old.load(ME).await, Err(SecretError::NotFound(_))));
        let found = both.load_quietly(ME).await.expect("it is found");
        assert_eq!((found.session, found.needs_migration), (session("one"), false));
        // The replaced session is returned, so that it can be signed out.
        old.save(&session("two")).await.expect("stored");
        assert_eq!(both.migrate(ME, None).await.ok(), Some(vec![session("one")]));
        assert_eq!(new.load(ME).await.ok(), Some(session("two")));
        // The running session has the newest tokens.
        let renewed = Session { access_token: Secret::new("renewed"), ..session("two") };
        old.save(&session("two")).await.expect("stored");
        assert_eq!(both.migrate(ME, Some(&renewed)).await.ok(), Some(vec![]));
        assert_eq!(new.load(ME).await.ok(), Some(renewed));
        assert!(matches!(old.load(ME).await, Err(SecretError::NotFound(_))));
    }

    #[tokio::test]
    async fn a_password_is_found_in_any_store_and_forgotten_in_all() {
        const ADDRESS: &str = "https://me@cloud.example.org/";
        let folder = tempfile::tempdir().expect("a folder");
        let (old, new) = stores(&folder);
        let both = SecretStores::new(new.clone(), [old.clone()]);
        old.save(&session("one")).await.expect("stored");
        old.set_password(ADDRESS, Some(&Secret::new("first"))).await.expect("stored");
        assert_eq!(both.password(ADDRESS, false).await.ok(), Some(Secret::new("first")));
        both.save_password(ADDRESS, &Secret::new("second")).await.expect("stored");
        assert_eq!(both.password(ADDRESS, false).await.ok(), Some(Secret::new("second")));
        both.forget_password(ADDRESS).await.expect("forgotten");
        both.forget_password(ADDRESS).await.expect("forgotten");
        assert!(matches!(both.password(ADDRESS, false).await, Err(SecretError::NotFound(_))));
        assert_eq!(both.all_sessions(ME).await.sessions, [session("one")]);
    }

    #[tokio::test]
    async fn nothing_is_lost_where_it_cannot_be_brought() {
        let folder = tempfile::tempdir().expect("a folder");
        let (old, new) = stores(&folder);
        old.save(&session("one")).await.expect("stored");
        // A file at the path of the new store's folder makes that store fail.
        std::fs::write(folder.path().join("new"), "").expect("writable");
        let both = SecretStores::new(new.clone(), [old.clone()]);
        assert!(both.migrate(ME, None).await.is_err());
        let found = both.load(ME).await.expect("it still runs");
        assert_eq!((found.session, found.needs_migration), (session("one"), true));
        std::fs::remove_file(folder.path().join("new")).expect("writable");
        both.migrate(ME, None).await.expect("brought");
        assert_eq!(new.load(ME).await.ok(), Some(session("one")));
    }

    #[tokio::test]
    async fn everything_is_found_and_forgotten_by_device() {
        let folder = tempfile::tempdir().expect("a folder");
        let (old, new) = stores(&folder);
        let both = SecretStores::new(new.clone(), [old.clone()]);
        old.save(&session("one")).await.expect("stored");
        new.save(&session("two")).await.expect("stored");
        let found = both.all_sessions(ME).await;
        assert_eq!(found.sessions, [session("two"), session("one")]);
        assert!(found.errors.is_empty());
        both.forget(&session("one")).await.expect("forgotten");
        assert_eq!(both.all_sessions(ME).await.sessions, [session("two")]);
        both.save_quietly(&session("three")).await.expect("stored");
        old.save(&session("three")).await.expect("stored");
        both.save_quietly(&session("three")).await.expect("stored");
        assert!(matches!(old.load(ME).await, Err(SecretError::NotFound(_))));
        // A store that cannot be read is reported.
        std::fs::write(folder.path().join("old/secrets.json"), "{").expect("writable");
        let found = both.all_sessions(ME).await;
        assert_eq!((found.sessions.len(), found.errors.len()), (1, 1));
    }
}
