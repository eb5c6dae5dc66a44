//! Turns a source that must be polled into a stream of changes. A timer sleeps
//! until the threshold could be reached, so there is no fixed interval while
//! there is input.

use std::time::Duration;

use futures_util::stream::try_unfold;
use jiff::{SignedDuration, Timestamp};
use presently_core::idle::Idle;
use tokio::time::sleep;

use crate::probe::Readings;

/// The polling interval while the person is idle. Their return is noticed at
/// most this late.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The current state, then each change. `ask` returns the time since the last
/// input. An error ends the stream.
pub(super) fn readings<E, F>(after: Duration, ask: F) -> Readings<Idle, E>
where
    E: Send + 'static,
    F: Fn() -> Result<Duration, E> + Send + Sync + 'static,
{
    let state = (ask, None::<bool>, Duration::ZERO);
    Box::pin(try_unfold(state, move |(ask, mut before, mut wait)| async move {
        loop {
            if before.is_some() {
                sleep(wait).await;
            }
            let without = ask()?;
            let idle = without >= after;
            wait = if idle { IDLE_POLL_INTERVAL } else { after - without };
            if before.replace(idle) != Some(idle) {
                return Ok(Some((reading(idle, without), (ask, before, wait))));
            }
        }
    }))
}

fn reading(idle: bool, without: Duration) -> Idle {
    let now = Timestamp::now();
    if !idle {
        return Idle::Active { since: now };
    }
    let since = SignedDuration::try_from(without).ok().and_then(|d| now.checked_sub(d).ok());
    Idle::Idle { since: since.unwrap_or(now) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn asks_when_the_threshold_would_be_reached_and_not_before() {
        let start = Instant::now();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        // Input until 100 s, then none until 500 s, then input again.
        let without = move || {
            count.fetch_add(1, Ordering::Relaxed);
            let now = start.elapsed().as_secs();
            let last = if now >= 500 { now } else { now.min(100) };
            Ok::<_, std::convert::Infallible>(Duration::from_secs(now - last))
        };
        let mut readings = readings(Duration::from_secs(60), without);
        let mut next = async || readings.next().await.expect("endless").expect("infallible");
        assert!(matches!(next().await, Idle::Active { .. }));
        assert!(matches!(next().await, Idle::Idle { .. }));
        assert_eq!(start.elapsed().as_secs(), 160, "at the threshold, not after it");
        assert_eq!(asked.load(Ordering::Relaxed), 4, "at 0, 60, 120 and 160");
        assert!(matches!(next().await, Idle::Active { .. }));
        assert_eq!(start.elapsed().as_secs(), 500);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_ends_it() {
        let mut readings = readings(Duration::from_secs(60), || Err("gone"));
        assert_eq!(readings.next().await, Some(Err("gone")));
        assert_eq!(readings.next().await, None);
    }
}
