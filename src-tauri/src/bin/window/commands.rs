//! All that the page may call.

use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use presently_ipc::{Client, ClientError, ErrorCode, Failure, Paths, Reply, Request};
use tauri::async_runtime::{JoinHandle, spawn};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager as _, State};
use tokio::process::Command;
use tokio::time::sleep;

use super::Coming;

/// How often to look for an agent that does not run. It is looked for rather
/// than waited for, because the folder of its socket may not exist either.
const LOOK: Duration = Duration::from_millis(300);

/// The task that follows the agent for the page that is shown.
#[derive(Default)]
pub(crate) struct Following(Mutex<Option<JoinHandle<()>>>);

/// Asks the agent, for what the page has controls for and nothing else.
#[tauri::command]
pub(crate) async fn request(app: AppHandle, request: Request) -> Reply {
    match request {
        Request::Choose { .. }
        | Request::Message { .. }
        | Request::Login { .. }
        | Request::LoginWays { .. }
        | Request::LoginBrowser { .. }
        | Request::LoginFinish { .. }
        | Request::LoginCancel { .. }
        | Request::Logout { .. }
        | Request::AccountSet { .. } => {
            let reply = ask(&app.state::<Paths>(), request).await;
            let reply = reply.unwrap_or_else(|error| Reply::Failed(failure(error)));
            // Opened here, so that the page can open nothing else. If that
            // fails, the page shows the address all the same.
            if let Reply::Browse { url, .. } = &reply {
                let _ = presently::browser::open(&url.0);
            }
            reply
        }
        _ => Reply::Failed(Failure::new("the window does not ask for that")),
    }
}

async fn ask(paths: &Paths, request: Request) -> Result<Reply, ClientError> {
    Client::connect(paths).await?.request(request).await
}

/// Sends the page each snapshot, and why there is none when there is none.
/// A page that was loaded again calls this again, and the one before is not
/// served any more.
#[tauri::command]
pub(crate) fn follow(app: AppHandle, following: State<'_, Following>, view: Channel<Reply>) {
    app.state::<Coming>().is_up(&app);
    let task = spawn(async move {
        let paths = app.state::<Paths>();
        let mut told = None;
        loop {
            let ended = pass_on(&paths, |reply| {
                told = None;
                // It fails only when the window is gone, and this with it.
                let _ = view.send(reply);
            });
            let why = failure(ended.await);
            if told.as_ref() != Some(&why) {
                let _ = view.send(Reply::Failed(why.clone()));
                told = Some(why);
            }
            sleep(LOOK).await;
        }
    });
    let mut current = following.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(before) = current.replace(task) {
        before.abort();
    }
}

/// Passes snapshots on for as long as there are any, and says why there are
/// no more.
async fn pass_on(paths: &Paths, mut show: impl FnMut(Reply)) -> ClientError {
    let passed = async {
        let mut snapshots = Client::connect(paths).await?.follow().await?;
        while let Some(snapshot) = snapshots.next().await? {
            show(Reply::Snapshot(snapshot));
        }
        Ok(())
    };
    passed.await.err().unwrap_or(ClientError::NoAgent)
}

fn failure(error: ClientError) -> Failure {
    match error {
        ClientError::Failed(failure) => failure,
        ClientError::NoAgent => {
            Failure { code: ErrorCode::NoAgent, message: ClientError::NoAgent.to_string() }
        }
        other => Failure::new(other.to_string()),
    }
}

/// Starts the agent beside this program. Answers only if that fails, or when
/// the agent ends while the window is open: that it runs is seen by its
/// snapshot.
#[tauri::command]
pub(crate) async fn start() -> Reply {
    let program = std::env::current_exe()
        .unwrap_or_default()
        .with_file_name(format!("presently{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(&program);
    command.arg("run").stdin(Stdio::null()).stdout(Stdio::null());
    let ended = match command.spawn() {
        Ok(mut agent) => agent.wait().await,
        Err(error) => Err(error),
    };
    let name = program.display();
    Reply::Failed(Failure::new(match ended {
        Ok(status) => format!("{name} ended ({status}); start it in a terminal to see why"),
        Err(error) => format!("cannot start {name}: {error}; install Presently again"),
    }))
}
