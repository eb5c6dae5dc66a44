//! Where sessions are kept between runs.

use std::io;
use std::path::PathBuf;

use presently_core::{Code, Coded, coded_error};

use crate::Session;

mod file;
#[cfg_attr(target_os = "linux", path = "keyring.rs")]
#[cfg_attr(not(target_os = "linux"), path = "no_keyring.rs")]
mod keyring;
mod stores;

pub use file::SecretFile;
pub use keyring::Keyring;
pub use stores::{Everything, Found, SecretStores};

use file::shown;

/// Where sessions are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretStore {
    /// The system's secret store (Secret Service on Linux).
    Keyring(Keyring),
    /// A file that only its owner may read, where the person chose it.
    File(SecretFile),
}

/// Why a session cannot be read or kept.
#[derive(Debug)]
pub enum SecretError {
    /// The keyring is locked, or the question for its password was
    /// dismissed. This is no logout: wait and try again.
    Locked,
    /// What is open of the keyring holds no session of this account, but not
    /// all of it is open, and what is locked may be hidden. This is no logout
    /// either.
    Hidden(String),
    /// The keyring has no collection to keep a session in, and the person
    /// must be asked before one is made.
    Empty,
    /// There is no Secret Service.
    Unavailable,
    /// It holds no session of this account.
    NotFound(String),
    /// The file may be read by others.
    TooOpen {
        /// The file.
        path: PathBuf,
    },
    /// What is stored cannot be understood; where it is.
    Broken(Code),
    /// The file system refused.
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        why: io::Error,
    },
    /// The keyring refused, in its words.
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

    /// A file that only its owner may read. The folder need not be there.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(SecretFile::new(path.into()))
    }

    /// The session of an account. Where it is seen to be locked, the person
    /// is asked for the keyring's password first and this waits for the
    /// answer.
    pub async fn load(&self, user_id: &str) -> Result<Session, SecretError> {
        self.load_asking(user_id, true).await
    }

    /// The same without a question: a locked keyring is an error at once.
    /// For trying again after the person dismissed the question.
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

    /// Opens the place that a new session is kept in, for somebody who is
    /// there to be asked for the keyring's password.
    pub async fn open(&self) -> Result<(), SecretError> {
        match self {
            Self::Keyring(keyring) => keyring.open().await,
            Self::File(_) => Ok(()),
        }
    }

    /// Keeps a session, in place of an earlier one of the same account.
    pub async fn save(&self, session: &Session) -> Result<(), SecretError> {
        self.save_asking(session, true).await
    }

    /// The same without a question: a locked keyring is an error at once.
    /// For what the person did not ask for.
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

    /// Forgets this session, unless another device's is stored by now; it is
    /// fine if there is none. Asks for no password.
    pub async fn forget(&self, session: &Session) -> Result<(), SecretError> {
        match self {
            Self::Keyring(keyring) => keyring.forget(session).await,
            Self::File(file) => {
                let session = session.clone();
                file.with(move |path| file::forget(path, &session)).await
            }
        }
    }

    /// Forgets whatever is stored of an account that is gone; it is fine if
    /// there is nothing.
    pub async fn delete(&self, user_id: &str) -> Result<(), SecretError> {
        let user_id = user_id.to_owned();
        match self {
            Self::Keyring(keyring) => keyring.delete(&user_id).await,
            Self::File(file) => file.with(move |path| file::delete(path, &user_id)).await,
        }
    }

    /// The user ids of all accounts with a session. Asks for no password, so
    /// a locked keyring is an error.
    pub async fn list(&self) -> Result<Vec<String>, SecretError> {
        match self {
            Self::Keyring(keyring) => keyring.list().await,
            Self::File(file) => file.with(file::list).await,
        }
    }

    /// Where sessions are kept, or why the store cannot be used now. Asks for
    /// no password and changes nothing.
    pub async fn probe(&self) -> Result<Code, SecretError> {
        match self {
            Self::Keyring(keyring) => keyring.probe().await,
            Self::File(file) => file.with(file::probe).await,
        }
    }
}
