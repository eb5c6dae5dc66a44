//! `presently message --recent` and `--forget`: the messages that were set last.

use presently_core::Code;
use presently_ipc::request::MessageText;
use presently_ipc::{Paths, Request};
use presently_text::text;

use super::client::{done, snapshot};
use super::parts::Forgotten;
use super::{Stop, output, texts};

pub(super) async fn list(paths: &Paths, json: bool) -> Result<(), Stop> {
    let messages = snapshot(paths).await?.recent_messages;
    if json {
        return output::json(&messages);
    }
    if messages.is_empty() {
        return output::people(&text!(texts(), "recent-none"));
    }
    output::people(&numbered(&messages))
}

/// Removes by its words and not by its number, because the list may change
/// meanwhile.
pub(super) async fn forget(paths: &Paths, which: Forgotten) -> Result<(), Stop> {
    let message = match which {
        Forgotten::All => None,
        Forgotten::One(number) => {
            let messages = snapshot(paths).await?.recent_messages;
            let message = messages.into_iter().nth(number - 1);
            Some(message.ok_or_else(|| Code::new("recent-no-such").with("number", number))?)
        }
    };
    let said = match &message {
        None => text!(texts(), "recent-forgotten-all"),
        Some(message) => text!(texts(), "recent-forgotten", message = words(message)),
    };
    done(paths, Request::ForgetMessage { message }).await?;
    output::people(&said)
}

/// A line for each, with the number that `--forget` takes.
fn numbered(messages: &[MessageText]) -> String {
    let lines = messages.iter().enumerate();
    let lines: Vec<String> =
        lines.map(|(index, message)| format!("{:>2}  {}", index + 1, words(message))).collect();
    lines.join("\n")
}

fn words(message: &MessageText) -> String {
    // A list has one line for each, whatever the text is.
    let text: String = message.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match &message.emoji {
        Some(emoji) => format!("{emoji} {text}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_has_its_number_and_its_line() {
        let message = |emoji: Option<&str>, text: &str| MessageText {
            text: text.to_owned(),
            emoji: emoji.map(str::to_owned),
        };
        let mut messages = vec![message(Some("🍴"), "At lunch"), message(None, "two\nlines")];
        messages.resize(10, message(None, "x"));
        let text = numbered(&messages);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[1], lines[9]), (" 1  🍴 At lunch", " 2  two lines", "10  x"));
    }
}
