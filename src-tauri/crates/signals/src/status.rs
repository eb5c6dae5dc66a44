//! What is known about a signal, from which backend, and which were tried
//! before.

use jiff::Timestamp;
use presently_core::Code;
pub use presently_core::Reading;

/// A backend that was tried and not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The name, such as `x11-xsync`.
    pub backend: &'static str,
    /// Why it was not taken.
    pub why: Code,
}

/// All that is known about one signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status<R> {
    /// The backend that is in use.
    pub backend: Option<&'static str>,
    /// The latest reading.
    pub reading: Reading<R>,
    /// The backends that were tried before it, and why they were not taken.
    pub tried: Vec<Tried>,
    /// When the backend last reported something.
    pub last_event: Option<Timestamp>,
    /// What the backend cannot detect, and what to do about it.
    pub note: Option<Code>,
}

impl<R> Status<R> {
    /// The status before any backend was tried.
    pub fn not_read_yet() -> Self {
        Self {
            backend: None,
            reading: Reading::not_read_yet(),
            tried: Vec::new(),
            last_event: None,
            note: None,
        }
    }
}

/// The state of a watcher, which takes in each new status.
pub(crate) trait Absorb<R>: Clone + PartialEq {
    fn absorb(&mut self, status: Status<R>);
}

impl<R: Clone + PartialEq> Absorb<R> for Status<R> {
    fn absorb(&mut self, status: Status<R>) {
        *self = status;
    }
}
