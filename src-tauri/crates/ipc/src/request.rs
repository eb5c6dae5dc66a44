//! What a client may ask of the agent.

use jiff::Timestamp;
use presently_core::Presence;
use presently_core::duration::Span;
use presently_core::settings::{BusyMode, Share};
use presently_core::{Code, RecentMessage, Secret};
use serde::{Deserialize, Serialize};

use crate::activation::ActivationToken;
use crate::reply::Failure;
#[cfg(doc)]
use crate::reply::Reply;

/// When a choice, a message or a pause ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// After this long, counted from when the agent gets the request.
    For(#[cfg_attr(test, ts(type = "string"))] Span),
    /// At this moment.
    Until(#[cfg_attr(test, ts(type = "string"))] Timestamp),
}

/// A message as the person gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MessageText {
    /// The text.
    pub text: String,
    /// One emoji.
    pub emoji: Option<String>,
}

impl From<&RecentMessage> for MessageText {
    fn from(message: &RecentMessage) -> Self {
        Self { text: message.text.clone(), emoji: message.emoji.clone() }
    }
}

impl From<MessageText> for RecentMessage {
    fn from(message: MessageText) -> Self {
        Self { text: message.text, emoji: message.emoji }
    }
}

/// What can be paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Pausable {
    /// Call detection.
    Calls,
    /// The working hours: every hour is one.
    Hours,
    /// One account, by its user id. Others see it as offline.
    Account(String),
}

/// A view of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum WindowView {
    /// What others see now.
    Now,
    /// The choice and the message.
    Status,
    /// The same, with busy begun and its end asked for.
    Busy,
    /// The day.
    Today,
    /// The accounts.
    Accounts,
    /// The settings.
    Settings,
}

impl WindowView {
    /// All of them.
    pub const ALL: [WindowView; 6] =
        [Self::Now, Self::Status, Self::Busy, Self::Today, Self::Accounts, Self::Settings];

    /// As on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Status => "status",
            Self::Busy => "busy",
            Self::Today => "today",
            Self::Accounts => "accounts",
            Self::Settings => "settings",
        }
    }

    /// The view of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }
}

/// A way to sign in through the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum BrowserWay {
    /// The homeserver's single sign-on.
    Sso,
    /// OAuth 2.0.
    OAuth,
}

/// A request of a client to the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// The snapshot once: [`Reply::Snapshot`].
    Status,
    /// The snapshot now and after each change, until the client hangs up.
    Follow,
    /// Choose a presence, or go back to automatic: [`Reply::Done`] once that is
    /// durable.
    Choose {
        /// The presence; null for automatic.
        #[cfg_attr(test, ts(type = "Presence | null"))]
        presence: Option<Presence>,
        /// When it ends.
        end: Option<End>,
        /// The message that belongs to it.
        message: Option<MessageText>,
        /// The user id of one account; null for all accounts.
        account: Option<String>,
    },
    /// Set the standing message, or clear it.
    Message {
        /// The message; null clears it.
        message: Option<MessageText>,
        /// When it ends.
        end: Option<End>,
    },
    /// Remove a message from the recent ones, or all of them where it is
    /// null: [`Reply::Done`] once it is durable. One that is not there is
    /// fine. What is shown stays.
    ForgetMessage {
        /// The message.
        message: Option<MessageText>,
    },
    /// Sign in with a password: [`Reply::SignedIn`].
    Login {
        /// The full Matrix user id.
        user_id: String,
        /// The homeserver's URL, or null to discover it.
        homeserver: Option<String>,
        /// The password.
        #[cfg_attr(test, ts(type = "string"))]
        password: Secret,
    },
    /// How the homeserver of a user lets people sign in: [`Reply::Ways`].
    LoginWays {
        /// The full Matrix user id.
        user_id: String,
        /// The homeserver's URL, or null to discover it.
        homeserver: Option<String>,
    },
    /// Begin to sign in through the browser: [`Reply::Browse`]. It cancels a
    /// sign-in that was begun before.
    LoginBrowser {
        /// The full Matrix user id.
        user_id: String,
        /// The homeserver's URL, or null to discover it.
        homeserver: Option<String>,
        /// The way, or null for the best that the server offers.
        way: Option<BrowserWay>,
    },
    /// Wait for the person in the browser, ten minutes at most:
    /// [`Reply::SignedIn`]. It must follow [`Reply::Browse`] within ten
    /// seconds. A client that hangs up cancels the sign-in.
    LoginFinish {
        /// The ticket of the sign-in.
        ticket: u32,
    },
    /// Cancel a sign-in through the browser. It is no error if that has ended.
    LoginCancel {
        /// The ticket of the sign-in.
        ticket: u32,
    },
    /// Sign out: revokes the token and removes the secret.
    Logout {
        /// The account's user id.
        user_id: String,
    },
    /// Change those settings of an account that are not null. They are in force
    /// at once.
    AccountSet {
        /// The account's user id.
        user_id: String,
        /// What the account may show.
        #[cfg_attr(test, ts(type = "Share | null"))]
        share: Option<Share>,
        /// Whether busy is sent as busy.
        #[cfg_attr(test, ts(type = "BusyMode | null"))]
        busy: Option<BusyMode>,
        /// Whether the call field is set while in a call.
        call_field: Option<bool>,
        /// Whether the status is published in a profile room (MSC3032).
        #[serde(default)]
        profile_room: Option<bool>,
    },
    /// What another user shows: [`Reply::Look`].
    Look {
        /// Their full Matrix user id.
        user_id: String,
    },
    /// Pause something: [`Reply::Done`] once it is durable.
    Pause {
        /// What to pause.
        what: Pausable,
        /// When it ends by itself; null lasts until it is resumed.
        end: Option<End>,
    },
    /// End a pause. What is not paused stays as it is.
    Resume {
        /// What to resume; null for all that is paused.
        what: Option<Pausable>,
    },
    /// What was shown between two moments: [`Reply::History`].
    History {
        /// The first moment; null for the beginning.
        #[cfg_attr(test, ts(type = "string | null"))]
        from: Option<Timestamp>,
        /// The last moment; null for now.
        #[cfg_attr(test, ts(type = "string | null"))]
        to: Option<Timestamp>,
    },
    /// Erase the history of what was shown: [`Reply::Done`] once it is gone
    /// from the disk. Recording goes on.
    EraseHistory,
    /// The person is not in the meeting that is on: it claims nothing any more.
    SkipMeeting,
    /// The person is in the meeting that is on, although the desk contradicts
    /// it.
    AttendMeeting,
    /// Read the calendars again now: [`Reply::Done`] before they are read.
    RefreshCalendars,
    /// Add the calendars of a CalDAV account: [`Reply::Done`] once they could be
    /// read and the password is in the secret store.
    CalendarAccount {
        /// The address of the server, or of something on it.
        address: String,
        /// The user's name there.
        user: String,
        /// The password.
        #[cfg_attr(test, ts(type = "string"))]
        password: Secret,
    },
    /// Open the window, or bring it to the front.
    Window {
        /// The view that it shows then; absent for the one that it would show
        /// anyway.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        view: Option<WindowView>,
        /// What lets it come to the front; absent if the desktop gave nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "string"))]
        activation: Option<ActivationToken>,
    },
    /// The state of every part: [`Reply::Doctor`].
    Doctor {
        /// Whether the answer contains program names and user ids.
        full: bool,
    },
    /// One setting or all of them, in TOML: [`Reply::Text`].
    SettingsGet {
        /// The dotted key, like `idle.after`; null for all.
        key: Option<String>,
    },
    /// All settings with their defaults: [`Reply::Settings`].
    Settings,
    /// Change a setting and keep the file's comments.
    SettingsSet {
        /// The dotted key.
        key: String,
        /// The value, as TOML or as a bare word.
        value: String,
    },
    /// End the agent.
    Quit,
}

impl Request {
    /// Reads a request line. Fails if it is none that this version knows. The
    /// failure quotes nothing but the request's name, because there may be a
    /// password in the line.
    pub fn read(line: &[u8]) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Named {
            request: String,
        }

        serde_json::from_slice(line).map_err(|_| {
            let version = env!("CARGO_PKG_VERSION");
            match serde_json::from_slice::<Named>(line) {
                Ok(Named { request }) => {
                    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
                    let name: String = request.chars().filter(plain).take(30).collect();
                    Failure::new(
                        &Code::new("request-unknown").with("version", version).with("name", name),
                    )
                }
                Err(_) => Failure::new(&Code::new("request-malformed")),
            }
        })
    }

    /// The name of the request, without its contents.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Follow => "follow",
            Self::Choose { .. } => "choose",
            Self::Message { .. } => "message",
            Self::ForgetMessage { .. } => "forget-message",
            Self::Login { .. } => "login",
            Self::LoginWays { .. } => "login-ways",
            Self::LoginBrowser { .. } => "login-browser",
            Self::LoginFinish { .. } => "login-finish",
            Self::LoginCancel { .. } => "login-cancel",
            Self::Logout { .. } => "logout",
            Self::AccountSet { .. } => "account-set",
            Self::Look { .. } => "look",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::History { .. } => "history",
            Self::EraseHistory => "erase-history",
            Self::SkipMeeting => "skip-meeting",
            Self::AttendMeeting => "attend-meeting",
            Self::RefreshCalendars => "refresh-calendars",
            Self::CalendarAccount { .. } => "calendar-account",
            Self::Window { .. } => "window",
            Self::Doctor { .. } => "doctor",
            Self::SettingsGet { .. } => "settings-get",
            Self::Settings => "settings",
            Self::SettingsSet { .. } => "settings-set",
            Self::Quit => "quit",
        }
    }
}
