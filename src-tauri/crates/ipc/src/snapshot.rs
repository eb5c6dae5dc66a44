//! The snapshot: the whole view of the agent. Tray, window and command line
//! show this and nothing else, so they cannot disagree. Fields may be added,
//! none renamed.

use jiff::Timestamp;
use presently_core::account::Note;
use presently_core::settings::{BusyMode, Share};
use presently_core::{Code, Pause, Presence, Reason, Source};
use presently_text::Texts;
use serde::{Deserialize, Serialize};

use crate::request::MessageText;

/// The whole view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Snapshot {
    /// Counts the changes.
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
    /// Counts the changes of the settings since the agent's start, so that
    /// who shows them knows when to ask again.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "number"))]
    pub settings_revision: u64,
    /// What we mean to show, null where nothing is known.
    #[cfg_attr(test, ts(type = "Presence | null"))]
    pub presence: Option<Presence>,
    /// The winning claim.
    #[cfg_attr(test, ts(type = "Source"))]
    pub source: Source,
    /// Why, in English.
    pub reason: String,
    /// The same as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Reason | null"))]
    pub reason_code: Option<Reason>,
    /// Since when the winning claim holds.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub since: Option<Timestamp>,
    /// When it ends by itself.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub until: Option<Timestamp>,
    /// The status message.
    pub message: Option<MessageView>,
    /// The messages that the person set last, the newest first, at most ten.
    #[serde(default)]
    pub recent_messages: Vec<MessageText>,
    /// The live claims, the winner first.
    pub claims: Vec<ClaimView>,
    /// What each signal knows.
    pub signals: Signals,
    /// The accounts, in the order of the settings.
    pub accounts: Vec<Account>,
    /// What the person has paused, but for accounts, which say it
    /// themselves.
    #[serde(default)]
    pub paused: Paused,
    /// What is wrong with the agent itself, one line each: a broken settings
    /// file, a state that could not be saved, no tray host.
    pub troubles: Vec<String>,
    /// The same as codes with their arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code[]"))]
    pub trouble_codes: Vec<Code>,
}

/// What the person has paused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Paused {
    /// The looking for calls.
    pub calls: Option<PauseView>,
}

/// A pause that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PauseView {
    /// When the person said so.
    #[cfg_attr(test, ts(type = "string"))]
    pub since: Timestamp,
    /// When it ends by itself; null lasts until they say otherwise.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub until: Option<Timestamp>,
}

impl From<Pause> for PauseView {
    fn from(pause: Pause) -> Self {
        Self { since: pause.since, until: pause.until }
    }
}

/// A status message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MessageView {
    /// The text.
    pub text: String,
    /// One emoji; the default one where none was given.
    pub emoji: String,
    /// When it ends.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub until: Option<Timestamp>,
}

/// One live claim about all accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClaimView {
    /// Who says it.
    #[cfg_attr(test, ts(type = "Source"))]
    pub source: Source,
    /// What.
    #[cfg_attr(test, ts(type = "Presence"))]
    pub presence: Presence,
    /// Why, in English.
    pub reason: String,
    /// The same as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Reason | null"))]
    pub reason_code: Option<Reason>,
    /// Since when.
    #[cfg_attr(test, ts(type = "string"))]
    pub since: Timestamp,
    /// Until when.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub until: Option<Timestamp>,
}

/// What each signal knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Signals {
    /// Input at the desk.
    pub idle: Signal,
    /// The microphone.
    pub microphone: Signal,
    /// The camera.
    pub camera: Signal,
    /// Sharing of the screen.
    #[serde(default = "Signal::not_read")]
    pub screen: Signal,
    /// The session's lock.
    pub lock: Signal,
    /// The machine's sleep.
    pub sleep: Signal,
    /// Do-not-disturb.
    pub dnd: Signal,
}

/// One signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Signal {
    /// Whether it can be seen.
    pub state: SignalState,
    /// Where it is read, like `x11-xsync`.
    pub backend: Option<String>,
    /// What it says now, in words ("no input", "in use"); or why it is
    /// unknown.
    pub detail: String,
    /// The same as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code | null"))]
    pub detail_code: Option<Code>,
    /// Since when it says so.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub since: Option<Timestamp>,
}

impl Signal {
    /// One that an agent of another version does not know.
    fn not_read() -> Self {
        Self {
            state: SignalState::Unsupported,
            backend: None,
            detail: Texts::english().code(&Code::new("signal-not-read")),
            detail_code: Some(Code::new("signal-not-read")),
            since: None,
        }
    }
}

/// Whether a signal can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum SignalState {
    /// It can.
    Known,
    /// It should, and cannot now.
    Unknown,
    /// This program cannot see it on this system.
    Unsupported,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Account {
    /// Its Matrix user id.
    pub user_id: String,
    /// The base URL of its homeserver, once known.
    pub homeserver: Option<String>,
    /// How the connection is.
    pub connection: Connection,
    /// What is wrong with the connection, one line of English, where something
    /// is.
    pub problem: Option<String>,
    /// The same as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code | null"))]
    pub problem_code: Option<Code>,
    /// Set while the person has paused it.
    #[serde(default)]
    pub paused: Option<PauseView>,
    /// The winning claim on this account.
    #[cfg_attr(test, ts(type = "Source"))]
    pub source: Source,
    /// Why, in English.
    pub reason: String,
    /// Since when it holds there.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "string | null"))]
    pub since: Option<Timestamp>,
    /// The same as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Reason | null"))]
    pub reason_code: Option<Reason>,
    /// When it ends by itself.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub until: Option<Timestamp>,
    /// The status message on this account.
    pub message: Option<MessageView>,
    /// What we mean to show there.
    #[cfg_attr(test, ts(type = "Presence | null"))]
    pub intended: Option<Presence>,
    /// What we last sent, in the words of the wire.
    pub sent: Option<String>,
    /// What others see, read back from the server; null where not known.
    #[cfg_attr(test, ts(type = "Presence | null"))]
    pub seen_by_others: Option<Presence>,
    /// The status message that others see.
    pub message_seen_by_others: Option<String>,
    /// What others see is what was meant, as far as this server can show it.
    /// False from the very revision in which what we mean changes, until it
    /// was read back: `--wait` relies on that.
    #[serde(default)]
    pub settled: bool,
    /// What the server can do.
    pub server: Server,
    /// What the person should know ("Another device is busy").
    pub note: Option<String>,
    /// The same as codes with their arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Note[]"))]
    pub notes: Vec<Note>,
    /// Why others will not see what we mean, in one line, where waiting does
    /// not help: `--wait` ends with it.
    #[serde(default)]
    pub unseen: Option<String>,
    /// The same as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code | null"))]
    pub unseen_code: Option<Code>,
    /// The setting `share`: what it is told.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Share"))]
    pub share: Share,
    /// The setting `busy`: whether busy is shown as busy there.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "BusyMode"))]
    pub busy_mode: BusyMode,
    /// The setting `call_field`: a call is written into the profile.
    #[serde(default)]
    pub call_field: bool,
    /// The setting `profile_room`: a room says what the person said
    /// (MSC3032).
    #[serde(default)]
    pub profile_room: bool,
    /// Why there is no profile room where one is wanted, in one line of
    /// English.
    #[serde(default)]
    pub profile_room_problem: Option<String>,
    /// The same as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code | null"))]
    pub profile_room_problem_code: Option<Code>,
}

/// How the connection to a homeserver is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// The first sync has not been answered.
    Connecting,
    /// It works.
    Syncing,
    /// It failed and is tried again.
    Retrying,
    /// The server does not know us any more: sign in again.
    NeedsLogin,
    /// The person paused it.
    Paused,
}

/// What a homeserver can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Server {
    /// Whether it has `busy` (MSC3026); null until asked.
    pub busy: Option<bool>,
    /// Whether presence is turned on there.
    pub presence: PresenceSupport,
    /// The profile field for the status (MSC4426), where it has one.
    pub status_field: Option<String>,
    /// The profile field for calls, where it has one.
    pub call_field: Option<String>,
}

/// Whether presence is turned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum PresenceSupport {
    /// It is.
    On,
    /// It is not.
    Off,
    /// Not known yet.
    Unknown,
}

/// What `presently doctor` shows: every part, and why it is as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Doctor {
    /// The program's version.
    pub version: String,
    /// The operating system and desktop, as they name themselves.
    pub system: String,
    /// One for each part: signals, servers, secret store, tray host,
    /// notifications, settings, state.
    pub checks: Vec<Check>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Check {
    /// Its name ("idle", "tray", "account 1").
    pub part: String,
    /// Whether it works.
    pub state: CheckState,
    /// What it is, in one line.
    pub summary: String,
    /// More lines: what was tried before and why it was not taken, what to
    /// do.
    pub details: Vec<String>,
}

/// Whether a part works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// It does.
    Good,
    /// It does not, and that matters.
    Bad,
    /// It does not, and that is all right; or it is not known.
    Unsure,
}
