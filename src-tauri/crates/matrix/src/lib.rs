//! Presence, status and sign-in on Matrix homeservers: the only crate that
//! names matrix-sdk.

use std::time::Duration;

use matrix_sdk::reqwest;
use thiserror::Error;

pub mod account;
mod api;
mod browser;
mod homeserver;
mod look;
mod redirect;
mod secret;
mod secrets;
mod session;
mod sign_in;
mod trouble;

pub use browser::{BrowserSignIn, Browsing, CameBack, Way, Ways};
pub use look::{Call, Look, LookError};
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
            .connect_timeout(Duration::from_secs(10))
            // A connection that fell silent (sleep, another network) is
            // given up soon enough to be right again within 15 seconds.
            .tcp_user_timeout(Duration::from_secs(10))
            // One spare connection a server, and no timer that looks for old
            // ones: servers close them by themselves.
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(None)
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            .redirect(redirects())
            .build()
            .map_err(|e| HttpUnavailable(e.to_string()))?;
        Ok(Self { http })
    }
}

/// Redirects are followed within a server. Elsewhere nobody knows our token,
/// and what is said there about our session is not the homeserver's word (a
/// network that wants a sign-in sends everybody to its own). Only the search
/// for a homeserver may lead anywhere, but never from https to where the
/// password could be read on the way.
fn redirects() -> reqwest::redirect::Policy {
    reqwest::redirect::Policy::custom(|attempt| {
        let (to, came) = (attempt.url(), attempt.previous());
        let stays = came.first().is_some_and(|first| {
            first.path().starts_with("/.well-known/") || first.origin() == to.origin()
        });
        if stays && came.len() <= 5 && homeserver::is_safe(to) {
            attempt.follow()
        } else {
            attempt.error("a redirect that is not followed")
        }
    })
}
