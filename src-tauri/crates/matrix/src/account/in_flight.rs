//! The requests that are in flight.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use presently_core::account::{Answer, RequestId};
use tokio::time::Instant;

use crate::request_error::RequestError;

/// A request in flight. It starts when it is first polled, and dropping it
/// cancels it.
pub(super) type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How long a replaced sync stays open, so that the server sees the new one
/// begin before the old one ends.
const OVERLAP: Duration = Duration::from_millis(500);

/// Why a request failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Its marks could not be written, so it was not sent.
    Unmarked,
    /// It was sent and failed.
    RequestError(RequestError),
}

/// A request that was answered or failed.
pub(super) struct Completed {
    pub(super) id: RequestId,
    pub(super) is_sync: bool,
    pub(super) answer: Result<Answer, Failure>,
}

/// All requests that are in flight.
#[derive(Default)]
pub(super) struct InFlight(Vec<InFlightRequest>);

struct InFlightRequest {
    id: RequestId,
    is_sync: bool,
    /// It was replaced and is cancelled at this time.
    until: Option<Instant>,
    pending: Pending<Result<Answer, Failure>>,
}

impl InFlight {
    /// Adds a request. A sync replaces the previous one, which is kept for
    /// [`OVERLAP`].
    pub(super) fn begin(
        &mut self,
        id: RequestId,
        is_sync: bool,
        pending: Pending<Result<Answer, Failure>>,
    ) {
        if is_sync {
            for replaced in self.0.iter_mut().filter(|other| other.is_sync) {
                replaced.until.get_or_insert(Instant::now() + OVERLAP);
            }
        }
        self.0.push(InFlightRequest { id, is_sync, until: None, pending });
    }

    /// Cancels the requests that the account no longer waits for.
    pub(super) fn keep(&mut self, is_open: impl Fn(RequestId) -> bool) {
        let now = Instant::now();
        self.0.retain(|one| is_open(one.id) || one.until.is_some_and(|until| until > now));
    }

    /// Cancels all replaced syncs at once.
    pub(super) fn end_overlap(&mut self) {
        self.0.retain(|one| one.until.is_none());
    }

    /// Cancels all requests.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// When the next replaced sync must be cancelled.
    pub(super) fn overlap_ends(&self) -> Option<Instant> {
        self.0.iter().filter_map(|one| one.until).min()
    }

    /// Waits for the next answer. It waits forever while nothing is in flight.
    pub(super) async fn next(&mut self) -> Completed {
        poll_fn(|cx| {
            for at in 0..self.0.len() {
                if let Poll::Ready(answer) = self.0[at].pending.as_mut().poll(cx) {
                    let InFlightRequest { id, is_sync, .. } = self.0.swap_remove(at);
                    return Poll::Ready(Completed { id, is_sync, answer });
                }
            }
            Poll::Pending
        })
        .await
    }
}
