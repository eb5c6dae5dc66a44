//! The tray's menu. Pure.
//!
//! What happens by itself changes no number and no order of the entries: what
//! is not needed stays as a line to read, or cannot be clicked. Some panels
//! close an open menu when its layout changes. Only what the person does
//! elsewhere changes it: a new message, another account.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use presently_core::duration::Span;
use presently_core::manual::DEFAULT_EMOJI;
use presently_core::recent::RECENT_MESSAGES;
use presently_core::{Presence, Source};
use presently_ipc::Snapshot;
use presently_ipc::request::{End, MessageText, WindowView};
use presently_ipc::snapshot::Connection;
use presently_text::{Texts, text};

use super::TrayAction;
use super::presets::Preset;
use super::view::{account_line, end, message_line, problems, state_line};

/// The longest line in the menu, in characters. A panel gives a longer one
/// half the screen.
pub(super) const LINE: usize = 64;

/// The longest line about an account: a user id and a sentence.
const ACCOUNT_LINE: usize = 96;

/// The most accounts that are listed. The rest is counted.
pub(super) const ACCOUNTS: usize = 10;

/// One entry of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its text, empty for a separator.
    pub label: String,
    /// Whether it can be clicked.
    pub enabled: bool,
    /// What it is.
    pub kind: Kind,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something to read.
    Line,
    /// Something to do.
    Item(Command),
    /// Something to be.
    Choice {
        /// What it chooses.
        command: Command,
        /// Whether it is what the person chose last.
        ticked: bool,
    },
    /// Entries behind an entry.
    Submenu(Vec<Entry>),
    /// A line across.
    Separator,
}

impl Entry {
    fn new(label: String, kind: Kind) -> Self {
        Self { label, enabled: true, kind }
    }

    fn line(label: String) -> Self {
        Self { enabled: false, ..Self::new(label, Kind::Line) }
    }

    fn item(label: String, command: Command) -> Self {
        Self::new(label, Kind::Item(command))
    }

    fn separator() -> Self {
        Self::new(String::new(), Kind::Separator)
    }

    fn enabled_if(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }
}

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Back to automatic.
    Automatic,
    /// A presence, until the person changes it.
    Show(Presence),
    /// Busy, for so long.
    Busy(Lasting),
    /// A message that is suggested, in these words.
    Preset(Preset, MessageText),
    /// A message of before, until the person clears it.
    Say(MessageText),
    /// No message.
    ClearMessage,
    /// Every account is paused, for an hour.
    PauseAccounts,
    /// None is any more.
    ResumeAccounts,
    /// Calls are not looked for, for an hour.
    PauseCalls,
    /// They are again.
    ResumeCalls,
    /// The person works for an hour more.
    PauseHours,
    /// The working hours apply again.
    ResumeHours,
    /// The person is, or is not, in the meeting that is on.
    SayAttendance(bool),
    /// Open the window, at a view.
    Open(Option<WindowView>),
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
    /// What the agent is asked when it is chosen at `now`.
    pub fn action(&self, now: Timestamp, zone: &TimeZone) -> TrayAction {
        let choose = |presence, end| TrayAction::Choose { presence, end };
        let hour = Some(End::For(Span::minutes(60)));
        match self {
            Self::Automatic => choose(None, None),
            Self::Show(presence) => choose(Some(*presence), None),
            Self::Busy(lasting) => {
                let end = match lasting {
                    Lasting::Day => Some(End::Until(tomorrow(now, zone))),
                    other => other.span().map(End::For),
                };
                choose(Some(Presence::Busy), end)
            }
            Self::Preset(preset, message) => {
                let end = preset.lasts().end(tomorrow(now, zone));
                TrayAction::Say { message: Some(message.clone()), end }
            }
            Self::Say(message) => TrayAction::Say { message: Some(message.clone()), end: None },
            Self::ClearMessage => TrayAction::Say { message: None, end: None },
            Self::PauseAccounts => TrayAction::PauseAccounts(hour),
            Self::ResumeAccounts => TrayAction::ResumeAccounts,
            Self::PauseCalls => TrayAction::PauseCalls(hour),
            Self::ResumeCalls => TrayAction::ResumeCalls,
            Self::PauseHours => TrayAction::PauseHours(hour),
            Self::ResumeHours => TrayAction::ResumeHours,
            Self::SayAttendance(attends) => TrayAction::SayAttendance(*attends),
            Self::Open(view) => TrayAction::OpenWindow(*view),
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

/// The menu of a snapshot, from the top.
pub(super) fn menu(snapshot: &Snapshot, zone: &TimeZone, texts: &Texts) -> Vec<Entry> {
    let message = snapshot.message.as_ref().map(message_line);
    let message = message.unwrap_or_else(|| text!(texts, "tray-no-message"));
    vec![
        Entry::line(short(&state_line(snapshot, zone, texts), LINE)),
        Entry::line(short(&message, LINE)),
        attention(snapshot, texts),
        Entry::separator(),
    ]
    .into_iter()
    .chain(choices(snapshot, zone, texts))
    .chain([
        Entry::separator(),
        messages(snapshot, texts),
        accounts(snapshot, zone, texts),
        pauses(snapshot, texts),
        Entry::separator(),
        Entry::item(text!(texts, "tray-open"), Command::Open(None)),
        Entry::item(text!(texts, "tray-quit"), Command::Quit),
    ])
    .collect()
}

/// What the person should see to, or that there is nothing.
fn attention(snapshot: &Snapshot, texts: &Texts) -> Entry {
    let problems: Vec<String> = problems(snapshot, texts).collect();
    let label = match &problems[..] {
        _ if snapshot.accounts.is_empty() => text!(texts, "tray-sign-in"),
        [] => return Entry::line(text!(texts, "tray-no-problem")),
        [problem] => short(problem, LINE),
        [first, others @ ..] => {
            let more = text!(texts, "tray-more-problems", count = others.len());
            // Both parts fit into the line, however long the first one is.
            let room = LINE.saturating_sub(more.chars().count() + 3);
            format!("{} · {more}", short(first, room))
        }
    };
    Entry::item(label, Command::Open(None))
}

fn choices(snapshot: &Snapshot, zone: &TimeZone, texts: &Texts) -> [Entry; 5] {
    let chosen = snapshot.presence.filter(|_| snapshot.source == Source::Manual);
    let choice = |label, command, ticked| Entry::new(label, Kind::Choice { command, ticked });
    let show = |presence: Presence| {
        let label = texts.presence(Some(presence));
        choice(label, Command::Show(presence), chosen == Some(presence))
    };
    let is_automatic = snapshot.source != Source::Manual;
    [
        choice(text!(texts, "automatic"), Command::Automatic, is_automatic),
        show(Presence::Online),
        busy(snapshot, chosen == Some(Presence::Busy), zone, texts),
        show(Presence::Unavailable),
        show(Presence::Offline),
    ]
}

fn busy(snapshot: &Snapshot, chosen: bool, zone: &TimeZone, texts: &Texts) -> Entry {
    let lasting =
        chosen.then(|| Lasting::recognise(snapshot.since, snapshot.until, zone)).flatten();
    let other = snapshot.until.filter(|_| chosen && lasting.is_none());
    let mut entries: Vec<Entry> = Lasting::ALL
        .map(|offered| {
            let ticked = lasting == Some(offered);
            let command = Command::Busy(offered);
            Entry::new(offered.label(texts), Kind::Choice { command, ticked })
        })
        .into();
    // In its place stands an end in force that the menu does not offer.
    let label = match other {
        Some(until) => {
            let until = end(until, snapshot.since, zone, texts);
            text!(texts, "tray-until", until = until)
        }
        None => text!(texts, "tray-other-time"),
    };
    let command = Command::Open(Some(WindowView::Busy));
    entries.push(Entry::new(label, Kind::Choice { command, ticked: other.is_some() }));
    // An entry with a submenu has no tick of its own.
    ticked_submenu(texts.presence(Some(Presence::Busy)), chosen, entries)
}

fn messages(snapshot: &Snapshot, texts: &Texts) -> Entry {
    // Without an emoji of its own it is shown with the default one.
    let label = |message: &MessageText| {
        let emoji = message.emoji.as_deref().unwrap_or(DEFAULT_EMOJI);
        short(&format!("{emoji} {}", message.text), LINE)
    };
    let presets = Preset::ALL.map(|preset| (preset, preset.message(texts)));
    // Those that are suggested anyway are not offered twice.
    let is_preset = |message: &MessageText| presets.iter().any(|(_, it)| it == message);
    let recent = snapshot.recent_messages.iter().filter(|message| !is_preset(message));
    let recent: Vec<Entry> = recent
        .take(RECENT_MESSAGES)
        .map(|message| Entry::item(label(message), Command::Say(message.clone())))
        .collect();

    let mut entries: Vec<Entry> = presets
        .into_iter()
        .map(|(preset, message)| Entry::item(label(&message), Command::Preset(preset, message)))
        .collect();
    if !recent.is_empty() {
        entries.push(Entry::separator());
    }
    entries.extend(recent);
    entries.push(Entry::separator());
    entries.push(
        Entry::item(text!(texts, "tray-clear-message"), Command::ClearMessage)
            .enabled_if(snapshot.message.is_some()),
    );
    let other = Command::Open(Some(WindowView::Status));
    entries.push(Entry::item(text!(texts, "tray-other-message"), other));
    Entry::new(text!(texts, "tray-message"), Kind::Submenu(entries))
}

/// What others really see, account by account.
fn accounts(snapshot: &Snapshot, zone: &TimeZone, texts: &Texts) -> Entry {
    let accounts = &snapshot.accounts;
    let listed = if accounts.len() > ACCOUNTS { ACCOUNTS - 1 } else { accounts.len() };
    let mut lines: Vec<String> = accounts[..listed]
        .iter()
        .map(|account| short(&account_line(account, zone, texts), ACCOUNT_LINE))
        .collect();
    if accounts.len() > listed {
        lines.push(text!(texts, "tray-more", count = accounts.len() - listed));
    }
    let open = || Command::Open(Some(WindowView::Accounts));
    let entries = lines.into_iter().map(|line| Entry::item(line, open())).collect();
    Entry::new(text!(texts, "tray-accounts"), Kind::Submenu(entries))
        .enabled_if(!accounts.is_empty())
}

/// To pause and to resume are two entries, whatever is the case: one in the
/// place of the other would turn a click around that is decided while a pause
/// runs out.
fn pauses(snapshot: &Snapshot, texts: &Texts) -> Entry {
    let accounts = &snapshot.accounts;
    let is_any_paused = accounts.iter().any(|a| a.connection == Connection::Paused);
    let are_calls_paused = snapshot.paused.calls.is_some();
    let are_hours_paused = snapshot.paused.hours.is_some();
    let is_doubted = snapshot.next_meeting.is_some_and(|meeting| meeting.doubted);
    let is_outside_hours = snapshot.claims.iter().any(|claim| claim.source == Source::Schedule);
    let entries = vec![
        Entry::item(text!(texts, "tray-pause-accounts"), Command::PauseAccounts)
            .enabled_if(!accounts.is_empty()),
        Entry::item(text!(texts, "tray-resume-accounts"), Command::ResumeAccounts)
            .enabled_if(is_any_paused),
        Entry::separator(),
        Entry::item(text!(texts, "tray-pause-calls"), Command::PauseCalls),
        Entry::item(text!(texts, "tray-resume-calls"), Command::ResumeCalls)
            .enabled_if(are_calls_paused),
        Entry::separator(),
        Entry::item(text!(texts, "work-longer"), Command::PauseHours)
            .enabled_if(are_hours_paused || is_outside_hours),
        Entry::item(text!(texts, "tray-resume-hours"), Command::ResumeHours)
            .enabled_if(are_hours_paused),
        Entry::separator(),
        Entry::item(text!(texts, "not-in-meeting"), Command::SayAttendance(false))
            .enabled_if(is_in_meeting(snapshot) || is_doubted),
        Entry::item(text!(texts, "in-meeting"), Command::SayAttendance(true))
            .enabled_if(is_doubted),
    ];
    let is_marked = is_any_paused || are_calls_paused || are_hours_paused;
    ticked_submenu(text!(texts, "tray-pause"), is_marked, entries)
}

/// Whether a meeting shows the person as busy, which they can say is not theirs.
fn is_in_meeting(snapshot: &Snapshot) -> bool {
    snapshot.source == Source::Meeting && snapshot.presence == Some(Presence::Busy)
}

fn ticked_submenu(label: String, ticked: bool, entries: Vec<Entry>) -> Entry {
    let label = if ticked { format!("{label} ✓") } else { label };
    Entry::new(label, Kind::Submenu(entries))
}

/// One line of so many characters at most.
fn short(text: &str, most: usize) -> String {
    let mut line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect();
    if text.chars().nth(most).is_some() {
        line.pop();
        line.push('…');
    }
    line
}
