//! Stores renewed tokens, with retries for as long as the store refuses.

use presently_core::{Code, Coded as _};
use presently_matrix::Session;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::STORE_RETRY;
use crate::agent::{Agent, Outcome};

/// A task that stores renewed tokens, however long that takes.
pub(super) struct StoreTask {
    /// Dropped, it gives up after the attempt that is under way.
    wanted: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl StoreTask {
    /// Ends it; what it is about to write is written first.
    pub(super) async fn end(self) {
        drop(self.wanted);
        let _ = self.task.await;
    }
}

/// Renewed tokens were stored, or why not.
#[derive(Debug)]
pub(crate) struct StoreResult {
    user_id: String,
    /// Why not.
    trouble: Option<Code>,
}

impl Agent {
    /// Stores renewed tokens, and tries for as long as it takes and no newer
    /// ones come: a keyring that is locked now is no logout at the next start.
    pub(super) fn store_tokens(&mut self, session: Session, stored: oneshot::Sender<()>) {
        let (secrets, renewed) = (self.secrets(), self.accounts.renewed.clone());
        let outcomes = self.outcomes.clone();
        let Some(slot) = self.accounts.get(&session.user_id) else { return };
        slot.session = Some(session.clone());
        let earlier = slot.store_task.take();
        let (wanted, mut unwanted) = oneshot::channel();
        let task = tokio::spawn(async move {
            if let Some(earlier) = earlier {
                // Or the older tokens might be written last.
                earlier.end().await;
            }
            let mut stored = Some(stored);
            loop {
                let kept = secrets.save_quietly(&session).await;
                let why = kept.as_ref().err();
                let trouble = why.map(|why| {
                    Code::new("tokens-not-stored")
                        .with("user_id", &session.user_id)
                        .with("why", why.code())
                });
                let kept = StoreResult { user_id: session.user_id.clone(), trouble };
                let is_kept = kept.trouble.is_none();
                if let Some(stored) = stored.take().filter(|_| is_kept) {
                    renewed.send_replace(());
                    let _ = stored.send(());
                }
                let _ = outcomes.send(Outcome::Stored(kept)).await;
                if is_kept {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(STORE_RETRY) => {}
                    _ = &mut unwanted => return,
                }
            }
        });
        slot.store_task = Some(StoreTask { wanted, task });
    }

    /// Sessions are to be kept in another store from now on.
    pub(in crate::agent) fn move_all_secrets(&mut self) {
        let user_ids: Vec<String> = self.accounts.iter().map(|s| s.user_id.clone()).collect();
        for user_id in user_ids {
            self.move_secrets(&user_id);
        }
    }

    /// Moves the session of an account to where sessions are kept now, and
    /// tries for as long as it takes: until then it stays where it is.
    pub(in crate::agent) fn move_secrets(&mut self, user_id: &str) {
        let (secrets, outcomes) = (self.secrets(), self.outcomes.clone());
        let matrix = self.matrix.clone();
        // Who signs in or out just now sees to it.
        if self.account_locks.is_locked(user_id) {
            return;
        }
        let Some(slot) = self.accounts.get(user_id) else { return };
        let (earlier, running) = (slot.store_task.take(), slot.session.clone());
        let (wanted, mut unwanted) = oneshot::channel();
        let user_id = user_id.to_owned();
        let task = tokio::spawn(async move {
            if let Some(earlier) = earlier {
                earlier.end().await;
            }
            loop {
                let brought = secrets.migrate(&user_id, running.as_ref()).await;
                let why = brought.as_ref().err();
                let trouble = why.map(|why| {
                    Code::new("tokens-not-moved").with("user_id", &user_id).with("why", why.code())
                });
                let is_done = trouble.is_none();
                let _ = outcomes
                    .send(Outcome::Stored(StoreResult { user_id: user_id.clone(), trouble }))
                    .await;
                for replaced in brought.unwrap_or_default() {
                    let _ = matrix.sign_out(&replaced).await;
                }
                if is_done {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(STORE_RETRY) => {}
                    _ = &mut unwanted => return,
                }
            }
        });
        slot.store_task = Some(StoreTask { wanted, task });
    }

    /// Renewed tokens were stored, or not.
    pub(in crate::agent) fn tokens_stored(&mut self, kept: StoreResult) {
        let StoreResult { user_id, trouble } = kept;
        if let Some(slot) = self.accounts.get(&user_id) {
            slot.unstored = trouble;
        }
    }
}
