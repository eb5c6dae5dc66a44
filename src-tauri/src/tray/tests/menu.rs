use presently_core::Source;
use presently_core::duration::Span;
use presently_ipc::request::{End, MessageText, WindowView};
use presently_ipc::snapshot::{MeetingView, MessageView};

use super::super::TrayAction;
use super::super::look::{Look, Mark, Shape};
use super::super::menu::{ACCOUNTS, Command, LINE, Lasting, tomorrow};
use super::super::presets::Preset;
use super::*;

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
    (Work an hour longer)
    (Working hours apply again)
    ---
    (I am not in this meeting)
    (I am in this meeting)
---
Open
Quit
"
    );
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

#[test]
fn call_detection_and_accounts_are_paused_and_resumed() {
    let calls = PauseView { since: time(NOW), until: None };
    let mut calls_paused = snapshot();
    calls_paused.paused = Paused { calls: Some(calls), hours: None };
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
fn the_person_knows_better_whether_they_are_in_a_meeting() {
    let start = "2026-11-22T10:00:00Z".parse().expect("a time");
    let end = "2026-11-22T11:00:00Z".parse().expect("a time");
    for doubted in [true, false] {
        let meeting = MeetingView { start, end, doubted };
        let snapshot = Snapshot { next_meeting: Some(meeting), ..snapshot() };
        let entries = view(&snapshot, &zone(), Texts::english()).entries;
        for entry in ["I am in this meeting", "I am not in this meeting"] {
            assert_eq!(found(&entries, &["Pause", entry]).enabled, doubted, "{entry}");
        }
    }
}

#[test]
fn a_meeting_can_be_left_while_it_shows_busy() {
    let path = ["Pause", "I am not in this meeting"];
    for (source, presence, enabled) in [
        (Source::Meeting, Presence::Busy, true),
        (Source::Meeting, Presence::Unavailable, false),
        (Source::Call, Presence::Busy, false),
    ] {
        let snapshot = Snapshot { source, presence: Some(presence), ..snapshot() };
        let entries = view(&snapshot, &zone(), Texts::english()).entries;
        assert_eq!(found(&entries, &path).enabled, enabled, "{source:?}");
    }
    let now = "2026-11-22T10:00:00Z".parse().expect("a time");
    assert_eq!(
        Command::SayAttendance(false).action(now, &zone()),
        TrayAction::SayAttendance(false)
    );
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
                    snapshot.paused = Paused { calls: has(1).then_some(pause), hours: None };
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
