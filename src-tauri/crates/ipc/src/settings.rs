//! The settings as the window shows them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The settings that are in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SettingsView {
    /// All settings except those of single accounts, which are in the snapshot.
    pub settings: Vec<SettingView>,
    /// Whether the desktop starts the agent at login, whatever the setting
    /// says; null where that is not known.
    pub starts_at_login: Option<bool>,
    /// The programs that used a microphone, a camera or the screen since the
    /// agent started, the latest first, at most
    /// [`RECENT_PROGRAMS`](presently_core::call::RECENT_PROGRAMS). Ignored ones
    /// are not among them.
    #[serde(default)]
    pub recent_programs: Vec<String>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SettingView {
    /// The dotted key, like `idle.after`.
    pub key: String,
    /// The value in force. Durations are written like `5m`.
    #[cfg_attr(test, ts(type = "SettingValue"))]
    pub value: Value,
    /// The default value.
    #[cfg_attr(test, ts(type = "SettingValue"))]
    pub default: Value,
}
