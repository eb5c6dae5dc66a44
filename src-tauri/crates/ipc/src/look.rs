//! What another user shows, as one of the person's accounts sees it.

use jiff::Timestamp;
use presently_core::{Code, Presence};
use serde::{Deserialize, Serialize};

/// What another user shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Look {
    /// Their user id.
    pub user_id: String,
    /// Their display name.
    pub name: Option<String>,
    /// The user id of the account that looked.
    pub through: String,
    /// Their presence; null where it cannot be seen, and a note says why.
    #[cfg_attr(test, ts(type = "Presence | null"))]
    pub presence: Option<Presence>,
    /// The message beside their presence.
    pub message: Option<String>,
    /// Whether they are active now; null where the server does not say.
    pub currently_active: Option<bool>,
    /// When they were last active; null where the server does not say.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub last_active: Option<Timestamp>,
    /// The status in their profile (MSC4426).
    pub status: Option<ProfileStatus>,
    /// The call in their profile (MSC4426).
    pub call: Option<ProfileCall>,
    /// The contents of their profile room (MSC3032), if they have one.
    #[serde(default)]
    pub profile_room: Option<ProfileRoom>,
    /// What cannot be seen and why, one line each.
    pub notes: Vec<String>,
    /// The notes as codes with their arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code[]"))]
    pub note_codes: Vec<Code>,
}

/// The status in a profile, which may lack a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProfileStatus {
    /// The text.
    pub text: String,
    /// One emoji.
    pub emoji: String,
}

/// The call in a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProfileCall {
    /// Since when; null where the field does not say.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub since: Option<Timestamp>,
}

/// The contents of a profile room: only what its owner chose and said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProfileRoom {
    /// The presence that they chose.
    #[cfg_attr(test, ts(type = "Presence | null"))]
    pub presence: Option<Presence>,
    /// Their message.
    pub message: Option<String>,
}
