//! The one HTTP client, and where it may go.

use std::sync::Arc;
use std::time::Duration;

use matrix_sdk::reqwest;
use presently_core::{Code, Coded, coded_error};

use crate::address::is_safe;
use crate::proxy::{BadProxy, Forward, Naming};

/// The way to all homeservers: one HTTP client, because each costs memory.
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Matrix {
    pub(crate) http: reqwest::Client,
}

/// The HTTP client cannot be made.
#[derive(Debug)]
pub enum HttpUnavailable {
    /// The environment names a proxy that makes no sense.
    Proxy(BadProxy),
    /// The system has no root certificates, say.
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
    /// Prepares the HTTP client. The proxy is the environment's.
    pub fn new() -> Result<Self, HttpUnavailable> {
        let mut http = reqwest::Client::builder()
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
            // The library's own reading of the environment would send what
            // is for this computer to a proxy, and skip one that it does not
            // understand.
            .no_proxy();
        if let Some(forward) = Forward::from_process()? {
            http = http.proxy(forward.proxy()?).connector_layer(Naming(Arc::new(forward)));
        }
        Ok(Self { http: http.build()? })
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
        if stays && came.len() <= 5 && is_safe(to) {
            attempt.follow()
        } else {
            attempt.error("a redirect that is not followed")
        }
    })
}
