//! The return of a socket that is not there: the folders above it tell.

use std::future::pending;
use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use inotify::{EventStream, Inotify, WatchMask};

/// Waits for any of some sockets to be made (again).
pub(crate) struct Revival {
    /// None where there is nothing to wait for.
    events: Option<EventStream<[u8; 1024]>>,
    /// The names that lead to the sockets.
    names: Vec<PathBuf>,
}

impl Revival {
    /// Begins to watch. What is made from now on is told.
    pub(crate) fn of(sockets: impl IntoIterator<Item = PathBuf>) -> Self {
        let sockets: Vec<PathBuf> = sockets.into_iter().collect();
        let mut names = Vec::new();
        let events = watch(&sockets, &mut names).unwrap_or_else(|e| {
            tracing::debug!("folders cannot be watched: {e}");
            None
        });
        Self { events, names }
    }

    /// Waits until one is made, or a folder that leads to one.
    pub(crate) async fn happens(&mut self) {
        let Some(events) = &mut self.events else { return pending().await };
        while let Some(event) = events.next().await {
            let Ok(event) = event else { break };
            let Some(name) = &event.name else { continue };
            if self.names.iter().any(|path| path.file_name() == Some(name)) {
                return;
            }
        }
        pending().await
    }
}

/// Watches the nearest folder above each socket that exists, and notes the
/// name that must appear in it.
fn watch(
    sockets: &[PathBuf],
    names: &mut Vec<PathBuf>,
) -> std::io::Result<Option<EventStream<[u8; 1024]>>> {
    if sockets.is_empty() {
        return Ok(None);
    }
    let inotify = Inotify::init()?;
    for socket in sockets {
        let mut wanted: &Path = socket;
        while let Some(folder) = wanted.parent() {
            let mask = WatchMask::CREATE | WatchMask::MOVED_TO;
            if inotify.watches().add(folder, mask).is_ok() {
                names.push(wanted.to_owned());
                break;
            }
            wanted = folder;
        }
    }
    inotify.into_event_stream([0; 1024]).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn a_socket_whose_folder_is_not_there_yet() {
        let folder = tempfile::tempdir().expect("a folder");
        let pulse = folder.path().join("pulse");
        let socket = pulse.join("native");
        let soon = Duration::from_secs(5);

        let mut revival = Revival::of([socket.clone()]);
        std::fs::write(folder.path().join("other"), "").expect("a file");
        let told = timeout(Duration::from_millis(100), revival.happens()).await;
        assert!(told.is_err(), "another file is of no interest");
        std::fs::create_dir(&pulse).expect("a folder");
        timeout(soon, revival.happens()).await.expect("the folder is made");

        let mut revival = Revival::of([socket.clone()]);
        std::fs::write(&socket, "").expect("a file");
        timeout(soon, revival.happens()).await.expect("the socket is made");
    }
}
