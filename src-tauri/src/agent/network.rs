//! What follows from a change of the network: connections that are dead end
//! at once instead of being waited for, and the accounts try again at once.

use presently_ipc::snapshot::{Check, CheckState};
use presently_matrix::account::Connection;
use presently_signals::network::{self, Change, Network, close_connections};
use presently_signals::{Reading, Status};
use presently_text::Texts;
use tokio::sync::watch;

use super::Agent;
use super::accounts::Slot;

/// The networks that this computer is on.
pub(super) struct Networks {
    watched: watch::Receiver<Status<Network>>,
    before: Option<Network>,
}

impl Networks {
    /// Begins to watch. Must be called within a tokio runtime.
    pub(super) fn watch() -> Self {
        Self { watched: network::watch(), before: None }
    }

    /// The next change that matters.
    pub(super) async fn changed(&mut self) -> Change {
        loop {
            if self.watched.changed().await.is_err() {
                // It ends with its last receiver only, which is this one.
                std::future::pending::<()>().await;
            }
            let status = self.watched.borrow_and_update();
            let Some(now) = status.reading.known() else { continue };
            let before = self.before.replace(now.clone());
            if let Some(change) = before.and_then(|before| now.change(&before)) {
                return change;
            }
        }
    }

    /// What `presently doctor` shows.
    pub(super) fn check(&self) -> Check {
        let status = self.watched.borrow();
        let (state, summary) = match &status.reading {
            Reading::Known(network) => (CheckState::Good, words(network).to_owned()),
            Reading::Unknown(why) | Reading::Unsupported(why) => {
                let why = Texts::english().code(why);
                (CheckState::Unsure, format!("{why}: accounts try again by and by"))
            }
        };
        let summary = match status.backend {
            Some(backend) => format!("{backend}: {summary}"),
            None => summary,
        };
        Check { part: "network".to_owned(), state, summary, details: Vec::new() }
    }
}

/// Without an address: those are the person's.
fn words(network: &Network) -> &'static str {
    match (network.addresses.is_empty(), network.default_routes.is_empty()) {
        (true, _) => "this computer is on no network",
        (false, true) => "on a network that leads nowhere else",
        (false, false) => "on a network",
    }
}

impl Agent {
    /// This computer is on another network.
    pub(super) fn network_changed(&self, change: &Change) {
        let dead = |ip| change.rerouted || change.gone.contains(&ip);
        let ended = close_connections(dead).unwrap_or_else(|error| {
            tracing::info!(%error, "dead connections cannot be ended");
            usize::from(!change.gone.is_empty())
        });
        tracing::debug!(ended, came = change.came, rerouted = change.rerouted, "another network");
        for slot in self.accounts.iter() {
            if change.rerouted || ended > 0 || change.came && !slot.is_syncing() {
                slot.reconnect();
            }
        }
    }

    /// The machine woke up, perhaps somewhere else, and the other ends of
    /// its connections have not waited.
    pub(super) fn reconnect_after_sleep(&self) {
        if let Err(error) = close_connections(|_| true) {
            tracing::info!(%error, "old connections cannot be ended");
        }
        self.accounts.iter().for_each(Slot::reconnect);
    }
}

impl Slot {
    fn is_syncing(&self) -> bool {
        self.view().is_some_and(|view| view.connection == Connection::Syncing)
    }
}
