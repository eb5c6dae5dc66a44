//! A status message and its limits.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Code, Coded, coded_error};

/// The emoji of a message without one, because the profile field requires an
/// emoji (MSC4426).
pub const DEFAULT_EMOJI: &str = "💬";

/// A status message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The text. Only the text is sent as `status_msg`.
    pub text: String,
    /// One emoji; `None` where the person gave none.
    pub emoji: Option<String>,
    /// When it ends, on the wall clock; `None` where it has no end.
    pub until: Option<Timestamp>,
}

/// The most bytes of a message's text, as MSC4426 limits it.
pub const MESSAGE_BYTES: usize = 256;
/// The most bytes of its emoji, as MSC4426 limits it.
pub const EMOJI_BYTES: usize = 32;

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// The text is empty.
    Empty,
    /// The text has this many bytes, more than [`MESSAGE_BYTES`].
    TooLong(usize),
    /// The emoji has this many bytes, more than [`EMOJI_BYTES`].
    EmojiTooLong(usize),
}

impl Coded for MessageError {
    fn code(&self) -> Code {
        match self {
            Self::Empty => Code::new("message-empty"),
            Self::TooLong(bytes) => {
                Code::new("message-too-long").with("bytes", *bytes).with("most", MESSAGE_BYTES)
            }
            Self::EmojiTooLong(bytes) => {
                Code::new("emoji-too-long").with("bytes", *bytes).with("most", EMOJI_BYTES)
            }
        }
    }
}

coded_error!(MessageError);

impl Message {
    /// Trims the text and the emoji. Fails if the text is empty or one of the
    /// two exceeds its limit.
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

    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|end| now < end)
    }
}
