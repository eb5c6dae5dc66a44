//! Finds the base URL of a user's homeserver.

use std::net::IpAddr;
use std::time::Duration;

use matrix_sdk::reqwest::{self, StatusCode};
use matrix_sdk::ruma::{ServerName, UserId};
use serde::Deserialize;
use serde_json::Value;
use url::{Host, Url};

use crate::address::{is_loopback, is_safe, name_of};
use crate::request_error::{RequestError, is_lookup, is_unknown_name};
use crate::sign_in_error::{SignInError, sign_in_error};

const TIMEOUT: Duration = Duration::from_secs(10);
/// The size limit of an answer, in bytes. The expected answers have a few
/// hundred.
const LONGEST_ANSWER: usize = 256 * 1024;

#[derive(Deserialize)]
struct WellKnown {
    #[serde(rename = "m.homeserver")]
    homeserver: Base,
}

#[derive(Deserialize)]
struct Base {
    base_url: String,
}

#[derive(Deserialize)]
struct Versions {
    versions: Vec<Value>,
}

/// The base URL of a user's homeserver: `given`, else the one in
/// /.well-known/matrix/client of the server name, else the server name itself.
/// A Matrix server has answered there.
pub(crate) async fn find(
    http: &reqwest::Client,
    user: &UserId,
    given: Option<&str>,
) -> Result<Url, SignInError> {
    let base = match given {
        Some(text) => parse_given(text)?,
        None => discover(http, user.server_name()).await?,
    };
    check(http, &base, given.is_some()).await?;
    Ok(base)
}

fn parse_given(text: &str) -> Result<Url, SignInError> {
    let text = text.trim().trim_end_matches('/');
    let bad = || SignInError::BadHomeserver(text.to_owned());
    let url = if text.contains("://") {
        Url::parse(text)
    } else {
        let server = <&ServerName>::try_from(text).map_err(|_| bad())?;
        Url::parse(&format!("{}://{text}", scheme_for(server)))
    };
    safe(url.map_err(|_| bad())?, text)
}

fn safe(mut url: Url, text: &str) -> Result<Url, SignInError> {
    if !matches!(url.scheme(), "http" | "https")
        || url.host().is_none()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(SignInError::BadHomeserver(text.to_owned()));
    }
    if !is_safe(&url) {
        return Err(SignInError::InsecureHttp(text.to_owned()));
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

fn scheme_for(server: &ServerName) -> &'static str {
    let host = server.host();
    let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let loopback = ip.map_or_else(|| is_loopback(Some(Host::Domain(host))), |ip| ip.is_loopback());
    if loopback { "http" } else { "https" }
}

async fn discover(http: &reqwest::Client, server: &ServerName) -> Result<Url, SignInError> {
    let scheme = scheme_for(server);
    let itself = Url::parse(&format!("{scheme}://{server}"))
        .map_err(|_| SignInError::UnknownHomeserver(server.to_string()))?;
    // The port of a server name is for federation. On this computer, however,
    // only the port tells servers apart.
    let asked = if scheme == "http" { server.as_str() } else { server.host() };
    let response =
        http.get(format!("{scheme}://{asked}/.well-known/matrix/client")).timeout(TIMEOUT).send();
    // If the file cannot be read, the server name itself may still be right. If
    // it is not, its error is the clearer one.
    let Ok(response) = response.await else { return Ok(itself) };
    if response.status() != StatusCode::OK {
        return Ok(itself);
    }
    match json::<WellKnown>(response).await {
        Ok(found) => {
            let text = found.homeserver.base_url;
            let url = Url::parse(text.trim_end_matches('/'))
                .map_err(|_| SignInError::NotAMatrixServer(asked.to_owned()))?;
            // A remote server must not direct requests to a port of this
            // computer.
            if scheme == "https" && url.scheme() == "http" {
                return Err(SignInError::InsecureHttp(text));
            }
            safe(url, &text)
        }
        Err(_) => Ok(itself),
    }
}

async fn check(http: &reqwest::Client, base: &Url, given: bool) -> Result<(), SignInError> {
    let name = name_of(base);
    let url = format!("{}/_matrix/client/versions", base.as_str().trim_end_matches('/'));
    let mut response = http.get(url).timeout(TIMEOUT).send().await.map_err(|e| {
        let error = RequestError::from(&e);
        match error {
            RequestError::NotMatrix => SignInError::NotAMatrixServer(name.clone()),
            // If nothing answers at the server name, the server may be at
            // another address.
            RequestError::Unreachable(_)
                if is_unknown_name(&e) || e.is_connect() && !is_lookup(&e) && !given =>
            {
                SignInError::UnknownHomeserver(name.clone())
            }
            other => SignInError::Network(other.code(&name)),
        }
    })?;
    let status = response.status();
    if status != StatusCode::OK {
        let headers = std::mem::take(response.headers_mut());
        return Err(sign_in_error(RequestError::answer(status, headers, Vec::new()), &name));
    }
    match json::<Versions>(response).await {
        Ok(answer) if answer.versions.iter().any(Value::is_string) => Ok(()),
        Ok(_) | Err(RequestError::NotMatrix) => Err(SignInError::NotAMatrixServer(name)),
        Err(other) => Err(SignInError::Network(other.code(&name))),
    }
}

/// Reads JSON from an answer of limited size.
pub(crate) async fn json<T: for<'a> Deserialize<'a>>(
    mut response: reqwest::Response,
) -> Result<T, RequestError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| RequestError::from(&e))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(RequestError::NotMatrix);
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| RequestError::NotMatrix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_computer() {
        for fine in [
            "http://127.0.0.1:8008",
            "http://[::1]:8008",
            "http://localhost",
            "https://example.org",
            "127.0.0.1:8008",
            "localhost:8008",
        ] {
            assert!(parse_given(fine).is_ok(), "{fine}");
        }
        for exposed in
            ["http://example.org", "http://192.168.1.2:8008", "http://localhost.evil.org"]
        {
            assert!(matches!(parse_given(exposed), Err(SignInError::InsecureHttp(_))), "{exposed}");
        }
        for bad in
            ["", "ftp://example.org", "https://me:pw@example.org", "not a server", "https://"]
        {
            assert!(matches!(parse_given(bad), Err(SignInError::BadHomeserver(_))), "{bad}");
        }
    }

    #[test]
    fn a_bare_name_means_https_unless_it_is_this_computer() {
        let base = |text| parse_given(text).map(|url| url.to_string());
        assert_eq!(base("matrix.example.org"), Ok("https://matrix.example.org/".to_owned()));
        assert_eq!(base("localhost:8008"), Ok("http://localhost:8008/".to_owned()));
        assert_eq!(base("https://example.org/hs/?x#y"), Ok("https://example.org/hs/".to_owned()));
    }
}
