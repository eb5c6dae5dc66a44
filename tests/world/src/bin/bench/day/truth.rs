//! The truth at the desk, and which views agree with it.

use std::time::Instant;

use presently_world::Seen;
use presently_world::client::BUSY;

/// The message of the busy choice.
pub(crate) const SAID: &str = "Writing";
/// The text that stands for a call if no other field can.
const STAND_IN: &str = "In a call";

/// What the person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    /// At the desk.
    Here,
    /// Not at the desk.
    Away,
    /// A program at the desk records the microphone.
    Call,
    /// In a call on another device that was recently active.
    CallElsewhere,
    /// Busy by choice, with the message [`SAID`].
    Busy,
}

/// A change of the truth, with its time. The time includes the delays of the
/// settings.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) at: Instant,
    pub(crate) what: &'static str,
    pub(crate) truth: Truth,
}

/// What a colleague sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// The presence with its message.
    pub(crate) seen: Option<Seen>,
    /// The text of the profile's status.
    pub(crate) status: Option<String>,
    /// Whether the profile has a call field.
    pub(crate) call: bool,
}

/// The kind of view that a homeserver gives a colleague.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Presence with busy.
    Busy,
    /// Presence without busy.
    Plain,
    /// Only the profile.
    Profile,
    /// Presence, but another device is always online and spreads busy. Online
    /// takes precedence over away, and a busy would never end.
    Held,
}

impl View {
    /// Whether the view agrees with the truth, as far as this homeserver can
    /// show it.
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
            // The setting "auto" avoids busy while another device is active.
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
