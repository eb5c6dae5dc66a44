//! Answers that are on their way.

use std::future::{self, Future};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::pin::Pin;

use tokio::time::Instant;

use super::Events;

/// An answer that is on its way. Dropping it gives the request up.
pub(super) type Flight<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The answer of a flight, which is over then; nothing while there is none.
pub(super) async fn answered<T>(flight: &mut Option<Flight<T>>) -> T {
    let Some(answer) = flight else { return future::pending().await };
    let answer = answer.await;
    *flight = None;
    answer
}

/// The same for a flight with a number.
pub(super) async fn numbered<T>(flight: &mut Option<(u64, Flight<T>)>) -> (u64, T) {
    let Some((number, answer)) = flight else { return future::pending().await };
    let answer = (*number, answer.await);
    *flight = None;
    answer
}

/// Ends when a flight that was replaced has ended, or has had its time. What
/// it says is out of date.
pub(super) async fn replaced<T>(flight: &mut Option<(Instant, Flight<T>)>) {
    let Some((until, answer)) = flight else { return future::pending().await };
    let _ = tokio::time::timeout_at(*until, answer).await;
    *flight = None;
}

/// Waits until a report can be sent; false if nobody listens any more.
pub(super) async fn has_room(events: &Events) -> bool {
    events.reserve().await.is_ok()
}

/// Waits for a time, for ever where there is none.
pub(super) async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => future::pending().await,
    }
}

/// 0 to 100. The keys of a hasher are random, and nothing better is needed
/// to keep clients from coming back in step.
pub(super) fn jitter() -> u8 {
    u8::try_from(RandomState::new().build_hasher().finish() % 101).unwrap_or(0)
}
