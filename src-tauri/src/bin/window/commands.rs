//! All that the page may call.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use presently::history_export::save;
use presently::localize;
use presently_core::Code;
use presently_ipc::request::Pausable;
use presently_ipc::{Client, ClientError, ErrorCode, Failure, Paths, Reply, Request};
use presently_text::{Hours, Locale, Order, Texts};
use serde::Serialize;
use tauri::async_runtime::{JoinHandle, spawn};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager as _, State};
use tokio::process::Command;
use tokio::time::sleep;

use super::Coming;

/// How often to look for an agent that does not run. It is looked for rather
/// than waited for, because the folder of its socket may not exist either.
const AGENT_POLL_INTERVAL: Duration = Duration::from_millis(300);

/// The task that follows the agent for the page that is shown.
#[derive(Default)]
pub(crate) struct Following(Mutex<Option<JoinHandle<()>>>);

/// What the page says, and how its reader writes times.
#[derive(Serialize)]
pub(crate) struct PageTexts {
    /// An ISO 639 code.
    language: &'static str,
    twelve_hours: bool,
    month_first: bool,
    /// All messages of the language, as Fluent reads them.
    messages: String,
}

/// The page's texts, asked for before it shows anything.
#[tauri::command]
pub(crate) fn texts(texts: State<'_, Texts>) -> PageTexts {
    let Locale { language, hours, order } = texts.locale();
    PageTexts {
        language: language.name(),
        twelve_hours: hours == Hours::Twelve,
        month_first: order == Order::MonthDay,
        messages: language.sources().collect(),
    }
}

/// Asks the agent, for what the page has controls for and nothing else.
#[tauri::command]
pub(crate) async fn request(app: AppHandle, request: Request) -> Reply {
    match request {
        // Where tokens are kept is not the page's to change.
        Request::SettingsSet { ref key, .. } if key == "secrets" => not_its_request(),
        Request::Choose { .. }
        | Request::Message { .. }
        | Request::ForgetMessage { .. }
        | Request::Login { .. }
        | Request::LoginWays { .. }
        | Request::LoginBrowser { .. }
        | Request::LoginFinish { .. }
        | Request::LoginCancel { .. }
        | Request::Logout { .. }
        | Request::AccountSet { .. }
        | Request::History { .. }
        | Request::EraseHistory
        | Request::SkipMeeting
        | Request::AttendMeeting
        | Request::CalendarAccount { .. }
        | Request::Pause { what: Pausable::Hours, .. }
        // The page shows no more than may be sent to others.
        | Request::Doctor { full: false }
        | Request::Settings
        | Request::SettingsSet { .. } => {
            let reply = ask(&app.state::<Paths>(), request).await;
            let reply = reply.unwrap_or_else(|error| Reply::Failed(failure(error)));
            let reply = localize::reply(reply, &app.state::<Texts>());
            // Opened here, so that the page can open nothing else. If that
            // fails, the page shows the address all the same.
            if let Reply::Browse { url, .. } = &reply {
                let _ = presently::browser::open(url.reveal());
            }
            reply
        }
        _ => not_its_request(),
    }
}

fn not_its_request() -> Reply {
    Reply::Failed(Failure::new(&Code::new("window-not-its-request")))
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
        let (paths, texts) = (app.state::<Paths>(), app.state::<Texts>());
        let mut told = None;
        loop {
            let ended = pass_on(&paths, |reply| {
                told = None;
                // It fails only when the window is gone, and this with it.
                let _ = view.send(localize::reply(reply, &texts));
            });
            let why = failure(ended.await);
            if told.as_ref() != Some(&why) {
                let _ = view.send(localize::reply(Reply::Failed(why.clone()), &texts));
                told = Some(why);
            }
            sleep(AGENT_POLL_INTERVAL).await;
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
        ClientError::NoAgent => Failure::of_kind(ErrorCode::NoAgent, &error),
        other => Failure::new(&other),
    }
}

/// Saves the whole history in a file of the person, and answers with its path.
#[tauri::command]
pub(crate) async fn export_history(app: AppHandle) -> Reply {
    let all = Request::History { from: None, to: None };
    let reply = match ask(&app.state::<Paths>(), all).await {
        Ok(Reply::History(history)) => {
            let today = jiff::Zoned::now().date();
            let var = |name: &str| std::env::var_os(name);
            match presently_durable::unblock(move || save(&history.spans, today, var)).await {
                Ok(path) => Reply::Text { text: path.display().to_string() },
                Err(why) => Reply::Failed(Failure::new(&why)),
            }
        }
        Ok(Reply::Failed(failure)) => Reply::Failed(failure),
        Ok(_) => Reply::Failed(failure(ClientError::Unknown)),
        Err(error) => Reply::Failed(failure(error)),
    };
    localize::reply(reply, &app.state::<Texts>())
}

/// The agent's program, which is beside this one.
pub(crate) fn agent_program() -> PathBuf {
    let name = format!("presently{}", std::env::consts::EXE_SUFFIX);
    std::env::current_exe().unwrap_or_default().with_file_name(name)
}

/// Starts the agent beside this program. Answers only if that fails, or when
/// the agent ends while the window is open: that it runs is seen by its
/// snapshot.
#[tauri::command]
pub(crate) async fn start(app: AppHandle) -> Reply {
    let program = agent_program();
    let mut command = Command::new(&program);
    command.arg("run").stdin(Stdio::null()).stdout(Stdio::null());
    let ended = match command.spawn() {
        Ok(mut agent) => agent.wait().await,
        Err(error) => Err(error),
    };
    let name = program.display().to_string();
    let why = match ended {
        Ok(status) => {
            Code::new("window-agent-ended").with("program", name).with("status", status.to_string())
        }
        Err(error) => Code::new("window-agent-not-started")
            .with("program", name)
            .with("why", error.to_string()),
    };
    localize::reply(Reply::Failed(Failure::new(&why)), &app.state::<Texts>())
}
