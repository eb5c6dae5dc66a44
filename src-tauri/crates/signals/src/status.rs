//! What is known of a signal, from where, and what was tried before.

use jiff::Timestamp;

/// What a signal says.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// What it says, where it can be seen.
    pub fn known(&self) -> Option<&R> {
        match self {
            Self::Known(reading) => Some(reading),
            Self::Unknown(_) | Self::Unsupported(_) => None,
        }
    }
}

/// A backend that was tried and not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Its name, like `x11-xsync`.
    pub backend: &'static str,
    /// Why it was not taken, in words.
    pub why: String,
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
}

impl<R> Status<R> {
    /// Before anything was tried.
    pub fn looking() -> Self {
        Self {
            backend: None,
            reading: Reading::Unknown("Still looking for a place to read it".to_owned()),
            tried: Vec::new(),
            last_event: None,
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
