//! Why requests fail, sorted by what it means to the person.

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
use presently_core::Code;
use presently_core::code::Arg;
use serde_json::Value;

use crate::proxy::ProxyError;
use crate::server_clock;

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// There is no answer, for this reason.
    Unreachable(Arg),
    /// The server cannot prove its identity, for this reason.
    Tls(Arg),
    /// The proxy failed, as the code says.
    Proxy(Code),
    /// The network requires a sign-in first (511, RFC 6585).
    CaptivePortal,
    /// The answer is not Matrix: it may come from a captive portal or a proxy.
    NotMatrix,
    /// The answer exceeds the size limit.
    TooLong,
    /// The server fails (5xx).
    Server(u16),
    /// The rate limit is exceeded. The wait is what the server asks for, if it
    /// does, but an hour at most.
    Limited(Option<Duration>),
    /// The session or its token has expired (401).
    UnknownToken,
    /// The server understood the request and refuses it.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The errcode, such as M_FORBIDDEN.
        code: String,
        /// The server's message, on one line.
        message: String,
    },
}

/// The longest wait before a retry. A longer one may be a mistake of the
/// server, and the person would have to wait for it.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

impl RequestError {
    /// What an error answer means. A date to wait for is read by the `Date` of
    /// the answer, else by our clock.
    pub(crate) fn answer(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        let now = server_clock::date(&headers).unwrap_or_else(SystemTime::now);
        // A reverse proxy sends Retry-After without an errcode.
        let after = headers.get(RETRY_AFTER).and_then(|after| RetryAfter::try_from(after).ok());
        let said = serde_json::from_slice(&body).unwrap_or_default();
        let mut answer = Response::new(body);
        (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
        match Self::refusal(&ApiError::from_http_response(answer), now) {
            Self::Limited(None) => Self::Limited(after.map(|after| wait(after, now))),
            Self::NotMatrix => Self::said(status.as_u16(), &said),
            other => other,
        }
    }

    /// Reads an error answer that the SDK rejects for one malformed value.
    fn said(status: u16, said: &Value) -> Self {
        let Some(code) = said["errcode"].as_str() else { return Self::NotMatrix };
        if status == 401 && matches!(code, "M_UNKNOWN_TOKEN" | "M_MISSING_TOKEN") {
            return Self::UnknownToken;
        }
        let message = one_line(said["error"].as_str().unwrap_or(code));
        Self::Refused { status, code: one_line(code), message }
    }

    /// What an error of the SDK means. The SDK has dropped the headers of the
    /// answer, so `now` is the time by the server's clock.
    pub(crate) fn sdk(error: &HttpError, now: SystemTime) -> Self {
        match error {
            HttpError::Reqwest(e) => Self::from(e),
            HttpError::Cached(inner) => Self::sdk(inner, now),
            HttpError::RefreshToken(RefreshTokenError::MatrixAuth(inner)) => Self::sdk(inner, now),
            HttpError::Api(e) => match e.as_ref() {
                FromHttpResponseError::Deserialization(_) => Self::NotMatrix,
                FromHttpResponseError::Server(_) => error
                    .as_client_api_error()
                    .map_or(Self::NotMatrix, |error| Self::refusal(error, now)),
                // Later versions of the SDK may add variants.
                #[allow(unreachable_patterns)]
                _ => Self::NotMatrix,
            },
            _ => Self::NotMatrix,
        }
    }

    fn refusal(error: &ApiError, now: SystemTime) -> Self {
        let status = error.status_code.as_u16();
        if let Some(ErrorKind::LimitExceeded(limit)) = error.error_kind() {
            return Self::Limited(limit.retry_after.map(|after| wait(after, now)));
        }
        match &error.body {
            _ if status == NETWORK_SIGN_IN => Self::CaptivePortal,
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
            _ => Self::NotMatrix,
        }
    }

    /// The code that tells the person about the server `host`.
    pub(crate) fn code(&self, host: &str) -> Code {
        match self {
            Self::Unreachable(why) => {
                Code::new("server-unreachable").with("host", host).with("why", why.clone())
            }
            Self::Tls(why) => {
                Code::new("server-untrusted").with("host", host).with("why", why.clone())
            }
            Self::Proxy(code) => code.clone(),
            Self::CaptivePortal => Code::new("network-sign-in").with("host", host),
            Self::NotMatrix => Code::new("server-not-matrix").with("host", host),
            Self::TooLong => Code::new("server-endless").with("host", host),
            Self::Server(status) => {
                Code::new("server-fault").with("host", host).with("status", u32::from(*status))
            }
            Self::Limited(_) => Code::new("server-limits").with("host", host),
            Self::UnknownToken => Code::new("session-ended").with("host", host),
            Self::Refused { message, .. } => {
                Code::new("server-refuses").with("host", host).with("message", message)
            }
        }
    }
}

/// Uses our own clock, because the server's is not known.
impl From<HttpError> for RequestError {
    fn from(error: HttpError) -> Self {
        Self::from(&error)
    }
}

/// Uses our own clock, because the server's is not known.
impl From<&HttpError> for RequestError {
    fn from(error: &HttpError) -> Self {
        Self::sdk(error, SystemTime::now())
    }
}

impl From<reqwest::Error> for RequestError {
    fn from(error: reqwest::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&reqwest::Error> for RequestError {
    fn from(error: &reqwest::Error) -> Self {
        // The proxy is checked before the certificate, which may be the proxy's
        // own.
        if let Some(proxy) = find::<ProxyError>(error) {
            let why = match find::<rustls::Error>(error) {
                Some(tls) => tls_cause(tls),
                None => connection_cause(error),
            };
            return Self::Proxy(proxy.code(why));
        }
        if let Some(tls) = find::<rustls::Error>(error) {
            return match tls {
                rustls::Error::InvalidCertificate(_) => Self::Tls(tls_cause(tls)),
                _ => Self::Unreachable(tls_cause(tls)),
            };
        }
        if error.is_redirect() || error.is_decode() && !error.is_timeout() {
            return Self::NotMatrix;
        }
        Self::Unreachable(connection_cause(error))
    }
}

fn wait(after: RetryAfter, now: SystemTime) -> Duration {
    let wait = match after {
        RetryAfter::Delay(delay) => delay,
        RetryAfter::DateTime(time) => time.duration_since(now).unwrap_or_default(),
    };
    wait.min(LONGEST_WAIT)
}

/// Network Authentication Required (RFC 6585). It never comes from the server
/// itself.
const NETWORK_SIGN_IN: u16 = 511;

/// Why a TLS connection failed.
fn tls_cause(error: &rustls::Error) -> Arg {
    use rustls::CertificateError as Bad;
    let untrusted = || Code::new("certificate-untrusted");
    let code = match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::Expired | Bad::ExpiredContext { .. } => Code::new("certificate-expired"),
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => Code::new("certificate-not-yet"),
            // BadSignature: the certificate names a trusted issuer that did not
            // sign it.
            Bad::UnknownIssuer | Bad::BadSignature => untrusted(),
            // A self-signed certificate as openssl makes it by default.
            Bad::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => untrusted(),
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                Code::new("certificate-other-name")
            }
            Bad::Revoked => Code::new("certificate-revoked"),
            other => return one_line(&other.to_string()).into(),
        },
        // Most likely the server answers in plain text.
        rustls::Error::InvalidMessage(_) => Code::new("connection-not-encrypted"),
        other => return one_line(&other.to_string()).into(),
    };
    code.into()
}

/// Why there is no connection, or no answer.
fn connection_cause(error: &reqwest::Error) -> Arg {
    let broken = || Code::new("connection-broken");
    let late = || Code::new("connection-late");
    let by_system = find::<io::Error>(error).and_then(|io| match io.kind() {
        io::ErrorKind::ConnectionRefused => Some(Code::new("connection-refused")),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Some(broken()),
        io::ErrorKind::TimedOut => Some(late()),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            Some(Code::new("connection-no-network"))
        }
        _ => None,
    });
    if let Some(code) = by_system {
        return code.into();
    }
    if is_lookup(error) {
        let code = match is_unknown_name(error) {
            true => Code::new("connection-unknown-name"),
            false => Code::new("connection-no-lookup"),
        };
        return code.into();
    }
    if error.is_timeout() {
        return late().into();
    }
    if chain(error).any(|e| e.to_string().starts_with("connection closed before")) {
        return broken().into();
    }
    // The outermost message contains the whole URL. The innermost one names the
    // cause.
    chain(error)
        .last()
        .map_or_else(|| Code::new("connection-silent").into(), |e| one_line(&e.to_string()).into())
}

/// Whether the DNS lookup failed.
pub(crate) fn is_lookup(error: &reqwest::Error) -> bool {
    chain(error).any(|e| e.to_string().starts_with("dns error"))
}

/// Whether the DNS name does not exist, as opposed to a lookup that failed for
/// now.
pub(crate) fn is_unknown_name(error: &reqwest::Error) -> bool {
    // The text of EAI_AGAIN, which is not translated.
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

/// Shortens a server's message to one line without control characters.
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
