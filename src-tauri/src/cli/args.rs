//! What may be said on the command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use jiff::{Timestamp, Zoned};
use presently_core::duration::Span;
use presently_core::settings::{BusyMode, Share};
use presently_ipc::request::{BrowserWay, End, MessageText, Pausable};

use super::when;

/// Keeps your Matrix accounts showing whether you can be talked to.
///
/// Without a command it starts the agent, or opens the window of the agent
/// that already runs.
#[derive(Debug, Parser)]
#[command(name = "presently", version, max_term_width = 90)]
#[command(after_help = "\
Examples:
  presently login @me:example.org       sign in
  presently busy --for 1h               do not disturb me for an hour
  presently away --until 15:00 --message \"At lunch\"
  presently auto                        decide by itself again
  presently status                      what others see now, and why

Exit status: 0 done, 1 refused or failed (standard error says why), 2 wrong usage.
Set PRESENTLY_LOG=info or debug to see what the agent does.")]
pub struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Start the agent in the foreground and never open a window
    ///
    /// This is what starting at login runs. The agent ends with the session,
    /// by `presently quit`, Ctrl-C or SIGTERM; before it ends it makes others
    /// see you as offline.
    Run {
        /// Show no icon in the tray
        #[arg(long)]
        no_tray: bool,
    },

    /// Sign in to an account
    ///
    /// By its password, which is asked for without being shown, or in the
    /// browser where the server wants that. The password is used once and not
    /// kept; what the server gives in return is kept in the system's secret
    /// store. Other clients will list Presently as a session without
    /// encryption, which is right: it reads no messages.
    #[command(after_help = "\
Examples:
  presently login @me:example.org
  presently login @me:example.org --homeserver https://matrix.example.org
  presently login @me:example.org --sso
  pass show matrix | presently login @me:example.org --password-stdin")]
    Login(Login),

    /// Sign out of an account
    ///
    /// Its session ends on the server too, and nothing of it is kept here.
    Logout {
        /// The full user id, like @me:example.org
        #[arg(value_parser = user_id)]
        user_id: String,
    },

    /// List the accounts, with what each shows and what its server can do
    Accounts {
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },

    /// Show the settings of an account, or change them
    ///
    /// What is left out stays as it is. A change is in force at once.
    #[command(after_help = "\
Examples:
  presently account @me:example.org
  presently account @me:work.example --share message --busy never
  presently account @me:example.org --call-field on")]
    Account(AccountArgs),

    /// Show what somebody shows: presence, status, call
    ///
    /// It is looked for through your account on their server, else through
    /// your first one.
    #[command(after_help = "\
Examples:
  presently look @you:example.org
  presently look @you:example.org --json | jq -r .presence")]
    Look {
        /// Their full user id, like @you:example.org
        #[arg(value_parser = user_id)]
        user_id: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },

    /// Show what others see, and why
    #[command(after_help = "\
Examples:
  presently status
  presently status --json | jq -r .presence
  presently status --follow             a line at each change")]
    Status {
        /// Print JSON: one value, or with --follow one on each line
        #[arg(long)]
        json: bool,
        /// Go on and print a line at each change, until the agent ends
        #[arg(long)]
        follow: bool,
    },

    /// Decide by itself again: by input, calls and what else is known
    ///
    /// Ends what you chose, and with it your message.
    Auto(Target),

    /// Show as available, whatever happens
    Available(Choice),

    /// Show as busy
    ///
    /// Where a server does not have busy, away is shown in its place.
    #[command(after_help = "\
Examples:
  presently busy                        until you say otherwise
  presently busy --for 1h30m
  presently busy --until 17:30 --message \"Writing\" --emoji ✍️
  presently busy --account @me:work.example --wait")]
    Busy(Choice),

    /// Show as away, whatever happens
    Away(Choice),

    /// Show as offline, while being there
    Invisible(Choice),

    /// Set the status message, or clear it
    ///
    /// It stands by itself, whatever is shown, until it ends or is cleared. A
    /// message for one choice only is given to that choice, like
    /// `presently busy --message TEXT`.
    #[command(after_help = "\
Examples:
  presently message \"On the train\" --emoji 🚆 --until 9:40
  presently message --clear")]
    Message(Message),

    /// Pause call detection, or an account
    ///
    /// While call detection is paused, the use of microphone, camera and
    /// screen counts for nothing. An account that is paused is left as when
    /// the agent ends: others see you as offline there, and nothing is sent
    /// or asked until it is resumed.
    #[command(after_help = "\
Examples:
  presently pause calls --for 1h
  presently pause @me:work.example --until 9:00
  presently resume                      all that is paused")]
    Pause {
        /// What to pause: calls, or an account's full user id
        #[arg(value_name = "calls|USER_ID", value_parser = pausable)]
        what: Pausable,
        #[command(flatten)]
        end: EndArgs,
    },

    /// End a pause, or all of them
    Resume {
        /// What to resume: calls, or an account's full user id; all if left
        /// out
        #[arg(value_name = "calls|USER_ID", value_parser = pausable)]
        what: Option<Pausable>,
    },

    /// Show what the signals say, as they say it
    ///
    /// Input, microphone, camera, screen sharing, lock, sleep and
    /// do-not-disturb, a line at each change until Ctrl-C. This command looks
    /// by itself: no agent is needed, and one that runs is not disturbed.
    #[command(after_help = "\
Examples:
  presently signals
  presently signals --record call.jsonl     and afterwards:
  presently simulate call.jsonl

A recording may be read by its owner only. It holds no message and no user id, and
without --names it says “program 1” for a program's name.")]
    Signals {
        /// Write a recording into this new file, for `presently simulate`
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
        /// Show and record programs' names, not “program 1”
        #[arg(long)]
        names: bool,
    },

    /// Show what a recording would have made others see, when and why
    ///
    /// Plays a recording of `presently signals` to the rules that the agent
    /// decides by, with nothing chosen by you. Touches nothing: no account,
    /// no agent, no file. Input was measured when it was recorded: the
    /// recording's own idle.after holds, not that of the settings.
    Simulate {
        /// The recording
        file: PathBuf,
        /// Settings to use in place of your own
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },

    /// Open the window
    Window,

    /// Show every part, and why it works or does not
    ///
    /// For a bug report: it shows no message, no secret, and without --full
    /// no user id and no program's name.
    Doctor {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// Show user ids and programs' names too
        #[arg(long)]
        full: bool,
    },

    /// Show the settings, or change one
    #[command(after_help = "\
Examples:
  presently settings                        all of them
  presently settings get idle.after
  presently settings set idle.after 10m
  presently settings set call.enabled false

They stand in settings.toml in Presently's configuration folder, which may be edited.")]
    Settings {
        #[command(subcommand)]
        action: Option<Settings>,
    },

    /// End the agent
    ///
    /// Others then see you as offline, unless another device of yours is
    /// there. What you chose is taken up again at the next start.
    Quit,
}

#[derive(Debug, Subcommand)]
pub(super) enum Settings {
    /// Show one setting
    Get {
        /// Its name, like idle.after
        key: String,
    },
    /// Change one setting; it is in force at once
    Set {
        /// Its name, like idle.after
        key: String,
        /// Its new value, like 10m, true or '["obs"]'
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
}

/// Who signs in, and how.
#[derive(Debug, Args)]
pub(super) struct Login {
    /// The full user id, like @me:example.org
    #[arg(value_parser = user_id)]
    pub(super) user_id: String,
    /// The homeserver's address, where the user id does not lead to it
    #[arg(long, value_name = "URL")]
    pub(super) homeserver: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long, group = "how")]
    pub(super) password_stdin: bool,
    /// Use the server's single sign-on, in the browser
    #[arg(long, group = "how")]
    sso: bool,
    /// Use OAuth 2.0, in the browser
    #[arg(long, group = "how")]
    oauth: bool,
}

impl Login {
    /// The way through the browser that was asked for.
    pub(super) fn way(&self) -> Option<BrowserWay> {
        match (self.sso, self.oauth) {
            (true, _) => Some(BrowserWay::Sso),
            (_, true) => Some(BrowserWay::OAuth),
            _ => None,
        }
    }
}

/// What is changed of an account's settings.
#[derive(Debug, Args)]
pub(super) struct AccountArgs {
    /// The full user id, like @me:example.org
    #[arg(value_parser = user_id)]
    pub(super) user_id: String,
    /// What it shows: everything, your message only, or nothing, which looks
    /// like being offline
    #[arg(long, value_name = "WHAT", value_parser = share())]
    pub(super) share: Option<Share>,
    /// Whether busy is shown as busy: always, never (away in its place), or
    /// auto, where it can be left again
    #[arg(long, value_name = "WHEN", value_parser = busy())]
    pub(super) busy: Option<BusyMode>,
    /// Show in your profile when you are in a call; anyone on the network can
    /// read it, without signing in
    #[arg(long, value_name = "on|off", value_parser = on_off)]
    pub(super) call_field: Option<bool>,
}

/// Where a choice is shown, and whether to wait for it.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// On this account only
    #[arg(long, value_name = "USER_ID", value_parser = user_id)]
    pub(super) account: Option<String>,
    #[command(flatten)]
    pub(super) wait: Wait,
}

#[derive(Debug, Args)]
pub(super) struct Wait {
    /// Wait until others see it, 30s or as long as given; fail if they do not
    #[arg(
        long,
        value_name = "DURATION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "30s",
    )]
    pub(super) wait: Option<Span>,
}

/// What somebody chooses to show.
#[derive(Debug, Args)]
pub(super) struct Choice {
    #[command(flatten)]
    pub(super) end: EndArgs,
    /// Show this status message with it, and end it with it
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// An emoji for the message
    #[arg(long, requires = "message")]
    emoji: Option<String>,
    #[command(flatten)]
    pub(super) target: Target,
}

impl Choice {
    pub(super) fn message(&self) -> Option<MessageText> {
        let text = self.message.clone()?;
        Some(MessageText { text, emoji: self.emoji.clone() })
    }
}

#[derive(Debug, Args)]
pub(super) struct Message {
    /// The text
    #[arg(required_unless_present = "clear", num_args = 1..)]
    text: Vec<String>,
    /// An emoji for it
    #[arg(long)]
    emoji: Option<String>,
    /// Show no message
    #[arg(long, conflicts_with_all = ["text", "emoji", "duration", "until"])]
    clear: bool,
    #[command(flatten)]
    pub(super) end: EndArgs,
    #[command(flatten)]
    pub(super) wait: Wait,
}

impl Message {
    /// What to show, or nothing.
    pub(super) fn message(&self) -> Option<MessageText> {
        let text = self.text.join(" ");
        (!self.clear).then(|| MessageText { text, emoji: self.emoji.clone() })
    }
}

/// When something ends; until it is changed, if neither is given.
#[derive(Debug, Args)]
pub(super) struct EndArgs {
    /// End after this long, like 90s, 45m or 1h30m
    #[arg(long = "for", value_name = "DURATION", value_parser = some_time)]
    duration: Option<Span>,
    /// End then: 17:30, tomorrow, "tomorrow 9:00" or 2026-11-23T09:00
    #[arg(long, value_name = "TIME", value_parser = until_now, conflicts_with = "duration")]
    until: Option<Timestamp>,
}

impl EndArgs {
    pub(super) fn end(&self) -> Option<End> {
        self.duration.map(End::For).or(self.until.map(End::Until))
    }
}

fn until_now(text: &str) -> Result<Timestamp, when::UntilError> {
    when::until(text, &Zoned::now())
}

fn some_time(text: &str) -> Result<Span, String> {
    match text.parse::<Span>() {
        Ok(span) if span.0.is_zero() => Err("that is over at once".to_owned()),
        Ok(span) => Ok(span),
        Err(error) => Err(error.to_string()),
    }
}

fn share() -> impl TypedValueParser<Value = Share> {
    PossibleValuesParser::new(Share::ALL.map(Share::name))
        .map(|name| Share::ALL.into_iter().find(|s| s.name() == name).unwrap_or_default())
}

fn busy() -> impl TypedValueParser<Value = BusyMode> {
    PossibleValuesParser::new(BusyMode::ALL.map(BusyMode::name))
        .map(|name| BusyMode::ALL.into_iter().find(|b| b.name() == name).unwrap_or_default())
}

fn on_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("it is on or off".to_owned()),
    }
}

/// The shape of a user id; the server says whether there is such a user.
fn user_id(text: &str) -> Result<String, String> {
    match text.strip_prefix('@').and_then(|rest| rest.split_once(':')) {
        Some((name, server)) if !name.is_empty() && !server.is_empty() => Ok(text.to_owned()),
        _ => Err("a user id looks like @me:example.org".to_owned()),
    }
}

fn pausable(text: &str) -> Result<Pausable, String> {
    match text {
        "calls" => Ok(Pausable::Calls),
        _ => user_id(text)
            .map(Pausable::Account)
            .map_err(|_| "it is calls or a user id like @me:example.org".to_owned()),
    }
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
