use matrix_sdk::Client;
use matrix_sdk::reqwest::{self, StatusCode};
use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::api::client::session::{login, logout};
use matrix_sdk::ruma::api::client::uiaa::{MatrixUserIdentifier, UserIdentifier};
use presently_core::{Code, Coded, coded_error};
use serde_json::Value;
use tokio::sync::mpsc;
use url::Url;

use crate::address::name_of;
use crate::api::{self, Api, TIMEOUT};
use crate::homeserver;
use crate::request_error::{RequestError, one_line};
use crate::sign_in_error::{SignInError, sign_in_error};
use crate::{Matrix, Secret, Session};

/// The parameters of a sign-in with a password.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The Matrix user id. A session of any other user is refused.
    pub user_id: String,
    /// The base URL of the homeserver. Without it, it is discovered from the
    /// user id.
    pub homeserver: Option<String>,
    /// The password.
    pub password: Secret,
    /// The device of an earlier sign-in whose session has ended, to be used
    /// again. If this sign-in fails, the device may be signed out.
    pub device_id: Option<String>,
    /// The name of the device in other clients: "Presently on HOST".
    pub device_name: String,
}

/// Why a session could not be revoked on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignOutError {
    /// The server or the connection to it fails at present.
    Network(Code),
}

impl Coded for SignOutError {
    fn code(&self) -> Code {
        match self {
            Self::Network(why) => Code::new("sign-out-not-told").with("why", why.clone()),
        }
    }
}

coded_error!(SignOutError);

impl Matrix {
    /// Signs in with a password and returns the session, which the caller
    /// stores.
    ///
    /// # Errors
    ///
    /// The homeserver is not found or offers no sign-in with a password, it
    /// refuses or fails, or it signed in another user.
    pub async fn sign_in(&self, how: SignIn) -> Result<Session, SignInError> {
        let user = UserId::parse(how.user_id.trim())
            .map_err(|_| SignInError::BadUserId(how.user_id.clone()))?;
        let base = homeserver::find(&self.http, &user, how.homeserver.as_deref()).await?;
        let host = name_of(&base);
        let client = api::client(&self.http, base.as_str())
            .await
            .map_err(|_| SignInError::BadHomeserver(base.to_string()))?;
        if !login_types(&self.http, &base).await?.iter().any(|t| t == "m.login.password") {
            return Err(SignInError::PasswordNotOffered(host));
        }

        let mut request = request(&user, &how);
        let answer = log_in(&client, &host, request.clone()).await?;
        let expires = answer.expires_in.is_some();
        let first = session(self, &base, &user, answer).await?;
        if !expires {
            return Ok(first);
        }
        // This server's tokens expire, so a refreshable one is requested. It is
        // not requested at first, because a server with lasting tokens
        // (Synapse) would issue one of five minutes instead.
        request.device_id = Some(first.device_id.as_str().into());
        request.refresh_token = true;
        let second = match log_in(&client, &host, request).await {
            Ok(answer) => session(self, &base, &user, answer).await,
            Err(error) => Err(error),
        };
        if second.as_ref().map(|second| &second.device_id) != Ok(&first.device_id) {
            // The first session is not used and is revoked on a best-effort
            // basis.
            let _ = self.sign_out(&first).await;
        }
        second
    }

    /// Revokes a session. A session that the server does not know any more is
    /// fine.
    ///
    /// # Errors
    ///
    /// The server or the connection to it fails, so the session may still be
    /// valid.
    pub async fn sign_out(&self, session: &Session) -> Result<(), SignOutError> {
        // Refreshed tokens need not be stored, because they are revoked next.
        let (refreshed, _) = mpsc::unbounded_channel();
        let Ok(api) = Api::open(&self.http, session.clone(), refreshed).await else {
            return Ok(());
        };
        let answer = match &session.client_id {
            None => api.send(TIMEOUT, |c| c.send(logout::v3::Request::new())).await.map(drop),
            Some(id) => api.revoke(id).await,
        };
        match answer {
            Ok(()) | Err(RequestError::UnknownToken) => Ok(()),
            Err(error) => Err(SignOutError::Network(error.code(api.host()))),
        }
    }
}

fn request(user: &UserId, how: &SignIn) -> login::v3::Request {
    let identifier = UserIdentifier::Matrix(MatrixUserIdentifier::new(user.to_string()));
    let password = login::v3::Password::new(identifier, how.password.reveal().to_owned());
    let mut request = login::v3::Request::new(login::v3::LoginInfo::Password(password));
    request.device_id = how.device_id.as_deref().map(Into::into);
    request.initial_device_display_name = Some(how.device_name.clone());
    request
}

/// The types of the login flows. There are none if OAuth 2.0 has replaced
/// /login. Malformed flows are ignored.
pub(crate) async fn login_types(
    http: &reqwest::Client,
    base: &Url,
) -> Result<Vec<String>, SignInError> {
    let host = name_of(base);
    let url = format!("{}/_matrix/client/v3/login", base.as_str().trim_end_matches('/'));
    let answer = http.get(url).timeout(TIMEOUT).send().await;
    let mut answer = answer.map_err(|error| sign_in_error(RequestError::from(&error), &host))?;
    match answer.status() {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => return Ok(Vec::new()),
        status if !status.is_success() => {
            let headers = std::mem::take(answer.headers_mut());
            return Err(sign_in_error(RequestError::answer(status, headers, Vec::new()), &host));
        }
        _ => {}
    }
    let answer: Value =
        homeserver::json(answer).await.map_err(|error| sign_in_error(error, &host))?;
    let flows =
        answer["flows"].as_array().ok_or_else(|| sign_in_error(RequestError::NotMatrix, &host))?;
    let types = flows.iter().filter_map(|flow| flow["type"].as_str());
    Ok(types.map(str::to_owned).collect())
}

/// The session in an answer to /login, if it belongs to `user`.
pub(crate) async fn session(
    matrix: &Matrix,
    base: &Url,
    user: &UserId,
    answer: login::v3::Response,
) -> Result<Session, SignInError> {
    let session = Session {
        user_id: answer.user_id.to_string(),
        device_id: answer.device_id.to_string(),
        homeserver: base.to_string(),
        access_token: Secret::new(answer.access_token),
        refresh_token: answer.refresh_token.map(Secret::new),
        client_id: None,
    };
    only_for(matrix, user, session).await
}

/// Refuses a session of any other user, and revokes it.
pub(crate) async fn only_for(
    matrix: &Matrix,
    user: &UserId,
    session: Session,
) -> Result<Session, SignInError> {
    if session.user_id == user.as_str() {
        return Ok(session);
    }
    // A failure to revoke it is ignored, because the session is not stored.
    let _ = matrix.sign_out(&session).await;
    let got = one_line(&session.user_id);
    Err(SignInError::WrongUser { wanted: user.to_string(), got })
}

async fn log_in(
    client: &Client,
    host: &str,
    request: login::v3::Request,
) -> Result<login::v3::Response, SignInError> {
    let sending = client.send(request).with_request_config(api::config(TIMEOUT));
    sending.await.map_err(|error| sign_in_error(RequestError::from(error), host))
}

#[cfg(test)]
mod tests;
