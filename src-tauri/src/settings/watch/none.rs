//! Where the system's way is not known yet: edits count from the next start.

use std::path::Path;

/// Why edits are not noticed.
#[derive(Debug, thiserror::Error)]
#[error("edits of the settings file count from the next start on this system")]
pub struct WatchError;

/// Watches the settings file.
#[derive(Debug)]
pub struct Watch;

impl Watch {
    /// Always fails here.
    pub fn new(_file: &Path) -> Result<Self, WatchError> {
        Err(WatchError)
    }

    /// Never returns here.
    pub async fn edited(&mut self) {
        std::future::pending().await
    }
}
