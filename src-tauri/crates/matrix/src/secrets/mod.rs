//! Where sessions are kept between runs.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::Session;

mod file;
#[cfg_attr(target_os = "linux", path = "keyring.rs")]
#[cfg_attr(not(target_os = "linux"), path = "no_keyring.rs")]
mod keyring;
mod stores;

pub use file::SecretFile;
pub use keyring::Keyring;
pub use stores::{Everything, Found, SecretStores};

/// Where sessions are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretStore {
    /// The system's secret store (Secret Service on Linux).
    Keyring(Keyring),
    /// A file that only its owner may read, where the person chose it.
    File(SecretFile),
}

/// Why a session cannot be read or kept.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The keyring is locked, or the question for its password was
    /// dismissed. This is no logout: wait and try again.
    #[error("The keyring is locked: unlock it to let Presently sign in")]
    Locked,
    /// What is open of the keyring holds no session of this account, but not
    /// all of it is open, and what is locked may be hidden. This is no logout
    /// either.
    #[error(
        "The keyring is locked, and may hold the sign-in of {0}: unlock it to let Presently sign in"
    )]
    Hidden(String),
    /// The keyring has no collection to keep a session in, and the person
    /// must be asked before one is made.
    #[error("The keyring has no collection to keep a sign-in in: make one, and open it")]
    Empty,
    /// There is no Secret Service.
    #[error(
        "There is no keyring (Secret Service) in this session: start one, or set secrets = \"file\""
    )]
    Unavailable,
    /// It holds no session of this account.
    #[error("No sign-in is stored for {0}: sign in with: presently login {0}")]
    NotFound(String),
    /// The file may be read by others.
    #[error("{path} may be read by others: run chmod 600 {path}")]
    TooOpen {
        /// The file.
        path: PathBuf,
    },
    /// What is stored cannot be understood.
    #[error("What is stored in {0} cannot be read: sign in again")]
    Broken(String),
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The keyring refused.
    #[error("The keyring answered: {0}")]
    Keyring(String),
}

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

    /// What the store is, in one line, or why it cannot be used now. Asks
    /// for no password and changes nothing.
    pub async fn probe(&self) -> Result<String, SecretError> {
        match self {
            Self::Keyring(keyring) => keyring.probe().await,
            Self::File(file) => file.with(file::probe).await,
        }
    }
}
