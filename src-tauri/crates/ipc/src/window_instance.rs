//! The window's own socket. Who starts the window a second time finds the
//! first one by it and brings that to the front, however either was started.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::{sleep, timeout};

use crate::Paths;
use crate::request::WindowView;
use crate::server::BindError;
use crate::socket::{self, Listener};

/// What the window answers once it has come to the front.
const ACTIVATED: u8 = b'\n';

/// The argument with which the window's program writes [`UP`] to its standard
/// output once its page runs. One that ends without an error instead has
/// brought another window to the front.
pub const TELL: &str = "--tell-when-up";

/// The beginning of the argument that names the view to show.
pub const VIEW: &str = "--view=";

/// See [`TELL`].
pub const UP: u8 = b'\n';

/// How long one that starts or ends may take over it: a page that comes for
/// the first time is slow.
const TAKEOVER_TIMEOUT: Duration = Duration::from_secs(20);

/// How long to wait before the next attempt meanwhile.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// How long a second start may take to name its view. One of an older version
/// names none.
const VIEW_TIMEOUT: Duration = Duration::from_millis(500);

/// More than the longest name of a view.
const VIEW_BYTES: u64 = 32;

/// Held by the one window of this user.
#[derive(Debug)]
pub struct WindowInstance {
    listener: Listener,
}

impl WindowInstance {
    /// Becomes the one window, or `None` where there was one, which has come
    /// to the front and shows `view`. Must be called within a tokio runtime.
    pub async fn acquire(
        paths: &Paths,
        view: Option<WindowView>,
    ) -> Result<Option<Self>, BindError> {
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
                match activate_other(&paths, view).await {
                    Ok(true) => return Ok(None),
                    Ok(false) | Err(_) => sleep(RETRY_INTERVAL).await,
                }
            }
        };
        timeout(TAKEOVER_TIMEOUT, opened).await.unwrap_or(Err(BindError::AlreadyRunning))
    }

    /// Waits until a second start asks, and calls `raise` with the view that
    /// it names before the answer.
    pub async fn activated(&self, raise: impl FnOnce(Option<WindowView>)) -> io::Result<()> {
        loop {
            if let (mut stream, true) = self.listener.accept().await? {
                raise(named_view(&mut stream).await);
                // One that did not wait for the answer has what it wanted.
                let _ = stream.write_all(&[ACTIVATED]).await;
                return Ok(());
            }
        }
    }
}

/// Whether a window was there and came to the front.
async fn activate_other(paths: &Paths, view: Option<WindowView>) -> io::Result<bool> {
    let mut stream = socket::connect(&paths.socket).await?;
    let line = format!("{}\n", view.map_or("", WindowView::name));
    stream.write_all(line.as_bytes()).await?;
    Ok(matches!(stream.read_u8().await, Ok(ACTIVATED)))
}

/// The view that a second start names in a line.
async fn named_view(stream: &mut (impl AsyncRead + Unpin)) -> Option<WindowView> {
    let mut line = String::new();
    let mut stream = BufReader::new(stream.take(VIEW_BYTES));
    timeout(VIEW_TIMEOUT, stream.read_line(&mut line)).await.ok()?.ok()?;
    WindowView::from_name(line.trim_end())
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
        let first =
            WindowInstance::acquire(&paths, None).await.expect("binds").expect("is the first");

        for view in [None, Some(WindowView::Settings), Some(WindowView::Now)] {
            let mut raised = None;
            let (activated, second) = tokio::join!(
                first.activated(|view| raised = Some(view)),
                WindowInstance::acquire(&paths, view)
            );
            activated.expect("accepts");
            assert!(second.expect("is answered").is_none());
            assert_eq!(raised, Some(view));
        }

        drop(first);
        assert!(
            WindowInstance::acquire(&paths, None).await.expect("binds").is_some(),
            "the place is free again"
        );
    }

    #[tokio::test]
    async fn one_that_ends_instead_of_answering_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = paths(folder.path());
        let first =
            WindowInstance::acquire(&paths, None).await.expect("binds").expect("is the first");
        let ends = async {
            let _ = first.listener.accept().await;
            drop(first);
        };
        let ((), second) = tokio::join!(ends, WindowInstance::acquire(&paths, None));
        assert!(second.expect("binds").is_some());
    }

    /// As a start of a version that names no view, and one of a version that
    /// has more views.
    #[tokio::test]
    async fn who_names_no_view_of_ours_raises_the_window_all_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = paths(folder.path());
        let first = WindowInstance::acquire(&paths, None).await.expect("binds").expect("the first");
        for words in ["", "garden\n", "a line that is far too long to be the name of a view\n"] {
            let second = async {
                let socket = paths.runtime_dir.join("window.sock");
                let mut stream = socket::connect(&socket).await.expect("it listens");
                stream.write_all(words.as_bytes()).await.expect("it is taken");
                stream.read_u8().await.expect("it answers")
            };
            let mut raised = None;
            let (activated, answer) =
                tokio::join!(first.activated(|view| raised = Some(view)), second);
            activated.expect("accepts");
            assert_eq!((answer, raised), (ACTIVATED, Some(None)), "{words:?}");
        }
    }
}
