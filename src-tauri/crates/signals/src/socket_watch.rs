//! Waits for a socket that does not exist yet. inotify watches on the folders
//! above it report when it is created. Where the kernel has no inotify instance
//! left, the path is polled.

mod folders;

use std::future::pending;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use crate::limits::explained;
use folders::Subscription;

/// The polling interval for paths that cannot be watched.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

/// Waits until one of several sockets is created.
pub(crate) struct SocketWatch {
    sockets: Vec<PathBuf>,
    method: Method,
}

enum Method {
    /// inotify reports when one of the names appears.
    Watched(Subscription),
    /// The paths are polled and compared with the files of the last time.
    Polled(Vec<Option<Identity>>),
    /// There is no socket to wait for.
    Never,
}

/// Device, inode and change time of a file, which tell it from a later file of
/// the same name.
type Identity = (u64, u64, i64, i64);

impl SocketWatch {
    /// Starts to watch. A socket that is created from now on is reported.
    pub(crate) fn new(sockets: impl IntoIterator<Item = PathBuf>) -> Self {
        let sockets: Vec<PathBuf> = sockets.into_iter().collect();
        let method = if sockets.is_empty() {
            Method::Never
        } else {
            match watch(&sockets) {
                Ok(subscription) => Method::Watched(subscription),
                Err(e) => {
                    tracing::debug!("sockets are looked for now and then: {}", explained(&e));
                    Method::Polled(identities(&sockets))
                }
            }
        };
        Self { sockets, method }
    }

    /// Waits until a socket is created, or a folder on the way to one.
    pub(crate) async fn appeared(&mut self) {
        loop {
            match &mut self.method {
                Method::Watched(subscription) => match subscription.appeared().await {
                    Ok(()) => return,
                    Err(_) => self.method = Method::Polled(identities(&self.sockets)),
                },
                Method::Polled(before) => {
                    sleep(POLL_INTERVAL).await;
                    let now = identities(&self.sockets);
                    let made = now.iter().zip(before.iter()).any(|(n, b)| n.is_some() && n != b);
                    *before = now;
                    if made {
                        return;
                    }
                }
                Method::Never => pending().await,
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

/// Watches the nearest folder above each socket that exists, for the name that
/// must appear in it.
fn watch(sockets: &[PathBuf]) -> std::io::Result<Subscription> {
    let subscription = Subscription::new()?;
    for socket in sockets {
        let mut wanted: &Path = socket;
        let mut refused = None;
        while let (Some(folder), Some(name)) = (wanted.parent(), wanted.file_name()) {
            match subscription.add(folder, name) {
                Ok(()) => {
                    refused = None;
                    break;
                }
                Err(e) => refused = Some(e),
            }
            wanted = folder;
        }
        // Not even the root folder could be watched.
        refused.map_or(Ok(()), Err)?;
    }
    Ok(subscription)
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
        let method = Method::Polled(identities(&sockets));
        let mut socket_watch = SocketWatch { sockets, method };
        assert!(
            timeout(POLL_INTERVAL * 3, socket_watch.appeared()).await.is_err(),
            "it is not there"
        );
        std::fs::write(&socket, "").expect("a file");
        timeout(POLL_INTERVAL * 2, socket_watch.appeared()).await.expect("it is made");
        assert!(
            timeout(POLL_INTERVAL * 3, socket_watch.appeared()).await.is_err(),
            "it is the same"
        );
        std::fs::remove_file(&socket).expect("it was there");
        std::fs::write(&socket, "").expect("a file");
        timeout(POLL_INTERVAL * 2, socket_watch.appeared()).await.expect("it is made anew");
    }

    #[tokio::test]
    async fn a_socket_whose_folder_is_not_there_yet() {
        let folder = tempfile::tempdir().expect("a folder");
        let pulse = folder.path().join("pulse");
        let socket = pulse.join("native");
        let soon = Duration::from_secs(5);

        let mut socket_watch = SocketWatch::new([socket.clone()]);
        std::fs::write(folder.path().join("other"), "").expect("a file");
        let event = timeout(Duration::from_millis(100), socket_watch.appeared()).await;
        assert!(event.is_err(), "another file is of no interest");
        std::fs::create_dir(&pulse).expect("a folder");
        timeout(soon, socket_watch.appeared()).await.expect("the folder is made");

        let mut socket_watch = SocketWatch::new([socket.clone()]);
        std::fs::write(&socket, "").expect("a file");
        timeout(soon, socket_watch.appeared()).await.expect("the socket is made");
    }
}
