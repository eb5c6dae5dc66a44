//! What is so at the desk, and which views of it are true.

use std::time::Instant;

use presently_world::Seen;
use presently_world::client::BUSY;

/// What the person says when they are busy.
pub(crate) const SAID: &str = "Writing";
/// What stands for a call where nothing else can.
const STAND_IN: &str = "In a call";

/// What is so at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    /// At the desk.
    Here,
    /// Not at the desk.
    Away,
    /// A program at the desk listens.
    Call,
    /// In a call on another device, which has just been in use.
    CallElsewhere,
    /// They said that they are busy, and [`SAID`].
    Busy,
}

/// From when on something is so, the person's own delay included.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) at: Instant,
    pub(crate) what: &'static str,
    pub(crate) truth: Truth,
}

/// What a colleague can see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// The presence with its message.
    pub(crate) seen: Option<Seen>,
    /// The text of the profile's status.
    pub(crate) status: Option<String>,
    /// The profile's call field is there.
    pub(crate) call: bool,
}

/// What a homeserver lets a colleague see, as far as it decides what is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Presence with busy.
    Busy,
    /// Presence without busy.
    Plain,
    /// The profile alone.
    Profile,
    /// Presence, but another device is online all the time and spreads busy.
    /// It outdoes away, whoever says that; a busy would never end.
    Held,
}

impl View {
    /// Whether this is the truth, as far as it can be seen.
    pub(crate) fn tells(&self, truth: Truth, sight: Sight) -> bool {
        let message = self.seen.as_ref().and_then(|seen| seen.message.as_deref());
        let texts = [message, self.status.as_deref()];
        let says = |text: &str| texts.contains(&Some(text));
        let silent = texts == [None, None] && !self.call;
        let is = |presence: &str| self.seen.as_ref().is_some_and(|seen| seen.is(presence));
        let told = says(STAND_IN) || self.call;
        match (sight, truth) {
            (Sight::Profile, Truth::Here | Truth::Away) => silent,
            (Sight::Profile, Truth::Call | Truth::CallElsewhere) => told,
            (Sight::Profile, Truth::Busy) => says(SAID) && !self.call,
            (_, Truth::Here) => is("online") && silent,
            (Sight::Held, Truth::Away) => (is("online") || is("unavailable")) && silent,
            (_, Truth::Away) => is("unavailable") && silent,
            (Sight::Busy, Truth::Call) => is(BUSY) && !says(SAID),
            // The settings' "auto" keeps from real busy beside another device.
            (Sight::Busy, Truth::CallElsewhere) => {
                (is(BUSY) || is("unavailable") && told) && !says(SAID)
            }
            (Sight::Plain, Truth::Call | Truth::CallElsewhere) => is("unavailable") && told,
            (Sight::Held, Truth::Call | Truth::CallElsewhere) => {
                (is(BUSY) || told) && !is("offline") && !says(SAID)
            }
            (Sight::Busy, Truth::Busy) => is(BUSY) && says(SAID),
            (Sight::Plain, Truth::Busy) => is("unavailable") && says(SAID),
            (Sight::Held, Truth::Busy) => says(SAID) && !self.call && !is("offline"),
        }
    }
}

impl std::fmt::Display for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.seen {
            Some(seen) => write!(f, "{seen}")?,
            None => f.write_str("nothing")?,
        }
        if let Some(status) = &self.status {
            write!(f, ", status “{status}”")?;
        }
        f.write_str(if self.call { ", call field" } else { "" })
    }
}
