//! Opens the window, a separate program that ends when it is closed. A second
//! instance brings the first to the front and ends.

use std::io::Write as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use presently_core::{Code, Coded as _};
use presently_ipc::activation::ACTIVATION_VARIABLES;
use presently_ipc::request::WindowView;
use presently_ipc::window_instance::{READY, REPORT_READY_ARG, VIEW};
use presently_ipc::{ActivationToken, Failure, Paths, Reply};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{ChildStderr, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Agent, Outcome};
use crate::notify::Notice;

/// The time limit for the window to appear. The first start after a login reads
/// all of WebKit from disk.
const TIMEOUT: Duration = Duration::from_secs(30);

/// WebKitGTK reads this when it starts. With it, it does not prepare OpenGL for
/// a page that is drawn without it (`src/bin/window/rendering/`), and the first
/// paint comes earlier.
const NO_COMPOSITING: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// How long to wait for the rest of the standard error of a program that has
/// ended.
const STDERR_TIMEOUT: Duration = Duration::from_secs(1);

/// The result of an attempt to open the window.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Whether no client waits for an answer, because the tray asked for the
    /// window.
    unanswered: bool,
    /// Why there is no window, if it failed.
    failure: Option<Failure>,
}

impl Agent {
    /// Opens the window, at a view if one is given, and in front of the others
    /// if the desktop permits it. The answer is sent when it has appeared or
    /// failed.
    pub(super) fn open_window(
        &self,
        view: Option<WindowView>,
        activation: Option<ActivationToken>,
        answer: Option<oneshot::Sender<Reply>>,
    ) {
        let (paths, outcomes) = (self.paths.clone(), self.outcomes.clone());
        let revision = self.revision();
        tokio::spawn(async move {
            let failure = open(&paths, view, activation, TIMEOUT).await.err();
            let unanswered = answer.is_none();
            if let Some(answer) = answer {
                let _ = answer.send(match failure.clone() {
                    None => Reply::Done { revision },
                    Some(failure) => Reply::Failed(failure),
                });
            }
            let _ = outcomes.send(Outcome::Window(Opened { unanswered, failure })).await;
        });
    }

    /// Shows a failure among the troubles if the tray asked for the window. Any
    /// window that opens later clears it.
    pub(super) fn window_opened(&mut self, opened: Opened) {
        match opened.failure {
            None => {
                self.no_window = None;
                self.withdraw_window_notice();
            }
            Some(failure) if opened.unanswered => {
                tracing::warn!("{}", failure.message);
                let why = failure.code();
                self.no_window = Some(why.clone());
                if self.settings.get().notify.enabled {
                    self.notify(Notice::Window { why });
                }
            }
            Some(_) => {}
        }
    }
}

/// Starts the window's program and waits until its page has loaded, or until an
/// existing window has come to the front.
async fn open(
    paths: &Paths,
    view: Option<WindowView>,
    activation: Option<ActivationToken>,
    limit: Duration,
) -> Result<(), Failure> {
    let program = || paths.window.display().to_string();
    let failed = |why: Code| Failure::new(&Code::new("window-not-opened").with("why", why));
    let broken = |error: std::io::Error| {
        let why = error.to_string();
        failed(Code::new("window-program-broken").with("program", program()).with("why", why))
    };
    let mut command = Command::new(&paths.window);
    // The window outlives the agent, and then says that no agent runs.
    command.args(view.map(|view| format!("{VIEW}{}", view.name())));
    command
        .arg(REPORT_READY_ARG)
        .env(NO_COMPOSITING, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in ACTIVATION_VARIABLES {
        // The token in the agent's own environment was for its own start.
        match &activation {
            Some(token) => command.env(name, token.as_str()),
            None => command.env_remove(name),
        };
    }
    let mut child = command.spawn().map_err(broken)?;
    let words = child.stderr.take().map(pass_on);
    let mut sign = child.stdout.take();
    let came = async {
        if let Some(sign) = &mut sign
            && matches!(sign.read_u8().await, Ok(READY))
        {
            return None;
        }
        Some(child.wait().await)
    };
    let ended = timeout(limit, came).await;
    match ended {
        Ok(None) => {
            // Waits for the process, so that no zombie remains.
            tokio::spawn(async move { child.wait().await });
            Ok(())
        }
        Ok(Some(Ok(status))) if status.success() => Ok(()),
        Ok(Some(Ok(status))) => Err(failed(last_words(words, status).await)),
        Ok(Some(Err(error))) => Err(broken(error)),
        Err(_) => {
            tokio::spawn(async move { child.wait().await });
            let why = Code::new("window-program-silent")
                .with("program", program())
                .with("limit", format!("{limit:?}"));
            Err(failed(why))
        }
    }
}

/// Copies the standard error of the window's program to our own until it ends.
/// Returns the last line that states a reason.
fn pass_on(words: ChildStderr) -> JoinHandle<Option<Code>> {
    tokio::spawn(async move {
        let (mut words, mut line, mut last) = (BufReader::new(words), Vec::new(), None);
        while words.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
            let _ = std::io::stderr().write_all(&line);
            last = reason(&String::from_utf8_lossy(&line)).or(last);
            line.clear();
        }
        last
    })
}

/// The reason in a line of the program's output, or `None` if the line is empty
/// or only a hint.
fn reason(line: &str) -> Option<Code> {
    const LOADER: &str = "error while loading shared libraries: ";
    let line = line.trim();
    if line.is_empty() || line.starts_with("note: ") {
        return None;
    }
    Some(match line.split_once(LOADER) {
        Some((_, what)) => Code::new("window-library").with("what", what),
        None => Code::plain(line.trim_start_matches("presently-window: ")),
    })
}

async fn last_words(words: Option<JoinHandle<Option<Code>>>, status: ExitStatus) -> Code {
    let said = match words {
        // A child of the program may still hold the pipe open.
        Some(words) => {
            timeout(STDERR_TIMEOUT, words).await.ok().and_then(|said| said.ok().flatten())
        }
        None => None,
    };
    said.unwrap_or_else(|| Code::new("window-program-ended").with("status", status.to_string()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    /// The other outcomes are tested with the real program.
    #[tokio::test]
    async fn a_program_that_shows_nothing_is_not_waited_for_for_ever() {
        let folder = tempfile::tempdir().expect("a folder");
        let var = |_: &str| Some(folder.path().as_os_str().to_owned());
        let program = folder.path().join("presently");
        let paths = Paths::from_vars(var, Path::new(&program)).expect("all is set");
        std::fs::write(&paths.window, "#!/bin/sh\nexec sleep 5\n").expect("written");
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&paths.window, mode).expect("it may run");
        let failure =
            open(&paths, None, None, Duration::from_millis(200)).await.expect_err("nothing came");
        assert!(failure.message.contains("has shown nothing for 200ms"), "{}", failure.message);
    }

    #[test]
    fn a_line_that_says_why_is_told_from_hints() {
        for (line, why) in [
            ("\n", None),
            ("note: run with `RUST_BACKTRACE=1` environment variable\n", None),
            ("presently-window: there is no display\n", Some("there is no display")),
            (
                "/usr/bin/presently-window: error while loading shared libraries: \
                 libwebkit2gtk-4.1.so.0: cannot open shared object file\n",
                Some(
                    "a library that it needs cannot be used: \
                     libwebkit2gtk-4.1.so.0: cannot open shared object file",
                ),
            ),
        ] {
            let said = reason(line).map(|why| presently_text::Texts::english().code(&why));
            assert_eq!(said.as_deref(), why, "{line}");
        }
    }
}
