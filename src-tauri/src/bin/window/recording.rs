//! A recording of the signals for a bug report. `presently signals` makes it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use presently::downloads;
use presently::localize;
use presently_core::Code;
use presently_ipc::{Failure, Reply};
use presently_text::Texts;
use tauri::{AppHandle, Manager as _, State};
use tokio::io::{AsyncReadExt as _, copy, sink};
use tokio::process::Command;
use tokio::sync::oneshot;

use super::commands::agent_program;

/// How long a recording lasts if the person does not end it.
const LENGTH: &str = "10m";

/// Ends the recording that is going on, when it is used or dropped.
#[derive(Default)]
pub(crate) struct Recording(Mutex<Option<oneshot::Sender<()>>>);

impl Recording {
    fn replace(&self, stop: Option<oneshot::Sender<()>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = stop;
    }
}

/// Records the signals in a new file of the person, and answers with its path
/// once the recording has ended.
#[tauri::command]
pub(crate) async fn record_signals(app: AppHandle) -> Reply {
    let (stop, stopped) = oneshot::channel();
    app.state::<Recording>().replace(Some(stop));
    let reply = match record(stopped).await {
        Ok(path) => Reply::Text { text: path.display().to_string() },
        Err(why) => Reply::Failed(Failure::new(&why)),
    };
    localize::reply(reply, &app.state::<Texts>())
}

/// Ends the recording that is going on, if any is.
#[tauri::command]
pub(crate) fn stop_recording(recording: State<'_, Recording>) {
    recording.replace(None);
}

async fn record(stopped: oneshot::Receiver<()>) -> Result<PathBuf, Code> {
    let today = jiff::Zoned::now().date();
    let free = move || {
        let var = |name: &str| std::env::var_os(name);
        downloads::create("presently-signals", today, "jsonl", var, is_free)
    };
    let (path, ()) = presently_durable::unblock(free).await?;
    let program = agent_program();
    let failed = |why: String| {
        Code::new("window-not-recorded")
            .with("program", program.display().to_string())
            .with("why", why)
    };
    let mut command = Command::new(&program);
    command.arg("signals").arg("--record").arg(&path).args(["--for", LENGTH]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut recorder = command.spawn().map_err(|error| failed(error.to_string()))?;
    let (mut lines, errors) = (recorder.stdout.take(), recorder.stderr.take());
    let read_errors = tauri::async_runtime::spawn(async move {
        let mut text = String::new();
        if let Some(mut errors) = errors {
            let _ = errors.read_to_string(&mut text).await;
        }
        text
    });
    let is_stopped = tokio::select! {
        _ = stopped => true,
        () = async {
            if let Some(lines) = &mut lines {
                let _ = copy(lines, &mut sink()).await;
            }
        } => false,
    };
    // Nobody reads its lines any more. So it ends the recording and itself, as
    // it does when this program ends.
    drop(lines);
    let status = recorder.wait().await.map_err(|error| failed(error.to_string()))?;
    if path.exists() && (is_stopped || status.success()) {
        return Ok(path);
    }
    let said = read_errors.await.unwrap_or_default();
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    Err(failed(last.map_or_else(|| status.to_string(), str::to_owned)))
}

fn is_free(path: &Path) -> io::Result<()> {
    match path.try_exists()? {
        false => Ok(()),
        true => Err(io::ErrorKind::AlreadyExists.into()),
    }
}
