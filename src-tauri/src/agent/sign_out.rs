//! Sign-out. It runs beside the agent's own task, ends every stored session of
//! the account in every store, and reports what failed.

use presently_core::{Code, Coded};
use presently_ipc::{Failure, Reply};
use presently_matrix::{Matrix, SecretStores, Session};
use tokio::sync::oneshot;

use super::sign_in::{device_name, under_way};
use super::{Agent, Outcome};

impl Agent {
    /// Signs out: leaves, revokes the tokens, removes the secrets and the
    /// account. Sessions that are left of an account that is not listed any
    /// more are signed out as well.
    pub(super) async fn sign_out(&mut self, user_id: String, answer: oneshot::Sender<Reply>) {
        let user_id = user_id.as_str();
        let refuse = |answer: oneshot::Sender<Reply>, failure: Failure| {
            let _ = answer.send(Reply::Failed(failure));
        };
        let Some(account_lock) = self.account_locks.lock(user_id) else {
            return refuse(answer, under_way(user_id));
        };
        let is_known = self.accounts.iter().any(|s| s.user_id == user_id);
        if is_known {
            let gone = user_id.to_owned();
            if let Err(error) = self.settings(move |file| file.remove_account(&gone)).await {
                return refuse(answer, Failure::new(&error));
            }
        }
        let mut slot = self.accounts.take(user_id);
        let pending_store = slot.as_mut().map(|slot| slot.end_storing());
        let farewell = match &mut slot {
            Some(slot) => slot.farewell.take(),
            None => self.accounts.end_leaving(user_id),
        };
        let handle = slot.as_mut().and_then(|slot| slot.take_handle());
        let sign_out = SignOut {
            user_id: user_id.to_owned(),
            is_known,
            running: slot.and_then(|slot| slot.session),
            matrix: self.matrix.clone(),
            secrets: self.secrets(),
        };
        self.save(|state| {
            state.marks.remove(user_id);
            state.pauses.accounts.remove(user_id);
        })
        .await;
        let (outcomes, user_id) = (self.outcomes.clone(), user_id.to_owned());
        let revision = self.revision() + 1;
        tokio::spawn(async move {
            if let Some(handle) = handle {
                handle.leave().await;
            }
            if let Some(farewell) = farewell {
                let _ = farewell.await;
            }
            if let Some(pending_store) = pending_store {
                pending_store.await;
            }
            let reply = match sign_out.run().await {
                Ok(()) => Reply::Done { revision },
                Err(undone) => Reply::Failed(Failure::new(&undone)),
            };
            // A client that receives the answer may sign in again at once.
            drop(account_lock);
            let _ = answer.send(reply);
            // The account may have been added again, and then waits for this
            // goodbye.
            let _ = outcomes.send(Outcome::Left(user_id)).await;
        });
    }
}

/// A sign-out in progress.
struct SignOut {
    user_id: String,
    /// Whether the account was in the settings.
    is_known: bool,
    /// The session in use, if the account ran.
    running: Option<Session>,
    matrix: Matrix,
    secrets: SecretStores,
}

impl SignOut {
    /// Ends the sessions. The error lists what could not be done.
    async fn run(self) -> Result<(), Code> {
        let found = self.secrets.all_sessions(&self.user_id).await;
        let mut sessions = found.sessions;
        if let Some(running) = self.running
            && sessions.iter().all(|s| s.device_id != running.device_id)
        {
            sessions.push(running);
        }
        let mut undone: Vec<Code> = found.errors.iter().map(Coded::code).collect();
        if !self.is_known && sessions.is_empty() {
            let unknown = Code::new("sign-out-no-account").with("user_id", &self.user_id);
            return Err(undone.into_iter().fold(unknown, both));
        }
        let mut is_left = false;
        for session in &sessions {
            // By its device, because another session may have been stored
            // meanwhile.
            if let Err(error) = self.matrix.sign_out(session).await {
                undone.push(error.code());
                is_left = true;
            }
            if let Err(error) = self.secrets.forget(session).await {
                undone.push(error.code());
            }
        }
        undone.dedup();
        let Some(undone) = undone.into_iter().reduce(both) else { return Ok(()) };
        Err(match is_left {
            true => Code::new("sign-out-session-left")
                .with("undone", undone)
                .with("device", device_name()),
            false => Code::new("sign-out-incomplete").with("undone", undone),
        })
    }
}

/// Joins two codes in one line.
fn both(first: Code, second: Code) -> Code {
    Code::new("and-also").with("first", first).with("second", second)
}
