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
        let mut answer = Response::new(body);
        (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
        match Self::refusal(&ApiError::from_http_response(answer), now) {
            Self::Limited(None) => Self::Limited(after.map(|after| wait(after, now))),
            other => other,
        }
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
mod tests {
    use matrix_sdk::reqwest::header::{DATE, HeaderName, HeaderValue};

    use super::*;

    fn api(status: u16, body: &str) -> Trouble {
        answered(status, &[], body)
    }

    fn answered(status: u16, headers: &[(HeaderName, &str)], body: &str) -> Trouble {
        let header = |(name, value): &(HeaderName, &str)| {
            (name.clone(), HeaderValue::from_str(value).expect("a header"))
        };
        let headers = headers.iter().map(header).collect();
        Trouble::answer(StatusCode::from_u16(status).expect("a status"), headers, body.into())
    }

    #[test]
    fn answers_are_sorted_by_what_they_mean() {
        let limited = r#"{"errcode": "M_LIMIT_EXCEEDED", "error": "x", "retry_after_ms": 7300}"#;
        assert_eq!(api(429, limited), Trouble::Limited(Some(Duration::from_millis(7300))));
        assert_eq!(api(429, "slow down"), Trouble::Limited(None));
        assert_eq!(
            api(401, r#"{"errcode": "M_UNKNOWN_TOKEN", "error": "x", "soft_logout": true}"#),
            Trouble::UnknownToken
        );
        assert_eq!(api(502, "<html>"), Trouble::Server(502));
        assert_eq!(api(500, r#"{"errcode": "M_UNKNOWN", "error": "x"}"#), Trouble::Server(500));
        assert_eq!(api(404, "<html>portal</html>"), Trouble::Nonsense);
        assert_eq!(api(511, "<html>portal</html>"), Trouble::Portal);
        assert_eq!(
            api(400, r#"{"errcode": "M_UNKNOWN", "error": "Invalid\n presence"}"#),
            Trouble::Refused {
                status: 400,
                code: "M_UNKNOWN".to_owned(),
                message: "Invalid presence".to_owned()
            }
        );
    }

    #[test]
    fn nobody_waits_for_longer_than_an_hour() {
        const LIMIT: &str = r#"{"errcode": "M_LIMIT_EXCEEDED", "error": "x"}"#;
        let hour = Trouble::Limited(Some(Duration::from_secs(3600)));
        let body =
            |wait: u64| LIMIT.replace("\"x\"", &format!("\"x\", \"retry_after_ms\": {wait}"));
        assert_eq!(
            api(429, &body(3_599_999)),
            Trouble::Limited(Some(Duration::from_millis(3_599_999)))
        );
        assert_eq!(api(429, &body((1 << 53) - 1)), hour);
        for after in ["3601", "18446744073709551615", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            for body in [LIMIT, "<html>"] {
                assert_eq!(answered(429, &[(RETRY_AFTER, after)], body), hour, "{after}");
            }
        }
        // By whichever clock.
        let date = (DATE, "Sun, 06 Nov 1994 08:00:00 GMT");
        let after = (RETRY_AFTER, "Sun, 06 Nov 1994 10:00:00 GMT");
        assert_eq!(answered(429, &[date, after], LIMIT), hour);
    }

    #[test]
    fn a_date_to_wait_for_is_by_the_clock_that_named_it() {
        let limited = |headers: &[_]| match answered(429, headers, "slow down") {
            Trouble::Limited(after) => after.map(|after| after.as_secs()),
            other => panic!("{other:?}"),
        };
        let (date, after) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:07 GMT");
        assert_eq!(limited(&[(DATE, date), (RETRY_AFTER, after)]), Some(30));
        assert_eq!(limited(&[(DATE, after), (RETRY_AFTER, date)]), Some(0));
        // Long past by ours, which is what there is.
        assert_eq!(limited(&[(RETRY_AFTER, after)]), Some(0));
        assert_eq!(limited(&[(DATE, "yesterday"), (RETRY_AFTER, after)]), Some(0));
        assert_eq!(limited(&[(RETRY_AFTER, "30")]), Some(30));
        assert_eq!(limited(&[(RETRY_AFTER, "soon")]), None);
    }

    #[test]
    fn a_hostile_message_stays_on_one_short_line() {
        let line = one_line(&format!("a\r\n\x1b[31mb\t{}", "x".repeat(1000)));
        assert!(line.starts_with("a [31mb x"), "{line}");
        assert!(line.chars().count() <= 161 && !line.contains(char::is_control));
    }
}
