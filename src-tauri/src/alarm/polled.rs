//! Other systems: the runtime's timer, checked once a minute, because it may
//! stop while the machine sleeps.

use std::io;
use std::time::Duration;

use jiff::Timestamp;

const LONGEST: Duration = Duration::from_secs(60);

/// An alarm at a time of day.
#[derive(Debug)]
pub struct Alarm {
    at: Option<Timestamp>,
}

impl Alarm {
    /// An alarm that is not set.
    pub fn new() -> io::Result<Self> {
        Ok(Self { at: None })
    }

    /// Sets the alarm, or clears it with `None`.
    pub fn set(&mut self, at: Option<Timestamp>) {
        self.at = at;
    }

    /// Returns when the alarm fires.
    pub async fn fired(&mut self) {
        let Some(at) = self.at else { return std::future::pending().await };
        loop {
            let left = at.duration_since(Timestamp::now());
            match Duration::try_from(left) {
                Ok(left) if !left.is_zero() => tokio::time::sleep(left.min(LONGEST)).await,
                _ => break,
            }
        }
        self.at = None;
    }
}
