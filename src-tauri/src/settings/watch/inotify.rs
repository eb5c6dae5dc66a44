//! Linux: inotify on the folder of the file, because editors replace it, and
//! on that of each link on the way to it, because it may be kept elsewhere.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt as _;
use inotify::{EventMask, EventStream, Inotify, WatchDescriptor, WatchMask};
use presently_core::{Code, Coded, coded_error};
use tokio::time::{Instant, timeout_at};

use super::places::{Place, places};

/// So long nothing more must happen, or it is read in the middle of an edit.
const QUIET: Duration = Duration::from_millis(100);

/// Who made a file may take this long to write it.
const WRITING: Duration = Duration::from_secs(1);

/// A file that is gone may be back within this: so do editors replace it, and
/// programs that change a whole folder.
const GONE: Duration = Duration::from_secs(2);

/// However much happens, it is read after this.
const LONGEST: Duration = Duration::from_secs(3);

/// Why edits are not noticed.
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

/// Watches the settings file.
pub struct Watch {
    file: PathBuf,
    events: EventStream<[u8; 4096]>,
    watched: Vec<(WatchDescriptor, Place)>,
    edit: Option<Edit>,
}

/// An edit that is under way.
#[derive(Clone, Copy, Debug)]
struct Edit {
    began: Instant,
    last: Instant,
    /// So long after the last event it is over.
    quiet: Duration,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Watch {
    /// Begins to watch; makes the folder if it is not there.
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

    /// Returns when the file was written, replaced or removed, be it through
    /// a link, and whoever does it has come to rest. Dropped before, it goes
    /// on from there the next time.
    pub async fn edited(&mut self) {
        loop {
            let quiet = match self.edit {
                None => self.change().await,
                Some(Edit { began, last, quiet }) => {
                    let wait = if self.file.exists() { quiet } else { GONE };
                    match timeout_at((last + wait).min(began + LONGEST), self.change()).await {
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

    /// Waits for the next event that is about the file, and says how long to
    /// wait for another.
    async fn change(&mut self) -> Duration {
        while let Some(event) = self.events.next().await {
            let Ok(event) = event else { return QUIET };
            let about = |name: &OsStr| {
                let mut watched = self.watched.iter();
                watched.any(|(wd, place)| *wd == event.wd && place.name == name)
            };
            let is_folder = event.mask.intersects(EventMask::DELETE_SELF | EventMask::MOVE_SELF);
            let is_lost = event.mask.contains(EventMask::Q_OVERFLOW);
            if is_folder || is_lost || event.name.as_deref().is_some_and(about) {
                // A file that was made is not written yet; a link is.
                let made = event.mask.contains(EventMask::CREATE);
                return if made && self.file.is_file() { WRITING } else { QUIET };
            }
        }
        std::future::pending().await
    }

    /// Watches where the links lead now.
    fn follow(&mut self) -> io::Result<()> {
        const MASK: WatchMask = WatchMask::CLOSE_WRITE
            .union(WatchMask::CREATE)
            .union(WatchMask::DELETE)
            .union(WatchMask::MOVE)
            .union(WatchMask::DELETE_SELF)
            .union(WatchMask::MOVE_SELF);
        // Again, until nothing has changed while it was looked at.
        let mut wanted = places(&self.file);
        loop {
            let mut now = Vec::new();
            for place in &wanted {
                match self.events.watches().add(&place.folder, MASK) {
                    Ok(descriptor) => now.push((descriptor, place.clone())),
                    // It went away just now.
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(e),
                }
            }
            let old = std::mem::replace(&mut self.watched, now);
            for (descriptor, _) in old {
                if !self.watched.iter().any(|(wd, _)| *wd == descriptor) {
                    // One whose folder is gone has ended by itself.
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
