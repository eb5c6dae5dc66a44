//! Requests of one account.

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
use crate::revocation::{self, sign_in_service_silent};
use crate::server_clock::ServerClock;
use crate::trouble::Trouble;
use crate::{Secret, Session};

/// How long an ordinary request may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);
/// How long refreshed tokens wait to be stored before they are used all the
/// same: a keyring that hangs must neither end the session nor keep the next
/// poll back until others see us as gone, which they do after 2.5 s.
const STORING: Duration = Duration::from_secs(2);

/// Nothing that is asked for is nearly as long, in bytes. A server that goes
/// on and on must not fill the memory.
const LONGEST_ANSWER: usize = 16 << 20;

/// What somebody says as one part of a path.
pub(crate) fn segment(text: &str) -> String {
    let mut url = Url::parse("path:/").ok();
    if let Some(mut parts) = url.as_mut().and_then(|url| url.path_segments_mut().ok()) {
        parts.clear().push(text);
    }
    url.map(|url| url.path().trim_start_matches('/').to_owned()).unwrap_or_default()
}

/// Refreshed tokens on their way to the secret store, and who to tell.
pub(crate) type Refreshed = (Session, oneshot::Sender<()>);

/// A stored session that makes no sense.
#[derive(Debug)]
pub(crate) struct BrokenSession;

/// One account's way to its homeserver. Nothing is retried here but what
/// failed for an expired token.
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

/// A client of a homeserver that knows nobody yet. No request is made.
pub(crate) async fn client(http: &reqwest::Client, base: &str) -> Result<Client, BrokenSession> {
    Client::builder()
        .homeserver_url(base)
        .http_client(http.clone())
        .request_config(config(TIMEOUT))
        // With this the SDK takes the stable paths and asks for no versions
        // of its own accord; what a server can do is asked where it matters,
        // and what has an unstable path, too, does not go by the SDK.
        .server_versions([MatrixVersion::V1_1, MatrixVersion::V1_16])
        .respect_login_well_known(false)
        .build()
        .await
        .map_err(|_| BrokenSession)
}

/// No retry: when to try again is a rule, and rules are in the plan.
pub(crate) fn config(timeout: Duration) -> RequestConfig {
    RequestConfig::new().disable_retry().timeout(timeout)
}

/// A client that speaks for an account. No request is made.
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
    // Nothing is loaded, the store is empty.
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
    /// Prepares the way; no request is made. Refreshed tokens are announced
    /// to `refreshed`.
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

    /// The homeserver, for a person to read.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The time by the server's clock, as the latest answers with a date told
    /// it; the SDK shows no headers, so those are the polls and whatever else
    /// goes by [`Self::fetch`] or [`Self::post`]. By ours until then.
    pub(crate) fn server_now(&self) -> Timestamp {
        self.clock.at(Timestamp::now())
    }

    /// Sends the request that `make` prepares. An expired token is refreshed
    /// first, whether or not the server calls it a soft logout: under OAuth
    /// none does.
    pub(crate) async fn send<R, T>(
        &self,
        timeout: Duration,
        make: impl Fn(&Client) -> SendRequest<R>,
    ) -> Result<T, Trouble>
    where
        SendRequest<R>: IntoFuture<Output = HttpResult<T>>,
    {
        // Servers say more to those they know, and some say nothing else.
        let config = config(timeout).force_auth();
        let attempt = async || {
            let sending = make(&self.client).with_request_config(config);
            sending.await.map_err(|error| Trouble::sdk(&error, self.server_now().into()))
        };
        let used = self.client.access_token();
        match attempt().await {
            Err(Trouble::UnknownToken) => {
                self.refresh(used).await?;
                attempt().await
            }
            answer => answer,
        }
    }

    /// GETs what is read part by part: the SDK's types refuse an answer for
    /// the sake of one odd value, and it knows no limit for what a server
    /// says.
    pub(crate) async fn get(&self, path: &str, timeout: Duration) -> Result<Value, Trouble> {
        let body = self.fetch(path, &[], timeout).await?;
        serde_json::from_slice(&body).map_err(|_| Trouble::Nonsense)
    }

    /// The body of the answer to a GET. `path` is under the base URL.
    pub(crate) async fn fetch(
        &self,
        path: &str,
        query: &[(&str, &str)],
        timeout: Duration,
    ) -> Result<Vec<u8>, Trouble> {
        let mut url = self.url(path)?;
        url.query_pairs_mut().extend_pairs(query);
        self.request(|| self.http.get(url.clone()).timeout(timeout)).await
    }

    /// POSTs what the SDK has no type for, or a wrong one.
    pub(crate) async fn post(
        &self,
        path: &str,
        body: &Value,
        timeout: Duration,
    ) -> Result<Value, Trouble> {
        let answer = self.say(Method::POST, path, Some(body), timeout).await?;
        serde_json::from_slice(&answer).map_err(|_| Trouble::Nonsense)
    }

    /// PUTs a body. What the answer says beside its status is not looked at.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<(), Trouble> {
        self.say(Method::PUT, path, Some(body), TIMEOUT).await.map(drop)
    }

    /// DELETEs.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), Trouble> {
        self.say(Method::DELETE, path, None, TIMEOUT).await.map(drop)
    }

    async fn say(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        timeout: Duration,
    ) -> Result<Vec<u8>, Trouble> {
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

    fn url(&self, path: &str) -> Result<Url, Trouble> {
        let base = self.session.homeserver.trim_end_matches('/');
        Url::parse(&format!("{base}/{path}")).map_err(|_| Trouble::Nonsense)
    }

    async fn request(
        &self,
        make: impl Fn() -> reqwest::RequestBuilder,
    ) -> Result<Vec<u8>, Trouble> {
        let used = self.client.access_token();
        match self.attempt(make()).await {
            Err(Trouble::UnknownToken) => {
                self.refresh(used).await?;
                self.attempt(make()).await
            }
            answer => answer,
        }
    }

    async fn attempt(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, Trouble> {
        let token = self.client.access_token().unwrap_or_default();
        let sent = Timestamp::now();
        let mut answer = request.bearer_auth(token).send().await?;
        self.clock.record(answer.headers(), sent, Timestamp::now());
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await? {
            if body.len() + part.len() > LONGEST_ANSWER {
                return Err(Trouble::Endless);
            }
            body.extend_from_slice(&part);
        }
        if status.is_success() {
            return Ok(body);
        }
        Err(Trouble::answer(status, headers, body))
    }

    /// Revokes an OAuth 2.0 session.
    pub(crate) async fn revoke(&self, client_id: &str) -> Result<(), Trouble> {
        revocation::revoke(&self.client, &self.http, client_id).await
    }

    /// Replaces the token `used`, once, however many requests found it
    /// expired. It goes on if the request that asked is given up, because
    /// the server may have voided the old tokens by then.
    async fn refresh(&self, used: Option<String>) -> Result<(), Trouble> {
        let guard = Arc::clone(&self.refreshing).lock_owned().await;
        let tokens = self.client.session_tokens();
        if tokens.as_ref().map(|t| &t.access_token) != used.as_ref() {
            return Ok(());
        }
        if tokens.is_none_or(|t| t.refresh_token.is_none()) {
            return Err(Trouble::UnknownToken);
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
                let _ = tokio::time::timeout(STORING, storing).await;
            }
            Ok(())
        });
        renewal.await.unwrap_or(Err(Trouble::UnknownToken))
    }
}

/// What a failed refresh means. Only a clear no ends the session.
fn refusal(error: &RefreshTokenError) -> Trouble {
    match error {
        RefreshTokenError::RefreshTokenRequired => Trouble::UnknownToken,
        RefreshTokenError::MatrixAuth(http) => match Trouble::from(http.as_ref()) {
            Trouble::Refused { status: 401 | 403, .. } => Trouble::UnknownToken,
            other => other,
        },
        RefreshTokenError::OAuth(oauth) => match oauth.as_ref() {
            OAuthError::RefreshToken(RequestTokenError::ServerResponse(answer)) => {
                match answer.error() {
                    BasicErrorResponseType::InvalidGrant
                    | BasicErrorResponseType::InvalidClient
                    | BasicErrorResponseType::UnauthorizedClient => Trouble::UnknownToken,
                    _ => Trouble::Nonsense,
                }
            }
            _ => sign_in_service_silent(),
        },
    }
}

#[cfg(test)]
pub(crate) mod tests;
