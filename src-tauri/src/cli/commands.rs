//! What each command does.

use jiff::Zoned;
use presently_core::{Code, Presence};
use presently_ipc::request::{End, Pausable, WindowView};
use presently_ipc::{ActivationToken, Client, ClientError, Paths, Reply, Request};
use presently_text::text;

use super::args::{Command, Settings};
use super::client::{ask, done, snapshot, snapshot_to_read, tell};
use super::parts::{Choice, EndArgs, Message, Target, Wait};
use super::{
    Stop, account, calendar, doctor, history, login, look, output, recent, signals, simulate,
    status, terminal, texts, wait,
};
use crate::agent::{self, Shutdown};
use crate::{localize, replace};

/// Runs a command. None of them starts the agent.
pub(super) async fn run(command: Option<Command>) -> Result<(), Stop> {
    // Evaluated only by the commands that need a path of the agent.
    let paths = Paths::from_env;
    let Some(command) = command else { return start_or_open(&paths()?).await };
    match command {
        Command::Run { no_tray } => start(&paths()?, !no_tray, false).await,
        Command::Login(login) => {
            let paths = paths()?;
            let login = login::run(&paths, login);
            tokio::select! {
                // Polled first, so that no interrupt leaves the terminal
                // without echo.
                biased;
                _ = tokio::signal::ctrl_c() => Err(Code::new("interrupted").into()),
                done = login => done,
            }
        }
        Command::Logout { user_id } => {
            done(&paths()?, Request::Logout { user_id: user_id.clone() }).await?;
            output::people(&text!(texts(), "signed-out-of", user_id = user_id))
        }
        Command::Account(args) => account::run(&paths()?, args).await,
        Command::Look { user_id, json } => match ask(&paths()?, Request::Look { user_id }).await? {
            Reply::Look(seen) if json => output::json(&seen),
            Reply::Look(seen) => {
                let seen = localize::look(*seen, texts());
                output::people(&look::text(&seen, &Zoned::now(), texts()))
            }
            _ => Err(ClientError::Unknown.into()),
        },
        Command::Accounts { json } => {
            if json {
                return output::json(&snapshot(&paths()?).await?.accounts);
            }
            let snapshot = snapshot_to_read(&paths()?).await?;
            output::people(&status::accounts(&snapshot, &Zoned::now(), texts()))
        }
        Command::Status { json, follow: true } => follow(&paths()?, json).await,
        Command::Status { json: true, .. } => output::json(&snapshot(&paths()?).await?),
        Command::Status { .. } => {
            let snapshot = snapshot_to_read(&paths()?).await?;
            output::people(&status::full(&snapshot, &Zoned::now(), texts()))
        }
        Command::History(args) => history::run(&paths()?, &args).await,
        Command::Auto(target) => automatic(&paths()?, &target).await,
        Command::Available(choice) => choose(&paths()?, Presence::Online, &choice).await,
        Command::Busy(choice) => choose(&paths()?, Presence::Busy, &choice).await,
        Command::Away(choice) => choose(&paths()?, Presence::Unavailable, &choice).await,
        Command::Invisible(choice) => choose(&paths()?, Presence::Offline, &choice).await,
        Command::Message(message) if message.recent => recent::list(&paths()?, message.json).await,
        Command::Message(Message { forget: Some(which), .. }) => {
            recent::forget(&paths()?, which).await
        }
        Command::Message(message) => {
            let text = message.message();
            let said = match (&text, until(&message.end)) {
                (Some(_), None) => text!(texts(), "message-set"),
                (Some(_), Some(until)) => text!(texts(), "message-set-until", until = until),
                (None, _) => text!(texts(), "message-cleared"),
            };
            let request = Request::Message { message: text, end: message.end.end() };
            let revision = done(&paths()?, request).await?;
            output::people(&said)?;
            seen(&paths()?, revision, None, &message.wait).await
        }
        Command::Pause { what, end } => pause(&paths()?, what, &end).await,
        Command::Resume { what } => resume(&paths()?, what).await,
        Command::Window { view } => tell(&paths()?, window(view)).await,
        Command::Doctor { json, full } => match ask(&paths()?, Request::Doctor { full }).await? {
            Reply::Doctor(found) if json => output::json(&found),
            Reply::Doctor(found) => output::people(&doctor::text(&found)),
            _ => Err(ClientError::Unknown.into()),
        },
        Command::Settings { action } => settings(&paths()?, action).await,
        Command::Quit => tell(&paths()?, Request::Quit).await,
        Command::Calendar { action } => calendar::run(&paths()?, action).await,
        Command::Agenda { json } => calendar::agenda(&paths()?, json).await,
        Command::Signals { record, names, length } => {
            signals::run(record.as_deref(), names, length).await
        }
        Command::Simulate { file, settings, json } => {
            simulate::run(&file, settings.as_deref(), json)
        }
    }
}

/// Asks for the window, which the desktop permits to come to the front if it
/// has started this command.
fn window(view: Option<WindowView>) -> Request {
    let activation = ActivationToken::from_vars(|name| std::env::var_os(name));
    Request::Window { view, activation }
}

/// `presently` without a command starts the agent, or opens the window if one
/// runs.
async fn start_or_open(paths: &Paths) -> Result<(), Stop> {
    match ask(paths, window(None)).await {
        Err(ClientError::NoAgent) => start(paths, true, true).await,
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

async fn start(paths: &Paths, tray: bool, open_window_if_no_account: bool) -> Result<(), Stop> {
    let options = agent::Options { paths: paths.clone(), tray, open_window_if_no_account };
    match agent::run(options).await? {
        Shutdown::End => Ok(()),
        Shutdown::Upgrade => Err(replace::by_the_newer(tray).into()),
    }
}

async fn choose(paths: &Paths, presence: Presence, choice: &Choice) -> Result<(), Stop> {
    let choice_made = texts().presence(Some(presence));
    let said = match until(&choice.end) {
        Some(until) => text!(texts(), "choice-until", choice = choice_made, until = until),
        None => choice_made,
    };
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
    chosen(paths, request, text!(texts(), "automatic"), target).await
}

async fn chosen(
    paths: &Paths,
    request: Request,
    said: String,
    target: &Target,
) -> Result<(), Stop> {
    let revision = done(paths, request).await?;
    output::people(&match &target.account {
        Some(user_id) => text!(texts(), "choice-on", choice = said, user_id = user_id),
        None => said,
    })?;
    seen(paths, revision, target.account.as_deref(), &target.wait).await
}

async fn pause(paths: &Paths, what: Pausable, end: &EndArgs) -> Result<(), Stop> {
    let request = Request::Pause { what: what.clone(), end: end.end() };
    done(paths, request).await?;
    output::people(&match (what, until(end)) {
        (Pausable::Calls, None) => text!(texts(), "pause-calls"),
        (Pausable::Calls, Some(until)) => text!(texts(), "pause-calls-until", until = until),
        (Pausable::Hours, None) => text!(texts(), "pause-hours"),
        (Pausable::Hours, Some(until)) => text!(texts(), "pause-hours-until", until = until),
        (Pausable::Account(user_id), None) => text!(texts(), "pause-account", user_id = user_id),
        (Pausable::Account(user_id), Some(until)) => {
            text!(texts(), "pause-account-until", user_id = user_id, until = until)
        }
    })
}

async fn resume(paths: &Paths, what: Option<Pausable>) -> Result<(), Stop> {
    done(paths, Request::Resume { what: what.clone() }).await?;
    output::people(&match what {
        None => text!(texts(), "resumed-all"),
        Some(Pausable::Calls) => text!(texts(), "resumed-calls"),
        Some(Pausable::Hours) => text!(texts(), "resumed-hours"),
        Some(Pausable::Account(user_id)) => text!(texts(), "resumed-account", user_id = user_id),
    })
}

/// The end of a choice in words, such as `until 17:30`.
fn until(end: &EndArgs) -> Option<String> {
    let now = Zoned::now();
    let moment = match end.end() {
        Some(End::Until(moment)) => Some(moment),
        Some(End::For(span)) => now.timestamp().checked_add(span.0).ok(),
        None => None,
    };
    moment.map(|moment| texts().until(moment, &now))
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

/// Prints each change until the agent ends or the reader closes the pipe.
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
            return Err(Code::new("agent-has-ended").into());
        };
        if json {
            output::json_line(&snapshot)?;
            continue;
        }
        // Not every change affects the text.
        let snapshot = localize::snapshot(*snapshot, texts());
        let line = status::line(&snapshot, &Zoned::now(), texts());
        if line != last {
            output::people(&format!("{} {line}", Zoned::now().strftime("%H:%M:%S")))?;
            last = line;
        }
    }
}
