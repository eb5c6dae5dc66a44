//! Saving the state, and reporting a failure to do so.

use jiff::{SignedDuration, Timestamp};

use presently_core::Code;

use super::Agent;
use crate::state::State;

/// The delay before the agent checks whether the state can be saved again.
const RETRY_INTERVAL: SignedDuration = SignedDuration::from_secs(15);

/// The state could not be saved.
#[derive(Debug)]
pub(super) struct Unsaved {
    /// The reason.
    pub(super) why: Code,
    /// When to try again.
    pub(super) again: Timestamp,
}

impl Agent {
    /// Saves a change of the state. A failure is shown among the troubles until
    /// the state can be saved again.
    pub(super) async fn save(&mut self, change: impl FnOnce(&mut State)) -> bool {
        let saved = self.state.change(change).await;
        self.saved(saved)
    }

    /// Tries to save the state again after a failure.
    pub(super) async fn save_again(&mut self) {
        if self.unsaved.as_ref().is_some_and(|unsaved| unsaved.again <= Timestamp::now()) {
            let saved = self.state.save_again().await;
            self.saved(saved);
        }
    }

    fn saved(&mut self, saved: Result<(), Code>) -> bool {
        self.unsaved = saved.err().map(|why| Unsaved {
            why,
            again: Timestamp::now().saturating_add(RETRY_INTERVAL).unwrap_or(Timestamp::MAX),
        });
        self.unsaved.is_none()
    }
}
