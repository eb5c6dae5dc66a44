//! What a signal says, or why it says nothing.

use serde::{Deserialize, Serialize};

/// What a signal says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading<R> {
    /// It can be seen, and says this.
    Known(R),
    /// It should be seen and cannot be now: why, and what to do, in one
    /// line that the person reads.
    Unknown(String),
    /// This program cannot see it on this system, and why.
    Unsupported(String),
}

impl<R> Reading<R> {
    /// Before anything was tried.
    pub fn looking() -> Self {
        Self::Unknown("Still looking for a place to read it".to_owned())
    }

    /// What it says, where it can be seen.
    pub fn known(&self) -> Option<&R> {
        match self {
            Self::Known(reading) => Some(reading),
            Self::Unknown(_) | Self::Unsupported(_) => None,
        }
    }

    /// The same of another kind.
    pub fn map<S>(self, change: impl FnOnce(R) -> S) -> Reading<S> {
        match self {
            Self::Known(reading) => Reading::Known(change(reading)),
            Self::Unknown(why) => Reading::Unknown(why),
            Self::Unsupported(why) => Reading::Unsupported(why),
        }
    }
}
