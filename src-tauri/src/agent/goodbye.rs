//! The end: the accounts say goodbye, or leave what they show to the next
//! version. What they left behind on their servers is kept for the next start.

use std::time::Duration;

use presently_core::account::Marks;
use presently_matrix::account::AccountEvent;
use tokio::sync::{mpsc, oneshot};

use super::Agent;

/// So many reports are taken in at a time, and saved as one.
const BATCH: usize = 64;

/// A secret store that does not answer may take this long: the system waits
/// for the end of a session, but not for an upgrade.
const STORED: Duration = Duration::from_millis(500);
const STORED_BEFORE_UPGRADE: Duration = Duration::from_secs(10);

type ReceivedEvent = (String, AccountEvent);

impl Agent {
    /// Waits until every account has left, and for what it had to report.
    pub(super) async fn say_goodbye(&mut self, mut events: mpsc::Receiver<ReceivedEvent>) {
        let mut farewells = std::pin::pin!(self.accounts.leave());
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                _ = events.recv_many(&mut batch, BATCH) => self.note(&mut batch).await,
                () = &mut farewells => break,
            }
        }
        while let Ok(last) = events.try_recv() {
            batch.push(last);
        }
        self.note(&mut batch).await;
        // New tokens that are on their way to the secret store.
        let _ = tokio::time::timeout(STORED, self.accounts.finish_storing()).await;
    }

    /// Leaves what is shown to the next version of this program: keeps only
    /// what the accounts have reported, and their new tokens.
    pub(super) async fn give_way(&mut self, mut events: mpsc::Receiver<ReceivedEvent>) {
        let mut batch = Vec::new();
        while let Ok(event) = events.try_recv() {
            batch.push(event);
        }
        self.note(&mut batch).await;
        let _ = tokio::time::timeout(STORED_BEFORE_UPGRADE, self.accounts.finish_storing()).await;
    }

    /// Saves all marks at once: with many accounts each by itself would take
    /// longer than the accounts have.
    async fn note(&mut self, batch: &mut Vec<ReceivedEvent>) {
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
