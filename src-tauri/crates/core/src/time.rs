//! Two kinds of time. What the person sets ends on the wall clock
//! ([`jiff::Timestamp`]). Delays and rate limits run on a monotonic clock
//! ([`Mono`]).

use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::Timestamp;

/// A moment on a monotonic clock, in milliseconds since an arbitrary start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(pub u64);

impl Mono {
    /// The time since `earlier`; zero where `earlier` is later.
    pub fn since(self, earlier: Mono) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Mono {
    type Output = Mono;
    fn add(self, d: Duration) -> Mono {
        let ms = u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        Mono(self.0.saturating_add(ms))
    }
}

impl Sub<Duration> for Mono {
    type Output = Mono;
    fn sub(self, d: Duration) -> Mono {
        let ms = u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        Mono(self.0.saturating_sub(ms))
    }
}

/// Now, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The monotonic clock, for delays.
    pub mono: Mono,
    /// The wall clock.
    pub wall: Timestamp,
}
