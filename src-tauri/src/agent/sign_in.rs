//! Sign-in. It runs beside the agent's own task, because the homeserver and the
//! secret store may be slow.

use presently_core::Code;
use presently_ipc::{ErrorCode, Failure, Reply, Secret};
use presently_matrix::{Matrix, SecretError, SecretStores, Session, SignIn, SignInError, Stored};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::account_locks::{AccountLock, AccountLocks};
use super::{Agent, Outcome, view};
use crate::settings::SettingsError;

/// The result of a sign-in.
#[derive(Debug)]
pub(crate) struct SignedIn {
    result: Result<Stored, Failure>,
    /// `None` if the sign-in failed before it took the lock.
    account_lock: Option<AccountLock>,
    answer: oneshot::Sender<Reply>,
}

/// What every kind of sign-in needs.
pub(super) struct SigningIn {
    pub(super) user_id: String,
    pub(super) matrix: Matrix,
    /// The device id of an earlier session that has ended, to be used again.
    /// The device of a session that may still work must not be reused, because
    /// the server would end that session.
    pub(super) ended: Option<String>,
    /// The task that may still store tokens of the ended session.
    pending_store: Option<JoinHandle<()>>,
    secrets: SecretStores,
    account_locks: AccountLocks,
    outcomes: mpsc::Sender<Outcome>,
}

impl SigningIn {
    /// Reports an unusable secret store before any request is sent.
    pub(super) async fn check_store(&self) -> Result<(), Failure> {
        match self.secrets.kept().probe().await {
            // Storing the session later prompts the person to unlock it.
            Ok(_) | Err(SecretError::Locked) => Ok(()),
            Err(error) => Err(unstored(error)),
        }
    }

    /// Takes the account's lock, so that no other sign-in or sign-out of it can
    /// start.
    pub(super) fn account_lock(&self) -> Result<AccountLock, Failure> {
        self.account_locks.lock(&self.user_id).ok_or_else(|| under_way(&self.user_id))
    }

    /// Stores the new session.
    pub(super) async fn keep(
        &mut self,
        session: Result<Session, Failure>,
    ) -> Result<Stored, Failure> {
        let session = session?;
        // Otherwise the tokens of the ended session might be written last.
        if let Some(pending_store) = self.pending_store.take() {
            let _ = pending_store.await;
        }
        self.matrix.store(&self.secrets, session).await.map_err(unstored)
    }

    /// Passes the result to the agent, which answers the client.
    pub(super) async fn end(
        self,
        result: Result<Stored, Failure>,
        account_lock: Option<AccountLock>,
        answer: oneshot::Sender<Reply>,
    ) {
        let signed_in = SignedIn { result, account_lock, answer };
        let _ = self.outcomes.send(Outcome::SignedIn(Box::new(signed_in))).await;
    }
}

pub(super) fn under_way(user_id: &str) -> Failure {
    Failure::new(&Code::new("sign-in-under-way").with("user_id", user_id))
}

fn unstored(error: SecretError) -> Failure {
    Failure::new(&error)
}

impl Agent {
    pub(super) fn signing_in(&mut self, user_id: String) -> SigningIn {
        let (matrix, secrets) = (self.matrix.clone(), self.secrets());
        let (account_locks, outcomes) = (self.account_locks.clone(), self.outcomes.clone());
        let slot = self.accounts.get(&user_id);
        let (ended, pending_store) =
            slot.map(|slot| (slot.ended.clone(), tokio::spawn(slot.end_storing()))).unzip();
        let ended = ended.flatten();
        SigningIn { user_id, matrix, ended, pending_store, secrets, account_locks, outcomes }
    }

    /// Why this user cannot sign in now, if so.
    pub(super) fn refusal(&self, user_id: &str) -> Option<Failure> {
        if self.account_locks.is_locked(user_id) {
            return Some(under_way(user_id));
        }
        let running = self.accounts.iter().find(|s| s.user_id == user_id);
        if running.is_some_and(|s| s.is_signed_in()) {
            return Some(Failure::new(&Code::new("sign-in-already").with("user_id", user_id)));
        }
        if self.settings.account(user_id).is_some() {
            return None;
        }
        // The account could not be added to the settings file.
        self.settings.edit_refusal().map(|why| Failure::new(&SettingsError::Broken(why.clone())))
    }

    /// Signs in with a password. The answer is sent when it is done.
    pub(super) fn sign_in(
        &mut self,
        user_id: &str,
        homeserver: Option<String>,
        password: Secret,
        answer: oneshot::Sender<Reply>,
    ) {
        let user_id = user_id.trim().to_owned();
        // Only one sign-in at a time: a password ends a pending sign-in through
        // the browser.
        self.pending_sign_in = None;
        if let Some(refusal) = self.refusal(&user_id) {
            let _ = answer.send(Reply::Failed(refusal));
            return;
        }
        let mut signing_in = self.signing_in(user_id);
        let account_lock = match signing_in.account_lock() {
            Ok(account_lock) => account_lock,
            Err(failure) => {
                let _ = answer.send(Reply::Failed(failure));
                return;
            }
        };
        tokio::spawn(async move {
            let session = by_password(&signing_in, non_blank(homeserver), password).await;
            let result = signing_in.keep(session).await;
            signing_in.end(result, Some(account_lock), answer).await;
        });
    }

    /// Handles the result of a sign-in.
    pub(super) async fn signed_in(&mut self, signed_in: SignedIn) {
        let SignedIn { result, account_lock, answer } = signed_in;
        let stored = match result {
            Ok(stored) => stored,
            Err(failure) => {
                drop(account_lock);
                let _ = answer.send(Reply::Failed(failure));
                return;
            }
        };
        let session = stored.session().clone();
        let user_id = session.user_id.clone();
        if let Err(error) = self.settings(move |file| file.add_account(&user_id)).await {
            tokio::spawn(async move {
                stored.undo().await;
                drop(account_lock);
                let _ = answer.send(Reply::Failed(Failure::new(&error)));
            });
            return;
        }
        let user_id = self.keep_account(session);
        let is_elsewhere = *stored.stores() != self.secrets();
        tokio::spawn(stored.settle());
        drop(account_lock);
        if is_elsewhere {
            // The setting for secrets has changed during the sign-in.
            self.move_secrets(&user_id);
        }
        self.refresh();
        let _ = answer.send(match self.accounts.get(&user_id) {
            Some(slot) => Reply::SignedIn { account: Box::new(view::account(slot)) },
            None => Reply::Failed(Failure::new(&Code::new("account-removed"))),
        });
    }

    /// Runs an account that is in the settings by now.
    fn keep_account(&mut self, session: Session) -> String {
        let user_id = session.user_id.clone();
        self.accounts.make_room(&user_id);
        if let Some(slot) = self.accounts.get(&user_id) {
            // The server may have ended the earlier session; the account runs
            // again below.
            slot.stopped = None;
            // The tokens of an earlier session must not be stored any more.
            drop(slot.end_storing());
        }
        self.run_account(session);
        self.settings_changed();
        user_id
    }
}

async fn by_password(
    signing_in: &SigningIn,
    homeserver: Option<String>,
    password: Secret,
) -> Result<Session, Failure> {
    signing_in.check_store().await?;
    let how = SignIn {
        user_id: signing_in.user_id.clone(),
        homeserver,
        password,
        device_id: signing_in.ended.clone(),
        device_name: device_name(),
    };
    signing_in.matrix.sign_in(how).await.map_err(failure)
}

/// The given homeserver address; a blank one counts as none.
pub(super) fn non_blank(homeserver: Option<String>) -> Option<String> {
    homeserver.filter(|address| !address.trim().is_empty())
}

/// The display name of this device. Other clients show it, and agents recognize
/// each other by it.
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
    Failure::of_kind(code, &error)
}
