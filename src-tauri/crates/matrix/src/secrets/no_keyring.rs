//! The secret store of this system is not supported yet. Sessions can be stored
//! in a file.

use presently_core::Code;

use super::SecretError;
use crate::{Secret, Session};

/// A keyring that is never available.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyring;

impl Keyring {
    pub(super) async fn load(&self, _user_id: &str, _ask: bool) -> Result<Session, SecretError> {
        Err(SecretError::Unavailable)
    }

    pub(super) async fn open(&self) -> Result<(), SecretError> {
        Err(SecretError::Unavailable)
    }

    pub(super) async fn save(&self, _session: &Session, _ask: bool) -> Result<(), SecretError> {
        Err(SecretError::Unavailable)
    }

    pub(super) async fn delete(&self, _user_id: &str) -> Result<(), SecretError> {
        Err(SecretError::Unavailable)
    }

    pub(super) async fn forget(&self, _session: &Session) -> Result<(), SecretError> {
        Err(SecretError::Unavailable)
    }

    pub(super) async fn password(&self, _address: &str, _ask: bool) -> Result<Secret, SecretError> {
        Err(SecretError::Unavailable)
    }

    pub(super) async fn set_password(
        &self,
        _address: &str,
        _password: Option<&Secret>,
    ) -> Result<(), SecretError> {
        Err(SecretError::Unavailable)
    }

    pub(super) async fn list(&self) -> Result<Vec<String>, SecretError> {
        Err(SecretError::Unavailable)
    }

    pub(super) async fn probe(&self) -> Result<Code, SecretError> {
        Err(SecretError::Unavailable)
    }
}
