//! Signing in, beside the agent's own task: it takes as long as the
//! homeserver and the secret store do.

use presently_core::Code;
use presently_ipc::{ErrorCode, Failure, Reply, Secret};
use presently_matrix::{Matrix, SecretError, SecretStores, Session, SignIn, SignInError, Stored};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::account_locks::{AccountLock, AccountLocks};
use super::{Agent, Outcome, view};
use crate::settings::SettingsError;

/// A sign-in ended.
#[derive(Debug)]
pub(crate) struct SignedIn {
    result: Result<Stored, Failure>,
    /// None where it did not come so far.
    account_lock: Option<AccountLock>,
    answer: oneshot::Sender<Reply>,
}

/// What every sign-in has to do with, however the session is had.
pub(super) struct SigningIn {
    pub(super) user_id: String,
    pub(super) matrix: Matrix,
    /// The device of an earlier session that has ended, to go on with it. Of
    /// one that may still work a new sign-in must not take the device, or
    /// the server ends that.
    pub(super) ended: Option<String>,
    /// What still stores the tokens of the ended session.
    keeping: Option<JoinHandle<()>>,
    secrets: SecretStores,
    account_locks: AccountLocks,
    outcomes: mpsc::Sender<Outcome>,
}

impl SigningIn {
    /// A store that cannot be used is said here, before anything is sent
    /// anywhere.
    pub(super) async fn check_store(&self) -> Result<(), Failure> {
        match self.secrets.kept().probe().await {
            // Keeping the session asks the person to unlock it.
            Ok(_) | Err(SecretError::Locked) => Ok(()),
            Err(error) => Err(unstored(error)),
        }
    }

    /// From here to its end no other sign-in or sign-out of the account may
    /// begin.
    pub(super) fn account_lock(&self) -> Result<AccountLock, Failure> {
        self.account_locks.lock(&self.user_id).ok_or_else(|| under_way(&self.user_id))
    }

    /// Keeps the session that was had, if one was.
    pub(super) async fn keep(
        &mut self,
        session: Result<Session, Failure>,
    ) -> Result<Stored, Failure> {
        let session = session?;
        // Or the tokens of the ended session might be written last.
        if let Some(keeping) = self.keeping.take() {
            let _ = keeping.await;
        }
        self.matrix.store(&self.secrets, session).await.map_err(unstored)
    }

    /// Hands what is kept to the agent, which answers.
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
        let (ended, keeping) =
            slot.map(|slot| (slot.ended.clone(), tokio::spawn(slot.end_storing()))).unzip();
        let ended = ended.flatten();
        SigningIn { user_id, matrix, ended, keeping, secrets, account_locks, outcomes }
    }

    /// Why this user cannot sign in now.
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
        // It could not be written down that there is an account.
        self.settings.closed().map(|why| Failure::new(&SettingsError::Broken(why.clone())))
    }

    /// Signs in with a password; the answer comes when it is done.
    pub(super) fn sign_in(
        &mut self,
        user_id: &str,
        homeserver: Option<String>,
        password: Secret,
        answer: oneshot::Sender<Reply>,
    ) {
        let user_id = user_id.trim().to_owned();
        // One sign-in at a time: who types a password has left the browser.
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
            let session = by_password(&signing_in, given(homeserver), password).await;
            let result = signing_in.keep(session).await;
            signing_in.end(result, Some(account_lock), answer).await;
        });
    }

    /// A sign-in ended.
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
            // The settings have changed meanwhile.
            self.move_secrets(&user_id);
        }
        self.refresh();
        let _ = answer.send(match self.accounts.get(&user_id) {
            Some(slot) => Reply::SignedIn { account: Box::new(view::account(slot)) },
            None => Reply::Failed(Failure::new(&Code::new("account-removed"))),
        });
    }

    /// Runs an account that the settings have by now.
    fn keep_account(&mut self, session: Session) -> String {
        let user_id = session.user_id.clone();
        self.accounts.make_room(&user_id);
        if let Some(slot) = self.accounts.get(&user_id) {
            // Signed out by its server before: it is run again below.
            slot.stopped = None;
            // Where an earlier session runs, its tokens are of no use.
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
    Failure::of_kind(code, &error)
}
