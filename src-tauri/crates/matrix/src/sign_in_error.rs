use std::time::Duration;

use presently_core::code::Arg;
use presently_core::{Code, Coded, coded_error};

use crate::request_error::RequestError;

/// Why a sign-in failed. The message of its code says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInError {
    /// The user id is malformed.
    BadUserId(String),
    /// The address of the homeserver is malformed.
    BadHomeserver(String),
    /// The address is plain http, by which the password could be read on the
    /// way.
    InsecureHttp(String),
    /// There is no server at this host.
    UnknownHomeserver(String),
    /// The answer of this host is not that of a Matrix server.
    NotAMatrixServer(String),
    /// The server offers no sign-in with a password.
    PasswordNotOffered(String),
    /// The server offers no single sign-on.
    SsoNotOffered(String),
    /// The server offers no OAuth 2.0.
    OAuthNotOffered(String),
    /// The person or the server cancelled the sign-in in the browser.
    Cancelled,
    /// The person did not come back from the browser in time.
    NobodyCame,
    /// PRESENTLY_HOMEPAGE was not a URL when the program was built.
    NoHomepage,
    /// No port could be opened for the redirect, for this reason.
    NoListener(String),
    /// The server rejects the user id or the password.
    WrongPassword,
    /// Another user was signed in, and signed out again.
    WrongUser {
        /// The user id that was requested.
        wanted: String,
        /// The user id of the session.
        got: String,
    },
    /// The server refuses the sign-in. The reason is its message or a code.
    Refused(Arg),
    /// The rate limit for sign-ins is exceeded.
    RateLimited {
        /// How long to wait.
        retry: Duration,
    },
    /// The server or the connection to it fails at present.
    Network(Code),
}

impl Coded for SignInError {
    fn code(&self) -> Code {
        match self {
            Self::BadUserId(text) => bad_user_id(text),
            Self::BadHomeserver(text) => Code::new("homeserver-malformed").with("text", text),
            Self::InsecureHttp(address) => {
                Code::new("homeserver-insecure").with("address", address)
            }
            Self::UnknownHomeserver(host) => Code::new("homeserver-unknown").with("host", host),
            Self::NotAMatrixServer(host) => Code::new("homeserver-not-matrix").with("host", host),
            Self::PasswordNotOffered(host) => Code::new("sign-in-no-password").with("host", host),
            Self::SsoNotOffered(host) => Code::new("sign-in-no-sso").with("host", host),
            Self::OAuthNotOffered(host) => Code::new("sign-in-no-oauth").with("host", host),
            Self::Cancelled => Code::new("sign-in-not-completed"),
            Self::NobodyCame => Code::new("sign-in-nobody-came"),
            Self::NoHomepage => Code::new("sign-in-no-homepage"),
            Self::NoListener(why) => Code::new("sign-in-no-listener").with("why", why),
            Self::WrongPassword => Code::new("sign-in-wrong-password"),
            Self::WrongUser { wanted, got } => {
                Code::new("sign-in-wrong-user").with("wanted", wanted).with("got", got)
            }
            Self::Refused(why) => Code::new("sign-in-refused").with("why", why.clone()),
            Self::RateLimited { retry } => {
                Code::new("sign-in-limited").with("seconds", retry.as_secs().max(1))
            }
            Self::Network(code) => code.clone(),
        }
    }
}

coded_error!(SignInError);

/// The code for a malformed user id.
pub(crate) fn bad_user_id(text: &str) -> Code {
    Code::new("user-id-malformed").with("text", text)
}

/// What a failed request means for a sign-in at the server `host`.
pub(crate) fn sign_in_error(error: RequestError, host: &str) -> SignInError {
    match error {
        RequestError::Refused { code, .. } if code == "M_FORBIDDEN" => SignInError::WrongPassword,
        RequestError::Refused { message, .. } => SignInError::Refused(message.into()),
        RequestError::Limited(retry) => {
            SignInError::RateLimited { retry: retry.unwrap_or(Duration::from_secs(10)) }
        }
        RequestError::NotMatrix => SignInError::NotAMatrixServer(host.to_owned()),
        other => SignInError::Network(other.code(host)),
    }
}
