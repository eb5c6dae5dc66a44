//! When something on the network is asked for again.

use std::time::Duration;

use tokio::time::Instant;

use super::source::Asked;

/// The time between two successful tries.
const INTERVAL: Duration = Duration::from_secs(15 * 60);

/// The time before the second try, which is doubled for each further one.
const FIRST_RETRY: Duration = Duration::from_secs(60);

/// The longest time between two tries.
const LONGEST_RETRY: Duration = Duration::from_secs(60 * 60);

/// After a success nothing is asked for more often, whatever happens on the
/// network, unless a person asks.
const LEAST_INTERVAL: Duration = Duration::from_secs(60);

/// When something is tried.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    tried: Instant,
    /// Since the last success.
    failures: u32,
    is_untried: bool,
    next: Instant,
    /// The server asked not to be asked earlier.
    not_before: Option<Instant>,
}

impl Schedule {
    /// It is due at once.
    pub(super) fn new(now: Instant) -> Self {
        Self { tried: now, failures: 0, is_untried: true, next: now, not_before: None }
    }

    /// When it is due.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Whether it is due. No wish of a person goes against one of the server.
    pub(super) fn is_due(&self, now: Instant, asked: Asked) -> bool {
        let has_failed = self.failures > 0 || self.is_untried;
        let is_wanted = match asked {
            Asked::Due => self.next <= now,
            Asked::Again => has_failed || now.duration_since(self.tried) >= LEAST_INTERVAL,
            Asked::ByPerson => true,
        };
        is_wanted && self.not_before.is_none_or(|at| at <= now)
    }

    pub(super) fn succeed(&mut self, now: Instant) {
        *self = Self { is_untried: false, next: now + INTERVAL, ..Self::new(now) };
    }

    /// `retry_after` is the server's wish.
    pub(super) fn fail(&mut self, now: Instant, retry_after: Option<Duration>) {
        let wait = FIRST_RETRY * 2u32.saturating_pow(self.failures.min(10));
        self.failures += 1;
        (self.tried, self.is_untried) = (now, false);
        self.not_before = retry_after.map(|wait| now + wait.min(LONGEST_RETRY));
        self.next = (now + wait.min(LONGEST_RETRY)).max(self.not_before.unwrap_or(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(count * 60)
    }

    #[tokio::test]
    async fn tries_become_rarer_and_a_success_ends_that() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        assert!(schedule.is_due(start, Asked::Due));
        let mut waits = Vec::new();
        for _ in 0..8 {
            schedule.fail(start, None);
            waits.push((schedule.next - start).as_secs() / 60);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(schedule.is_due(start, Asked::Again), "what failed is tried on another network");
        schedule.fail(start, Some(minutes(30)));
        assert!(
            !schedule.is_due(start + minutes(29), Asked::Again),
            "but not against the server's wish"
        );
        assert!(!schedule.is_due(start + minutes(29), Asked::ByPerson));
        assert!(schedule.is_due(start + minutes(30), Asked::Again));

        schedule.succeed(start);
        assert!(!schedule.is_due(start + minutes(14), Asked::Due));
        assert!(schedule.is_due(start + minutes(15), Asked::Due));
        assert!(!schedule.is_due(start + Duration::from_secs(59), Asked::Again));
        assert!(schedule.is_due(start + minutes(1), Asked::Again));
        assert!(schedule.is_due(start, Asked::ByPerson));
        schedule.fail(start, None);
        assert_eq!(schedule.next - start, minutes(1));
    }
}
