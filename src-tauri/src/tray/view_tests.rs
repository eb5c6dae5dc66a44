use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_core::duration::Span;
use presently_core::{Presence, Source};
use presently_ipc::Reply;
use presently_ipc::request::{End, MessageText, WindowView};
use presently_ipc::snapshot::{PauseView, Paused};

use super::super::TrayAction;
use super::super::look::{Mark, Shape};
use super::super::menu::{ACCOUNTS, Command, Kind, LINE, Lasting, tomorrow};
use super::super::presets::Preset;
use super::*;

/// Half past ten in Berlin on a Sunday.
const NOW: &str = "2026-11-22T09:30:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn zone() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a time zone")
}

/// The committed example of a snapshot, of a person at the desk.
fn snapshot() -> Snapshot {
    const EXAMPLES: &str = include_str!("../../crates/ipc/wire/replies.json");
    let examples: Vec<Reply> = serde_json::from_str(EXAMPLES).expect("the examples are read");
    let example = examples.into_iter().find_map(|reply| match reply {
        Reply::Snapshot(snapshot) => Some(*snapshot),
        _ => None,
    });
    Snapshot {
        presence: Some(Presence::Online),
        source: Source::Active,
        reason: "You are at the desk".into(),
        since: Some(time(NOW)),
        until: None,
        message: None,
        recent_messages: vec![],
        troubles: vec![],
        paused: Paused::default(),
        ..example.expect("one is a snapshot")
    }
}

fn manual(presence: Presence, until: Option<&str>) -> Snapshot {
    Snapshot {
        presence: Some(presence),
        source: Source::Manual,
        reason: "You chose it".into(),
        until: until.map(time),
        ..snapshot()
    }
}

/// The menu as text: one entry a line, a submenu's deeper.
fn drawn(entries: &[Entry]) -> String {
    entries.iter().map(line).collect()
}

fn line(entry: &Entry) -> String {
    let label = &entry.label;
    match &entry.kind {
        Kind::Line => format!("({label})\n"),
        Kind::Item(_) if !entry.enabled => format!("({label})\n"),
        Kind::Item(_) => format!("{label}\n"),
        Kind::Choice { ticked: false, .. } => format!("[ ] {label}\n"),
        Kind::Choice { .. } => format!("[x] {label}\n"),
        Kind::Separator => "---\n".to_owned(),
        Kind::Submenu(entries) => {
            let behind = drawn(entries).replace('\n', "\n    ");
            format!("{label} >\n    {}\n", behind.trim_end())
        }
    }
}

/// The entry at a path of labels.
fn found<'a>(mut entries: &'a [Entry], path: &[&str]) -> &'a Entry {
    let mut last = None;
    for label in path {
        let entry = entries.iter().find(|e| e.label.trim_end_matches(" ✓") == *label);
        let entry = entry.unwrap_or_else(|| panic!("no “{label}” in\n{}", drawn(entries)));
        if let Kind::Submenu(behind) = &entry.kind {
            entries = behind;
        }
        last = Some(entry);
    }
    last.expect("a path")
}

/// The line of state, and what is ticked.
fn gist(snapshot: &Snapshot) -> (String, String) {
    let view = view(snapshot, &zone(), Texts::english());
    let text = drawn(&view.entries);
    let ticked: Vec<&str> =
        text.lines().filter_map(|line| line.trim_start().strip_prefix("[x] ")).collect();
    let state = text.lines().next().unwrap_or_default().trim_matches(['(', ')']).to_owned();
    (state, ticked.join(", "))
}

#[test]
fn the_whole_menu() {
    let mut snapshot = manual(Presence::Busy, Some("2026-11-22T10:30:00Z"));
    snapshot.message =
        Some(MessageView { text: "Writing <it> & up".into(), emoji: "📝".into(), until: None });
    let message = |emoji: Option<&str>, text: &str| MessageText {
        text: text.to_owned(),
        emoji: emoji.map(str::to_owned),
    };
    // The second one is suggested anyway.
    snapshot.recent_messages = vec![
        message(Some("📝"), "Writing <it> & up"),
        message(Some("🍴"), "At lunch"),
        message(None, "In my_room"),
    ];
    snapshot.accounts[0].note = None;
    let mut other = snapshot.accounts[0].clone();
    other.user_id = "@me:example.com".into();
    other.connection = Connection::NeedsLogin;
    snapshot.accounts.push(other);
    let view = view(&snapshot, &zone(), Texts::english());
    assert_eq!(view.look, Look { shape: Shape::Busy, mark: Some(Mark::Manual) });
    assert_eq!(
        view.tooltip,
        "Busy until 11:30 — You chose it\n📝 Writing &lt;it&gt; &amp; up\n\
         @me:example.com needs a new sign-in"
    );
    assert_eq!(
        drawn(&view.entries),
        "\
(Busy until 11:30 — You chose it)
(📝 Writing <it> & up)
@me:example.com needs a new sign-in
---
[ ] Automatic
[ ] Available
Busy ✓ >
    [ ] 30 minutes
    [x] 1 hour
    [ ] 4 hours
    [ ] Until tomorrow
    [ ] Until I change it
    [ ] Other time…
[ ] Away
[ ] Invisible
---
Message >
    📅 In a meeting
    🚌 Commuting
    🍴 At lunch
    🏠 Working remotely
    🤒 Out sick
    🌴 On holiday
    ---
    📝 Writing <it> & up
    💬 In my_room
    ---
    Clear message
    Other…
Accounts >
    @me:example.org — Busy
    @me:example.com needs a new sign-in
Pause >
    All accounts for an hour: others see you offline
    (Resume all accounts)
    ---
    Call detection for an hour
    (Resume call detection)
---
Open
Quit
"
    );
}

#[test]
fn the_state_and_the_choice_in_force() {
    let busy = |until| manual(Presence::Busy, until);
    let call = Snapshot {
        presence: Some(Presence::Busy),
        source: Source::Call,
        reason: "Firefox is using the microphone".into(),
        ..snapshot()
    };
    let blind = Snapshot {
        presence: None,
        source: Source::None,
        reason: "Input cannot be seen here".into(),
        since: None,
        ..snapshot()
    };
    for (snapshot, state, ticked) in [
        (snapshot(), "Available — You are at the desk", "Automatic"),
        (call, "Busy — Firefox is using the microphone", "Automatic"),
        (blind, "Not known — Input cannot be seen here", "Automatic"),
        (manual(Presence::Online, None), "Available — You chose it", "Available"),
        (manual(Presence::Unavailable, None), "Away — You chose it", "Away"),
        (manual(Presence::Offline, None), "Invisible — You chose it", "Invisible"),
        (busy(None), "Busy — You chose it", "Until I change it"),
        (busy(Some("2026-11-22T10:00:00.500Z")), "Busy until 11:00 — You chose it", "30 minutes"),
        (busy(Some("2026-11-22T13:30:00Z")), "Busy until 14:30 — You chose it", "4 hours"),
        (
            busy(Some("2026-11-22T23:00:00Z")),
            "Busy until midnight — You chose it",
            "Until tomorrow",
        ),
        (busy(Some("2026-11-22T11:15:00Z")), "Busy until 12:15 — You chose it", "Until 12:15"),
        (
            busy(Some("2026-11-24T08:00:00Z")),
            "Busy until Tuesday 09:00 — You chose it",
            "Until Tuesday 09:00",
        ),
        (
            manual(Presence::Unavailable, Some("2026-12-03T08:00:00Z")),
            "Away until 3 December 09:00 — You chose it",
            "Away",
        ),
    ] {
        assert_eq!(gist(&snapshot), (state.to_owned(), ticked.to_owned()));
    }
}

#[test]
fn without_an_account_the_menu_offers_to_sign_in() {
    let view = view(&Snapshot { accounts: vec![], ..snapshot() }, &zone(), Texts::english());
    assert_eq!(found(&view.entries, &["Sign in…"]).kind, Kind::Item(Command::Open(None)));
    assert!(!found(&view.entries, &["Accounts"]).enabled);
    assert!(
        !found(&view.entries, &["Pause", "All accounts for an hour: others see you offline"])
            .enabled
    );
}

#[test]
fn a_long_line_is_cut_and_stays_one() {
    let reason = format!("two\nlines {}", "and ever ".repeat(20));
    let (state, _) = gist(&Snapshot { reason, ..snapshot() });
    assert!(state.starts_with("Available — two lines and ever"), "{state}");
    assert!(state.ends_with('…') && state.chars().count() == LINE, "{state}");
}

#[test]
fn every_entry_does_what_it_says() {
    let now = time(NOW);
    let choose = |presence, end| TrayAction::Choose { presence, end };
    let say = |message: &MessageText, end| TrayAction::Say { message: Some(message.clone()), end };
    let minutes = |m| Some(End::For(Span::minutes(m)));
    let midnight = Some(End::Until(time("2026-11-22T23:00:00Z")));
    let words = MessageText { text: "Hm".into(), emoji: None };
    let preset = |preset: Preset| Command::Preset(preset, words.clone());
    for (command, action) in [
        (Command::Automatic, choose(None, None)),
        (Command::Show(Presence::Offline), choose(Some(Presence::Offline), None)),
        (Command::Busy(Lasting::HalfHour), choose(Some(Presence::Busy), minutes(30))),
        (Command::Busy(Lasting::FourHours), choose(Some(Presence::Busy), minutes(240))),
        (Command::Busy(Lasting::Day), choose(Some(Presence::Busy), midnight)),
        (Command::Busy(Lasting::Open), choose(Some(Presence::Busy), None)),
        (preset(Preset::Meeting), say(&words, minutes(60))),
        (preset(Preset::Commuting), say(&words, minutes(30))),
        (preset(Preset::Remote), say(&words, midnight)),
        (preset(Preset::Holiday), say(&words, None)),
        (Command::Say(words.clone()), say(&words, None)),
        (Command::ClearMessage, TrayAction::Say { message: None, end: None }),
        (Command::PauseAccounts, TrayAction::PauseAccounts(minutes(60))),
        (Command::ResumeAccounts, TrayAction::ResumeAccounts),
        (Command::PauseCalls, TrayAction::PauseCalls(minutes(60))),
        (Command::ResumeCalls, TrayAction::ResumeCalls),
        (Command::Open(Some(WindowView::Busy)), TrayAction::OpenWindow(Some(WindowView::Busy))),
        (Command::Quit, TrayAction::Quit),
    ] {
        assert_eq!(command.action(now, &zone()), action);
    }
    let snapshot = Snapshot { recent_messages: vec![words.clone()], ..snapshot() };
    let entries = view(&snapshot, &zone(), Texts::english()).entries;
    for (path, command) in [
        (&["Message", "Other…"][..], Command::Open(Some(WindowView::Status))),
        (&["Message", "💬 Hm"], Command::Say(words)),
        (&["Open"], Command::Open(None)),
    ] {
        assert_eq!(found(&entries, path).kind, Kind::Item(command), "{path:?}");
    }
    let other_time = Command::Open(Some(WindowView::Busy));
    let other_time = Kind::Choice { command: other_time, ticked: false };
    assert_eq!(found(&entries, &["Busy", "Other time…"]).kind, other_time);
}

#[test]
fn tomorrow_begins_where_the_person_is() {
    for (now, tomorrow_is) in [
        ("2026-11-22T09:30:00Z", "2026-11-22T23:00:00Z"),
        ("2026-11-22T22:59:59Z", "2026-11-22T23:00:00Z"),
        ("2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"),
        // The night the clocks go forward, and the one they go back.
        ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
    ] {
        assert_eq!(tomorrow(time(now), &zone()), time(tomorrow_is), "{now}");
    }
}

/// A snapshot whose first account is paused.
fn paused(until: Option<&str>) -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.accounts[0].connection = Connection::Paused;
    snapshot.accounts[0].paused = Some(PauseView { since: time(NOW), until: until.map(time) });
    snapshot
}

#[test]
fn call_detection_and_accounts_are_paused_and_resumed() {
    let calls = PauseView { since: time(NOW), until: None };
    let mut calls_paused = snapshot();
    calls_paused.paused = Paused { calls: Some(calls) };
    for (snapshot, accounts, calls) in
        [(snapshot(), false, false), (calls_paused, false, true), (paused(None), true, false)]
    {
        let entries = view(&snapshot, &zone(), Texts::english()).entries;
        let enabled = |label| found(&entries, &["Pause", label]).enabled;
        assert_eq!(enabled("Resume all accounts"), accounts);
        assert_eq!(enabled("Resume call detection"), calls);
        assert!(enabled("Call detection for an hour"));
        assert!(enabled("All accounts for an hour: others see you offline"));
        let is_marked = entries.iter().any(|entry| entry.label == "Pause ✓");
        assert_eq!(is_marked, accounts || calls);
    }
}

#[test]
fn what_others_see_is_said_of_each_account() {
    let english = Texts::english();
    let mut account = snapshot().accounts[0].clone();
    let note = account.note.clone().expect("the example has one");
    let user = account.user_id.clone();
    let line = |account: &Account| account_line(account, &zone(), english);
    assert_eq!(line(&account), format!("{user} — Busy: {note}"));
    account.note = None;
    assert_eq!(line(&account), format!("{user} — Busy"));
    account.unseen = Some("Presence is off there".into());
    assert_eq!(line(&account), format!("{user} — Busy: Presence is off there"));
    account.seen_by_others = None;
    account.unseen = None;
    assert_eq!(line(&account), format!("{user} — Not known"));
    account.connection = Connection::NeedsLogin;
    assert_eq!(line(&account), format!("{user} needs a new sign-in"));
    let account = &paused(Some("2026-11-22T10:30:00Z")).accounts[0];
    assert_eq!(line(account), format!("{user} — paused until 11:30"));
    let account = &paused(None).accounts[0];
    assert_eq!(line(account), format!("{user} — paused"));
}

#[test]
fn the_icon_tells_shape_and_origin() {
    let calls = |snapshot| Snapshot {
        paused: Paused { calls: Some(PauseView { since: time(NOW), until: None }) },
        ..snapshot
    };
    let call = Snapshot { presence: Some(Presence::Busy), source: Source::Call, ..snapshot() };
    let blind = Snapshot { presence: None, source: Source::None, ..snapshot() };
    let mut half = paused(None);
    half.accounts.push(snapshot().accounts[0].clone());
    for (snapshot, name) in [
        (snapshot(), "online"),
        (call, "busy"),
        (manual(Presence::Busy, None), "busy-manual"),
        (manual(Presence::Unavailable, None), "unavailable-manual"),
        (manual(Presence::Offline, None), "offline-manual"),
        (calls(snapshot()), "online-calls-paused"),
        (calls(manual(Presence::Online, None)), "online-manual"),
        (blind.clone(), "unknown"),
        (calls(blind), "unknown"),
        (paused(None), "paused"),
        (half, "online"),
        (Snapshot { accounts: vec![], ..snapshot() }, "online"),
    ] {
        let look = view(&snapshot, &zone(), Texts::english()).look;
        assert_eq!(look.name(), name);
        assert!(Look::ALL.contains(&look));
    }
}

#[test]
fn while_all_accounts_are_paused_the_state_says_so() {
    for (until, state) in [
        (None, "Paused — others see you offline"),
        (Some("2026-11-22T10:30:00Z"), "Paused until 11:30 — others see you offline"),
    ] {
        let snapshot = paused(until);
        assert_eq!(gist(&snapshot).0, state);
        assert_eq!(view(&snapshot, &zone(), Texts::english()).tooltip, state);
    }
}

/// What each entry does, in the order in which they are numbered. A problem,
/// which opens the window, may stand in the place of a line.
fn commands(entries: &[Entry]) -> Vec<String> {
    let mut commands = Vec::new();
    for entry in entries {
        commands.push(match &entry.kind {
            Kind::Choice { command, .. } => format!("{command:?}"),
            Kind::Submenu(entries) => self::commands(entries).join(" "),
            Kind::Item(Command::Open(None)) | Kind::Line | Kind::Separator => "-".to_owned(),
            Kind::Item(command) => format!("{command:?}"),
        });
    }
    commands
}

/// Panels close an open menu when entries come or go, and send a click with the
/// number that the entry had when it was read.
#[test]
fn what_happens_by_itself_moves_no_entry() {
    let message = MessageView { text: "At lunch".into(), emoji: "🍵".into(), until: None };
    let pause = PauseView { since: time(NOW), until: None };
    let ends = [None, Some(time("2026-11-22T10:00:00Z")), Some(time("2026-11-22T10:07:00Z"))];
    let first = commands(&view(&snapshot(), &zone(), Texts::english()).entries);
    for source in [Source::None, Source::Active, Source::Call, Source::Manual] {
        for presence in [None, Some(Presence::Online), Some(Presence::Busy)] {
            for (until, bits) in ends.iter().flat_map(|e| (0..8).map(move |bits| (*e, bits))) {
                for number in [0, 1, 5] {
                    let has = |bit: u8| bits & 1 << bit != 0;
                    let mut snapshot = Snapshot { presence, source, until, ..snapshot() };
                    snapshot.since = Some(time(NOW));
                    snapshot.message = has(0).then(|| message.clone());
                    snapshot.paused = Paused { calls: has(1).then_some(pause) };
                    snapshot.troubles = vec!["A trouble".to_owned(); number];
                    if has(2) {
                        snapshot.accounts[0].connection = Connection::NeedsLogin;
                    }
                    let entries = view(&snapshot, &zone(), Texts::english()).entries;
                    assert_eq!(commands(&entries), first, "{}", drawn(&entries));
                }
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_counted() {
    let mut snapshot = snapshot();
    let attention = |snapshot: &Snapshot| {
        let entry = view(snapshot, &zone(), Texts::english()).entries[2].clone();
        (entry.label, entry.enabled)
    };
    assert_eq!(attention(&snapshot), ("No problems".to_owned(), false));
    snapshot.troubles = vec!["Trouble 1".to_owned()];
    assert_eq!(attention(&snapshot), ("Trouble 1".to_owned(), true));
    snapshot.troubles = vec!["A trouble that needs many words to be told ".repeat(3); 3];
    let (label, _) = attention(&snapshot);
    assert!(label.ends_with("… · 2 more problems"), "{label}");
    assert_eq!(label.chars().count(), LINE);

    let account = snapshot.accounts[0].clone();
    snapshot.accounts = vec![account; ACCOUNTS + 3];
    let entries = view(&snapshot, &zone(), Texts::english()).entries;
    let accounts = found(&entries, &["Accounts"]);
    let Kind::Submenu(lines) = &accounts.kind else { panic!("{accounts:?}") };
    assert_eq!((lines.len(), lines[ACCOUNTS - 1].label.as_str()), (ACCOUNTS, "and 4 more"));
}

#[test]
fn what_keeps_an_account_from_connecting_is_said() {
    let mut snapshot = snapshot();
    snapshot.accounts[0].connection = Connection::Connecting;
    snapshot.accounts[0].problem = None;
    let problems = |snapshot: &Snapshot| problems(snapshot, Texts::english()).collect::<Vec<_>>();
    assert_eq!(problems(&snapshot), [""; 0], "it has only just begun");
    snapshot.accounts[0].problem = Some("The keyring is locked".into());
    let user_id = &snapshot.accounts[0].user_id;
    assert_eq!(problems(&snapshot), [format!("{user_id}: The keyring is locked")]);
}
