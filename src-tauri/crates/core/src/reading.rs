//! The reading of one signal: known, unknown or unsupported.

use serde::{Deserialize, Serialize};

use crate::Code;

/// What one signal says now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading<R> {
    /// The signal can be read, and this is its value.
    Known(R),
    /// The signal cannot be read now. The code says why, and what to do.
    Unknown(Code),
    /// This program cannot read the signal on this system. The code says why.
    Unsupported(Code),
}

impl<R> Reading<R> {
    /// The reading before anything was tried.
    pub fn not_read_yet() -> Self {
        Self::Unknown(Code::not_read_yet())
    }

    /// The value, where it is known.
    pub fn known(&self) -> Option<&R> {
        match self {
            Self::Known(reading) => Some(reading),
            Self::Unknown(_) | Self::Unsupported(_) => None,
        }
    }

    /// Converts the value and keeps the code of the other variants.
    pub fn map<S>(self, change: impl FnOnce(R) -> S) -> Reading<S> {
        match self {
            Self::Known(reading) => Reading::Known(change(reading)),
            Self::Unknown(why) => Reading::Unknown(why),
            Self::Unsupported(why) => Reading::Unsupported(why),
        }
    }
}
