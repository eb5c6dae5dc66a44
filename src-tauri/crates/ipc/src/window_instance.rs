//! The window's own socket. A second start of the window finds the first window
//! by it and brings that to the front, however either was started.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::{sleep, timeout};

use crate::request::WindowView;
use crate::server::BindError;
use crate::socket::{self, Listener};
use crate::{ActivationToken, Paths};

/// What the window answers once it has come to the front.
const ACTIVATED: u8 = b'\n';

/// With this argument the window's program writes [`READY`] to its standard
/// output once its page runs. If it ends without an error instead, it has
/// brought another window to the front.
pub const REPORT_READY_ARG: &str = "--tell-when-up";

/// The byte that [`REPORT_READY_ARG`] asks for.
pub const READY: u8 = b'\n';

/// The beginning of the argument that names the view to show.
pub const VIEW: &str = "--view=";

/// How long to wait for a window that starts or ends. The first load of a page
/// is slow.
const TAKEOVER_TIMEOUT: Duration = Duration::from_secs(20);

/// The pause between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// How long a second start may take to say what it asks for. An older version
/// says nothing.
const LINE_TIMEOUT: Duration = Duration::from_millis(500);

/// More than the longest line.
const LINE_BYTES: u64 = 1024;

/// What a start asks of the window that is already open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activation {
    /// The view to show, if not the one that is shown.
    pub view: Option<WindowView>,
    /// What lets the window come to the front.
    pub token: Option<ActivationToken>,
}

impl Activation {
    /// The view's name and the token, with a space between them.
    fn line(&self) -> String {
        let view = self.view.map_or("", WindowView::name);
        match &self.token {
            Some(token) => format!("{view} {}\n", token.as_str()),
            None => format!("{view}\n"),
        }
    }

    fn from_line(line: &str) -> Self {
        let line = line.trim_end_matches('\n');
        let (view, token) = line.split_once(' ').unwrap_or((line, ""));
        let token = token.to_owned().try_into().ok();
        Self { view: WindowView::from_name(view), token }
    }
}

/// The claim to be the only window of this user, which lasts until this is
/// dropped.
#[derive(Debug)]
pub struct WindowInstance {
    listener: Listener,
}

impl WindowInstance {
    /// Becomes the only window. Returns `None` if there was one, which has come
    /// to the front as `activation` asks. Must be called within a tokio
    /// runtime.
    ///
    /// Fails if the socket cannot be bound, or if the other window neither
    /// answers nor ends in time.
    pub async fn acquire(paths: &Paths, activation: Activation) -> Result<Option<Self>, BindError> {
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
                match activate_other(&paths, &activation).await {
                    Ok(true) => return Ok(None),
                    Ok(false) | Err(_) => sleep(RETRY_INTERVAL).await,
                }
            }
        };
        timeout(TAKEOVER_TIMEOUT, opened).await.unwrap_or(Err(BindError::AlreadyRunning))
    }

    /// Waits for a second start, and calls `raise` with what it asks for before
    /// it is answered. Fails if no connection can be accepted.
    pub async fn activated(&self, raise: impl FnOnce(Activation)) -> io::Result<()> {
        loop {
            if let (mut stream, true) = self.listener.accept().await? {
                raise(activation(&mut stream).await);
                // The other process may end without waiting for the answer.
                let _ = stream.write_all(&[ACTIVATED]).await;
                return Ok(());
            }
        }
    }
}

/// Asks the other window to come to the front. Returns whether it did. Fails if
/// none listens.
async fn activate_other(paths: &Paths, activation: &Activation) -> io::Result<bool> {
    let mut stream = socket::connect(&paths.socket).await?;
    stream.write_all(activation.line().as_bytes()).await?;
    Ok(matches!(stream.read_u8().await, Ok(ACTIVATED)))
}

/// What a second start asks for in a line.
async fn activation(stream: &mut (impl AsyncRead + Unpin)) -> Activation {
    let mut line = String::new();
    let mut stream = BufReader::new(stream.take(LINE_BYTES));
    match timeout(LINE_TIMEOUT, stream.read_line(&mut line)).await {
        Ok(Ok(_)) => Activation::from_line(&line),
        Ok(Err(_)) | Err(_) => Activation::default(),
    }
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
        let first = WindowInstance::acquire(&paths, Activation::default())
            .await
            .expect("binds")
            .expect("is the first");

        let token = |text: &str| ActivationToken::try_from(text.to_owned()).ok();
        for activation in [
            Activation::default(),
            Activation { view: Some(WindowView::Settings), token: None },
            Activation { view: Some(WindowView::Now), token: token("shell 1_TIME5") },
            Activation { view: None, token: token("c0ffee") },
        ] {
            let mut raised = None;
            let (activated, second) = tokio::join!(
                first.activated(|asked| raised = Some(asked)),
                WindowInstance::acquire(&paths, activation.clone())
            );
            activated.expect("accepts");
            assert!(second.expect("is answered").is_none());
            assert_eq!(raised, Some(activation));
        }

        drop(first);
        assert!(
            WindowInstance::acquire(&paths, Activation::default()).await.expect("binds").is_some(),
            "the place is free again"
        );
    }

    #[tokio::test]
    async fn one_that_ends_instead_of_answering_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = paths(folder.path());
        let first = WindowInstance::acquire(&paths, Activation::default())
            .await
            .expect("binds")
            .expect("is the first");
        let ends = async {
            let _ = first.listener.accept().await;
            drop(first);
        };
        let ((), second) =
            tokio::join!(ends, WindowInstance::acquire(&paths, Activation::default()));
        assert!(second.expect("binds").is_some());
    }

    /// As a start of a version that names no view, and one of a version that
    /// has more views.
    #[tokio::test]
    async fn who_names_no_view_of_ours_raises_the_window_all_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = paths(folder.path());
        let first = WindowInstance::acquire(&paths, Activation::default())
            .await
            .expect("binds")
            .expect("the first");
        for words in ["", "garden\n", "a line that is far too long to be the name of a view\n"] {
            let second = async {
                let socket = paths.runtime_dir.join("window.sock");
                let mut stream = socket::connect(&socket).await.expect("it listens");
                stream.write_all(words.as_bytes()).await.expect("it is taken");
                stream.read_u8().await.expect("it answers")
            };
            let mut raised = None;
            let (activated, answer) =
                tokio::join!(first.activated(|asked| raised = Some(asked)), second);
            activated.expect("accepts");
            assert_eq!((answer, raised.map(|it| it.view)), (ACTIVATED, Some(None)), "{words:?}");
        }
    }
}
