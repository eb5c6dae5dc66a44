//! The arguments of the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use presently_core::duration::Span;
use presently_ipc::request::{Pausable, WindowView};

use super::parts::{
    AccountArgs, Choice, EndArgs, HistoryArgs, Login, Message, Target, pausable, some_time,
    user_id, window_view,
};

/// Keeps your Matrix accounts showing whether you can be talked to.
///
/// Without a command it starts the agent, or opens the window of the agent
/// that already runs.
#[derive(Debug, Parser)]
#[command(name = "presently", version = crate::VERSION, max_term_width = 90)]
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
  presently account @me:example.org --call-field on --profile-room off")]
    Account(AccountArgs),

    /// Show what somebody shows: presence, status, call, profile room
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

    /// Show when you were available, busy, away and in calls on a day
    ///
    /// The last 30 days are kept on this machine and sent to nobody: when which
    /// presence was to be shown, and whether a choice, a call, do-not-disturb, the
    /// lock or input decided it. It names no program, message or account.
    /// `presently settings set history.enabled false` ends the recording.
    #[command(after_help = "\
Examples:
  presently history
  presently history --day yesterday
  presently history --csv > history.csv     all that is kept
  presently history --json | jq .totals.calls
  presently history --erase")]
    History(HistoryArgs),

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

    /// Set the status message, clear it, or list those that you set last
    ///
    /// It stands by itself, whatever is shown, until it ends or is cleared. A
    /// message for one choice only is given to that choice, like
    /// `presently busy --message TEXT`. The last ten different messages are
    /// kept on this machine, so that the tray and the window can offer them
    /// again.
    #[command(after_help = "\
Examples:
  presently message \"On the train\" --emoji 🚆 --until 9:40
  presently message --clear
  presently message --recent            the last ten, with their numbers
  presently message --forget 2          or all")]
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
  presently pause hours --for 1h        work an hour longer
  presently pause @me:work.example --until 9:00
  presently resume                      all that is paused")]
    Pause {
        /// What to pause: calls, your working hours, or an account's full user id
        #[arg(value_name = "calls|hours|USER_ID", value_parser = pausable)]
        what: Pausable,
        #[command(flatten)]
        end: EndArgs,
    },

    /// End a pause, or all of them
    Resume {
        /// What to resume: calls, your working hours, or an account's full user
        /// id; all if left out
        #[arg(value_name = "calls|hours|USER_ID", value_parser = pausable)]
        what: Option<Pausable>,
    },

    /// Show, add and remove calendars, whose meetings show you as busy
    Calendar {
        #[command(subcommand)]
        action: Calendar,
    },

    /// Show what your calendars count as in the next seven days
    ///
    /// Reads the calendars by itself: no agent is needed. The titles are shown
    /// here and to nobody else.
    Agenda {
        /// As JSON
        #[arg(long)]
        json: bool,
    },

    /// Show what the signals say, as they say it
    ///
    /// Input, microphone, camera, screen sharing, lock, sleep and
    /// do-not-disturb, a line at each change until Ctrl-C or the end of --for.
    /// This command looks by itself: no agent is needed, and one that runs is not
    /// disturbed.
    #[command(after_help = "\
Examples:
  presently signals
  presently signals --record call.jsonl --for 10m     and afterwards:
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
        /// End after this long, like 90s or 10m
        #[arg(long = "for", value_name = "DURATION", value_parser = some_time)]
        length: Option<Span>,
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

    /// Open the window, or bring it to the front
    Window {
        /// Show this view; busy is the status with busy begun
        #[arg(long, value_name = "VIEW", value_parser = window_view())]
        view: Option<WindowView>,
    },

    /// Show every part, and why it works or does not
    ///
    /// For a bug report: it shows no message and no secret, and without --full
    /// no user id, no homeserver, no name of a program, a device or this
    /// computer, and of your home folder only ~.
    Doctor {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// Show user ids, homeservers and all names too
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
pub(super) enum Calendar {
    /// Add an iCalendar file, a folder of them as vdirsyncer keeps it, an
    /// address, or a CalDAV account
    ///
    /// The calendars of GNOME count without being added. One that was removed
    /// counts again when its name is added.
    #[command(after_help = "Examples:
  presently calendar add ~/Calendars/work
  presently calendar add https://calendar.example.org/secret/basic.ics
  presently calendar add https://cloud.example.org --user me")]
    Add(AddCalendar),
    /// Remove a calendar or an account; a file stays
    ///
    /// A calendar of GNOME or of an account stays too, and does not count any
    /// more.
    Remove {
        /// The file, the folder, the address, or the name of one of GNOME or of
        /// an account
        #[arg(value_name = "CALENDAR")]
        calendar: String,
    },
    /// Show the calendars, and how each of them is
    List,
    /// Read the calendars again now
    ///
    /// Files and the calendars of GNOME are read at each change, addresses and
    /// accounts every 15 minutes.
    Refresh,
    /// Show which events of a calendar would count in the next seven days, and
    /// why the others would not
    Test {
        /// The file, the folder, the address, or the name of one of GNOME or of
        /// an account
        #[arg(value_name = "CALENDAR")]
        calendar: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Say that you are not in the meeting that is on
    Skip,
    /// Say that you are in the meeting that is on, although you work without a
    /// call
    Attend,
}

#[derive(Debug, clap::Args)]
pub(super) struct AddCalendar {
    /// The file, the folder, or the address, which begins with https://
    #[arg(value_name = "CALENDAR")]
    pub(super) calendar: String,
    /// Add the calendars of this user of a CalDAV server; the password is asked
    /// for
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub(super) password_stdin: bool,
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

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
