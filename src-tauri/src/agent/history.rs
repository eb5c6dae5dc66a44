//! The history of what was shown: recorded at each decision, written at
//! intervals.

use jiff::Timestamp;
use presently_core::Reason;
use presently_ipc::{Failure, HistoryView, Reply, Snapshot};

use super::Agent;

impl Agent {
    /// Records the snapshot, if the history is enabled. Nothing is recorded
    /// before the first reading, because nothing was decided.
    pub(super) fn record(&mut self, snapshot: &Snapshot, now: Timestamp) {
        let is_decided = snapshot.reason_code != Some(Reason::Starting);
        if is_decided && self.settings.get().history.enabled {
            self.history.record(snapshot.presence, snapshot.source, now);
        } else {
            self.history.stop(now);
        }
    }

    /// Writes the history if that is due, and returns whether it was.
    pub(super) async fn keep_history(&mut self) -> bool {
        let now = Timestamp::now();
        let is_due = self.history.is_due(now, self.asleep);
        if is_due {
            self.history.write(now).await;
        }
        is_due
    }

    /// The history between two moments, at most up to now.
    pub(super) fn history(&mut self, from: Option<Timestamp>, to: Option<Timestamp>) -> Reply {
        // Extends the current span up to now.
        self.refresh();
        let (from, to) = (from.unwrap_or(Timestamp::MIN), to.unwrap_or(Timestamp::MAX));
        let recording = self.settings.get().history.enabled;
        Reply::History(Box::new(HistoryView::of(self.history.get(), recording, from, to)))
    }

    /// Removes the history.
    pub(super) async fn erase_history(&mut self) -> Result<(), Failure> {
        self.history.erase(Timestamp::now()).await.map_err(|why| Failure::new(&why))
    }
}
