//! The snapshot. Tray, window and command line show only what is in it, so they
//! cannot disagree. Fields may be added, but none renamed.

use jiff::Timestamp;
use presently_core::account::Note;
use presently_core::settings::{BusyMode, Share};
use presently_core::{Code, Pause, Presence, Reason, Source};
use presently_text::Texts;
use serde::{Deserialize, Serialize};

use crate::request::MessageText;

/// All that tray, window and command line show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Snapshot {
    /// Grows with each change.
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
    /// Grows with each change of the settings since the agent's start, so that
    /// a client knows when to request them again.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "number"))]
    pub settings_revision: u64,
    /// The presence that is to be shown; null where nothing is known.
    #[cfg_attr(test, ts(type = "Presence | null"))]
    pub presence: Option<Presence>,
    /// The source of the winning claim.
    #[cfg_attr(test, ts(type = "Source"))]
    pub source: Source,
    /// Why, in English.
    pub reason: String,
    /// The reason as a code with its arguments.
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
    /// The state of each signal.
    pub signals: Signals,
    /// The accounts, in the order of the settings.
    pub accounts: Vec<Account>,
    /// What the person has paused, except accounts, which have a `paused` of
    /// their own.
    #[serde(default)]
    pub paused: Paused,
    /// The meeting that is on, or else the next one of the next week; null if
    /// there is none.
    #[serde(default)]
    pub next_meeting: Option<MeetingView>,
    /// The calendars, with those of GNOME that do not count.
    #[serde(default)]
    pub calendars: Vec<CalendarView>,
    /// What is wrong with the agent itself, one line each: a broken settings
    /// file, a state that could not be saved, no tray host.
    pub troubles: Vec<String>,
    /// The same as codes with their arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code[]"))]
    pub trouble_codes: Vec<Code>,
}

/// The time of a meeting. Its title stays in the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MeetingView {
    /// When it begins.
    #[cfg_attr(test, ts(type = "string"))]
    pub start: Timestamp,
    /// When it ends.
    #[cfg_attr(test, ts(type = "string"))]
    pub end: Timestamp,
    /// Whether it is on and does not count, because the desk contradicts it.
    #[serde(default)]
    pub doubted: bool,
}

/// A calendar, without its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CalendarView {
    /// Its name in GNOME, its file or folder, or the server of its address.
    pub name: String,
    /// Where it is.
    pub place: CalendarPlace,
    /// What tells one of GNOME or of an account from others of that name.
    pub uid: Option<String>,
    /// Whether its meetings count.
    pub counts: bool,
    /// The number of its events; of one that does not count it is not known.
    pub events: usize,
    /// What is wrong with it, or with the first of its events that cannot be
    /// read.
    pub trouble: Option<String>,
    /// The same as a code with its arguments.
    #[cfg_attr(test, ts(type = "Code | null"))]
    pub trouble_code: Option<Code>,
}

/// Where a calendar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum CalendarPlace {
    /// In a file or a folder of files.
    File,
    /// At an address on the web.
    Address,
    /// In a CalDAV account.
    Account,
    /// In GNOME's Evolution Data Server.
    Gnome,
}

/// What the person has paused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Paused {
    /// The pause of call detection.
    pub calls: Option<PauseView>,
    /// The working hours; null where they are not paused.
    #[serde(default)]
    pub hours: Option<PauseView>,
}

/// A pause that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PauseView {
    /// When the person paused it.
    #[cfg_attr(test, ts(type = "string"))]
    pub since: Timestamp,
    /// When it ends by itself; null lasts until the person ends it.
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
    /// Who makes the claim.
    #[cfg_attr(test, ts(type = "Source"))]
    pub source: Source,
    /// The presence that it claims.
    #[cfg_attr(test, ts(type = "Presence"))]
    pub presence: Presence,
    /// Why, in English.
    pub reason: String,
    /// The reason as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Reason | null"))]
    pub reason_code: Option<Reason>,
    /// Since when it holds.
    #[cfg_attr(test, ts(type = "string"))]
    pub since: Timestamp,
    /// When it ends by itself.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub until: Option<Timestamp>,
}

/// The state of each signal.
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
    /// Whether it can be read.
    pub state: SignalState,
    /// The backend that reads it, like `x11-xsync`.
    pub backend: Option<String>,
    /// Its reading in English ("no input", "in use"), or why it is unknown.
    pub detail: String,
    /// The same as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code | null"))]
    pub detail_code: Option<Code>,
    /// Since when it has this reading.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub since: Option<Timestamp>,
}

impl Signal {
    /// A signal that an agent of another version does not have.
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

/// Whether a signal can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum SignalState {
    /// It can be read.
    Known,
    /// It should be readable, but is not now.
    Unknown,
    /// This program cannot read it on this system.
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
    /// The state of the connection.
    pub connection: Connection,
    /// What is wrong with the connection, in one line of English.
    pub problem: Option<String>,
    /// The same as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code | null"))]
    pub problem_code: Option<Code>,
    /// Set while the person has paused it.
    #[serde(default)]
    pub paused: Option<PauseView>,
    /// The source of the winning claim on this account.
    #[cfg_attr(test, ts(type = "Source"))]
    pub source: Source,
    /// Why, in English.
    pub reason: String,
    /// Since when that claim holds.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "string | null"))]
    pub since: Option<Timestamp>,
    /// The reason as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Reason | null"))]
    pub reason_code: Option<Reason>,
    /// When it ends by itself.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub until: Option<Timestamp>,
    /// The status message on this account.
    pub message: Option<MessageView>,
    /// The presence that is to be shown there.
    #[cfg_attr(test, ts(type = "Presence | null"))]
    pub intended: Option<Presence>,
    /// The presence that was last sent, by its name on the wire.
    pub sent: Option<String>,
    /// The presence that others see, read back from the server; null where it
    /// is not known.
    #[cfg_attr(test, ts(type = "Presence | null"))]
    pub seen_by_others: Option<Presence>,
    /// The status message that others see.
    pub message_seen_by_others: Option<String>,
    /// Whether others see what is meant, as far as this server can show it. It
    /// is false from the revision in which the intent changes until the
    /// read-back. `--wait` relies on that.
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
    /// Why others will not see what is meant, in one line, where waiting does
    /// not help. Then `--wait` ends with it.
    #[serde(default)]
    pub unseen: Option<String>,
    /// The same as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code | null"))]
    pub unseen_code: Option<Code>,
    /// The setting `share`: what the account may show.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Share"))]
    pub share: Share,
    /// The setting `busy`: whether busy is sent as busy.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "BusyMode"))]
    pub busy_mode: BusyMode,
    /// The setting `call_field`: whether a call is written into the profile.
    #[serde(default)]
    pub call_field: bool,
    /// The setting `profile_room`: whether the status is published in a room
    /// (MSC3032).
    #[serde(default)]
    pub profile_room: bool,
    /// Why there is no profile room although one is wanted, in one line of
    /// English.
    #[serde(default)]
    pub profile_room_problem: Option<String>,
    /// The same as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code | null"))]
    pub profile_room_problem_code: Option<Code>,
}

/// The state of the connection to a homeserver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// The first sync has not been answered yet.
    Connecting,
    /// Syncs are answered.
    Syncing,
    /// It failed and is retried.
    Retrying,
    /// The server no longer accepts the sign-in; the person must sign in again.
    NeedsLogin,
    /// The person paused it.
    Paused,
}

/// What a homeserver can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Server {
    /// Whether it supports busy (MSC3026); null until it was asked.
    pub busy: Option<bool>,
    /// Whether presence is turned on.
    pub presence: PresenceSupport,
    /// The name of its profile field for the status (MSC4426), if it has one.
    pub status_field: Option<String>,
    /// The name of its profile field for calls (MSC4426), if it has one.
    pub call_field: Option<String>,
}

/// Whether presence is turned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum PresenceSupport {
    /// It is on.
    On,
    /// It is off.
    Off,
    /// It is not known yet.
    Unknown,
}

/// What `presently doctor` shows: the state of every part, and why.
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

/// The check of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Check {
    /// Its name ("idle", "tray", "account 1").
    pub part: String,
    /// Whether it works.
    pub state: CheckState,
    /// Its state, in one line.
    pub summary: String,
    /// More lines, such as what else was tried, why it was not taken, and what
    /// to do.
    pub details: Vec<String>,
}

/// Whether a part works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// It works.
    Good,
    /// It does not work, and that matters.
    Bad,
    /// It does not work and does not have to, or it is not known.
    Unsure,
}
