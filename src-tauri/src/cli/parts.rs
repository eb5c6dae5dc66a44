//! Argument groups that several commands share.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use presently_core::duration::Span;
use presently_core::settings::{BusyMode, Share};
use presently_ipc::request::{BrowserWay, End, MessageText, Pausable, WindowView};
use presently_text::Texts;

use super::when;

/// Who signs in, and how.
#[derive(Debug, Args)]
pub(super) struct Login {
    /// The full user id, like @me:example.org
    #[arg(value_parser = user_id)]
    pub(super) user_id: String,
    /// The homeserver's address, where the user id does not lead to it
    #[arg(long, value_name = "URL")]
    pub(super) homeserver: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long, group = "how")]
    pub(super) password_stdin: bool,
    /// Use the server's single sign-on, in the browser
    #[arg(long, group = "how")]
    sso: bool,
    /// Use OAuth 2.0, in the browser
    #[arg(long, group = "how")]
    oauth: bool,
}

impl Login {
    /// The requested way through the browser.
    pub(super) fn way(&self) -> Option<BrowserWay> {
        match (self.sso, self.oauth) {
            (true, _) => Some(BrowserWay::Sso),
            (_, true) => Some(BrowserWay::OAuth),
            _ => None,
        }
    }
}

/// What is changed of an account's settings.
#[derive(Debug, Args)]
pub(super) struct AccountArgs {
    /// The full user id, like @me:example.org
    #[arg(value_parser = user_id)]
    pub(super) user_id: String,
    /// What it shows: everything, your message only, or nothing, which looks
    /// like being offline
    #[arg(long, value_name = "WHAT", value_parser = share())]
    pub(super) share: Option<Share>,
    /// Whether busy is shown as busy: always, never (away in its place), or
    /// auto, where it can be left again
    #[arg(long, value_name = "WHEN", value_parser = busy())]
    pub(super) busy: Option<BusyMode>,
    /// Show in your profile when you are in a call; anyone on the network can
    /// read it, without signing in
    #[arg(long, value_name = "on|off", value_parser = on_off)]
    pub(super) call_field: Option<bool>,
    /// Keep a public room that says the presence and message that you chose
    /// (MSC3032); anyone on the network can read it, and what it said before
    /// may be kept by others for ever
    #[arg(long, value_name = "on|off", value_parser = on_off)]
    pub(super) profile_room: Option<bool>,
}

/// Which part of the history is shown, and how.
#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// The day: today, yesterday or 2026-11-22; today if left out
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(super) day: Option<Date>,
    /// Print a table of comma-separated values, of all days if none is given
    #[arg(long, group = "form")]
    pub(super) csv: bool,
    /// Print one JSON object
    #[arg(long, group = "form")]
    pub(super) json: bool,
    /// Remove all that is kept, of all days
    #[arg(long, conflicts_with_all = ["day", "form"])]
    pub(super) erase: bool,
}

/// Where a choice is shown, and whether to wait for it.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// On this account only
    #[arg(long, value_name = "USER_ID", value_parser = user_id)]
    pub(super) account: Option<String>,
    #[command(flatten)]
    pub(super) wait: Wait,
}

#[derive(Debug, Args)]
pub(super) struct Wait {
    /// Wait until others see it, 30s or as long as given; fail if they do not
    #[arg(
        long,
        value_name = "DURATION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "30s",
        value_parser = span,
    )]
    pub(super) wait: Option<Span>,
}

/// What somebody chooses to show.
#[derive(Debug, Args)]
pub(super) struct Choice {
    #[command(flatten)]
    pub(super) end: EndArgs,
    /// Show this status message with it, and end it with it
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// An emoji for the message
    #[arg(long, requires = "message")]
    emoji: Option<String>,
    #[command(flatten)]
    pub(super) target: Target,
}

impl Choice {
    pub(super) fn message(&self) -> Option<MessageText> {
        let text = self.message.clone()?;
        Some(MessageText { text, emoji: self.emoji.clone() })
    }
}

#[derive(Debug, Args)]
pub(super) struct Message {
    /// The text
    #[arg(required_unless_present_any = ["clear", "recent", "forget"], num_args = 1..)]
    text: Vec<String>,
    /// An emoji for it
    #[arg(long)]
    emoji: Option<String>,
    /// Show no message
    #[arg(long, conflicts_with_all = ["text", "emoji", "duration", "until"])]
    clear: bool,
    /// List the last ten messages that you set, the newest first
    #[arg(long, conflicts_with_all = ["text", "emoji", "duration", "until", "clear", "wait"])]
    pub(super) recent: bool,
    /// With --recent: print one JSON array
    #[arg(long, requires = "recent", conflicts_with_all = ["text", "clear", "forget"])]
    pub(super) json: bool,
    /// Remove a message from that list, by its number there, or all; what
    /// others see stays
    #[arg(
        long,
        value_name = "N|all",
        value_parser = forgotten,
        conflicts_with_all = ["text", "emoji", "duration", "until", "clear", "recent", "wait"],
    )]
    pub(super) forget: Option<Forgotten>,
    #[command(flatten)]
    pub(super) end: EndArgs,
    #[command(flatten)]
    pub(super) wait: Wait,
}

impl Message {
    /// What to show, or nothing.
    pub(super) fn message(&self) -> Option<MessageText> {
        let text = self.text.join(" ");
        (!self.clear).then(|| MessageText { text, emoji: self.emoji.clone() })
    }
}

/// Which recent messages are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forgotten {
    /// The one with this number in the list, from 1 on.
    One(usize),
    /// All of them.
    All,
}

/// When something ends; until it is changed, if neither is given.
#[derive(Debug, Args)]
pub(super) struct EndArgs {
    /// End after this long, like 90s, 45m or 1h30m
    #[arg(long = "for", value_name = "DURATION", value_parser = some_time)]
    duration: Option<Span>,
    /// End then: 17:30, tomorrow, "tomorrow 9:00" or 2026-11-23T09:00
    #[arg(long, value_name = "TIME", value_parser = until_now, conflicts_with = "duration")]
    until: Option<Timestamp>,
}

impl EndArgs {
    pub(super) fn end(&self) -> Option<End> {
        self.duration.map(End::For).or(self.until.map(End::Until))
    }
}

/// clap prints this error, in English like all its messages.
fn until_now(text: &str) -> Result<Timestamp, String> {
    when::until(text, &Zoned::now()).map_err(|error| Texts::english().error(&error))
}

fn forgotten(text: &str) -> Result<Forgotten, String> {
    match (text, text.parse()) {
        ("all", _) => Ok(Forgotten::All),
        (_, Ok(number @ 1..)) => Ok(Forgotten::One(number)),
        _ => Err("it is a number in the list of --recent, or all".to_owned()),
    }
}

fn day(text: &str) -> Result<Date, String> {
    when::day(text, &Zoned::now()).map_err(|error| Texts::english().error(&error))
}

fn span(text: &str) -> Result<Span, String> {
    text.parse::<Span>().map_err(|error| Texts::english().error(&error))
}

pub(super) fn some_time(text: &str) -> Result<Span, String> {
    match span(text)? {
        span if span.0.is_zero() => Err("that is over at once".to_owned()),
        span => Ok(span),
    }
}

fn share() -> impl TypedValueParser<Value = Share> {
    PossibleValuesParser::new(Share::ALL.map(Share::name))
        .map(|name| Share::ALL.into_iter().find(|s| s.name() == name).unwrap_or_default())
}

fn busy() -> impl TypedValueParser<Value = BusyMode> {
    PossibleValuesParser::new(BusyMode::ALL.map(BusyMode::name))
        .map(|name| BusyMode::ALL.into_iter().find(|b| b.name() == name).unwrap_or_default())
}

pub(super) fn window_view() -> impl TypedValueParser<Value = WindowView> {
    PossibleValuesParser::new(WindowView::ALL.map(WindowView::name))
        .map(|name| WindowView::from_name(&name).unwrap_or(WindowView::Now))
}

fn on_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("it is on or off".to_owned()),
    }
}

/// Checks the form of a user id. Only the server knows whether the user exists.
pub(super) fn user_id(text: &str) -> Result<String, String> {
    match text.strip_prefix('@').and_then(|rest| rest.split_once(':')) {
        Some((name, server)) if !name.is_empty() && !server.is_empty() => Ok(text.to_owned()),
        _ => Err("a user id looks like @me:example.org".to_owned()),
    }
}

pub(super) fn pausable(text: &str) -> Result<Pausable, String> {
    match text {
        "calls" => Ok(Pausable::Calls),
        "hours" => Ok(Pausable::Hours),
        _ => user_id(text)
            .map(Pausable::Account)
            .map_err(|_| "it is calls, hours or a user id like @me:example.org".to_owned()),
    }
}
