//! Linux: inotify on the folder, because editors replace the file.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use futures_util::StreamExt as _;
use inotify::{EventStream, Inotify, WatchMask};

/// Why edits are not noticed.
#[derive(Debug, thiserror::Error)]
#[error("edits of the settings file are not noticed: {0}")]
pub struct WatchError(#[from] io::Error);

/// Watches the settings file.
pub struct Watch {
    events: EventStream<[u8; 1024]>,
    name: OsString,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Watch {
    /// Begins to watch; makes the folder if it is not there.
    pub fn new(file: &Path) -> Result<Self, WatchError> {
        let folder = file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let inotify = Inotify::init()?;
        let mask = WatchMask::CLOSE_WRITE | WatchMask::MOVED_TO | WatchMask::DELETE;
        inotify.watches().add(folder, mask)?;
        let name = file.file_name().unwrap_or_default().to_owned();
        Ok(Self { events: inotify.into_event_stream([0; 1024])?, name })
    }

    /// Returns when the file was written, replaced or removed.
    pub async fn edited(&mut self) {
        while let Some(event) = self.events.next().await {
            if event.is_ok_and(|e| e.name.as_deref() == Some(&self.name)) {
                return;
            }
        }
        std::future::pending().await
    }
}
