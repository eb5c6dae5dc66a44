//! The window's own socket. A second start of the window finds the first window
//! by it and brings that to the front, however either was started.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use crate::Paths;
use crate::server::BindError;
use crate::socket::{self, Listener};

/// What the window answers once it has come to the front.
const ACTIVATED: u8 = b'\n';

/// With this argument the window's program writes [`READY`] to its standard
/// output once its page runs. If it ends without an error instead, it has
/// brought another window to the front.
pub const REPORT_READY_ARG: &str = "--tell-when-up";

/// The byte that [`REPORT_READY_ARG`] asks for.
pub const READY: u8 = b'\n';

/// How long to wait for a window that starts or ends. The first load of a page
/// is slow.
const TAKEOVER_TIMEOUT: Duration = Duration::from_secs(20);

/// The pause between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// The claim to be the only window of this user, which lasts until this is
/// dropped.
#[derive(Debug)]
pub struct WindowInstance {
    listener: Listener,
}

impl WindowInstance {
    /// Becomes the only window. Returns `None` if there was one, which has come
    /// to the front. Must be called within a tokio runtime.
    ///
    /// Fails if the socket cannot be bound, or if the other window neither
    /// answers nor ends in time.
    pub async fn acquire(paths: &Paths) -> Result<Option<Self>, BindError> {
        let paths = Paths {
            socket: paths.runtime_dir.join("window.sock"),
            lock: paths.runtime_dir.join("window.lock"),
            ..paths.clone()
        };
        let opened = async {
            loop {
                match Listener::bind(&paths) {
                    Ok(listener) => return Ok(Some(Self { listener })),
                    Err(BindError::AlreadyRunning) => {}
                    Err(error) => return Err(error),
                }
                // The other window holds the lock. It listens, is about to
                // listen or is about to end; the last two cannot be told apart.
                match activate_other(&paths).await {
                    Ok(true) => return Ok(None),
                    Ok(false) | Err(_) => sleep(RETRY_INTERVAL).await,
                }
            }
        };
        timeout(TAKEOVER_TIMEOUT, opened).await.unwrap_or(Err(BindError::AlreadyRunning))
    }

    /// Waits for a second start, and calls `raise` before it is answered. Fails
    /// if no connection can be accepted.
    pub async fn activated(&self, raise: impl FnOnce()) -> io::Result<()> {
        loop {
            if let (mut stream, true) = self.listener.accept().await? {
                raise();
                // The other process may end without waiting for the answer.
                let _ = stream.write_all(&[ACTIVATED]).await;
                return Ok(());
            }
        }
    }
}

/// Asks the other window to come to the front. Returns whether it did. Fails if
/// none listens.
async fn activate_other(paths: &Paths) -> io::Result<bool> {
    let mut stream = socket::connect(&paths.socket).await?;
    Ok(matches!(stream.read_u8().await, Ok(ACTIVATED)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn paths(runtime: &Path) -> Paths {
        let var = |_: &str| Some(runtime.as_os_str().to_owned());
        Paths::from_vars(var, Path::new("/usr/bin/presently-window")).expect("all variables set")
    }

    #[tokio::test]
    async fn the_second_brings_the_first_to_the_front() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = paths(folder.path());
        let first = WindowInstance::acquire(&paths).await.expect("binds").expect("is the first");

        let mut raised = false;
        let (activated, second) =
            tokio::join!(first.activated(|| raised = true), WindowInstance::acquire(&paths));
        activated.expect("accepts");
        assert!(second.expect("is answered").is_none());
        assert!(raised);

        drop(first);
        assert!(
            WindowInstance::acquire(&paths).await.expect("binds").is_some(),
            "the place is free again"
        );
    }

    #[tokio::test]
    async fn one_that_ends_instead_of_answering_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = paths(folder.path());
        let first = WindowInstance::acquire(&paths).await.expect("binds").expect("is the first");
        let ends = async {
            let _ = first.listener.accept().await;
            drop(first);
        };
        let ((), second) = tokio::join!(ends, WindowInstance::acquire(&paths));
        assert!(second.expect("binds").is_some());
    }
}
