//! When a homeserver is asked what it can do: at start, daily, and when it
//! may have become another one.

use std::time::Duration;

use crate::Mono;

/// When it is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Probing {
    /// When it was asked last.
    asked: Option<Mono>,
    /// When it is asked again.
    again: Mono,
}

impl Probing {
    /// When it is to be asked, `None` while nobody would answer. At the start
    /// it is asked at once.
    pub(super) fn due(&self, up: bool) -> Option<Mono> {
        (up || self.asked.is_none()).then_some(self.again)
    }

    /// It is asked now.
    pub(super) fn asked(&mut self, now: Mono) {
        self.asked = Some(now);
    }

    /// It has answered.
    pub(super) fn answered(&mut self, completeness: Completeness, now: Mono) {
        self.again = now + again(completeness);
    }

    /// It refused what it says it can do.
    pub(super) fn doubted(&mut self, now: Mono) {
        self.again = self.again.min(now + again(Completeness::Nothing));
    }

    /// A line that was lost is back, and it may be another server now.
    pub(super) fn line_is_back(&mut self, now: Mono) {
        let since = self.asked.map_or(Duration::MAX, |asked| now.since(asked));
        self.again = self.again.min(now + on_return(since));
    }
}

/// What a homeserver said of what it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completeness {
    /// Everything that was asked.
    Complete,
    /// Not everything, or nothing that we understand.
    Partial,
    /// It could not be asked, or it refused what it says it can do.
    Nothing,
}

/// It is asked again after this.
fn again(completeness: Completeness) -> Duration {
    match completeness {
        // Administrators turn presence on and off, and nobody tells.
        Completeness::Complete => Duration::from_secs(24 * 60 * 60),
        Completeness::Partial => Duration::from_secs(60 * 60),
        Completeness::Nothing => Duration::from_secs(60),
    }
}

/// A line that was lost is back: what a server can do changes when it is
/// restarted, so it is asked at once, or as soon as this long has passed
/// since it was asked last, for a line that comes and goes.
fn on_return(since_asked: Duration) -> Duration {
    Duration::from_secs(10).saturating_sub(since_asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_daily_and_after_each_return() {
        let (second, minute, hour) =
            (Duration::from_secs(1), Duration::from_secs(60), Duration::from_secs(3600));
        for (completeness, expected) in [
            (Completeness::Complete, 24 * hour),
            (Completeness::Partial, hour),
            (Completeness::Nothing, minute),
        ] {
            assert_eq!(again(completeness), expected, "{completeness:?}");
        }
        for (since, expected) in
            [(Duration::ZERO, 10 * second), (4 * second, 6 * second), (hour, Duration::ZERO)]
        {
            assert_eq!(on_return(since), expected, "{since:?}");
        }
    }
}
