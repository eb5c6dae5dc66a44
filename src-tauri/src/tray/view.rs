//! What a snapshot looks like in the tray. Pure.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use presently_core::duration::Span;
use presently_core::{Presence, Source};
use presently_ipc::Snapshot;
use presently_ipc::request::End;
use presently_ipc::snapshot::{Account, Connection, MessageView};
use presently_text::{Texts, text};

use super::TrayAction;

/// The longest line in the menu, in characters. A panel gives a longer one
/// half the screen.
const LINE: usize = 64;

/// All that the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrayView {
    /// Which icon.
    pub look: Look,
    /// The tooltip's text, in the markup that StatusNotifierItem asks for:
    /// plain lines with `&`, `<` and `>` escaped.
    pub tooltip: String,
    /// The menu, from the top.
    pub entries: Vec<Entry>,
}

/// Which icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A disc with a tick.
    Online,
    /// A disc with a bar.
    Busy,
    /// A moon.
    Unavailable,
    /// A ring.
    Offline,
    /// A question mark.
    Unknown,
}

impl Look {
    /// All of them.
    pub const ALL: [Look; 5] =
        [Self::Online, Self::Busy, Self::Unavailable, Self::Offline, Self::Unknown];

    fn of(presence: Option<Presence>) -> Self {
        match presence {
            Some(Presence::Online) => Self::Online,
            Some(Presence::Busy) => Self::Busy,
            Some(Presence::Unavailable) => Self::Unavailable,
            Some(Presence::Offline) => Self::Offline,
            None => Self::Unknown,
        }
    }
}

/// One entry of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Something to read, or that cannot be done now.
    Line(String),
    /// Something to do.
    Item {
        /// Its text.
        label: String,
        /// What it does.
        command: Command,
    },
    /// Something to be.
    Choice {
        /// Its text.
        label: String,
        /// What it chooses.
        command: Command,
        /// Whether it is what the person chose last.
        ticked: bool,
    },
    /// A choice in force that the menu does not offer.
    Ticked(String),
    /// Entries behind an entry.
    Submenu {
        /// Its text.
        label: String,
        /// What is behind it.
        entries: Vec<Entry>,
    },
    /// A line across.
    Separator,
}

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Back to automatic.
    Automatic,
    /// A presence, until the person changes it.
    Show(Presence),
    /// Busy, for so long.
    Busy(Lasting),
    /// Calls are not looked for, for an hour.
    PauseCalls,
    /// They are again.
    ResumeCalls,
    /// Open the window.
    Open,
    /// End the agent.
    Quit,
}

/// How long busy lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// Half an hour.
    HalfHour,
    /// An hour.
    Hour,
    /// Four hours.
    FourHours,
    /// To the next midnight where the person is.
    Day,
    /// Until the person changes it.
    Open,
}

impl Lasting {
    const ALL: [Lasting; 5] = [Self::HalfHour, Self::Hour, Self::FourHours, Self::Day, Self::Open];

    fn label(self, texts: &Texts) -> String {
        match self {
            Self::HalfHour => text!(texts, "for-half-an-hour"),
            Self::Hour => text!(texts, "for-an-hour"),
            Self::FourHours => text!(texts, "for-four-hours"),
            Self::Day => text!(texts, "until-tomorrow"),
            Self::Open => text!(texts, "until-changed"),
        }
    }

    fn span(self) -> Option<Span> {
        match self {
            Self::HalfHour => Some(Span::minutes(30)),
            Self::Hour => Some(Span::minutes(60)),
            Self::FourHours => Some(Span::minutes(240)),
            Self::Day | Self::Open => None,
        }
    }

    /// The one that a choice made at `since` with the end `until` was.
    fn recognise(
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        zone: &TimeZone,
    ) -> Option<Self> {
        let Some(until) = until else { return Some(Self::Open) };
        let since = since?;
        // The agent counts from when it hears; a little may lie between.
        let near = |end: Timestamp| until.duration_since(end).abs() < SignedDuration::from_secs(5);
        Self::ALL.into_iter().find(|lasting| match lasting.span() {
            Some(span) => since.checked_add(span.0).is_ok_and(near),
            None => *lasting == Self::Day && near(tomorrow(since, zone)),
        })
    }
}

impl Command {
    const ALL: [(Command, &'static str); 13] = [
        (Self::Automatic, "automatic"),
        (Self::Show(Presence::Online), "available"),
        (Self::Show(Presence::Unavailable), "away"),
        (Self::Show(Presence::Offline), "invisible"),
        (Self::Busy(Lasting::HalfHour), "busy-30-minutes"),
        (Self::Busy(Lasting::Hour), "busy-1-hour"),
        (Self::Busy(Lasting::FourHours), "busy-4-hours"),
        (Self::Busy(Lasting::Day), "busy-until-tomorrow"),
        (Self::Busy(Lasting::Open), "busy"),
        (Self::PauseCalls, "pause-calls"),
        (Self::ResumeCalls, "resume-calls"),
        (Self::Open, "open"),
        (Self::Quit, "quit"),
    ];

    /// Its name among the menu's entries.
    pub(super) fn id(self) -> &'static str {
        Self::ALL.iter().find(|(c, _)| *c == self).map_or("", |(_, id)| id)
    }

    pub(super) fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == id).map(|(c, _)| *c)
    }

    /// What the agent is asked when it is chosen at `now`.
    pub fn action(self, now: Timestamp, zone: &TimeZone) -> TrayAction {
        let choose = |presence, end| TrayAction::Choose { presence, end };
        match self {
            Self::Automatic => choose(None, None),
            Self::Show(presence) => choose(Some(presence), None),
            Self::Busy(lasting) => {
                let end = match lasting {
                    Lasting::Day => Some(End::Until(tomorrow(now, zone))),
                    other => other.span().map(End::For),
                };
                choose(Some(Presence::Busy), end)
            }
            Self::PauseCalls => TrayAction::PauseCalls(Some(End::For(Span::minutes(60)))),
            Self::ResumeCalls => TrayAction::ResumeCalls,
            Self::Open => TrayAction::OpenWindow,
            Self::Quit => TrayAction::Quit,
        }
    }
}

/// When tomorrow begins for somebody in `zone`: the first moment of the next
/// day, which is not midnight where clocks change then.
pub fn tomorrow(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let zoned = now.to_zoned(zone.clone());
    zoned
        .tomorrow()
        .and_then(|day| day.start_of_day())
        .map_or(now.saturating_add(24.hours()).unwrap_or(Timestamp::MAX), |day| day.timestamp())
}

/// What a snapshot, which is in the language of `texts` already, looks like
/// in the tray of somebody in `zone`.
pub fn view(snapshot: &Snapshot, zone: &TimeZone, texts: &Texts) -> TrayView {
    let state = state_line(snapshot, zone, texts);
    let message = snapshot.message.as_ref().map(message_line);
    let problems: Vec<String> = problems(snapshot, texts).collect();

    let tooltip = std::iter::once(&state).chain(&message).chain(&problems);
    let tooltip = escaped(&tooltip.cloned().collect::<Vec<_>>().join("\n"));

    let mut entries = vec![Entry::Line(short(&state))];
    entries.extend(message.map(|m| Entry::Line(short(&m))));
    let open = |label: String| Entry::Item { label, command: Command::Open };
    entries.extend(problems.iter().map(|p| open(short(p))));
    if snapshot.accounts.is_empty() {
        entries.push(open(text!(texts, "tray-sign-in")));
    }
    entries.push(Entry::Separator);
    entries.extend(choices(snapshot, zone, texts));
    entries.push(Entry::Separator);
    // Two entries, whatever is the case: one in the place of the other would
    // turn a click around that is decided while a pause runs out.
    let label = text!(texts, "tray-pause-calls");
    entries.push(Entry::Item { label, command: Command::PauseCalls });
    let label = text!(texts, "tray-resume-calls");
    entries.push(match snapshot.paused.calls {
        Some(_) => Entry::Item { label, command: Command::ResumeCalls },
        None => Entry::Line(label),
    });
    entries.push(open(text!(texts, "tray-open")));
    entries.push(Entry::Item { label: text!(texts, "tray-quit"), command: Command::Quit });

    TrayView { look: Look::of(snapshot.presence), tooltip, entries }
}

fn state_line(snapshot: &Snapshot, zone: &TimeZone, texts: &Texts) -> String {
    let presence = texts.presence(snapshot.presence);
    let reason = &snapshot.reason;
    match snapshot.until {
        Some(until) => {
            let until = end(until, snapshot.since, zone, texts);
            text!(texts, "tray-state-until", presence = presence, until = until, reason = reason)
        }
        None => text!(texts, "tray-state", presence = presence, reason = reason),
    }
}

/// An end as people say it. The words do not depend on the present moment.
fn end(until: Timestamp, since: Option<Timestamp>, zone: &TimeZone, texts: &Texts) -> String {
    match since {
        Some(since) => texts.end(until, &since.to_zoned(zone.clone())),
        None => texts.on_weekday(&until.to_zoned(zone.clone())),
    }
}

fn message_line(message: &MessageView) -> String {
    format!("{} {}", message.emoji, message.text)
}

fn problems(snapshot: &Snapshot, texts: &Texts) -> impl Iterator<Item = String> {
    let accounts = snapshot.accounts.iter().filter_map(|account| problem(account, texts));
    accounts.chain(snapshot.troubles.iter().cloned())
}

fn problem(account: &Account, texts: &Texts) -> Option<String> {
    let user_id = &account.user_id;
    match account.connection {
        Connection::NeedsLogin => Some(text!(texts, "needs-sign-in", user_id = user_id)),
        Connection::Retrying => Some(text!(texts, "tray-unreachable", user_id = user_id)),
        // A secret store that is locked or gone keeps it from connecting.
        Connection::Connecting => {
            let problem = account.problem.as_ref()?;
            Some(text!(texts, "tray-problem", user_id = user_id, problem = problem))
        }
        Connection::Syncing | Connection::Paused => None,
    }
}

fn choices(snapshot: &Snapshot, zone: &TimeZone, texts: &Texts) -> [Entry; 5] {
    let chosen = snapshot.presence.filter(|_| snapshot.source == Source::Manual);
    let show = |presence: Presence| Entry::Choice {
        label: texts.presence(Some(presence)),
        command: Command::Show(presence),
        ticked: chosen == Some(presence),
    };
    [
        Entry::Choice {
            label: text!(texts, "automatic"),
            command: Command::Automatic,
            ticked: snapshot.source != Source::Manual,
        },
        show(Presence::Online),
        busy(snapshot, chosen == Some(Presence::Busy), zone, texts),
        show(Presence::Unavailable),
        show(Presence::Offline),
    ]
}

fn busy(snapshot: &Snapshot, chosen: bool, zone: &TimeZone, texts: &Texts) -> Entry {
    let lasting =
        chosen.then(|| Lasting::recognise(snapshot.since, snapshot.until, zone)).flatten();
    let mut entries = Vec::new();
    if chosen && lasting.is_none() {
        entries.extend(snapshot.until.map(|until| {
            let until = end(until, snapshot.since, zone, texts);
            Entry::Ticked(text!(texts, "tray-until", until = until))
        }));
    }
    entries.extend(Lasting::ALL.map(|offered| Entry::Choice {
        label: offered.label(texts),
        command: Command::Busy(offered),
        ticked: lasting == Some(offered),
    }));
    // An entry with a submenu has no tick of its own.
    let busy = texts.presence(Some(Presence::Busy));
    let label = if chosen { format!("{busy} ✓") } else { busy };
    Entry::Submenu { label, entries }
}

/// One line, not too long.
fn short(text: &str) -> String {
    let mut line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LINE).collect();
    if text.chars().nth(LINE).is_some() {
        line.pop();
        line.push('…');
    }
    line
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
