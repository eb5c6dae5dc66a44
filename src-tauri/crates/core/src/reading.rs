//! What a signal says, or why it says nothing.

use serde::{Deserialize, Serialize};

use crate::Code;

/// What a signal says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading<R> {
    /// It can be seen, and says this.
    Known(R),
    /// It should be seen and cannot be now: why, and what to do, as
    /// a code.
    Unknown(Code),
    /// This program cannot see it on this system, and why.
    Unsupported(Code),
}

impl<R> Reading<R> {
    /// Before anything was tried.
    pub fn looking() -> Self {
        Self::Unknown(Code::looking())
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
