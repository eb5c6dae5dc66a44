//! The HTTP client: its timeouts, its proxy and its redirects.

use std::sync::Arc;
use std::time::Duration;

use matrix_sdk::reqwest;
use presently_core::{Code, Coded, coded_error};

use crate::address::is_safe;
use crate::proxy::{BadProxy, Forward, Naming};

/// The access to all homeservers. There is one HTTP client, because each costs
/// memory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Matrix {
    pub(crate) http: reqwest::Client,
}

/// Why the HTTP client cannot be created.
#[derive(Debug)]
pub enum HttpUnavailable {
    /// The environment names a proxy that cannot be used.
    Proxy(BadProxy),
    /// The TLS setup failed, because the system has no root certificates, for
    /// instance.
    System(reqwest::Error),
}

impl Coded for HttpUnavailable {
    fn code(&self) -> Code {
        match self {
            Self::Proxy(bad) => bad.code(),
            Self::System(why) => Code::new("https-unusable").with("why", why.to_string()),
        }
    }
}

coded_error!(HttpUnavailable);

impl From<BadProxy> for HttpUnavailable {
    fn from(bad: BadProxy) -> Self {
        Self::Proxy(bad)
    }
}

impl From<reqwest::Error> for HttpUnavailable {
    fn from(error: reqwest::Error) -> Self {
        Self::System(error)
    }
}

impl Matrix {
    /// Creates the HTTP client. The proxy comes from the environment.
    ///
    /// # Errors
    ///
    /// The proxy cannot be used, or TLS cannot be set up.
    pub fn new() -> Result<Self, HttpUnavailable> {
        Ok(Self { http: client(redirects())? })
    }
}

/// An HTTP client that follows these redirects.
pub(crate) fn client(
    redirects: reqwest::redirect::Policy,
) -> Result<reqwest::Client, HttpUnavailable> {
    let mut http = reqwest::Client::builder()
        .user_agent(concat!("Presently/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        // A dead connection (after sleep or a network change) is closed in
        // time for others to see the right presence within 15 seconds.
        .tcp_user_timeout(Duration::from_secs(10))
        // One idle connection for each server, and no timer that closes it:
        // servers close idle connections themselves.
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(None)
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .redirect(redirects)
        // The library's own proxy support would send requests to this
        // computer through a proxy and ignore a proxy that it does not
        // understand.
        .no_proxy();
    if let Some(forward) = Forward::from_process()? {
        http = http.proxy(forward.proxy()?).connector_layer(Naming(Arc::new(forward)));
    }
    Ok(http.build()?)
}

/// Follows redirects within one origin only. No other origin knows our token,
/// and its answer says nothing about our session: a captive portal redirects
/// every request to itself. The search for a homeserver may leave the origin,
/// but never to an address at which the password could be read on the way.
fn redirects() -> reqwest::redirect::Policy {
    reqwest::redirect::Policy::custom(|attempt| {
        let (to, came) = (attempt.url(), attempt.previous());
        let stays = came.first().is_some_and(|first| {
            first.path().starts_with("/.well-known/") || first.origin() == to.origin()
        });
        if stays && came.len() <= 5 && is_safe(to) {
            attempt.follow()
        } else {
            attempt.error("a redirect that is not followed")
        }
    })
}
