//! Reacts to network changes: dead connections are closed and the accounts
//! retry, both at once instead of after a time-out.

use presently_ipc::snapshot::{Check, CheckState};
use presently_matrix::account::Connection;
use presently_signals::network::{self, Change, Network, close_connections};
use presently_signals::{Reading, Status};
use presently_text::Texts;
use tokio::sync::watch;

use super::Agent;
use super::accounts::Slot;

/// The networks of this computer.
pub(super) struct Networks {
    watched: watch::Receiver<Status<Network>>,
    before: Option<Network>,
}

impl Networks {
    /// Begins to watch. Must be called within a tokio runtime.
    pub(super) fn watch() -> Self {
        Self { watched: network::watch(), before: None }
    }

    /// The next change that affects connections.
    pub(super) async fn changed(&mut self) -> Change {
        loop {
            if self.watched.changed().await.is_err() {
                // The watcher ends only with its last receiver, which is this
                // one.
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

    /// The check for `presently doctor`.
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

/// The summary leaves out addresses, because they are private.
fn words(network: &Network) -> &'static str {
    match (network.addresses.is_empty(), network.default_routes.is_empty()) {
        (true, _) => "this computer is on no network",
        (false, true) => "on a network that leads nowhere else",
        (false, false) => "on a network",
    }
}

impl Agent {
    /// Reacts to a change of network.
    pub(super) fn network_changed(&self, change: &Change) {
        let dead = |ip| change.rerouted || change.gone.contains(&ip);
        let ended = close_connections(dead).unwrap_or_else(|error| {
            tracing::info!(%error, "dead connections cannot be ended");
            usize::from(!change.gone.is_empty())
        });
        tracing::debug!(ended, came = change.came, rerouted = change.rerouted, "another network");
        if change.rerouted || change.came {
            self.agenda.renew();
        }
        for slot in self.accounts.iter() {
            if change.rerouted || ended > 0 || change.came && !slot.is_syncing() {
                slot.reconnect();
            }
        }
    }

    /// Reconnects after sleep: the network may be another, and peers have
    /// dropped their connections.
    pub(super) fn reconnect_after_sleep(&self) {
        if let Err(error) = close_connections(|_| true) {
            tracing::info!(%error, "old connections cannot be ended");
        }
        self.accounts.iter().for_each(Slot::reconnect);
        self.agenda.renew();
    }
}

impl Slot {
    fn is_syncing(&self) -> bool {
        self.view().is_some_and(|view| view.connection == Connection::Syncing)
    }
}
