//! Renewed tokens are stored, however long that takes.

use presently_matrix::Session;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::STORE_RETRY;
use crate::agent::{Agent, Outcome};

/// A task that stores renewed tokens, however long that takes.
pub(super) struct Keeper {
    /// Dropped, it gives up after the attempt that is under way.
    wanted: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Ends it; what it is about to write is written first.
    pub(super) async fn end(self) {
        drop(self.wanted);
        let _ = self.task.await;
    }
}

/// Renewed tokens were stored, or why not.
#[derive(Debug)]
pub(crate) struct Kept {
    user_id: String,
    trouble: Option<String>,
}

impl Agent {
    /// Stores renewed tokens, and tries for as long as it takes and no newer
    /// ones come: a keyring that is locked now is no logout at the next start.
    pub(super) fn keep_tokens(&mut self, session: Session, stored: oneshot::Sender<()>) {
        let (secrets, renewed) = (self.secrets(), self.accounts.renewed.clone());
        let outcomes = self.outcomes.clone();
        let Some(slot) = self.accounts.get(&session.user_id) else { return };
        let earlier = slot.keeper.take();
        let (wanted, mut unwanted) = oneshot::channel();
        let task = tokio::spawn(async move {
            if let Some(earlier) = earlier {
                // Or the older tokens might be written last.
                earlier.end().await;
            }
            let mut stored = Some(stored);
            loop {
                let kept = secrets.save_quietly(&session).await;
                let trouble = kept.as_ref().err().map(ToString::to_string);
                let kept = Kept { user_id: session.user_id.clone(), trouble };
                let is_kept = kept.trouble.is_none();
                if let Some(stored) = stored.take().filter(|_| is_kept) {
                    renewed.send_replace(());
                    let _ = stored.send(());
                }
                let _ = outcomes.send(Outcome::Kept(kept)).await;
                if is_kept {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(STORE_RETRY) => {}
                    _ = &mut unwanted => return,
                }
            }
        });
        slot.keeper = Some(Keeper { wanted, task });
    }

    /// Renewed tokens were stored, or not.
    pub(in crate::agent) fn kept(&mut self, kept: Kept) {
        let Kept { user_id, trouble } = kept;
        if let Some(slot) = self.accounts.get(&user_id) {
            slot.unstored = trouble;
        }
    }
}
