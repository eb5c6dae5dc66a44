//! Shows notifications where the system provides them. They have no actions.

use std::convert::Infallible;
use std::time::Duration;

use presently_text::Texts;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{Notice, NoticeAction, NotifyError, notification};

/// How long the desktop may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Shows a notice. It is not withdrawn, and offers nothing to do.
///
/// # Errors
///
/// The system refuses or does not answer in time.
pub async fn show(
    notice: &Notice,
    texts: &Texts,
    _withdrawn: oneshot::Receiver<Infallible>,
) -> Result<Option<NoticeAction>, NotifyError> {
    let notification = notification(notice, texts);
    let shown = tokio::task::spawn_blocking(move || notification.show().map(drop));
    match timeout(LIMIT, shown).await {
        Ok(Ok(shown)) => Ok(shown.map(|()| None)?),
        _ => Err(NotifyError::Silent),
    }
}

/// The name of the notification service. Windows and macOS have their own.
///
/// # Errors
///
/// None.
pub async fn service() -> Result<String, NotifyError> {
    Ok("the system's notifications".to_owned())
}
