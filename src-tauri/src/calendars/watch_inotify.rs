//! Linux: inotify on the folder of a file, and on a folder of files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt as _;
use inotify::{EventStream, Inotify, WatchMask};
use tokio::time::{Instant, timeout_at};

/// A change ends when nothing has happened for this long: programs that
/// synchronise calendars write many files one after the other.
const DEBOUNCE: Duration = Duration::from_millis(300);

/// After this long the calendars are read even if they still change.
const LONGEST: Duration = Duration::from_secs(5);

/// Watches calendars.
#[derive(Debug)]
pub(super) struct Watch {
    /// `None` if there is nothing to watch, or no inotify instance is left.
    events: Option<EventStream<[u8; 4096]>>,
}

impl Watch {
    pub(super) fn of<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        let paths: Vec<&Path> = paths.into_iter().collect();
        let events = (!paths.is_empty()).then(|| watch(&paths));
        let events = events.and_then(|watched| {
            watched.inspect_err(|error| tracing::warn!(%error, "calendars are not watched")).ok()
        });
        Self { events }
    }

    /// Returns when something in the watched folders has changed. It is safe to
    /// cancel before the first change only.
    pub(super) async fn changed(&mut self) {
        let Some(events) = &mut self.events else { return std::future::pending().await };
        if events.next().await.is_none() {
            return std::future::pending().await;
        }
        let end = Instant::now() + LONGEST;
        let mut is_changing = true;
        while is_changing && Instant::now() < end {
            let quiet = (Instant::now() + DEBOUNCE).min(end);
            is_changing = matches!(timeout_at(quiet, events.next()).await, Ok(Some(_)));
        }
    }
}

fn watch(paths: &[&Path]) -> std::io::Result<EventStream<[u8; 4096]>> {
    const MASK: WatchMask = WatchMask::CLOSE_WRITE
        .union(WatchMask::DELETE)
        .union(WatchMask::MOVE)
        .union(WatchMask::DELETE_SELF)
        .union(WatchMask::MOVE_SELF);
    let inotify = Inotify::init()?;
    for path in paths {
        for folder in folders(path) {
            // A folder that does not exist is named where the calendar is read.
            if let Err(error) = inotify.watches().add(&folder, MASK) {
                tracing::debug!(%error, "a calendar's folder is not watched");
            }
        }
    }
    inotify.into_event_stream([0; 4096])
}

/// The folders in which a change is a change of the calendar: where its name
/// stands, where a link leads, and the calendar itself if it is a folder.
fn folders(path: &Path) -> Vec<PathBuf> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut folders: Vec<PathBuf> =
        [path, &target].into_iter().filter_map(Path::parent).map(Path::to_owned).collect();
    if target.is_dir() {
        folders.push(target);
    }
    folders.dedup();
    folders
}
