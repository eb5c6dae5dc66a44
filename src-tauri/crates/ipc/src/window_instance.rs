//! The window's own socket. Who starts the window a second time finds the
//! first one by it and brings that to the front, however either was started.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use crate::Paths;
use crate::server::BindError;
use crate::socket::{self, Listener};

/// What the window answers once it has come to the front.
const ACTIVATED: u8 = b'\n';

/// The argument with which the window's program writes [`UP`] to its standard
/// output once its page runs. One that ends without an error instead has
/// brought another window to the front.
pub const TELL: &str = "--tell-when-up";

/// See [`TELL`].
pub const UP: u8 = b'\n';

/// How long one that starts or ends may take over it: a page that comes for
/// the first time is slow.
const TAKEOVER_TIMEOUT: Duration = Duration::from_secs(20);

/// How long to wait before the next attempt meanwhile.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// Held by the one window of this user.
#[derive(Debug)]
pub struct WindowInstance {
    listener: Listener,
}

impl WindowInstance {
    /// Becomes the one window, or `None` where there was one, which has come
    /// to the front. Must be called within a tokio runtime.
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
                // Its lock is held: it stands there, or is about to listen,
                // or about to end. Nothing tells which of the last two.
                match activate_other(&paths).await {
                    Ok(true) => return Ok(None),
                    Ok(false) | Err(_) => sleep(RETRY_INTERVAL).await,
                }
            }
        };
        timeout(TAKEOVER_TIMEOUT, opened).await.unwrap_or(Err(BindError::AlreadyRunning))
    }

    /// Waits until a second start asks, and calls `raise` before the answer.
    pub async fn activated(&self, raise: impl FnOnce()) -> io::Result<()> {
        loop {
            if let (mut stream, true) = self.listener.accept().await? {
                raise();
                // One that did not wait for the answer has what it wanted.
                let _ = stream.write_all(&[ACTIVATED]).await;
                return Ok(());
            }
        }
    }
}

/// Whether a window was there and came to the front.
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
