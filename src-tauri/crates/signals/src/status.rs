//! What is known of a signal, from where, and what was tried before.

use jiff::Timestamp;
use presently_core::Code;
pub use presently_core::Reading;

/// A backend that was tried and not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Its name, like `x11-xsync`.
    pub backend: &'static str,
    /// Why it was not taken.
    pub why: Code,
}

/// All that is known about one signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status<R> {
    /// Where it is read.
    pub backend: Option<&'static str>,
    /// What it says.
    pub reading: Reading<R>,
    /// What was tried before that backend, and why it was not taken.
    pub tried: Vec<Tried>,
    /// When the backend last told something.
    pub last_event: Option<Timestamp>,
    /// What cannot be told there, and what to do about it.
    pub note: Option<Code>,
}

impl<R> Status<R> {
    /// Before anything was tried.
    pub fn looking() -> Self {
        Self {
            backend: None,
            reading: Reading::looking(),
            tried: Vec::new(),
            last_event: None,
            note: None,
        }
    }
}

/// What a watcher keeps, and how it takes in what is newly known.
pub(crate) trait Absorb<R>: Clone + PartialEq {
    fn absorb(&mut self, status: Status<R>);
}

impl<R: Clone + PartialEq> Absorb<R> for Status<R> {
    fn absorb(&mut self, status: Status<R>) {
        *self = status;
    }
}
