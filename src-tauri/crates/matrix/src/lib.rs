//! Presence, status and sign-in on Matrix homeservers: the only crate that
//! names matrix-sdk.

use std::time::Duration;

use matrix_sdk::reqwest;
use thiserror::Error;

pub mod account;
mod secret;
mod secrets;
mod session;
mod sign_in;

pub use secret::Secret;
pub use secrets::{SecretError, SecretStore};
pub use session::Session;
pub use sign_in::{SignIn, SignInError, SignOutError};

/// The way to all homeservers: one HTTP client, because each costs memory.
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Matrix {
    pub(crate) http: reqwest::Client,
}

/// The HTTP client cannot be made: no root certificates, or a proxy in the
/// environment that makes no sense.
#[derive(Debug, Error)]
#[error("HTTPS cannot be used on this system: {0}")]
pub struct HttpUnavailable(String);

impl Matrix {
    /// Prepares the HTTP client. The proxy is the environment's.
    pub fn new() -> Result<Self, HttpUnavailable> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("Presently/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(15))
            .build()
            .map_err(|e| HttpUnavailable(e.to_string()))?;
        Ok(Self { http })
    }
}
