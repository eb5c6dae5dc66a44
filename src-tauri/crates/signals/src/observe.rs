//! A state that is read now, and again after each event.

use futures_util::StreamExt as _;
use futures_util::stream::try_unfold;

use crate::probe::Readings;

/// Something whose state is read anew after each event. What an event says
/// about the state is not used: some events come twice, some late.
pub(crate) trait Observed: Send + 'static {
    /// The state.
    type Reading: Clone + PartialEq + Send + 'static;
    /// Why the source is lost.
    type Error: Send + 'static;

    /// Reads the state now.
    fn read(&mut self) -> impl Future<Output = Result<Self::Reading, Self::Error>> + Send;

    /// Waits for an event after which the state may be another.
    fn event(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// The state now, then each change of it. Ends with the first error.
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
