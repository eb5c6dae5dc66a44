//! The settings that `settings.toml` may hold. The agent reads and writes the
//! file.

use serde::{Deserialize, Deserializer, Serialize};

use crate::duration::Span;
use crate::hours::WorkingDays;
use crate::manual::Message;

/// The version of the settings that this program writes.
pub const VERSION: u32 = 1;

/// All settings. A missing key has its default. An unknown key is an error,
/// because it is most likely a typing mistake and would have no effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The version of the file's format.
    pub version: u32,
    /// The language that people read.
    pub language: Language,
    /// Where tokens are kept.
    pub secrets: Secrets,
    /// Input at the desk.
    pub idle: IdleSettings,
    /// Lock and sleep.
    pub lock: LockSettings,
    /// Microphone, camera and screen sharing.
    pub call: CallSettings,
    /// Meetings in calendars.
    pub meeting: MeetingSettings,
    /// Working hours.
    pub hours: HoursSettings,
    /// The desktop's do-not-disturb.
    pub dnd: DndSettings,
    /// The history of what was shown.
    pub history: Toggle,
    /// Notifications.
    pub notify: NotifySettings,
    /// Starting at login.
    pub autostart: Toggle,
    /// One entry for each account.
    #[serde(rename = "account")]
    pub accounts: Vec<AccountSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: VERSION,
            language: Language::default(),
            secrets: Secrets::default(),
            idle: IdleSettings::default(),
            lock: LockSettings::default(),
            call: CallSettings::default(),
            meeting: MeetingSettings::default(),
            hours: HoursSettings::default(),
            dnd: DndSettings::default(),
            history: Toggle::default(),
            notify: NotifySettings::default(),
            autostart: Toggle::default(),
            accounts: Vec::new(),
        }
    }
}

/// The language that people read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// The desktop's language where Presently speaks it, else English.
    #[default]
    Auto,
    /// English.
    En,
    /// German.
    De,
}

/// Where tokens are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Secrets {
    /// The system's secret store.
    #[default]
    Keyring,
    /// A file that only its owner may read.
    File,
}

/// How long without input means away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdleSettings {
    /// The person is away after this long without input.
    pub after: Span,
}

impl Default for IdleSettings {
    fn default() -> Self {
        Self { after: Span::minutes(5) }
    }
}

/// Lock and sleep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockSettings {
    /// The person is away while the session is locked or the machine sleeps.
    pub away: bool,
}

impl Default for LockSettings {
    fn default() -> Self {
        Self { away: true }
    }
}

/// Microphone, camera and screen sharing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallSettings {
    /// The person is busy while a microphone or camera is in use.
    pub enabled: bool,
    /// How long a device must be in use before it counts.
    pub enter: Span,
    /// For how long it still counts after the use has ended.
    pub exit: Span,
    /// Names of programs whose use does not count, see
    /// [`Program::matches`](crate::call::Program::matches).
    pub ignore: Vec<String>,
    /// Whether screen sharing counts as well.
    pub screen_share: bool,
}

impl Default for CallSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            enter: Span::seconds(3),
            exit: Span::seconds(10),
            ignore: ["pavucontrol", "easyeffects", "noisetorch", "obs"].map(str::to_owned).into(),
            screen_share: true,
        }
    }
}

/// Meetings in calendars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeetingSettings {
    /// The calendars: iCalendar files, folders of them, addresses with https,
    /// and those of CalDAV accounts, which have the user's name in them. A `~/`
    /// at the beginning is the home folder.
    pub calendars: Vec<String>,
    /// Whether the calendars of GNOME count, where it runs.
    pub gnome: bool,
    /// The calendars of GNOME and of accounts that do not count, by their names
    /// or UIDs.
    pub ignore: Vec<String>,
    /// What a meeting is checked against before it counts.
    pub check: MeetingCheck,
    /// Whether others read "In a meeting" where the person set no message.
    pub message: bool,
    /// The calendars whose titles they read instead, by the names or UIDs of
    /// those of GNOME and of accounts, or as in `calendars`. Titles of private
    /// events are read nowhere.
    pub titles: Vec<String>,
    /// What they read while the person is out of office; empty for nothing.
    #[serde(deserialize_with = "message_text")]
    pub out_of_office: String,
    /// Whether tentative meetings count.
    pub tentative: bool,
    /// Whether invitations without an answer count.
    pub unanswered: bool,
    /// Shorter meetings do not count.
    pub minimum: Span,
    /// The person's e-mail addresses, by which their answers to invitations are
    /// found.
    pub addresses: Vec<String>,
}

/// A text that can be a status message, or none.
fn message_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.is_empty() {
        true => Ok(text),
        false => Message::new(&text, None, None)
            .map(|message| message.text)
            .map_err(serde::de::Error::custom),
    }
}

impl Default for MeetingSettings {
    fn default() -> Self {
        Self {
            calendars: Vec::new(),
            gnome: true,
            ignore: Vec::new(),
            check: MeetingCheck::default(),
            message: true,
            titles: Vec::new(),
            out_of_office: String::new(),
            tentative: false,
            unanswered: false,
            minimum: Span::seconds(0),
            addresses: Vec::new(),
        }
    }
}

/// What a meeting is checked against before it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MeetingCheck {
    /// A meeting counts only during a call.
    Call,
    /// Who uses the computer without a call, ten minutes after the start of a
    /// meeting with a conference link, is not in it.
    #[default]
    Desk,
    /// Every meeting counts.
    Never,
}

/// Working hours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HoursSettings {
    /// The working hours of each day. Without any, every hour is one.
    pub work: Vec<WorkingDays>,
    /// What is shown outside of them.
    pub outside: OutsideHours,
    /// Calendars of days without working hours, as in
    /// [`MeetingSettings::calendars`].
    pub holidays: Vec<String>,
    /// The time zone of the hours, by its IANA name, like `Europe/Berlin`; empty
    /// for the one of the computer, wherever it is.
    pub zone: String,
    /// Whether others may read the time zone in the profile (MSC4175).
    pub publish_zone: bool,
}

/// What is shown outside of the working hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutsideHours {
    /// Away.
    #[default]
    Away,
    /// Offline.
    Invisible,
}

/// The desktop's do-not-disturb.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DndSettings {
    /// Whether it counts as busy.
    pub busy: bool,
}

/// Notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotifySettings {
    /// Whether notifications are shown.
    pub enabled: bool,
    /// Whether the begin and the end of a call that makes the person busy are
    /// among them.
    pub calls: bool,
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self { enabled: true, calls: false }
    }
}

/// Something that is on unless it was turned off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Toggle {
    /// Whether it is on.
    pub enabled: bool,
}

impl Default for Toggle {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSettings {
    /// Its Matrix user id.
    pub user_id: String,
    /// What the account may show.
    #[serde(default)]
    pub share: Share,
    /// Whether busy is sent as busy.
    #[serde(default)]
    pub busy: BusyMode,
    /// Whether the call field (MSC4426) is set while in a call.
    #[serde(default)]
    pub call_field: bool,
    /// Whether the status is published in the profile room (MSC3032).
    #[serde(default)]
    pub profile_room: bool,
}

impl AccountSettings {
    /// A new account, with the defaults.
    pub fn new(user_id: impl Into<String>) -> Self {
        Self {
            user_id: user_id.into(),
            share: Share::default(),
            busy: BusyMode::default(),
            call_field: false,
            profile_room: false,
        }
    }
}

/// What an account may show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Share {
    /// Presence, message, calls.
    #[default]
    Everything,
    /// The status message only.
    Message,
    /// Nothing: the account is invisible, is never busy and has no calls.
    Nothing,
}

impl Share {
    /// All of them, from the most to the least shared.
    pub const ALL: [Self; 3] = [Self::Everything, Self::Message, Self::Nothing];

    /// Its name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Message => "message",
            Self::Nothing => "nothing",
        }
    }
}

/// Whether busy is sent as busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BusyMode {
    /// Where the server supports busy and no other device would keep it
    /// (docs/protocol.md, "Busy").
    #[default]
    Auto,
    /// Wherever the server supports busy.
    Always,
    /// Never; away is sent in its place.
    Never,
}

impl BusyMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Always, Self::Never];

    /// Its name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_has_the_documented_defaults() {
        let settings: Settings = serde_json::from_str("{}").expect("empty is valid");
        assert_eq!(settings, Settings::default());
        assert_eq!(
            serde_json::to_value(&settings).expect("serialises"),
            serde_json::json!({
                "version": 1,
                "language": "auto",
                "secrets": "keyring",
                "idle": {"after": "5m"},
                "lock": {"away": true},
                "call": {
                    "enabled": true, "enter": "3s", "exit": "10s",
                    "ignore": ["pavucontrol", "easyeffects", "noisetorch", "obs"],
                    "screen_share": true
                },
                "meeting": {
                    "calendars": [], "gnome": true, "ignore": [], "check": "desk",
                    "message": true, "titles": [], "out_of_office": "", "tentative": false,
                    "unanswered": false, "minimum": "0s", "addresses": []
                },
                "hours": {"work": [], "outside": "away", "holidays": [], "zone": "", "publish_zone": false},
                "dnd": {"busy": false},
                "history": {"enabled": true},
                "notify": {"enabled": true, "calls": false},
                "autostart": {"enabled": true},
                "account": []
            })
        );
    }

    #[test]
    fn the_names_are_those_of_the_file() {
        for share in Share::ALL {
            assert_eq!(serde_json::to_value(share).ok(), Some(share.name().into()));
        }
        for busy in BusyMode::ALL {
            assert_eq!(serde_json::to_value(busy).ok(), Some(busy.name().into()));
        }
    }

    #[test]
    fn a_slip_is_an_error() {
        assert!(serde_json::from_str::<Settings>(r#"{"idle": {"afer": "5m"}}"#).is_err());
        assert!(serde_json::from_str::<Settings>(r#"{"idle": {"after": "5"}}"#).is_err());
    }
}
