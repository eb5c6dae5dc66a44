use std::time::Duration;

use matrix_sdk::Client;
use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::api::client::session::{get_login_types, login, logout};
use matrix_sdk::ruma::api::client::uiaa::{MatrixUserIdentifier, UserIdentifier};
use thiserror::Error;
use tokio::sync::mpsc;
use url::Url;

use crate::api::{self, Api, TIMEOUT};
use crate::homeserver::{self, name_of};
use crate::trouble::{Trouble, one_line};
use crate::{Matrix, Secret, Session};

/// Signing in with a password.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The Matrix user id: who must come back.
    pub user_id: String,
    /// The base URL of the homeserver, where it is not to be found out.
    pub homeserver: Option<String>,
    /// The password.
    pub password: Secret,
    /// The device of an earlier sign-in, to go on with it.
    pub device_id: Option<String>,
    /// What other clients call the device: "Presently on HOST".
    pub device_name: String,
}

/// Why a sign-in failed: one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignInError {
    /// The user id does not look like one.
    #[error("“{0}” is not a Matrix user id: it looks like @name:example.org")]
    BadUserId(String),
    /// The homeserver's address does not look like one.
    #[error("“{0}” is not the address of a homeserver: it looks like https://matrix.example.org")]
    BadHomeserver(String),
    /// A password would go over the network unprotected.
    #[error("{0} is not encrypted (http): use https; http is for this computer only")]
    InsecureHttp(String),
    /// No such server.
    #[error("{0} cannot be found: check the user id, or name the server with --homeserver")]
    UnknownHomeserver(String),
    /// Somebody else answers there.
    #[error("{0} is not a Matrix server: name the right one with --homeserver")]
    NotAMatrixServer(String),
    /// The server has other ways only.
    #[error("{0} does not sign in by password: try --oauth or --sso")]
    PasswordNotOffered(String),
    /// The server has other ways only.
    #[error("{0} has no single sign-on: try the password or --oauth")]
    SsoNotOffered(String),
    /// The server has other ways only.
    #[error("{0} does not sign in by OAuth 2.0: try the password or --sso")]
    OAuthNotOffered(String),
    /// The person or the server said no in the browser.
    #[error("The sign-in was not completed in the browser: try again")]
    Cancelled,
    /// The person did not come back from the browser.
    #[error("Nobody came back from the browser: try again")]
    NobodyCame,
    /// Whoever built this has set PRESENTLY_HOMEPAGE to nonsense.
    #[error("This build of Presently names no valid page about itself: use --sso or the password")]
    NoHomepage,
    /// This computer gives no port to come back to.
    #[error("The browser has no way back to Presently: {0}")]
    NoListener(String),
    /// It is wrong.
    #[error("The password is wrong, or there is no such user: try again")]
    WrongPassword,
    /// Somebody else was signed in, and signed out again.
    #[error("The server signed in {got} instead of {wanted}: signed out again; use that user id")]
    WrongUser {
        /// Who was asked for.
        wanted: String,
        /// Who came.
        got: String,
    },
    /// The account may not sign in.
    #[error("The server refuses this account: {0}")]
    Refused(String),
    /// Too many attempts.
    #[error("Too many attempts: try again in {} s", retry.as_secs().max(1))]
    RateLimited {
        /// The server's wish.
        retry: Duration,
    },
    /// The server or the way to it fails just now.
    #[error("{0}")]
    Network(String),
}

/// Why a sign-out could not be told to the server.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignOutError {
    /// The server or the way to it fails just now.
    #[error("The server was not told: {0}; sign this device out in another client")]
    Network(String),
}

impl Matrix {
    /// Signs in with a password and gives the session to keep. Nothing is
    /// stored here.
    pub async fn sign_in(&self, how: SignIn) -> Result<Session, SignInError> {
        let user = UserId::parse(how.user_id.trim())
            .map_err(|_| SignInError::BadUserId(how.user_id.clone()))?;
        let base = homeserver::find(&self.http, &user, how.homeserver.as_deref()).await?;
        let host = name_of(&base);
        let client = api::client(&self.http, base.as_str())
            .await
            .map_err(|_| SignInError::BadHomeserver(base.to_string()))?;
        if !login_types(&client, &host).await?.iter().any(|t| t == "m.login.password") {
            return Err(SignInError::PasswordNotOffered(host));
        }

        let mut request = request(&user, &how);
        let mut answer = log_in(&client, &host, request.clone()).await?;
        if answer.user_id == user && answer.expires_in.is_some() {
            // This server lets tokens expire, so one that can be renewed is
            // asked for. Where it does not, asking would bring tokens of
            // five minutes (Synapse) in place of lasting ones.
            request.device_id = Some(answer.device_id.clone());
            request.refresh_token = true;
            answer = log_in(&client, &host, request).await?;
        }

        session(self, &base, &user, answer).await
    }

    /// Revokes a session. One that the server does not know any more is
    /// fine.
    pub async fn sign_out(&self, session: &Session) -> Result<(), SignOutError> {
        // Whatever is refreshed on the way is revoked the next moment.
        let (refreshed, _) = mpsc::unbounded_channel();
        let Ok(api) = Api::open(&self.http, session.clone(), refreshed).await else {
            return Ok(());
        };
        let answer = match &session.client_id {
            None => api.send(TIMEOUT, |c| c.send(logout::v3::Request::new())).await.map(drop),
            Some(id) => api.revoke(id).await,
        };
        match answer {
            Ok(()) | Err(Trouble::UnknownToken) => Ok(()),
            Err(trouble) => Err(SignOutError::Network(trouble.line(api.host()))),
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

/// The names of the ways to log in; none where OAuth 2.0 has taken over.
pub(crate) async fn login_types(client: &Client, host: &str) -> Result<Vec<String>, SignInError> {
    let request = get_login_types::v3::Request::new();
    match client.send(request).with_request_config(api::config(TIMEOUT)).await {
        Ok(answer) => Ok(answer.flows.iter().map(|f| f.login_type().to_owned()).collect()),
        Err(error) => match Trouble::from(error) {
            Trouble::Refused { status: 404 | 405, .. } => Ok(Vec::new()),
            other => Err(sorted(other, host)),
        },
    }
}

/// The session of an answer to /login, if it is the right person's.
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

/// Refuses a session of anybody else.
pub(crate) async fn only_for(
    matrix: &Matrix,
    user: &UserId,
    session: Session,
) -> Result<Session, SignInError> {
    if session.user_id == user.as_str() {
        return Ok(session);
    }
    // Signed out on a best effort: what counts is that it is not kept.
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
    sending.await.map_err(|error| sorted(Trouble::from(error), host))
}

pub(crate) fn sorted(trouble: Trouble, host: &str) -> SignInError {
    match trouble {
        Trouble::Refused { code, .. } if code == "M_FORBIDDEN" => SignInError::WrongPassword,
        Trouble::Refused { message, .. } => SignInError::Refused(message),
        Trouble::Limited(retry) => {
            SignInError::RateLimited { retry: retry.unwrap_or(Duration::from_secs(10)) }
        }
        Trouble::Nonsense => SignInError::NotAMatrixServer(host.to_owned()),
        other => SignInError::Network(other.line(host)),
    }
}
