//! Linux: inotify on the folder of the file, because editors replace the file,
//! and on the folder of each symbolic link that leads to it.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt as _;
use inotify::{EventMask, EventStream, Inotify, WatchDescriptor, WatchMask};
use presently_core::{Code, Coded, coded_error};
use tokio::time::{Instant, timeout_at};

use super::places::{Place, places};

/// The debounce time. An edit ends when no event has arrived for this long.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// The debounce time after a file was created, until it is written.
const DEBOUNCE_CREATED: Duration = Duration::from_secs(1);

/// The debounce time after a file has disappeared. Editors and programs that
/// change a whole folder remove it before they write it again.
const DEBOUNCE_REMOVED: Duration = Duration::from_secs(2);

/// The maximum duration of an edit. After it the file is read even if events
/// still arrive.
const LONGEST_EDIT: Duration = Duration::from_secs(3);

/// Why edits cannot be noticed.
#[derive(Debug)]
pub struct WatchError(io::Error);

impl Coded for WatchError {
    fn code(&self) -> Code {
        Code::new("settings-unwatched").with("why", self.0.to_string())
    }
}

coded_error!(WatchError);

impl From<io::Error> for WatchError {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

/// A watcher of the settings file.
pub struct Watch {
    file: PathBuf,
    events: EventStream<[u8; 4096]>,
    watched: Vec<(WatchDescriptor, Place)>,
    edit: Option<Edit>,
}

/// An edit in progress.
#[derive(Clone, Copy, Debug)]
struct Edit {
    began: Instant,
    last: Instant,
    /// The debounce time after the last event.
    quiet: Duration,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Watch {
    /// Starts to watch the file and creates its folder if necessary.
    pub fn new(file: &Path) -> Result<Self, WatchError> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = std::path::absolute(file)?;
        let events = Inotify::init()?.into_event_stream([0; 4096])?;
        let mut watch = Self { file, events, watched: Vec::new(), edit: None };
        watch.follow()?;
        Ok(watch)
    }

    /// Returns when the file was written, replaced or removed, also through a
    /// link, and no further event has arrived for the debounce time. It is safe
    /// to cancel.
    pub async fn edited(&mut self) {
        loop {
            let quiet = match self.edit {
                None => self.change().await,
                Some(Edit { began, last, quiet }) => {
                    let wait = if self.file.exists() { quiet } else { DEBOUNCE_REMOVED };
                    match timeout_at((last + wait).min(began + LONGEST_EDIT), self.change()).await {
                        Ok(more) => more,
                        Err(_) => break,
                    }
                }
            };
            let last = Instant::now();
            let began = self.edit.map_or(last, |edit| edit.began);
            self.edit = Some(Edit { began, last, quiet });
            if let Err(error) = self.follow() {
                tracing::warn!(%error, "not all edits of the settings file are noticed");
            }
        }
        self.edit = None;
    }

    /// Waits for the next event about the file and returns the debounce time.
    async fn change(&mut self) -> Duration {
        while let Some(event) = self.events.next().await {
            let Ok(event) = event else { return DEBOUNCE };
            let about = |name: &OsStr| {
                let mut watched = self.watched.iter();
                watched.any(|(wd, place)| *wd == event.wd && place.name == name)
            };
            let is_folder = event.mask.intersects(EventMask::DELETE_SELF | EventMask::MOVE_SELF);
            let is_lost = event.mask.contains(EventMask::Q_OVERFLOW);
            if is_folder || is_lost || event.name.as_deref().is_some_and(about) {
                // A created file is still empty; a created link is complete.
                let made = event.mask.contains(EventMask::CREATE);
                return if made && self.file.is_file() { DEBOUNCE_CREATED } else { DEBOUNCE };
            }
        }
        std::future::pending().await
    }

    /// Watches the folders to which the links lead now.
    fn follow(&mut self) -> io::Result<()> {
        const MASK: WatchMask = WatchMask::CLOSE_WRITE
            .union(WatchMask::CREATE)
            .union(WatchMask::DELETE)
            .union(WatchMask::MOVE)
            .union(WatchMask::DELETE_SELF)
            .union(WatchMask::MOVE_SELF);
        // Repeats until the links did not change while the watches were added.
        let mut wanted = places(&self.file);
        loop {
            let mut now = Vec::new();
            for place in &wanted {
                match self.events.watches().add(&place.folder, MASK) {
                    Ok(descriptor) => now.push((descriptor, place.clone())),
                    // The folder was removed just now.
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(e),
                }
            }
            let old = std::mem::replace(&mut self.watched, now);
            for (descriptor, _) in old {
                if !self.watched.iter().any(|(wd, _)| *wd == descriptor) {
                    // The watch of a removed folder is already gone.
                    let _ = self.events.watches().remove(descriptor);
                }
            }
            let again = places(&self.file);
            if again == wanted {
                return Ok(());
            }
            wanted = again;
        }
    }
}
