use std::time::Duration;

use presently_core::code::Arg;
use presently_core::{Code, Coded, coded_error};

use crate::trouble::Trouble;

/// Why a sign-in failed; its message says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInError {
    /// The user id does not look like one.
    BadUserId(String),
    /// The homeserver's address does not look like one.
    BadHomeserver(String),
    /// A password would go over the network unprotected.
    InsecureHttp(String),
    /// No such server.
    UnknownHomeserver(String),
    /// Somebody else answers there.
    NotAMatrixServer(String),
    /// The server has other ways only.
    PasswordNotOffered(String),
    /// The server has other ways only.
    SsoNotOffered(String),
    /// The server has other ways only.
    OAuthNotOffered(String),
    /// The person or the server said no in the browser.
    Cancelled,
    /// The person did not come back from the browser.
    NobodyCame,
    /// Whoever built this has set PRESENTLY_HOMEPAGE to nonsense.
    NoHomepage,
    /// This computer gives no port to come back to; what it says.
    NoListener(String),
    /// It is wrong.
    WrongPassword,
    /// Somebody else was signed in, and signed out again.
    WrongUser {
        /// Who was asked for.
        wanted: String,
        /// Who came.
        got: String,
    },
    /// The account may not sign in, and why: the server's words, or a code.
    Refused(Arg),
    /// Too many attempts.
    RateLimited {
        /// The server's wish.
        retry: Duration,
    },
    /// The server or the way to it fails just now.
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

/// What is no user id.
pub(crate) fn bad_user_id(text: &str) -> Code {
    Code::new("user-id-malformed").with("text", text)
}

/// What a request's trouble means to who signs in on the server `host`.
pub(crate) fn sorted(trouble: Trouble, host: &str) -> SignInError {
    match trouble {
        Trouble::Refused { code, .. } if code == "M_FORBIDDEN" => SignInError::WrongPassword,
        Trouble::Refused { message, .. } => SignInError::Refused(message.into()),
        Trouble::Limited(retry) => {
            SignInError::RateLimited { retry: retry.unwrap_or(Duration::from_secs(10)) }
        }
        Trouble::Nonsense => SignInError::NotAMatrixServer(host.to_owned()),
        other => SignInError::Network(other.code(host)),
    }
}
