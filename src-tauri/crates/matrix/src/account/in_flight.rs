//! The requests that are in flight.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use presently_core::account::{Answer, RequestId};
use tokio::time::Instant;

use crate::trouble::Trouble;

/// The answer to come. The request starts when it is polled; dropping it
/// cancels the request.
pub(super) type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How long a sync that was replaced is kept, so that the server sees the new
/// one begin before the old one ends.
const OVERLAP: Duration = Duration::from_millis(500);

/// Why a request brought nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// Its marks could not be written, so it was not sent.
    Unmarked,
    /// What went wrong.
    Trouble(Trouble),
}

/// A request that was answered or failed.
pub(super) struct Completed {
    /// Its id.
    pub(super) id: RequestId,
    /// It was a sync.
    pub(super) is_sync: bool,
    /// What came back.
    pub(super) answer: Result<Answer, Failure>,
}

/// All requests that are in flight.
#[derive(Default)]
pub(super) struct InFlight(Vec<InFlightRequest>);

struct InFlightRequest {
    id: RequestId,
    is_sync: bool,
    /// It was replaced, and is kept until then.
    until: Option<Instant>,
    pending: Pending<Result<Answer, Failure>>,
}

impl InFlight {
    /// Adds a request. A sync replaces the one before it, which is kept for a
    /// moment.
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

    /// Cancels those that the account does not wait for any more.
    pub(super) fn keep(&mut self, is_open: impl Fn(RequestId) -> bool) {
        let now = Instant::now();
        self.0.retain(|one| is_open(one.id) || one.until.is_some_and(|until| until > now));
    }

    /// Cancels those that were replaced, at once.
    pub(super) fn end_overlap(&mut self) {
        self.0.retain(|one| one.until.is_none());
    }

    /// Gives all of them up.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// When one that was replaced has had its time.
    pub(super) fn overlap_ends(&self) -> Option<Instant> {
        self.0.iter().filter_map(|one| one.until).min()
    }

    /// The next answer; never one while nothing is under way.
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
