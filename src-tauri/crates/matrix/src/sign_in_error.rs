use std::time::Duration;

use thiserror::Error;

use crate::trouble::Trouble;

/// Why a sign-in failed: one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignInError {
    /// The user id does not look like one.
    #[error("“{0}” is not a Matrix user id: it looks like @name:example.org")]
    BadUserId(String),
    /// The homeserver's address does not look like one.
    #[error("“{0}” is not the address of a homeserver: it looks like https://matrix.example.org")]
    BadHomeserver(String),
    /// A password would go over the network unprotected.
    #[error("{0} is not encrypted (http): use https; http is for this computer only")]
    InsecureHttp(String),
    /// No such server.
    #[error("{0} cannot be found: check the user id, or name the server with --homeserver")]
    UnknownHomeserver(String),
    /// Somebody else answers there.
    #[error("{0} is not a Matrix server: name the right one with --homeserver")]
    NotAMatrixServer(String),
    /// The server has other ways only.
    #[error("{0} does not sign in by password: try --oauth or --sso")]
    PasswordNotOffered(String),
    /// The server has other ways only.
    #[error("{0} has no single sign-on: try the password or --oauth")]
    SsoNotOffered(String),
    /// The server has other ways only.
    #[error("{0} does not sign in by OAuth 2.0: try the password or --sso")]
    OAuthNotOffered(String),
    /// The person or the server said no in the browser.
    #[error("The sign-in was not completed in the browser: try again")]
    Cancelled,
    /// The person did not come back from the browser.
    #[error("Nobody came back from the browser: try again")]
    NobodyCame,
    /// Whoever built this has set PRESENTLY_HOMEPAGE to nonsense.
    #[error("This build of Presently names no valid page about itself: use --sso or the password")]
    NoHomepage,
    /// This computer gives no port to come back to.
    #[error("The browser has no way back to Presently: {0}")]
    NoListener(String),
    /// It is wrong.
    #[error("The password is wrong, or there is no such user: try again")]
    WrongPassword,
    /// Somebody else was signed in, and signed out again.
    #[error("The server signed in {got} instead of {wanted}: signed out again; use that user id")]
    WrongUser {
        /// Who was asked for.
        wanted: String,
        /// Who came.
        got: String,
    },
    /// The account may not sign in.
    #[error("The server refuses this account: {0}")]
    Refused(String),
    /// Too many attempts.
    #[error("Too many attempts: try again in {} s", retry.as_secs().max(1))]
    RateLimited {
        /// The server's wish.
        retry: Duration,
    },
    /// The server or the way to it fails just now.
    #[error("{0}")]
    Network(String),
}

/// What a request's trouble means to who signs in on the server `host`.
pub(crate) fn sorted(trouble: Trouble, host: &str) -> SignInError {
    match trouble {
        Trouble::Refused { code, .. } if code == "M_FORBIDDEN" => SignInError::WrongPassword,
        Trouble::Refused { message, .. } => SignInError::Refused(message),
        Trouble::Limited(retry) => {
            SignInError::RateLimited { retry: retry.unwrap_or(Duration::from_secs(10)) }
        }
        Trouble::Nonsense => SignInError::NotAMatrixServer(host.to_owned()),
        other => SignInError::Network(other.line(host)),
    }
}
