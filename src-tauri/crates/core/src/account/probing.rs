//! When to probe a homeserver for what it can do: at the start, daily, and
//! after each outage.

use std::time::Duration;

use crate::Mono;

/// The schedule of the probes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Probing {
    /// When the last probe was sent.
    asked: Option<Mono>,
    /// When the next probe is due.
    again: Mono,
}

impl Probing {
    /// When the next probe is due. `None` while the line is down, except before
    /// the first probe.
    pub(super) fn due(&self, up: bool) -> Option<Mono> {
        (up || self.asked.is_none()).then_some(self.again)
    }

    /// Records that a probe is sent.
    pub(super) fn asked(&mut self, now: Mono) {
        self.asked = Some(now);
    }

    /// Schedules the next probe, by how complete the last one was.
    pub(super) fn answered(&mut self, completeness: Completeness, now: Mono) {
        self.again = now + again(completeness);
    }

    /// The server refused what it claims to support, so it is probed again
    /// soon.
    pub(super) fn doubted(&mut self, now: Mono) {
        self.again = self.again.min(now + again(Completeness::Nothing));
    }

    /// The line is back after an outage, and the server may have changed.
    pub(super) fn line_is_back(&mut self, now: Mono) {
        let since = self.asked.map_or(Duration::MAX, |asked| now.since(asked));
        self.again = self.again.min(now + on_return(since));
    }
}

/// How complete the answers to a probe were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completeness {
    /// Everything was answered.
    Complete,
    /// Some answers are missing or were not understood.
    Partial,
    /// The server could not be asked, or refused what it claims to support.
    Nothing,
}

/// The time from one probe to the next.
fn again(completeness: Completeness) -> Duration {
    match completeness {
        // A server does not tell when an administrator turns presence on or
        // off.
        Completeness::Complete => Duration::from_secs(24 * 60 * 60),
        Completeness::Partial => Duration::from_secs(60 * 60),
        Completeness::Nothing => Duration::from_secs(60),
    }
}

/// The time from the end of an outage to the next probe. A server changes what
/// it can do when it restarts, so it is probed at once. Where the line comes
/// and goes, ten seconds pass between two probes.
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
