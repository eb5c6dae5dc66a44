//! The status messages that the person set last, to set one of them again.

use serde::{Deserialize, Serialize};

use crate::Message;
use crate::manual::DEFAULT_EMOJI;

/// The most messages that are remembered.
pub const RECENT_MESSAGES: usize = 10;

/// A message that was set, without its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentMessage {
    /// The text.
    pub text: String,
    /// The emoji, or none where the person gave none.
    pub emoji: Option<String>,
}

impl RecentMessage {
    /// Whether others see the same of both: no emoji is shown as the default
    /// one.
    fn looks_like(&self, other: &Self) -> bool {
        let emoji = |message: &Self| message.emoji.clone().unwrap_or(DEFAULT_EMOJI.to_owned());
        self.text == other.text && emoji(self) == emoji(other)
    }
}

impl From<&Message> for RecentMessage {
    fn from(message: &Message) -> Self {
        Self { text: message.text.clone(), emoji: message.emoji.clone() }
    }
}

/// The most recent distinct messages, the newest first, at most
/// [`RECENT_MESSAGES`]. This is what is kept across restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<RecentMessage>")]
pub struct RecentMessages(Vec<RecentMessage>);

impl RecentMessages {
    /// Puts a message first. One that looks the same leaves its place.
    pub fn add(&mut self, message: RecentMessage) {
        self.forget(&message);
        self.0.insert(0, message);
        self.0.truncate(RECENT_MESSAGES);
    }

    /// Removes one message. One that is not there is fine.
    pub fn forget(&mut self, message: &RecentMessage) {
        self.0.retain(|kept| !kept.looks_like(message));
    }

    /// Removes all of them.
    pub fn forget_all(&mut self) {
        self.0.clear();
    }

    /// The messages, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &RecentMessage> {
        self.0.iter()
    }
}

impl From<Vec<RecentMessage>> for RecentMessages {
    /// A list that was written by hand may be too long or name one twice.
    fn from(newest_first: Vec<RecentMessage>) -> Self {
        let mut recent = Self::default();
        newest_first.into_iter().rev().for_each(|message| recent.add(message));
        recent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message as `emoji text`, or as text alone.
    fn message(words: &str) -> RecentMessage {
        match words.split_once(' ') {
            Some((emoji, text)) => {
                RecentMessage { text: text.to_owned(), emoji: Some(emoji.to_owned()) }
            }
            None => RecentMessage { text: words.to_owned(), emoji: None },
        }
    }

    fn words(recent: &RecentMessages) -> Vec<String> {
        let words = |m: &RecentMessage| match &m.emoji {
            Some(emoji) => format!("{emoji} {}", m.text),
            None => m.text.clone(),
        };
        recent.iter().map(words).collect()
    }

    #[test]
    fn the_newest_distinct_messages_are_kept() {
        for (said, kept) in [
            (&[][..], &[][..]),
            (&["a"], &["a"]),
            (&["a", "b"], &["b", "a"]),
            (&["a", "b", "a"], &["a", "b"]),
            (&["a", "🍵 a", "A"], &["A", "🍵 a", "a"]),
            // No emoji is shown as the default one.
            (&["a", "b", "💬 a"], &["💬 a", "b"]),
            (
                &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "b"],
                &["b", "k", "j", "i", "h", "g", "f", "e", "d", "c"],
            ),
        ] {
            let mut recent = RecentMessages::default();
            said.iter().for_each(|words| recent.add(message(words)));
            assert_eq!(words(&recent), kept, "{said:?}");
            let text = serde_json::to_string(&recent).expect("serialises");
            assert_eq!(serde_json::from_str::<RecentMessages>(&text).ok(), Some(recent), "{text}");
        }
    }

    #[test]
    fn messages_are_forgotten() {
        let mut recent = RecentMessages::default();
        ["a", "b", "c"].iter().for_each(|words| recent.add(message(words)));
        recent.forget(&message("b"));
        assert_eq!(words(&recent), ["c", "a"]);
        recent.forget(&message("none"));
        recent.forget(&message("💬 c"));
        assert_eq!(words(&recent), ["a"]);
        recent.forget_all();
        assert_eq!(words(&recent), [""; 0]);
    }

    #[test]
    fn a_list_from_elsewhere_keeps_the_limits() {
        let mut all: Vec<RecentMessage> = (0..20).map(|n| message(&format!("m{n}"))).collect();
        all.insert(0, message("m3"));
        let recent = RecentMessages::from(all);
        let wanted = ["m3", "m0", "m1", "m2", "m4", "m5", "m6", "m7", "m8", "m9"];
        assert_eq!(words(&recent), wanted);
    }
}
