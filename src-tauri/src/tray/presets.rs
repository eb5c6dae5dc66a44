//! The messages that the menu suggests. The window suggests the same ones
//! (`ui/page/message.js`).

use presently_core::duration::Span;
use presently_ipc::request::{End, MessageText};
use presently_text::{Texts, text};

/// A message that is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// In a meeting.
    Meeting,
    /// Commuting.
    Commuting,
    /// At lunch.
    Lunch,
    /// Working remotely.
    Remote,
    /// Out sick.
    Sick,
    /// On holiday.
    Holiday,
}

/// How long such a message usually lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasts {
    /// So many minutes.
    Minutes(u64),
    /// To the end of the day.
    Today,
    /// Until it is cleared.
    Open,
}

impl Preset {
    /// All of them, in the order of the menu.
    pub const ALL: [Preset; 6] =
        [Self::Meeting, Self::Commuting, Self::Lunch, Self::Remote, Self::Sick, Self::Holiday];

    pub(super) fn emoji(self) -> &'static str {
        match self {
            Self::Meeting => "📅",
            Self::Commuting => "🚌",
            Self::Lunch => "🍴",
            Self::Remote => "🏠",
            Self::Sick => "🤒",
            Self::Holiday => "🌴",
        }
    }

    fn words(self, texts: &Texts) -> String {
        match self {
            Self::Meeting => text!(texts, "preset-meeting"),
            Self::Commuting => text!(texts, "preset-commuting"),
            Self::Lunch => text!(texts, "preset-lunch"),
            Self::Remote => text!(texts, "preset-remote"),
            Self::Sick => text!(texts, "preset-sick"),
            Self::Holiday => text!(texts, "preset-holiday"),
        }
    }

    pub(super) fn lasts(self) -> Lasts {
        match self {
            Self::Meeting | Self::Lunch => Lasts::Minutes(60),
            Self::Commuting => Lasts::Minutes(30),
            Self::Remote | Self::Sick => Lasts::Today,
            Self::Holiday => Lasts::Open,
        }
    }

    /// The message, in the person's language.
    pub(super) fn message(self, texts: &Texts) -> MessageText {
        MessageText { text: self.words(texts), emoji: Some(self.emoji().to_owned()) }
    }
}

impl Lasts {
    /// The end of a message set when `tomorrow` is the end of the day.
    pub(super) fn end(self, tomorrow: jiff::Timestamp) -> Option<End> {
        match self {
            Self::Minutes(minutes) => Some(End::For(Span::minutes(minutes))),
            Self::Today => Some(End::Until(tomorrow)),
            Self::Open => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page cannot import Rust, so its list is compared with this one.
    #[test]
    fn the_window_suggests_the_same() {
        let page = include_str!("../../../ui/page/message.js");
        let (_, list) = page.split_once("function presets() {").expect("the page has a list");
        let (list, _) = list.split_once("];").expect("it ends");
        let suggested: Vec<&str> =
            list.lines().map(str::trim).filter(|line| line.starts_with("[\"")).collect();
        let wanted = Preset::ALL.map(|preset| {
            let name = format!("{preset:?}").to_lowercase();
            let end = match preset.lasts() {
                Lasts::Minutes(60) => "1h".to_owned(),
                Lasts::Minutes(minutes) => format!("{minutes}m"),
                Lasts::Today => "today".to_owned(),
                Lasts::Open => "never".to_owned(),
            };
            format!("[\"{}\", t(\"preset-{name}\"), \"{end}\"],", preset.emoji())
        });
        assert_eq!(suggested, wanted);
    }
}
