//! When to send a failed request again: one rule for every kind of request of
//! an account.

use std::time::Duration;

use crate::Mono;

/// How the pauses between the attempts grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backoff {
    /// The pause after the first failure. Each further one is twice as long.
    pub first: Duration,
    /// The longest pause.
    pub cap: Duration,
    /// The longest pause once requests have failed for [`LONG_OUTAGE`].
    pub long_cap: Duration,
}

/// After this time, [`Backoff::long_cap`] applies. A server that is back after
/// minutes is found within seconds, and a longer outage causes few requests.
pub(super) const LONG_OUTAGE: Duration = Duration::from_secs(600);

/// The longest pause that a server may ask for. A longer one is most likely a
/// fault, and nobody would understand an agent that is silent for a day.
pub(super) const MAX_SERVER_PAUSE: Duration = Duration::from_secs(60 * 60);

/// The shortest pause after the second rate limit (429) in a row. It doubles
/// with each further one, up to [`MAX_REPEATED_PAUSE`].
const MIN_REPEATED_PAUSE: Duration = Duration::from_secs(1);
const MAX_REPEATED_PAUSE: Duration = Duration::from_secs(8);

/// How long a write that was given up may still take effect. A write is given
/// up when its answer is lost or the program ends.
pub(super) const LATE_WRITE: Duration = Duration::from_secs(30);

/// The attempts at one kind of request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Retry {
    /// Failures in a row.
    failures: u32,
    /// When the first of them happened.
    failing_since: Option<Mono>,
    /// When our own back-off ends.
    not_before: Mono,
    /// When the pause that the server asked for ends. A return of the network
    /// or the machine does not shorten it.
    limited_until: Mono,
    /// Refusals by the rate limit in a row.
    limits: u32,
}

impl Retry {
    /// When the next attempt may be made. The time may be past.
    pub(super) fn due(&self) -> Mono {
        self.not_before.max(self.limited_until)
    }

    /// When the pause that the server asked for ends.
    pub(super) fn limited_until(&self) -> Mono {
        self.limited_until
    }

    /// Failures in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Records a success.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.limits = 0;
        self.failing_since = None;
        self.not_before = Mono::default();
    }

    /// Records a failure. `jitter` is 0 to 100 and spreads the attempts of many
    /// clients over the last quarter of the pause.
    pub(super) fn failed(&mut self, backoff: &Backoff, jitter: u8, now: Mono) {
        let since = *self.failing_since.get_or_insert(now);
        let cap = if now.since(since) < LONG_OUTAGE { backoff.cap } else { backoff.long_cap };
        let pause = doubled(backoff.first, self.failures, cap);
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + pause * (300 + u32::from(jitter.min(100))) / 400;
    }

    /// Records that the server asked for a pause (429), which is no failure. If
    /// it asks for no pause again and again, a pause is made all the same.
    pub(super) fn limited(&mut self, pause: Duration, now: Mono) {
        let least = self
            .limits
            .checked_sub(1)
            .map(|times| doubled(MIN_REPEATED_PAUSE, times, MAX_REPEATED_PAUSE));
        self.limits = self.limits.saturating_add(1);
        self.limited_until = now + pause.max(least.unwrap_or_default()).min(MAX_SERVER_PAUSE);
    }

    /// The network or the machine came back. An attempt may be made at once,
    /// unless the server asked for a pause.
    pub(super) fn returned(&mut self) {
        self.succeeded();
    }
}

/// `first`, doubled `times` times, at most `cap`.
pub(super) fn doubled(first: Duration, times: u32, cap: Duration) -> Duration {
    first.saturating_mul(1u32.checked_shl(times.min(20)).unwrap_or(u32::MAX)).min(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(1),
        cap: Duration::from_secs(8),
        long_cap: Duration::from_secs(60),
    };

    #[test]
    fn pauses_double_up_to_a_cap_that_rises_after_a_long_outage() {
        let (mut retry, mut now, mut pauses) = (Retry::default(), Mono(0), Vec::new());
        for _ in 0..6 {
            retry.failed(&BACKOFF, 100, now);
            pauses.push(retry.due().since(now).as_secs());
            now = retry.due();
        }
        assert_eq!(pauses, [1, 2, 4, 8, 8, 8]);
        retry.failed(&BACKOFF, 100, Mono(0) + LONG_OUTAGE);
        assert_eq!(retry.due().since(Mono(0) + LONG_OUTAGE).as_secs(), 60);
        retry.succeeded();
        retry.failed(&BACKOFF, 0, now);
        assert_eq!(retry.due().since(now), Duration::from_millis(750));
    }

    #[test]
    fn the_servers_wish_holds_whatever_comes_back_and_is_bounded() {
        let mut retry = Retry::default();
        retry.limited(Duration::from_secs(30), Mono(0));
        retry.failed(&BACKOFF, 0, Mono(0));
        retry.returned();
        assert_eq!(retry.due(), Mono(30_000));
        assert_eq!(retry.failures(), 0);
        retry.limited(Duration::from_secs(1_000_000), Mono(0));
        assert_eq!(retry.due(), Mono(0) + MAX_SERVER_PAUSE);
    }

    #[test]
    fn a_server_that_wants_no_pause_again_and_again_gets_one() {
        let mut retry = Retry::default();
        let mut pauses = |wish| -> Vec<u64> {
            retry.succeeded();
            let mut limited = || {
                retry.limited(Duration::from_secs(wish), Mono(0));
                retry.due().0 / 1000
            };
            (0..6).map(|_| limited()).collect()
        };
        assert_eq!(pauses(0), [0, 1, 2, 4, 8, 8]);
        assert_eq!(pauses(5), [5, 5, 5, 5, 8, 8]);
    }
}
