use std::time::Duration;

use thiserror::Error;

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
    /// Signs in with a password and gives the session to keep.
    pub async fn sign_in(&self, how: SignIn) -> Result<Session, SignInError> {
        Err(SignInError::UnknownHomeserver(how.user_id))
    }

    /// Revokes a session. One that the server does not know any more is
    /// fine.
    pub async fn sign_out(&self, session: &Session) -> Result<(), SignOutError> {
        Err(SignOutError::Network(session.homeserver.clone()))
    }
}
