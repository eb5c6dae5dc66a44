//! Signing in and out, beside the agent's own task: both take as long as
//! the homeserver and the secret store do.

use presently_ipc::{ErrorCode, Failure, Reply, Secret};
use presently_matrix::{Matrix, SecretError, SecretStore, Session, SignIn, SignInError};
use tokio::sync::{mpsc, oneshot};

use super::{Agent, Outcome, view};
use crate::autostart::Autostart;

/// A sign-in ended.
#[derive(Debug)]
pub(crate) struct SignedIn {
    result: Result<Session, Failure>,
    /// It was asked for in the window.
    window: bool,
    answer: oneshot::Sender<Reply>,
}

/// What every sign-in has to do with, however the session is had.
pub(super) struct SigningIn {
    pub(super) matrix: Matrix,
    secrets: SecretStore,
    outcomes: mpsc::Sender<Outcome>,
    window: bool,
}

impl SigningIn {
    /// The device of an earlier sign-in, to go on with it. A store that
    /// cannot be used is said here, before anything is sent anywhere.
    pub(super) async fn device_of(&self, user_id: &str) -> Result<Option<String>, Failure> {
        match self.secrets.probe().await {
            // Keeping the session asks the person to unlock it.
            Ok(_) | Err(SecretError::Locked) => {}
            Err(error) => return Err(unstored(error)),
        }
        Ok(self.secrets.load(user_id).await.ok().map(|session| session.device_id))
    }

    /// Keeps the session that was had.
    pub(super) async fn keep(&self, session: Session) -> Result<Session, Failure> {
        if let Err(error) = self.secrets.save(&session).await {
            // A session that is kept nowhere must not live on.
            let _ = self.matrix.sign_out(&session).await;
            return Err(unstored(error));
        }
        Ok(session)
    }

    /// Hands the session to the agent, which answers.
    pub(super) async fn end(
        self,
        result: Result<Session, Failure>,
        answer: oneshot::Sender<Reply>,
    ) {
        let signed_in = SignedIn { result, window: self.window, answer };
        let _ = self.outcomes.send(Outcome::SignedIn(signed_in)).await;
    }
}

fn unstored(error: SecretError) -> Failure {
    Failure::new(error.to_string())
}

impl Agent {
    pub(super) fn signing_in(&self, window: bool) -> SigningIn {
        let (matrix, secrets) = (self.matrix.clone(), self.secrets());
        SigningIn { matrix, secrets, outcomes: self.outcomes.clone(), window }
    }

    /// Why this user cannot sign in now.
    pub(super) fn refusal(&self, user_id: &str) -> Option<Failure> {
        let running = self.accounts.iter().find(|s| s.user_id == user_id);
        if running.is_some_and(|s| s.is_signed_in()) {
            let line = format!("{user_id} is signed in already; sign out first to do it again");
            return Some(Failure::new(line));
        }
        // It could not be written down that there is an account.
        self.settings.trouble().map(Failure::new)
    }

    /// Signs in with a password; the answer comes when it is done.
    pub(super) fn sign_in(
        &mut self,
        user_id: &str,
        homeserver: Option<String>,
        password: Secret,
        window: bool,
        answer: oneshot::Sender<Reply>,
    ) {
        let user_id = user_id.trim().to_owned();
        // One sign-in at a time: who types a password has left the browser.
        self.browsing = None;
        if let Some(refusal) = self.refusal(&user_id) {
            let _ = answer.send(Reply::Failed(refusal));
            return;
        }
        let signing_in = self.signing_in(window);
        tokio::spawn(async move {
            let result = async {
                let how = SignIn {
                    device_id: signing_in.device_of(&user_id).await?,
                    user_id,
                    homeserver: given(homeserver),
                    password: presently_matrix::Secret::new(password.0),
                    device_name: device_name(),
                };
                let session = signing_in.matrix.sign_in(how).await.map_err(failure)?;
                signing_in.keep(session).await
            };
            let result = result.await;
            signing_in.end(result, answer).await;
        });
    }

    /// A sign-in ended.
    pub(super) fn signed_in(&mut self, signed_in: SignedIn) {
        let SignedIn { result, window, answer } = signed_in;
        let reply = match result.and_then(|session| self.keep_account(session)) {
            Ok(user_id) => {
                if window {
                    self.start_at_login();
                }
                self.refresh();
                match self.accounts.get(&user_id) {
                    Some(slot) => Reply::SignedIn { account: Box::new(view::account(slot)) },
                    None => Reply::Failed(Failure::new("the account was removed meanwhile")),
                }
            }
            Err(failure) => Reply::Failed(failure),
        };
        let _ = answer.send(reply);
    }

    /// After the first sign-in in the window an installed program is started
    /// at login, unless the settings say otherwise.
    fn start_at_login(&mut self) {
        let first = self.settings.get().accounts.len() == 1;
        let wanted = first && self.settings.get().autostart.enabled;
        if let Some(autostart) = Autostart::of_this_program(&self.paths).filter(|_| wanted)
            && let Err(error) = autostart.enable()
        {
            self.troubles.push(format!("it could not be arranged to start at login: {error}"));
        }
    }

    fn keep_account(&mut self, session: Session) -> Result<String, Failure> {
        let user_id = session.user_id.clone();
        if let Err(error) = self.settings.add_account(&user_id) {
            let (matrix, secrets) = (self.matrix.clone(), self.secrets());
            tokio::spawn(async move {
                let _ = matrix.sign_out(&session).await;
                let _ = secrets.delete(&session.user_id).await;
            });
            return Err(Failure::new(error.to_string()));
        }
        if let Some(slot) = self.accounts.get(&user_id) {
            // Signed out by its server before: it is run again below.
            slot.stopped = None;
        }
        self.accounts.make_room(&user_id);
        self.run_account(session);
        self.settings_changed();
        Ok(user_id)
    }

    /// Signs out: leaves, revokes the token, removes the secret, forgets the
    /// account. What the server could not be told is said.
    pub(super) fn sign_out(&mut self, user_id: &str, answer: oneshot::Sender<Reply>) {
        let refuse = |answer: oneshot::Sender<Reply>, line: String| {
            let _ = answer.send(Reply::Failed(Failure::new(line)));
        };
        if !self.accounts.iter().any(|s| s.user_id == user_id) {
            return refuse(answer, format!("there is no account {user_id} here"));
        }
        if let Err(error) = self.settings.remove_account(user_id) {
            return refuse(answer, error.to_string());
        }
        let slot = self.accounts.take(user_id);
        let (handle, keeping) = match slot {
            Some(mut slot) => (slot.take_handle(), Some(slot.end_keeping())),
            None => (None, None),
        };
        let (matrix, secrets) = (self.matrix.clone(), self.secrets());
        self.save(|state| {
            state.marks.remove(user_id);
            state.pauses.accounts.remove(user_id);
        });
        let (user_id, revision) = (user_id.to_owned(), self.revision() + 1);
        tokio::spawn(async move {
            if let Some(handle) = handle {
                handle.leave().await;
            }
            if let Some(keeping) = keeping {
                keeping.await;
            }
            let told = match secrets.load(&user_id).await {
                Ok(session) => matrix.sign_out(&session).await.map_err(|e| e.to_string()),
                Err(presently_matrix::SecretError::NotFound(_)) => Ok(()),
                Err(error) => Err(error.to_string()),
            };
            let removed = secrets.delete(&user_id).await.map_err(|e| e.to_string());
            let reply = match told.and(removed) {
                Ok(()) => Reply::Done { revision },
                Err(why) => Reply::Failed(Failure::new(format!("signed out here, but: {why}"))),
            };
            let _ = answer.send(reply);
        });
    }
}

/// A homeserver's address that somebody gave; an empty one is none.
pub(super) fn given(homeserver: Option<String>) -> Option<String> {
    homeserver.filter(|address| !address.trim().is_empty())
}

/// What other clients call this device, and how agents know each other.
pub(super) fn device_name() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("Presently on {host}")
}

pub(super) fn failure(error: SignInError) -> Failure {
    let code = match error {
        SignInError::WrongPassword => ErrorCode::WrongPassword,
        SignInError::UnknownHomeserver(_) | SignInError::NotAMatrixServer(_) => {
            ErrorCode::UnknownHomeserver
        }
        _ => ErrorCode::Other,
    };
    Failure { code, message: error.to_string() }
}
