//! What a snapshot looks like in the tray. Pure.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use presently_core::duration::Span;
use presently_core::{Presence, Source};
use presently_ipc::Snapshot;
use presently_ipc::request::End;
use presently_ipc::snapshot::{Account, Connection, MessageView};

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

    fn label(self) -> &'static str {
        match self {
            Self::HalfHour => "30 minutes",
            Self::Hour => "1 hour",
            Self::FourHours => "4 hours",
            Self::Day => "Until tomorrow",
            Self::Open => "Until I change it",
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

/// What a snapshot looks like in the tray of somebody in `zone`.
pub fn view(snapshot: &Snapshot, zone: &TimeZone) -> TrayView {
    let state = state_line(snapshot, zone);
    let message = snapshot.message.as_ref().map(message_line);
    let problems: Vec<String> = problems(snapshot).collect();

    let tooltip = std::iter::once(&state).chain(&message).chain(&problems);
    let tooltip = escaped(&tooltip.cloned().collect::<Vec<_>>().join("\n"));

    let mut entries = vec![Entry::Line(short(&state))];
    entries.extend(message.map(|m| Entry::Line(short(&m))));
    let open = |label: String| Entry::Item { label, command: Command::Open };
    entries.extend(problems.iter().map(|p| open(short(p))));
    if snapshot.accounts.is_empty() {
        entries.push(open("Sign in…".to_owned()));
    }
    entries.push(Entry::Separator);
    entries.extend(choices(snapshot, zone));
    entries.push(Entry::Separator);
    // Two entries, whatever is the case: one in the place of the other would
    // turn a click around that is decided while a pause runs out.
    let label = "Pause call detection for an hour".to_owned();
    entries.push(Entry::Item { label, command: Command::PauseCalls });
    let label = "Resume call detection".to_owned();
    entries.push(match snapshot.paused.calls {
        Some(_) => Entry::Item { label, command: Command::ResumeCalls },
        None => Entry::Line(label),
    });
    entries.push(open("Open".to_owned()));
    entries.push(Entry::Item { label: "Quit".to_owned(), command: Command::Quit });

    TrayView { look: Look::of(snapshot.presence), tooltip, entries }
}

fn state_line(snapshot: &Snapshot, zone: &TimeZone) -> String {
    let word = snapshot.presence.map_or("Unknown", Presence::word);
    let until = snapshot
        .until
        .map(|until| format!(" until {}", clock(until, snapshot.since, zone)))
        .unwrap_or_default();
    let why = if snapshot.reason.is_empty() { "" } else { " — " };
    format!("{word}{until}{why}{}", snapshot.reason)
}

/// An end as people say it. The words do not depend on the present moment,
/// so they do not grow wrong while nothing changes: a time alone means the
/// day on which it began.
fn clock(until: Timestamp, since: Option<Timestamp>, zone: &TimeZone) -> String {
    let end = until.to_zoned(zone.clone());
    let Some(since) = since else { return end.strftime("%a %H:%M").to_string() };
    let begin = since.to_zoned(zone.clone());
    let format = if until == tomorrow(since, zone) {
        return "midnight".to_owned();
    } else if begin.date() == end.date() {
        "%H:%M"
    } else if until.duration_since(since) < SignedDuration::from_hours(6 * 24) {
        "%a %H:%M"
    } else {
        "%-d %b %H:%M"
    };
    end.strftime(format).to_string()
}

fn message_line(message: &MessageView) -> String {
    format!("{} {}", message.emoji, message.text)
}

fn problems(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    snapshot.accounts.iter().filter_map(problem).chain(snapshot.troubles.iter().cloned())
}

fn problem(account: &Account) -> Option<String> {
    let id = &account.user_id;
    match account.connection {
        Connection::NeedsLogin => Some(format!("{id} needs a new sign-in")),
        Connection::Retrying => Some(format!("{id} cannot reach its server")),
        Connection::Connecting | Connection::Syncing | Connection::Paused => None,
    }
}

fn choices(snapshot: &Snapshot, zone: &TimeZone) -> [Entry; 5] {
    let chosen = snapshot.presence.filter(|_| snapshot.source == Source::Manual);
    let choice =
        |label: &str, command, ticked| Entry::Choice { label: label.to_owned(), command, ticked };
    let show = |presence: Presence| {
        choice(presence.word(), Command::Show(presence), chosen == Some(presence))
    };
    [
        choice("Automatic", Command::Automatic, snapshot.source != Source::Manual),
        show(Presence::Online),
        busy(snapshot, chosen == Some(Presence::Busy), zone),
        show(Presence::Unavailable),
        show(Presence::Offline),
    ]
}

fn busy(snapshot: &Snapshot, chosen: bool, zone: &TimeZone) -> Entry {
    let lasting =
        chosen.then(|| Lasting::recognise(snapshot.since, snapshot.until, zone)).flatten();
    let mut entries = Vec::new();
    if chosen && lasting.is_none() {
        let until = snapshot.until.map(|until| clock(until, snapshot.since, zone));
        entries.extend(until.map(|until| Entry::Ticked(format!("Until {until}"))));
    }
    entries.extend(Lasting::ALL.map(|offered| Entry::Choice {
        label: offered.label().to_owned(),
        command: Command::Busy(offered),
        ticked: lasting == Some(offered),
    }));
    // An entry with a submenu has no tick of its own.
    let label = if chosen { "Busy ✓" } else { "Busy" };
    Entry::Submenu { label: label.to_owned(), entries }
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
