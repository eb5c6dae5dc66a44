//! Signing in and out, beside the agent's own task: both take as long as
//! the homeserver and the secret store do.

use presently_ipc::{ErrorCode, Failure, Reply, Secret};
use presently_matrix::{Session, SignIn, SignInError};
use tokio::sync::oneshot;

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

impl Agent {
    /// Signs in with a password; the answer comes when it is done.
    pub(super) fn sign_in(
        &self,
        user_id: &str,
        homeserver: Option<String>,
        password: Secret,
        window: bool,
        answer: oneshot::Sender<Reply>,
    ) {
        let user_id = user_id.trim().to_owned();
        let running = self.accounts.iter().find(|s| s.user_id == user_id);
        if running.is_some_and(|s| s.is_signed_in()) {
            let line = format!("{user_id} is signed in already; sign out first to do it again");
            let _ = answer.send(Reply::Failed(Failure::new(line)));
            return;
        }
        if let Some(trouble) = self.settings.trouble() {
            // It could not be written down that there is an account.
            let _ = answer.send(Reply::Failed(Failure::new(trouble)));
            return;
        }
        let (matrix, secrets) = (self.matrix.clone(), self.secrets());
        let outcomes = self.outcomes.clone();
        tokio::spawn(async move {
            let result = async {
                // A store that cannot be used is said before the password is
                // sent anywhere.
                let failed = |e: presently_matrix::SecretError| Failure::new(e.to_string());
                secrets.probe().await.map_err(failed)?;
                // The device of an earlier sign-in goes on.
                let device_id = secrets.load(&user_id).await.ok().map(|s| s.device_id);
                let how = SignIn {
                    user_id,
                    homeserver: homeserver.filter(|h| !h.trim().is_empty()),
                    password: presently_matrix::Secret::new(password.0),
                    device_id,
                    device_name: device_name(),
                };
                let session = matrix.sign_in(how).await.map_err(failure)?;
                if let Err(error) = secrets.save(&session).await {
                    // A session that is kept nowhere must not live on.
                    let _ = matrix.sign_out(&session).await;
                    return Err(failed(error));
                }
                Ok(session)
            };
            let result = result.await;
            let _ = outcomes.send(Outcome::SignedIn(SignedIn { result, window, answer })).await;
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
        let handle = slot.and_then(|mut slot| slot.take_handle());
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

/// What other clients call this device, and how agents know each other.
fn device_name() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("Presently on {host}")
}

fn failure(error: SignInError) -> Failure {
    let code = match error {
        SignInError::WrongPassword => ErrorCode::WrongPassword,
        SignInError::UnknownHomeserver(_) | SignInError::NotAMatrixServer(_) => {
            ErrorCode::UnknownHomeserver
        }
        _ => ErrorCode::Other,
    };
    Failure { code, message: error.to_string() }
}
