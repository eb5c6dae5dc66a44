//! Turns a state that must be read again after each event into a stream.

use futures_util::StreamExt as _;
use futures_util::stream::try_unfold;

use crate::probe::Readings;

/// A source whose state is read again after each event. The content of an event
/// is ignored, because some events come twice and some come late.
pub(crate) trait Observed: Send + 'static {
    type Reading: Clone + PartialEq + Send + 'static;
    /// Why the source is lost.
    type Error: Send + 'static;

    /// Reads the state now.
    fn read(&mut self) -> impl Future<Output = Result<Self::Reading, Self::Error>> + Send;

    /// Waits for an event after which the state may have changed.
    fn event(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// The current state, then each change. The first error ends the stream.
pub(crate) fn readings<T: Observed>(observed: T) -> Readings<T::Reading, T::Error> {
    let state = (observed, None::<T::Reading>);
    try_unfold(state, |(mut observed, before)| async move {
        let mut is_first = before.is_none();
        loop {
            if !std::mem::take(&mut is_first) {
                observed.event().await?;
            }
            let now = observed.read().await?;
            if before.as_ref() != Some(&now) {
                return Ok(Some((now.clone(), (observed, Some(now)))));
            }
        }
    })
    .boxed()
}
