//! Ends a session of OAuth 2.0.

use std::time::Duration;

use matrix_sdk::authentication::oauth::error::OAuthDiscoveryError;
use matrix_sdk::reqwest::StatusCode;
use matrix_sdk::{Client, reqwest};
use presently_core::Code;
use url::form_urlencoded;

use crate::address::is_safe;
use crate::request_error::RequestError;

const TIMEOUT: Duration = Duration::from_secs(30);
const FORM: &str = "application/x-www-form-urlencoded";

/// Revokes the tokens of a client (RFC 7009). A client without tokens is fine.
/// The SDK is not used, because it refuses a service on this computer without
/// https.
pub(crate) async fn revoke(
    client: &Client,
    http: &reqwest::Client,
    client_id: &str,
) -> Result<(), RequestError> {
    let Some(tokens) = client.session_tokens() else { return Ok(()) };
    let metadata = client.oauth().server_metadata().await.map_err(|e| match e {
        OAuthDiscoveryError::Http(error) => RequestError::from(error),
        _ => sign_in_service_silent(),
    })?;
    let url = metadata.revocation_endpoint;
    if !is_safe(&url) {
        return Err(RequestError::Tls(Code::new("certificate-none").into()));
    }
    // The refresh token lives longer, and its revocation ends the access token
    // as well.
    let (kind, token) = match tokens.refresh_token {
        Some(refresh) => ("refresh_token", refresh),
        None => ("access_token", tokens.access_token),
    };
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("token", &*token), ("token_type_hint", kind), ("client_id", client_id)])
        .finish();
    let request = http.post(url).header("content-type", FORM).body(form);
    match request.timeout(TIMEOUT).send().await {
        Ok(answer)
            if answer.status().is_server_error()
                || answer.status() == StatusCode::TOO_MANY_REQUESTS =>
        {
            Err(RequestError::answer(answer.status(), answer.headers().clone(), Vec::new()))
        }
        // An unknown token is answered 200 as well (RFC 7009 section 2.2). Any
        // other answer means that there is nothing left to revoke.
        Ok(_) => Ok(()),
        Err(error) => Err(RequestError::from(&error)),
    }
}

/// The error for an OAuth 2.0 service that gives no usable answer.
pub(crate) fn sign_in_service_silent() -> RequestError {
    RequestError::Unreachable(Code::new("sign-in-service-silent").into())
}
