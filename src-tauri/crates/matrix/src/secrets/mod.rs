//! Stores sessions, and the passwords of calendars, between runs.

use std::io;
use std::path::PathBuf;

use presently_core::{Code, Coded, coded_error};

use crate::{Secret, Session};

mod file;
#[cfg_attr(target_os = "linux", path = "keyring.rs")]
#[cfg_attr(not(target_os = "linux"), path = "no_keyring.rs")]
mod keyring;
mod stores;

pub use file::SecretFile;
pub use keyring::Keyring;
pub use stores::{AllSessions, SecretStores, StoredSession};

use file::shown;

/// A store of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretStore {
    /// The system's secret store (Secret Service on Linux).
    Keyring(Keyring),
    /// A file that only its owner may read, if the person has chosen it.
    File(SecretFile),
}

/// Why a session cannot be read or stored.
#[derive(Debug)]
pub enum SecretError {
    /// The keyring is locked, or the person dismissed the question for its
    /// password. The account is not signed out: wait and try again.
    Locked,
    /// No session of this account is visible, but a part of the keyring is
    /// locked and may hold it. The account is not signed out.
    Hidden(String),
    /// The keyring has no collection, and the person must be asked before one
    /// is created.
    Empty,
    /// There is no Secret Service.
    Unavailable,
    /// The store holds no session of this account.
    NotFound(String),
    /// The file can be read by others.
    TooOpen {
        /// The file.
        path: PathBuf,
    },
    /// The stored data is malformed. The code names the place.
    Broken(Code),
    /// The file system refused.
    Io {
        /// The file.
        path: PathBuf,
        /// Its error.
        why: io::Error,
    },
    /// The keyring refused with this message.
    Keyring(String),
}

impl Coded for SecretError {
    fn code(&self) -> Code {
        match self {
            Self::Locked => Code::new("keyring-locked"),
            Self::Hidden(user_id) => Code::new("keyring-hidden").with("user_id", user_id),
            Self::Empty => Code::new("keyring-empty"),
            Self::Unavailable => Code::new("keyring-unavailable"),
            Self::NotFound(user_id) => Code::new("secrets-not-found").with("user_id", user_id),
            Self::TooOpen { path } => Code::new("secrets-too-open").with("path", shown(path)),
            Self::Broken(place) => Code::new("secrets-broken").with("place", place.clone()),
            Self::Io { path, why } => {
                Code::new("secrets-unusable").with("path", shown(path)).with("why", why.to_string())
            }
            Self::Keyring(why) => Code::new("keyring-says").with("why", why),
        }
    }
}

coded_error!(SecretError);

impl SecretStore {
    /// The system's secret store. Clones share one connection to it.
    pub fn keyring() -> Self {
        Self::Keyring(Keyring::default())
    }

    /// A file that only its owner may read. Its folder need not exist.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(SecretFile::new(path.into()))
    }

    /// The session of an account. If the keyring is seen to be locked, the
    /// person is asked for its password and the call waits for the answer.
    ///
    /// # Errors
    ///
    /// [`SecretError::NotFound`] if there is none, or why the store cannot be
    /// read.
    pub async fn load(&self, user_id: &str) -> Result<Session, SecretError> {
        self.load_asking(user_id, true).await
    }

    /// The same without asking the person: a locked keyring is an error at
    /// once. It is for retries after the person has dismissed the question.
    pub async fn load_quietly(&self, user_id: &str) -> Result<Session, SecretError> {
        self.load_asking(user_id, false).await
    }

    async fn load_asking(&self, user_id: &str, ask: bool) -> Result<Session, SecretError> {
        let user_id = user_id.to_owned();
        match self {
            Self::Keyring(keyring) => keyring.load(&user_id, ask).await,
            Self::File(file) => file.with(move |path| file::load(path, &user_id)).await,
        }
    }

    /// Unlocks the place for a new session. The keyring may ask the person for
    /// its password.
    pub async fn open(&self) -> Result<(), SecretError> {
        match self {
            Self::Keyring(keyring) => keyring.open().await,
            Self::File(_) => Ok(()),
        }
    }

    /// Stores a session in place of an earlier one of the same account. The
    /// keyring may ask the person for its password.
    pub async fn save(&self, session: &Session) -> Result<(), SecretError> {
        self.save_asking(session, true).await
    }

    /// The same without asking the person: a locked keyring is an error at
    /// once. It is for changes that the person did not request.
    pub async fn save_quietly(&self, session: &Session) -> Result<(), SecretError> {
        self.save_asking(session, false).await
    }

    async fn save_asking(&self, session: &Session, ask: bool) -> Result<(), SecretError> {
        match self {
            Self::Keyring(keyring) => keyring.save(session, ask).await,
            Self::File(file) => {
                let session = session.clone();
                file.with(move |path| file::save(path, &session)).await
            }
        }
    }

    /// Deletes this session. A session of another device stays, and a missing
    /// one is fine. The person is not asked for a password.
    pub async fn forget(&self, session: &Session) -> Result<(), SecretError> {
        match self {
            Self::Keyring(keyring) => keyring.forget(session).await,
            Self::File(file) => {
                let session = session.clone();
                file.with(move |path| file::forget(path, &session)).await
            }
        }
    }

    /// Deletes every session of an account. Missing ones are fine. The keyring
    /// may ask the person for its password.
    pub async fn delete(&self, user_id: &str) -> Result<(), SecretError> {
        let user_id = user_id.to_owned();
        match self {
            Self::Keyring(keyring) => keyring.delete(&user_id).await,
            Self::File(file) => file.with(move |path| file::delete(path, &user_id)).await,
        }
    }

    /// The password of a calendar, by its address. A locked keyring asks the
    /// person for its own password only if `ask`.
    pub async fn password(&self, address: &str, ask: bool) -> Result<Secret, SecretError> {
        let address = address.to_owned();
        match self {
            Self::Keyring(keyring) => keyring.password(&address, ask).await,
            Self::File(file) => file.with(move |path| file::password(path, &address)).await,
        }
    }

    /// Stores the password of a calendar, or deletes it. The keyring may ask the
    /// person for its own password.
    pub async fn set_password(
        &self,
        address: &str,
        password: Option<&Secret>,
    ) -> Result<(), SecretError> {
        let (address, password) = (address.to_owned(), password.cloned());
        match self {
            Self::Keyring(keyring) => keyring.set_password(&address, password.as_ref()).await,
            Self::File(file) => {
                file.with(move |path| file::set_password(path, &address, password)).await
            }
        }
    }

    /// The user ids of all accounts with a session. The person is not asked for
    /// a password, so a locked keyring is an error.
    pub async fn list(&self) -> Result<Vec<String>, SecretError> {
        match self {
            Self::Keyring(keyring) => keyring.list().await,
            Self::File(file) => file.with(file::list).await,
        }
    }

    /// Describes where sessions are stored. The error says why the store cannot
    /// be used now. The person is not asked for a password and nothing is
    /// changed.
    pub async fn probe(&self) -> Result<Code, SecretError> {
        match self {
            Self::Keyring(keyring) => keyring.probe().await,
            Self::File(file) => file.with(file::probe).await,
        }
    }
}
