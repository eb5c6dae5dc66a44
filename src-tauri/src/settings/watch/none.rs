//! Systems without a watcher: edits apply after the next start.

use std::path::Path;

use presently_core::{Code, Coded, coded_error};

/// Why edits are not noticed.
#[derive(Debug)]
pub struct WatchError;

impl Coded for WatchError {
    fn code(&self) -> Code {
        Code::new("settings-unwatchable")
    }
}

coded_error!(WatchError);

/// A watcher of the settings file.
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
