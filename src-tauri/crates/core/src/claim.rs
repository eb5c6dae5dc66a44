//! Claims: one source's statement about the person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Presence, Reason};

/// Who makes a claim. The variants are in order of precedence: the first source
/// with a live claim is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A choice of the person.
    Manual,
    /// A microphone or camera is in use, or a call on another device.
    Call,
    /// The calendar.
    Meeting,
    /// The desktop's do-not-disturb.
    Dnd,
    /// The session is locked, not in front, or the machine sleeps.
    Lock,
    /// Outside working hours.
    Schedule,
    /// No input for a while.
    Idle,
    /// There was input less than the threshold ago.
    Active,
    /// Nothing is known, so nothing is claimed.
    None,
}

impl Source {
    /// All of them, highest precedence first.
    pub const ALL: [Source; 9] = [
        Self::Manual,
        Self::Call,
        Self::Meeting,
        Self::Dnd,
        Self::Lock,
        Self::Schedule,
        Self::Idle,
        Self::Active,
        Self::None,
    ];

    /// Its name in the JSON and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Call => "call",
            Self::Meeting => "meeting",
            Self::Dnd => "dnd",
            Self::Lock => "lock",
            Self::Schedule => "schedule",
            Self::Idle => "idle",
            Self::Active => "active",
            Self::None => "none",
        }
    }
}

/// Which accounts a claim is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// All of the person's accounts.
    #[default]
    All,
    /// One account, by its Matrix user id.
    Account(String),
}

impl Scope {
    /// Whether a claim with this scope is about `other` as well. A claim about
    /// all accounts is about each of them; a claim about one account is not
    /// about all.
    pub fn covers(&self, other: &Scope) -> bool {
        *self == Scope::All || self == other
    }
}

/// One source's statement about the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who makes the claim.
    pub source: Source,
    /// Which accounts it is about.
    #[serde(default)]
    pub scope: Scope,
    /// The presence that it claims.
    pub presence: Presence,
    /// Why.
    pub reason: Reason,
    /// Since when it holds.
    pub since: Timestamp,
    /// When it ends by itself, on the wall clock.
    pub until: Option<Timestamp>,
}

impl Claim {
    /// Whether it holds at `now`: an end that has come is over.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_json() {
        for source in Source::ALL {
            assert_eq!(serde_json::to_value(source).ok(), Some(source.name().into()));
        }
    }
}
