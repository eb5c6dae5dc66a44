//! Sends the requests of one account.

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use matrix_sdk::authentication::matrix::MatrixSession;
use matrix_sdk::authentication::oauth::error::{BasicErrorResponseType, RequestTokenError};
use matrix_sdk::authentication::oauth::{ClientId, OAuthError, OAuthSession, UserSession};
use matrix_sdk::config::RequestConfig;
use matrix_sdk::futures::SendRequest;
use matrix_sdk::reqwest::Method;
use matrix_sdk::ruma::api::MatrixVersion;
use matrix_sdk::ruma::{OwnedUserId, UserId};
use matrix_sdk::store::RoomLoadSettings;
use matrix_sdk::{Client, HttpResult, RefreshTokenError, SessionMeta, SessionTokens, reqwest};
use serde_json::Value;
use tokio::sync::{Mutex, mpsc, oneshot};
use url::Url;

use crate::address::name_of;
use crate::filters::Filters;
use crate::request_error::RequestError;
use crate::revocation::{self, sign_in_service_silent};
use crate::server_clock::ServerClock;
use crate::{Secret, Session};

/// How long an ordinary request may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);
/// How long refreshed tokens wait to be stored. After that they are used in any
/// case: a keyring that hangs must neither end the session nor delay the next
/// poll until others see us offline, which takes 2.5 s.
const TOKEN_STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// The size limit of an answer, in bytes. No expected answer is nearly as long.
/// The limit keeps a server from filling the memory.
const LONGEST_ANSWER: usize = 16 << 20;

/// Percent-encodes text as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    let mut url = Url::parse("path:/").ok();
    if let Some(mut parts) = url.as_mut().and_then(|url| url.path_segments_mut().ok()) {
        parts.clear().push(text);
    }
    url.map(|url| url.path().trim_start_matches('/').to_owned()).unwrap_or_default()
}

/// Refreshed tokens, and the sender that confirms that they are stored.
pub(crate) type Refreshed = (Session, oneshot::Sender<()>);

/// The stored session is malformed.
#[derive(Debug)]
pub(crate) struct BrokenSession;

/// The HTTP client of one account. A request is retried only after an expired
/// token was refreshed.
pub(crate) struct Api {
    client: Client,
    session: Session,
    user: OwnedUserId,
    host: String,
    http: reqwest::Client,
    clock: ServerClock,
    refreshing: Arc<Mutex<()>>,
    refreshed: mpsc::UnboundedSender<Refreshed>,
    pub(crate) filters: Filters,
}

/// A client of a homeserver without a session. No request is made.
pub(crate) async fn client(http: &reqwest::Client, base: &str) -> Result<Client, BrokenSession> {
    Client::builder()
        .homeserver_url(base)
        .http_client(http.clone())
        .request_config(config(TIMEOUT))
        // With these versions given, the SDK uses the stable paths and does not
        // ask for /versions. Endpoints that have an unstable path as well are
        // not called through the SDK.
        .server_versions([MatrixVersion::V1_1, MatrixVersion::V1_16])
        .respect_login_well_known(false)
        .build()
        .await
        .map_err(|_| BrokenSession)
}

/// The SDK must not retry: the account state machine decides about retries.
pub(crate) fn config(timeout: Duration) -> RequestConfig {
    RequestConfig::new().disable_retry().timeout(timeout)
}

/// A client with the session of an account. No request is made.
async fn restored(
    http: &reqwest::Client,
    session: &Session,
    user: &UserId,
) -> Result<Client, BrokenSession> {
    let client = client(http, &session.homeserver).await?;
    let meta =
        SessionMeta { user_id: user.to_owned(), device_id: session.device_id.as_str().into() };
    let tokens = SessionTokens {
        access_token: session.access_token.reveal().to_owned(),
        refresh_token: session.refresh_token.as_ref().map(|t| t.reveal().to_owned()),
    };
    // The store is empty, so nothing is loaded.
    let rooms = RoomLoadSettings::default();
    match &session.client_id {
        None => client.matrix_auth().restore_session(MatrixSession { meta, tokens }, rooms).await,
        Some(id) => {
            let user = UserSession { meta, tokens };
            let session = OAuthSession { client_id: ClientId::new(id.clone()), user };
            client.oauth().restore_session(session, rooms).await
        }
    }
    .map_err(|_| BrokenSession)?;
    Ok(client)
}

impl Api {
    /// Prepares the client. No request is made. Refreshed tokens are sent to
    /// `refreshed`.
    pub(crate) async fn open(
        http: &reqwest::Client,
        session: Session,
        refreshed: mpsc::UnboundedSender<Refreshed>,
    ) -> Result<Self, BrokenSession> {
        let user = UserId::parse(&session.user_id).map_err(|_| BrokenSession)?;
        let host = name_of(&Url::parse(&session.homeserver).map_err(|_| BrokenSession)?);
        let client = restored(http, &session, &user).await?;
        let http = http.clone();
        Ok(Self {
            client,
            session,
            user,
            host,
            http,
            clock: ServerClock::default(),
            refreshing: Arc::default(),
            refreshed,
            filters: Filters::default(),
        })
    }

    /// The account's user id.
    pub(crate) fn user(&self) -> &UserId {
        &self.user
    }

    /// Host and port of the homeserver, for messages to the person.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The current time by the server's clock, which is estimated from the
    /// `Date` headers of answers, and by our own clock until there is one. The
    /// SDK hides the headers, so only answers to requests without the SDK
    /// count.
    pub(crate) fn server_now(&self) -> Timestamp {
        self.clock.at(Timestamp::now())
    }

    /// Sends the request that `make` prepares. If the token has expired, it is
    /// refreshed and the request repeated, whether or not the server calls it a
    /// soft logout: under OAuth 2.0 no server does.
    pub(crate) async fn send<R, T>(
        &self,
        timeout: Duration,
        make: impl Fn(&Client) -> SendRequest<R>,
    ) -> Result<T, RequestError>
    where
        SendRequest<R>: IntoFuture<Output = HttpResult<T>>,
    {
        // Some servers answer more to an authenticated request, and some answer
        // to no other.
        let config = config(timeout).force_auth();
        let attempt = async || {
            let sending = make(&self.client).with_request_config(config);
            sending.await.map_err(|error| RequestError::sdk(&error, self.server_now().into()))
        };
        let used = self.client.access_token();
        match attempt().await {
            Err(RequestError::UnknownToken) => {
                self.refresh(used).await?;
                attempt().await
            }
            answer => answer,
        }
    }

    /// GETs JSON that is read value by value. The SDK's types reject an answer
    /// for one malformed value, and the SDK does not limit the size of an
    /// answer.
    pub(crate) async fn get(&self, path: &str, timeout: Duration) -> Result<Value, RequestError> {
        let body = self.fetch(path, &[], timeout).await?;
        serde_json::from_slice(&body).map_err(|_| RequestError::NotMatrix)
    }

    /// The body of the answer to a GET. `path` is relative to the base URL.
    pub(crate) async fn fetch(
        &self,
        path: &str,
        query: &[(&str, &str)],
        timeout: Duration,
    ) -> Result<Vec<u8>, RequestError> {
        let mut url = self.url(path)?;
        url.query_pairs_mut().extend_pairs(query);
        self.request(|| self.http.get(url.clone()).timeout(timeout)).await
    }

    /// POSTs JSON to an endpoint for which the SDK has no suitable type.
    pub(crate) async fn post(
        &self,
        path: &str,
        body: &Value,
        timeout: Duration,
    ) -> Result<Value, RequestError> {
        let answer = self.send_json(Method::POST, path, Some(body), timeout).await?;
        serde_json::from_slice(&answer).map_err(|_| RequestError::NotMatrix)
    }

    /// PUTs JSON. The body of the answer is ignored.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<(), RequestError> {
        self.send_json(Method::PUT, path, Some(body), TIMEOUT).await.map(drop)
    }

    /// DELETEs. The body of the answer is ignored.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), RequestError> {
        self.send_json(Method::DELETE, path, None, TIMEOUT).await.map(drop)
    }

    async fn send_json(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        timeout: Duration,
    ) -> Result<Vec<u8>, RequestError> {
        let (url, body) = (self.url(path)?, body.map(Value::to_string));
        let request = || {
            let said = self.http.request(method.clone(), url.clone()).timeout(timeout);
            match body.clone() {
                Some(body) => said.header("content-type", "application/json").body(body),
                None => said,
            }
        };
        self.request(request).await
    }

    fn url(&self, path: &str) -> Result<Url, RequestError> {
        let base = self.session.homeserver.trim_end_matches('/');
        Url::parse(&format!("{base}/{path}")).map_err(|_| RequestError::NotMatrix)
    }

    async fn request(
        &self,
        make: impl Fn() -> reqwest::RequestBuilder,
    ) -> Result<Vec<u8>, RequestError> {
        let used = self.client.access_token();
        match self.attempt(make()).await {
            Err(RequestError::UnknownToken) => {
                self.refresh(used).await?;
                self.attempt(make()).await
            }
            answer => answer,
        }
    }

    async fn attempt(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, RequestError> {
        let token = self.client.access_token().unwrap_or_default();
        let sent = Timestamp::now();
        let mut answer = request.bearer_auth(token).send().await?;
        self.clock.record(answer.headers(), sent, Timestamp::now());
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await? {
            if body.len() + part.len() > LONGEST_ANSWER {
                return Err(RequestError::TooLong);
            }
            body.extend_from_slice(&part);
        }
        if status.is_success() {
            return Ok(body);
        }
        Err(RequestError::answer(status, headers, body))
    }

    /// Revokes an OAuth 2.0 session.
    pub(crate) async fn revoke(&self, client_id: &str) -> Result<(), RequestError> {
        revocation::revoke(&self.client, &self.http, client_id).await
    }

    /// Replaces the token `used` once, however many requests found it expired.
    /// The refresh continues if its caller is cancelled, because the server may
    /// have voided the old tokens already.
    async fn refresh(&self, used: Option<String>) -> Result<(), RequestError> {
        let guard = Arc::clone(&self.refreshing).lock_owned().await;
        let tokens = self.client.session_tokens();
        if tokens.as_ref().map(|t| &t.access_token) != used.as_ref() {
            return Ok(());
        }
        if tokens.is_none_or(|t| t.refresh_token.is_none()) {
            return Err(RequestError::UnknownToken);
        }
        let (client, session) = (self.client.clone(), self.session.clone());
        let refreshed = self.refreshed.clone();
        let renewal = tokio::spawn(async move {
            let _guard = guard;
            client.refresh_access_token().await.map_err(|e| refusal(&e))?;
            let Some(tokens) = client.session_tokens() else { return Ok(()) };
            let session = Session {
                access_token: Secret::new(tokens.access_token),
                refresh_token: tokens.refresh_token.map(Secret::new),
                ..session
            };
            let (stored, storing) = oneshot::channel();
            if refreshed.send((session, stored)).is_ok() {
                let _ = tokio::time::timeout(TOKEN_STORE_TIMEOUT, storing).await;
            }
            Ok(())
        });
        renewal.await.unwrap_or(Err(RequestError::UnknownToken))
    }
}

/// What a failed refresh means. Only an explicit refusal ends the session.
fn refusal(error: &RefreshTokenError) -> RequestError {
    match error {
        RefreshTokenError::RefreshTokenRequired => RequestError::UnknownToken,
        RefreshTokenError::MatrixAuth(http) => match RequestError::from(http.as_ref()) {
            RequestError::Refused { status: 401 | 403, .. } => RequestError::UnknownToken,
            other => other,
        },
        RefreshTokenError::OAuth(oauth) => match oauth.as_ref() {
            OAuthError::RefreshToken(RequestTokenError::ServerResponse(answer)) => {
                match answer.error() {
                    BasicErrorResponseType::InvalidGrant
                    | BasicErrorResponseType::InvalidClient
                    | BasicErrorResponseType::UnauthorizedClient => RequestError::UnknownToken,
                    _ => RequestError::NotMatrix,
                }
            }
            _ => sign_in_service_silent(),
        },
    }
}

#[cfg(test)]
pub(crate) mod tests;
