//! What can go wrong with a request, sorted by what it means to a person.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use matrix_sdk::reqwest::StatusCode;
use matrix_sdk::reqwest::header::{HeaderMap, RETRY_AFTER};
use matrix_sdk::ruma::api::EndpointError as _;
use matrix_sdk::ruma::api::error::{
    Error as ApiError, ErrorBody, ErrorKind, FromHttpResponseError, RetryAfter,
};
use matrix_sdk::ruma::exports::http::Response;
use matrix_sdk::{HttpError, RefreshTokenError, reqwest};
use serde_json::Value;

use crate::proxy::ProxyError;
use crate::server_clock;

/// Why a request brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nobody answers; what the system said about it.
    Unreachable(String),
    /// Somebody answers who cannot prove to be the server.
    Tls(String),
    /// The proxy on the way fails; one line about it.
    Proxy(String),
    /// The network says that it wants a sign-in first (511, RFC 6585).
    Portal,
    /// Somebody answers who does not speak Matrix: a captive portal, a proxy.
    Nonsense,
    /// The answer is longer than any that makes sense.
    Endless,
    /// The server fails (5xx).
    Server(u16),
    /// Too many requests; how long to wait, where it says so: an hour at
    /// most.
    Limited(Option<Duration>),
    /// The session has ended, or its token has (401).
    UnknownToken,
    /// The server understood and says no.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The errcode, like M_FORBIDDEN.
        code: String,
        /// The server's words, on one line.
        message: String,
    },
}

/// A server that wants to be left alone for longer is asked again all the
/// same: it may have meant something else, and its wait is the person's.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

impl Trouble {
    /// What an answer means that is no success. A date to wait for is read by
    /// the server's own clock, as the answer says it; else by ours.
    pub(crate) fn answer(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        let now = server_clock::date(&headers).unwrap_or_else(SystemTime::now);
        // What stands in front of a server says it without an errcode.
        let after = headers.get(RETRY_AFTER).and_then(|after| RetryAfter::try_from(after).ok());
        let said = serde_json::from_slice(&body).unwrap_or_default();
        let mut answer = Response::new(body);
        (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
        match Self::refusal(&ApiError::from_http_response(answer), now) {
            Self::Limited(None) => Self::Limited(after.map(|after| wait(after, now))),
            Self::Nonsense => Self::said(status.as_u16(), &said),
            other => other,
        }
    }

    /// What a refusal means that the SDK refuses to read for the sake of one
    /// odd value.
    fn said(status: u16, said: &Value) -> Self {
        let Some(code) = said["errcode"].as_str() else { return Self::Nonsense };
        if status == 401 && matches!(code, "M_UNKNOWN_TOKEN" | "M_MISSING_TOKEN") {
            return Self::UnknownToken;
        }
        let message = one_line(said["error"].as_str().unwrap_or(code));
        Self::Refused { status, code: one_line(code), message }
    }

    /// What an error of a request by the SDK means, which has lost the
    /// answer's headers; `now` is the time by the server's clock.
    pub(crate) fn sdk(error: &HttpError, now: SystemTime) -> Self {
        match error {
            HttpError::Reqwest(e) => Self::from(e),
            HttpError::Cached(inner) => Self::sdk(inner, now),
            HttpError::RefreshToken(RefreshTokenError::MatrixAuth(inner)) => Self::sdk(inner, now),
            HttpError::Api(e) => match e.as_ref() {
                FromHttpResponseError::Deserialization(_) => Self::Nonsense,
                FromHttpResponseError::Server(_) => error
                    .as_client_api_error()
                    .map_or(Self::Nonsense, |error| Self::refusal(error, now)),
                // A kind of a later version.
                #[allow(unreachable_patterns)]
                _ => Self::Nonsense,
            },
            _ => Self::Nonsense,
        }
    }

    fn refusal(error: &ApiError, now: SystemTime) -> Self {
        let status = error.status_code.as_u16();
        if let Some(ErrorKind::LimitExceeded(limit)) = error.error_kind() {
            return Self::Limited(limit.retry_after.map(|after| wait(after, now)));
        }
        match &error.body {
            _ if status == NETWORK_SIGN_IN => Self::Portal,
            _ if status == 429 => Self::Limited(None),
            ErrorBody::Standard(body) => match &body.kind {
                ErrorKind::UnknownToken(_) | ErrorKind::MissingToken => Self::UnknownToken,
                _ if status >= 500 => Self::Server(status),
                kind => Self::Refused {
                    status,
                    code: kind.errcode().to_string(),
                    message: one_line(&body.message),
                },
            },
            _ if status >= 500 => Self::Server(status),
            _ => Self::Nonsense,
        }
    }

    /// One line for the person about the server `host`.
    pub(crate) fn line(&self, host: &str) -> String {
        match self {
            Self::Unreachable(why) => format!("{host} cannot be reached: {why}"),
            Self::Tls(why) => format!("{host} has no valid certificate: {why}"),
            Self::Proxy(line) => line.clone(),
            Self::Portal => {
                format!(
                    "This network wants you to sign in, in a browser, before it leads to {host}"
                )
            }
            Self::Nonsense => format!(
                "{host} does not answer like a Matrix server: does this network want you to sign \
                 in first, in a browser?"
            ),
            Self::Endless => format!("{host} answers without end: tell its administrator"),
            Self::Server(status) => format!("{host} has a fault of its own (HTTP {status})"),
            Self::Limited(_) => format!("{host} wants fewer requests"),
            Self::UnknownToken => format!("{host} has ended this session: sign in again"),
            Self::Refused { message, .. } => format!("{host} refuses: {message}"),
        }
    }
}

/// By our own clock, where no other is known.
impl From<HttpError> for Trouble {
    fn from(error: HttpError) -> Self {
        Self::from(&error)
    }
}

/// By our own clock, where no other is known.
impl From<&HttpError> for Trouble {
    fn from(error: &HttpError) -> Self {
        Self::sdk(error, SystemTime::now())
    }
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&reqwest::Error> for Trouble {
    fn from(error: &reqwest::Error) -> Self {
        // Before the certificate: that may be the proxy's own.
        if let Some(proxy) = find::<ProxyError>(error) {
            let why = match find::<rustls::Error>(error) {
                Some(tls) => tls_words(tls),
                None => reach_words(error),
            };
            return Self::Proxy(proxy.line(&why));
        }
        if let Some(tls) = find::<rustls::Error>(error) {
            return match tls {
                rustls::Error::InvalidCertificate(_) => Self::Tls(tls_words(tls)),
                _ => Self::Unreachable(tls_words(tls)),
            };
        }
        if error.is_redirect() || error.is_decode() && !error.is_timeout() {
            return Self::Nonsense;
        }
        Self::Unreachable(reach_words(error))
    }
}

fn wait(after: RetryAfter, now: SystemTime) -> Duration {
    let wait = match after {
        RetryAfter::Delay(delay) => delay,
        RetryAfter::DateTime(time) => time.duration_since(now).unwrap_or_default(),
    };
    wait.min(LONGEST_WAIT)
}

/// Network Authentication Required: never the server's own word.
const NETWORK_SIGN_IN: u16 = 511;

const UNTRUSTED: &str = "nobody that this computer trusts has signed it";

fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError as Bad;
    match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::Expired | Bad::ExpiredContext { .. } => "it has expired".to_owned(),
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
                "it is not valid yet: is the clock right?".to_owned()
            }
            // The other has the name of somebody whom it trusts.
            Bad::UnknownIssuer | Bad::BadSignature => UNTRUSTED.to_owned(),
            // What openssl makes by default when it signs for itself.
            Bad::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
                UNTRUSTED.to_owned()
            }
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                "it is for another name".to_owned()
            }
            Bad::Revoked => "it was revoked".to_owned(),
            other => one_line(&other.to_string()),
        },
        // Plain text, most likely.
        rustls::Error::InvalidMessage(_) => {
            "what answers there is not encrypted: is the port right?".to_owned()
        }
        other => one_line(&other.to_string()),
    }
}

fn reach_words(error: &reqwest::Error) -> String {
    if let Some(io) = find::<io::Error>(error) {
        let words = match io.kind() {
            io::ErrorKind::ConnectionRefused => Some("nobody listens there"),
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                Some("the connection broke off")
            }
            io::ErrorKind::TimedOut => Some("no answer in time"),
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
                Some("there is no network")
            }
            io::ErrorKind::UnexpectedEof => Some("the connection broke off"),
            _ => None,
        };
        if let Some(words) = words {
            return words.to_owned();
        }
    }
    if is_lookup(error) {
        let words = if is_unknown_name(error) {
            "its name is not known"
        } else {
            "there is no network, or nobody to look up its name"
        };
        return words.to_owned();
    }
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    if chain(error).any(|e| e.to_string().starts_with("connection closed before")) {
        return "the connection broke off".to_owned();
    }
    // The outermost text has the whole URL, the innermost says what it was.
    chain(error).last().map_or_else(|| "no answer".to_owned(), |e| one_line(&e.to_string()))
}

/// True if it could not be found out who has the name.
pub(crate) fn is_lookup(error: &reqwest::Error) -> bool {
    chain(error).any(|e| e.to_string().starts_with("dns error"))
}

/// True if the name does not exist, as opposed to being out of reach now.
pub(crate) fn is_unknown_name(error: &reqwest::Error) -> bool {
    // The resolver's own words are not translated (EAI_AGAIN).
    is_lookup(error)
        && !chain(error).any(|e| e.to_string().contains("Temporary failure in name resolution"))
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |e| inner(*e))
}

/// What an error wraps. `io::Error` hides its inner error from `source`.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.downcast_ref::<Arc<io::Error>>().map_or_else(|| error.source(), |e| Some(e)),
    }
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).filter_map(|e| e.downcast_ref::<T>()).last()
}

/// A server's words, made fit for one line of ours.
pub(crate) fn one_line(text: &str) -> String {
    const LONGEST: usize = 160;
    let clean = text.split(|c: char| c.is_whitespace() || c.is_control());
    let mut line = String::new();
    for word in clean.filter(|w| !w.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.chars().count() > LONGEST {
        line = line.chars().take(LONGEST).collect();
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests;
