//! What each command does.

use jiff::Zoned;
use presently_core::Presence;
use presently_ipc::request::{End, Pausable};
use presently_ipc::{Client, ClientError, Paths, Reply, Request, Snapshot};

use super::args::{Command, Settings};
use super::parts::{Choice, EndArgs, Target, Wait};
use super::{
    Stop, account, doctor, login, look, output, signals, simulate, status, terminal, wait, when,
};
use crate::agent;

/// Carries out a command; none starts the agent or opens its window.
pub(super) async fn run(command: Option<Command>) -> Result<(), Stop> {
    // Not every command needs a place of the agent's.
    let paths = Paths::from_env;
    let Some(command) = command else { return start_or_open(&paths()?).await };
    match command {
        Command::Run { no_tray } => start(&paths()?, !no_tray, false).await,
        Command::Login(login) => {
            let paths = paths()?;
            let login = login::run(&paths, login);
            tokio::select! {
                // First, so that no interrupt finds the terminal without echo.
                biased;
                _ = tokio::signal::ctrl_c() => Err(Stop::Failed("interrupted".to_owned())),
                done = login => done,
            }
        }
        Command::Logout { user_id } => {
            done(&paths()?, Request::Logout { user_id: user_id.clone() }).await?;
            output::people(&format!("Signed out of {user_id}"))
        }
        Command::Account(args) => account::run(&paths()?, args).await,
        Command::Look { user_id, json } => match ask(&paths()?, Request::Look { user_id }).await? {
            Reply::Look(seen) if json => output::json(&seen),
            Reply::Look(seen) => output::people(&look::text(&seen, &Zoned::now())),
            _ => Err(ClientError::Unknown.into()),
        },
        Command::Accounts { json } => {
            let snapshot = snapshot(&paths()?).await?;
            if json {
                output::json(&snapshot.accounts)
            } else {
                output::people(&status::accounts(&snapshot, &Zoned::now()))
            }
        }
        Command::Status { json, follow: true } => follow(&paths()?, json).await,
        Command::Status { json: true, .. } => output::json(&snapshot(&paths()?).await?),
        Command::Status { .. } => {
            output::people(&status::full(&*snapshot(&paths()?).await?, &Zoned::now()))
        }
        Command::Auto(target) => automatic(&paths()?, &target).await,
        Command::Available(choice) => choose(&paths()?, Presence::Online, &choice).await,
        Command::Busy(choice) => choose(&paths()?, Presence::Busy, &choice).await,
        Command::Away(choice) => choose(&paths()?, Presence::Unavailable, &choice).await,
        Command::Invisible(choice) => choose(&paths()?, Presence::Offline, &choice).await,
        Command::Message(message) => {
            let text = message.message();
            let said = match &text {
                Some(_) => format!("Message set{}", until(&message.end)),
                None => "Message cleared".to_owned(),
            };
            let request = Request::Message { message: text, end: message.end.end() };
            let revision = done(&paths()?, request).await?;
            output::people(&said)?;
            seen(&paths()?, revision, None, &message.wait).await
        }
        Command::Pause { what, end } => pause(&paths()?, what, &end).await,
        Command::Resume { what } => resume(&paths()?, what).await,
        Command::Window => tell(&paths()?, Request::Window).await,
        Command::Doctor { json, full } => match ask(&paths()?, Request::Doctor { full }).await? {
            Reply::Doctor(found) if json => output::json(&found),
            Reply::Doctor(found) => output::people(&doctor::text(&found)),
            _ => Err(ClientError::Unknown.into()),
        },
        Command::Settings { action } => settings(&paths()?, action).await,
        Command::Quit => tell(&paths()?, Request::Quit).await,
        Command::Signals { record, names } => signals::run(record.as_deref(), names).await,
        Command::Simulate { file, settings, json } => {
            simulate::run(&file, settings.as_deref(), json)
        }
    }
}

/// Bare `presently`: who starts it a second time wants to see it.
async fn start_or_open(paths: &Paths) -> Result<(), Stop> {
    match ask(paths, Request::Window).await {
        Err(ClientError::NoAgent) => start(paths, true, true).await,
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

async fn start(paths: &Paths, tray: bool, open_window_if_no_account: bool) -> Result<(), Stop> {
    let options = agent::Options { paths: paths.clone(), tray, open_window_if_no_account };
    Ok(agent::run(options).await?)
}

async fn choose(paths: &Paths, presence: Presence, choice: &Choice) -> Result<(), Stop> {
    let said = format!("{}{}", presence.word(), until(&choice.end));
    let request = Request::Choose {
        presence: Some(presence),
        end: choice.end.end(),
        message: choice.message(),
        account: choice.target.account.clone(),
    };
    chosen(paths, request, said, &choice.target).await
}

async fn automatic(paths: &Paths, target: &Target) -> Result<(), Stop> {
    let request = Request::Choose {
        presence: None,
        end: None,
        message: None,
        account: target.account.clone(),
    };
    chosen(paths, request, "Automatic".to_owned(), target).await
}

async fn chosen(
    paths: &Paths,
    request: Request,
    said: String,
    target: &Target,
) -> Result<(), Stop> {
    let revision = done(paths, request).await?;
    let on = target.account.as_ref().map(|user_id| format!(" on {user_id}"));
    output::people(&format!("{said}{}", on.unwrap_or_default()))?;
    seen(paths, revision, target.account.as_deref(), &target.wait).await
}

async fn pause(paths: &Paths, what: Pausable, end: &EndArgs) -> Result<(), Stop> {
    let request = Request::Pause { what: what.clone(), end: end.end() };
    done(paths, request).await?;
    let until = until(end);
    output::people(&match what {
        Pausable::Calls => format!("Call detection is paused{until}"),
        Pausable::Account(user_id) => format!("{user_id} is paused{until}"),
    })
}

async fn resume(paths: &Paths, what: Option<Pausable>) -> Result<(), Stop> {
    done(paths, Request::Resume { what: what.clone() }).await?;
    output::people(&match what {
        None => "Nothing is paused any more".to_owned(),
        Some(Pausable::Calls) => "Calls are detected again".to_owned(),
        Some(Pausable::Account(user_id)) => format!("{user_id} is no longer paused"),
    })
}

/// ", until 17:30", as it was understood.
fn until(end: &EndArgs) -> String {
    let now = Zoned::now();
    let moment = match end.end() {
        Some(End::Until(moment)) => Some(moment),
        Some(End::For(span)) => now.timestamp().checked_add(span.0).ok(),
        None => None,
    };
    moment.map(|m| format!(", until {}", when::words(m, &now))).unwrap_or_default()
}

async fn seen(
    paths: &Paths,
    revision: u64,
    account: Option<&str>,
    wait: &Wait,
) -> Result<(), Stop> {
    match wait.wait {
        Some(limit) => wait::until_seen(paths, revision, account, limit.0).await,
        None => Ok(()),
    }
}

async fn settings(paths: &Paths, action: Option<Settings>) -> Result<(), Stop> {
    let request = match action {
        None => Request::SettingsGet { key: None },
        Some(Settings::Get { key }) => Request::SettingsGet { key: Some(key) },
        Some(Settings::Set { key, value }) => {
            return tell(paths, Request::SettingsSet { key, value }).await;
        }
    };
    match ask(paths, request).await? {
        Reply::Text { text } => output::people(text.trim_end()),
        _ => Err(ClientError::Unknown.into()),
    }
}

/// Prints each change until the agent ends or nobody reads it.
async fn follow(paths: &Paths, json: bool) -> Result<(), Stop> {
    let mut follow = Client::connect(paths).await?.follow().await?;
    let mut reader_gone = std::pin::pin!(terminal::reader_gone());
    let mut last = String::new();
    loop {
        let snapshot = tokio::select! {
            snapshot = follow.next() => snapshot?,
            () = &mut reader_gone => return Err(Stop::Unread),
        };
        let Some(snapshot) = snapshot else {
            return Err(Stop::Failed("the agent has ended".to_owned()));
        };
        if json {
            output::json_line(&snapshot)?;
            continue;
        }
        // Not every change shows in words.
        let line = status::line(&snapshot, &Zoned::now());
        if line != last {
            output::people(&format!("{} {line}", Zoned::now().strftime("%H:%M:%S")))?;
            last = line;
        }
    }
}

pub(super) async fn snapshot(paths: &Paths) -> Result<Box<Snapshot>, ClientError> {
    Client::connect(paths).await?.status().await
}

pub(super) async fn ask(paths: &Paths, request: Request) -> Result<Reply, ClientError> {
    Client::connect(paths).await?.request(request).await
}

/// Asks for something to be done; returns the revision from which on it
/// shows.
pub(super) async fn done(paths: &Paths, request: Request) -> Result<u64, ClientError> {
    match ask(paths, request).await? {
        Reply::Done { revision } => Ok(revision),
        _ => Err(ClientError::Unknown),
    }
}

/// Asks for something to be done that says nothing when it is.
async fn tell(paths: &Paths, request: Request) -> Result<(), Stop> {
    done(paths, request).await?;
    Ok(())
}
