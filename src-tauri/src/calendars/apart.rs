//! Reading beside the agent's own task.

use presently_core::Code;

use super::ReadCalendar;

/// Reads on another thread. If the reading crashes, only this calendar is not
/// read.
///
/// # Errors
///
/// Those of `read`, or that it crashed.
pub(super) async fn apart(
    read: impl FnOnce() -> Result<ReadCalendar, Code> + Send + 'static,
) -> Result<ReadCalendar, Code> {
    match tokio::task::spawn_blocking(read).await {
        // A copy, because the original lies between what was needed to read it:
        // no page of that memory could be given back.
        Ok(read) => {
            let copy = read.clone();
            drop(read);
            copy
        }
        Err(error) if error.is_panic() => Err(Code::new("calendar-crashed")),
        // It is cancelled only when the runtime ends.
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_crash_is_an_error() {
        let read = apart(|| std::panic::resume_unwind(Box::new("a crash"))).await;
        assert_eq!(read, Err(Code::new("calendar-crashed")));
        assert_eq!(apart(|| Ok(ReadCalendar::NONE)).await, Ok(ReadCalendar::NONE));
    }
}
