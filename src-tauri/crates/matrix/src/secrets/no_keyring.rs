//! No secret store of this system is supported yet: the file remains.

use super::SecretError;
use crate::Session;

pub(super) async fn load(_user_id: &str, _ask: bool) -> Result<Session, SecretError> {
    Err(SecretError::Unavailable)
}

pub(super) async fn open() -> Result<(), SecretError> {
    Err(SecretError::Unavailable)
}

pub(super) async fn save(_session: &Session, _ask: bool) -> Result<(), SecretError> {
    Err(SecretError::Unavailable)
}

pub(super) async fn delete(_user_id: &str) -> Result<(), SecretError> {
    Err(SecretError::Unavailable)
}

pub(super) async fn forget(_session: &Session) -> Result<(), SecretError> {
    Err(SecretError::Unavailable)
}

pub(super) async fn list() -> Result<Vec<String>, SecretError> {
    Err(SecretError::Unavailable)
}

pub(super) async fn probe() -> Result<String, SecretError> {
    Err(SecretError::Unavailable)
}
