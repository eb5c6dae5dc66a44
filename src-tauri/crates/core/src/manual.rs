//! What the person says: a presence until they say otherwise or its end
//! comes, and a message that stands by itself or belongs to that presence.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Claim, Presence, Scope, Source};

/// The emoji of a message that was given none (the profile field needs one).
pub const DEFAULT_EMOJI: &str = "💬";

/// A status message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The text, which alone becomes `status_msg`.
    pub text: String,
    /// One emoji, or none where the person gave none.
    pub emoji: Option<String>,
    /// When it ends, on the wall clock.
    pub until: Option<Timestamp>,
}

/// The most bytes of a message's text, the limit of MSC4426.
pub const MESSAGE_BYTES: usize = 256;
/// The most bytes of its emoji, the limit of MSC4426.
pub const EMOJI_BYTES: usize = 32;

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// There is nothing in it.
    Empty,
    /// So many bytes, more than [`MESSAGE_BYTES`].
    TooLong(usize),
    /// So many bytes, more than [`EMOJI_BYTES`].
    EmojiTooLong(usize),
}

impl std::fmt::Display for MessageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => write!(f, "a message needs some text; to remove it use --clear"),
            Self::TooLong(n) => write!(
                f,
                "the message has {n} bytes and Matrix allows {MESSAGE_BYTES}; make it shorter"
            ),
            Self::EmojiTooLong(n) => write!(
                f,
                "the emoji has {n} bytes and Matrix allows {EMOJI_BYTES}; give a single one"
            ),
        }
    }
}

impl std::error::Error for MessageError {}

impl Message {
    /// A message within the limits, trimmed.
    pub fn new(
        text: &str,
        emoji: Option<&str>,
        until: Option<Timestamp>,
    ) -> Result<Self, MessageError> {
        let text = text.trim();
        let emoji = emoji.map(str::trim).filter(|e| !e.is_empty());
        if text.is_empty() {
            return Err(MessageError::Empty);
        }
        if text.len() > MESSAGE_BYTES {
            return Err(MessageError::TooLong(text.len()));
        }
        if let Some(emoji) = emoji.filter(|e| e.len() > EMOJI_BYTES) {
            return Err(MessageError::EmojiTooLong(emoji.len()));
        }
        Ok(Self { text: text.to_owned(), emoji: emoji.map(str::to_owned), until })
    }

    fn is_live(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|end| now < end)
    }
}

/// A presence the person chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What they chose.
    pub presence: Presence,
    /// When they did.
    pub since: Timestamp,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// The message that belongs to this choice and ends with it.
    pub message: Option<Message>,
}

/// All that the person has said, about all accounts and about single ones.
/// This is what is kept across restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    /// At most one choice for each scope.
    #[serde(default)]
    pub choices: Vec<(Scope, Choice)>,
    /// The message that stands by itself.
    #[serde(default)]
    pub message: Option<Message>,
}

impl Manual {
    /// Makes a choice. One about all accounts replaces every choice: who
    /// says "busy" means everywhere.
    pub fn choose(&mut self, scope: Scope, choice: Choice) {
        self.choices.retain(|(s, _)| !scope.covers(s));
        self.choices.push((scope, choice));
    }

    /// Back to automatic: the choices that `scope` covers end, and with them
    /// their messages. About all accounts the standing message ends too. True
    /// if anything was there to end.
    ///
    /// An account that [follows a choice about all](Self::follows_all) goes on
    /// to: it is given no choice of its own to hide that one.
    pub fn automatic(&mut self, scope: &Scope) -> bool {
        let before = (self.choices.len(), self.message.is_some());
        self.choices.retain(|(s, _)| !scope.covers(s));
        if *scope == Scope::All {
            self.message = None;
        }
        before != (self.choices.len(), self.message.is_some())
    }

    /// Whether what shows on a single account is a choice about all, so that
    /// nothing that is said about the account alone makes it automatic.
    pub fn follows_all(&self, scope: &Scope, now: Timestamp) -> bool {
        *scope != Scope::All
            && self.live(scope, now).is_none()
            && self.live(&Scope::All, now).is_some()
    }

    /// The standing message from now on, or none. What somebody says in
    /// words now is what they mean, so a message that belongs to a choice
    /// ends here too.
    pub fn say(&mut self, message: Option<Message>) {
        for (_, choice) in &mut self.choices {
            choice.message = None;
        }
        self.message = message;
    }

    /// The live choice for a scope: its own, else the one about all.
    pub fn choice(&self, scope: &Scope, now: Timestamp) -> Option<&Choice> {
        self.live(scope, now).or_else(|| self.live(&Scope::All, now))
    }

    /// The live choice of exactly this scope.
    fn live(&self, scope: &Scope, now: Timestamp) -> Option<&Choice> {
        let mut choices = self.choices.iter().filter(|(s, _)| s == scope).map(|(_, c)| c);
        choices.find(|c| c.until.is_none_or(|end| now < end))
    }

    /// The live message for a scope: that of the live choice, else the
    /// standing one.
    pub fn message(&self, scope: &Scope, now: Timestamp) -> Option<Message> {
        let own = self.choice(scope, now).and_then(|c| {
            let mut message = c.message.clone()?;
            // It ends with its choice, whichever of the two comes first.
            message.until = match (message.until, c.until) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            Some(message)
        });
        own.or_else(|| self.message.clone()).filter(|m| m.is_live(now))
    }

    /// The claims that the choices make.
    pub fn claims(&self) -> impl Iterator<Item = Claim> {
        self.choices.iter().map(|(scope, choice)| Claim {
            source: Source::Manual,
            scope: scope.clone(),
            presence: choice.presence,
            reason: "You chose it".to_owned(),
            since: choice.since,
            until: choice.until,
        })
    }

    /// Drops what has ended, so that it is not kept for ever. True if
    /// anything was dropped.
    pub fn prune(&mut self, now: Timestamp) -> bool {
        let before = (self.choices.len(), self.message.is_some());
        self.choices.retain(|(_, c)| c.until.is_none_or(|end| now < end));
        self.message = self.message.take().filter(|m| m.is_live(now));
        before != (self.choices.len(), self.message.is_some())
    }

    /// The next end of a choice or a message after `now`.
    pub fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = self
            .choices
            .iter()
            .flat_map(|(_, c)| [c.until, c.message.as_ref().and_then(|m| m.until)]);
        ends.chain([self.message.as_ref().and_then(|m| m.until)])
            .flatten()
            .filter(|end| *end > now)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn choice(until: Option<i64>) -> Choice {
        let until = until.map(at);
        Choice { presence: Presence::Busy, since: at(0), until, message: None }
    }

    #[test]
    fn an_account_goes_back_to_automatic_unless_it_follows_a_choice_about_all() {
        let scope = |of: &str| match of {
            "all" => Scope::All,
            account => Scope::Account(format!("@{account}:example.org")),
        };
        let (live, lasting, over) = (Some(60), None, Some(10));
        type Row<'a> = (&'a str, &'a [(&'a str, Option<i64>)], &'a str, bool, &'a [&'a str]);
        let table: &[Row<'_>] = &[
            ("nothing was chosen", &[], "a", false, &[]),
            ("about all, live", &[("all", live)], "a", true, &["all"]),
            ("about all, without an end", &[("all", lasting)], "a", true, &["all"]),
            ("about all, over", &[("all", over)], "a", false, &["all"]),
            ("its own", &[("a", live)], "a", false, &[]),
            ("its own, over", &[("a", over)], "a", false, &[]),
            ("its own before all", &[("all", live), ("a", live)], "a", false, &["all"]),
            ("its own is over, all shows", &[("all", live), ("a", over)], "a", true, &["all"]),
            ("another's", &[("b", live)], "a", false, &["b"]),
            ("another's, over", &[("b", over)], "a", false, &["b"]),
            ("another's and all", &[("all", live), ("b", live)], "a", true, &["all", "b"]),
            ("another's, all is over", &[("all", over), ("b", live)], "a", false, &["all", "b"]),
            ("all, on all", &[("all", live), ("b", live)], "all", false, &[]),
            ("nothing, on all", &[], "all", false, &[]),
        ];
        for (name, choices, on, follows, left) in table {
            let mut manual = Manual::default();
            for (of, until) in *choices {
                manual.choose(scope(of), choice(*until));
            }
            let on = scope(on);
            assert_eq!(manual.follows_all(&on, at(10)), *follows, "{name}");
            let before = manual.clone();
            assert_eq!(manual.automatic(&on), manual != before, "{name}");
            let scopes: Vec<Scope> = manual.choices.iter().map(|(s, _)| s.clone()).collect();
            assert_eq!(scopes, left.iter().map(|s| scope(s)).collect::<Vec<_>>(), "{name}");
        }
    }
}
