//! The end of the agent: the accounts say goodbye, or leave what they show to
//! the next version. The marks of what remains on the servers are saved for the
//! next start.

use std::time::Duration;

use presently_core::account::Marks;
use presently_matrix::account::AccountEvent;
use tokio::sync::{mpsc, oneshot};

use super::Agent;

/// The number of reports that are taken in at a time and saved as one.
const BATCH: usize = 64;

/// The time limit for a secret store that does not answer. It is short at the
/// end of a session, because the system waits for it.
const STORE_TIMEOUT: Duration = Duration::from_millis(500);
const STORE_TIMEOUT_BEFORE_UPGRADE: Duration = Duration::from_secs(10);

type ReceivedEvent = (String, AccountEvent);

impl Agent {
    /// Waits until every account has left, and handles the events they still
    /// send.
    pub(super) async fn say_goodbye(&mut self, mut events: mpsc::Receiver<ReceivedEvent>) {
        self.notifications.withdraw().await;
        let mut farewells = std::pin::pin!(self.accounts.leave());
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                _ = events.recv_many(&mut batch, BATCH) => self.handle_batch(&mut batch).await,
                () = &mut farewells => break,
            }
        }
        while let Ok(last) = events.try_recv() {
            batch.push(last);
        }
        self.handle_batch(&mut batch).await;
        // Renewed tokens may still be on their way to the secret store.
        let _ = tokio::time::timeout(STORE_TIMEOUT, self.accounts.finish_storing()).await;
    }

    /// Leaves what is shown to the next version of this program: saves only
    /// pending reports and renewed tokens.
    pub(super) async fn give_way(&mut self, mut events: mpsc::Receiver<ReceivedEvent>) {
        self.notifications.withdraw().await;
        let mut batch = Vec::new();
        while let Ok(event) = events.try_recv() {
            batch.push(event);
        }
        self.handle_batch(&mut batch).await;
        let _ = tokio::time::timeout(STORE_TIMEOUT_BEFORE_UPGRADE, self.accounts.finish_storing())
            .await;
    }

    /// Saves all marks at once. With many accounts, one write for each would
    /// take longer than the accounts wait.
    async fn handle_batch(&mut self, batch: &mut Vec<ReceivedEvent>) {
        let mut marked: Vec<(String, Marks, oneshot::Sender<()>)> = Vec::new();
        for (user_id, event) in batch.drain(..) {
            match event {
                AccountEvent::Marks { durable, .. } if self.is_forgotten(&user_id) => {
                    let _ = durable.send(());
                }
                AccountEvent::Marks { marks, durable } => marked.push((user_id, marks, durable)),
                other => self.handle_account_event(&user_id, other).await,
            }
        }
        if marked.is_empty() {
            return;
        }
        let saved = self.save(|state| {
            for (user_id, marks, _) in &marked {
                state.mark(user_id, marks.clone());
            }
        });
        let saved = saved.await;
        if saved {
            for (.., durable) in marked {
                let _ = durable.send(());
            }
        }
    }
}
