//! The return of a socket that is not there: the folders above it tell. Where
//! the kernel lets no more folders be watched, it is looked for now and then.

use std::future::pending;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt as _;
use inotify::{EventStream, Inotify, WatchMask};
use tokio::time::sleep;

use crate::limits::explained;

/// How often to look where nothing is told.
const NOW_AND_THEN: Duration = Duration::from_secs(10);

/// Waits for any of some sockets to be made (again).
pub(crate) struct Revival {
    sockets: Vec<PathBuf>,
    how: How,
}

enum How {
    /// The folders tell when one of these names appears.
    Told { events: Box<EventStream<[u8; 1024]>>, names: Vec<PathBuf> },
    /// They do not: this is what was there when it was looked last.
    Looking(Vec<Option<Identity>>),
    /// There is nothing to wait for.
    Never,
}

/// Which file it is, so that another one by its name is told from it.
type Identity = (u64, u64, i64, i64);

impl Revival {
    /// Begins to watch. What is made from now on is told.
    pub(crate) fn of(sockets: impl IntoIterator<Item = PathBuf>) -> Self {
        let sockets: Vec<PathBuf> = sockets.into_iter().collect();
        let how = if sockets.is_empty() {
            How::Never
        } else {
            let mut names = Vec::new();
            match watch(&sockets, &mut names) {
                Ok(events) => How::Told { events: Box::new(events), names },
                Err(e) => {
                    tracing::debug!("sockets are looked for now and then: {}", explained(&e));
                    How::Looking(identities(&sockets))
                }
            }
        };
        Self { sockets, how }
    }

    /// Waits until one is made, or a folder that leads to one.
    pub(crate) async fn happens(&mut self) {
        loop {
            match &mut self.how {
                How::Told { events, names } => match events.next().await {
                    Some(Ok(event)) => {
                        let name = event.name.as_deref();
                        if name.is_some() && names.iter().any(|path| path.file_name() == name) {
                            return;
                        }
                    }
                    _ => self.how = How::Looking(identities(&self.sockets)),
                },
                How::Looking(before) => {
                    sleep(NOW_AND_THEN).await;
                    let now = identities(&self.sockets);
                    let made = now.iter().zip(before.iter()).any(|(n, b)| n.is_some() && n != b);
                    *before = now;
                    if made {
                        return;
                    }
                }
                How::Never => pending().await,
            }
        }
    }
}

fn identities(sockets: &[PathBuf]) -> Vec<Option<Identity>> {
    let identity = |socket: &PathBuf| {
        let file = std::fs::metadata(socket).ok()?;
        Some((file.dev(), file.ino(), file.ctime(), file.ctime_nsec()))
    };
    sockets.iter().map(identity).collect()
}

/// Watches the nearest folder above each socket that exists, and notes the
/// name that must appear in it.
fn watch(
    sockets: &[PathBuf],
    names: &mut Vec<PathBuf>,
) -> std::io::Result<EventStream<[u8; 1024]>> {
    let inotify = Inotify::init()?;
    for socket in sockets {
        let mut wanted: &Path = socket;
        let mut refused = None;
        while let Some(folder) = wanted.parent() {
            let mask = WatchMask::CREATE | WatchMask::MOVED_TO;
            match inotify.watches().add(folder, mask) {
                Ok(_) => {
                    names.push(wanted.to_owned());
                    refused = None;
                    break;
                }
                Err(e) => refused = Some(e),
            }
            wanted = folder;
        }
        // Not even the last one.
        refused.map_or(Ok(()), Err)?;
    }
    inotify.into_event_stream([0; 1024])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test(start_paused = true)]
    async fn without_a_watch_it_is_looked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("native");
        let sockets = vec![socket.clone()];
        let how = How::Looking(identities(&sockets));
        let mut revival = Revival { sockets, how };
        assert!(timeout(NOW_AND_THEN * 3, revival.happens()).await.is_err(), "it is not there");
        std::fs::write(&socket, "").expect("a file");
        timeout(NOW_AND_THEN * 2, revival.happens()).await.expect("it is made");
        assert!(timeout(NOW_AND_THEN * 3, revival.happens()).await.is_err(), "it is the same");
        std::fs::remove_file(&socket).expect("it was there");
        std::fs::write(&socket, "").expect("a file");
        timeout(NOW_AND_THEN * 2, revival.happens()).await.expect("it is made anew");
    }

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
