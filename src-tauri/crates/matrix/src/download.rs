//! Downloads of documents that may have changed, such as a calendar. They use
//! the proxy and the certificates that requests to homeservers use.

use std::time::Duration;

use matrix_sdk::reqwest::header::{
    ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RETRY_AFTER,
};
use matrix_sdk::reqwest::{self, StatusCode};
use presently_core::Code;
use url::Url;

use crate::HttpUnavailable;
use crate::address::{is_safe, name_of};
use crate::http::client;
use crate::request_error::RequestError;

/// The time limit for a whole download.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The most redirects. They may lead to other servers, because the address is
/// all that the request tells.
const REDIRECTS: usize = 5;

/// What a server said about a version of a document (RFC 9110, 8.8). With it, an
/// unchanged document is not sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    etag: Option<String>,
    last_modified: Option<String>,
}

/// A document, or that it is the same as before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Download {
    /// It has not changed.
    Unchanged,
    /// It has this content.
    New(Vec<u8>, Version),
}

/// Why a document cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadError {
    /// Why, without the address: who knows it may read the document.
    pub why: Code,
    /// How long the server asks to wait before the next try.
    pub retry_after: Option<Duration>,
}

/// An HTTP client for documents. It costs memory: one is enough.
#[derive(Clone, Debug)]
pub struct Downloader {
    http: reqwest::Client,
}

impl Downloader {
    /// Creates the client. The proxy comes from the environment.
    ///
    /// # Errors
    ///
    /// The proxy cannot be used, or TLS cannot be set up.
    pub fn new() -> Result<Self, HttpUnavailable> {
        let redirects = reqwest::redirect::Policy::custom(|attempt| {
            match attempt.previous().len() <= REDIRECTS && is_safe(attempt.url()) {
                true => attempt.follow(),
                false => attempt.error("a redirect that is not followed"),
            }
        });
        Ok(Self { http: client(redirects)? })
    }

    /// Gets a document of at most `limit` bytes, unless it is still this
    /// version. `webcal` addresses are read by https.
    ///
    /// # Errors
    ///
    /// It cannot be had now.
    pub async fn get(
        &self,
        address: &str,
        version: &Version,
        limit: usize,
    ) -> Result<Download, DownloadError> {
        let failed = |why| DownloadError { why, retry_after: None };
        let url = safe_url(address).map_err(failed)?;
        let name = name_of(&url);
        let mut headers = HeaderMap::new();
        let mut condition = |header: HeaderName, value: &Option<String>| {
            if let Some(value) = value.as_ref().and_then(|value| value.parse().ok()) {
                headers.insert(header, value);
            }
        };
        condition(IF_NONE_MATCH, &version.etag);
        condition(IF_MODIFIED_SINCE, &version.last_modified);
        let unreachable = |error: reqwest::Error| failed(why_not(&error, &name));
        let request = self.http.get(url).headers(headers).timeout(TIMEOUT);
        let response = request.send().await.map_err(unreachable)?;
        match response.status() {
            StatusCode::NOT_MODIFIED => return Ok(Download::Unchanged),
            StatusCode::OK => {}
            status => {
                let retry_after = header(response.headers(), &RETRY_AFTER);
                let seconds = retry_after.and_then(|text| text.trim().parse().ok());
                let why = Code::new("download-refused")
                    .with("server", name)
                    .with("status", status.as_u16().to_string());
                return Err(DownloadError { why, retry_after: seconds.map(Duration::from_secs) });
            }
        }
        let version = Version {
            etag: header(response.headers(), &ETAG),
            last_modified: header(response.headers(), &LAST_MODIFIED),
        };
        let content = body(response, limit, &name).await?;
        Ok(Download::New(content, version))
    }
}

/// The content of an answer of at most `limit` bytes.
pub(crate) async fn body(
    mut response: reqwest::Response,
    limit: usize,
    server: &str,
) -> Result<Vec<u8>, DownloadError> {
    let failed = |why| DownloadError { why, retry_after: None };
    let mut content = Vec::new();
    loop {
        let chunk = response.chunk().await.map_err(|error| failed(why_not(&error, server)))?;
        let Some(chunk) = chunk else { return Ok(content) };
        if content.len() + chunk.len() > limit {
            let why = Code::new("download-too-large")
                .with("server", server)
                .with("limit", (limit / 1_000_000).to_string());
            return Err(failed(why));
        }
        content.extend_from_slice(&chunk);
    }
}

/// Why there is no answer, or only a part of one.
pub(crate) fn why_not(error: &reqwest::Error, server: &str) -> Code {
    if error.is_redirect() {
        return Code::new("download-redirect").with("server", server);
    }
    match RequestError::from(error) {
        RequestError::NotMatrix => Code::new("download-cut-off").with("server", server),
        other => other.code(server),
    }
}

/// The address as one that nobody can read on the way.
fn safe_url(address: &str) -> Result<Url, Code> {
    let bad = || Code::new("download-bad-address");
    let address = match address.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("webcal") => format!("https://{rest}"),
        _ => address.to_owned(),
    };
    let url = Url::parse(&address).map_err(|_| bad())?;
    match is_safe(&url) {
        true => Ok(url),
        false => Err(bad()),
    }
}

/// The server of an address, for messages to the person. The rest of the
/// address may be a secret.
pub fn server_of(address: &str) -> Option<String> {
    safe_url(address).ok().map(|url| name_of(&url))
}

pub(crate) fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_on_the_way_is_refused() {
        for (address, server) in [
            ("https://calendar.example/secret/basic.ics", Some("calendar.example")),
            ("webcal://calendar.example:8443/secret", Some("calendar.example:8443")),
            ("http://localhost:5232/me", Some("localhost:5232")),
            ("http://calendar.example/", None),
            ("ftp://calendar.example/", None),
            ("calendar.example", None),
        ] {
            assert_eq!(server_of(address).as_deref(), server, "{address}");
        }
    }
}
