use presently_ipc::Reply;
use presently_ipc::snapshot::{PauseView, Paused};

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
    match entry {
        Entry::Line(line) => format!("({line})\n"),
        Entry::Item { label, .. } => format!("{label}\n"),
        Entry::Choice { label, ticked: false, .. } => format!("[ ] {label}\n"),
        Entry::Choice { label, .. } => format!("[x] {label}\n"),
        Entry::Ticked(label) => format!("[x] ({label})\n"),
        Entry::Separator => "---\n".to_owned(),
        Entry::Submenu { label, entries } => {
            let behind = drawn(entries).replace('\n', "\n    ");
            format!("{label} >\n    {}\n", behind.trim_end())
        }
    }
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
    let mut other = snapshot.accounts[0].clone();
    other.user_id = "@me:example.com".into();
    other.connection = Connection::NeedsLogin;
    snapshot.accounts.push(other);
    let view = view(&snapshot, &zone(), Texts::english());
    assert_eq!(view.look, Look::Busy);
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
[ ] Away
[ ] Invisible
---
Pause call detection for an hour
(Resume call detection)
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
        (busy(Some("2026-11-22T11:15:00Z")), "Busy until 12:15 — You chose it", "(Until 12:15)"),
        (
            busy(Some("2026-11-24T08:00:00Z")),
            "Busy until Tuesday 09:00 — You chose it",
            "(Until Tuesday 09:00)",
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
    assert!(
        view.entries.contains(&Entry::Item { label: "Sign in…".into(), command: Command::Open })
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
    let minutes = |m| Some(End::For(Span::minutes(m)));
    for (command, action) in [
        (Command::Automatic, choose(None, None)),
        (Command::Show(Presence::Offline), choose(Some(Presence::Offline), None)),
        (Command::Busy(Lasting::HalfHour), choose(Some(Presence::Busy), minutes(30))),
        (Command::Busy(Lasting::FourHours), choose(Some(Presence::Busy), minutes(240))),
        (
            Command::Busy(Lasting::Day),
            choose(Some(Presence::Busy), Some(End::Until(time("2026-11-22T23:00:00Z")))),
        ),
        (Command::Busy(Lasting::Open), choose(Some(Presence::Busy), None)),
        (Command::Open, TrayAction::OpenWindow),
        (Command::Quit, TrayAction::Quit),
    ] {
        assert_eq!(command.action(now, &zone()), action);
    }
    // Each entry of the menu is found again by the name it has there.
    for (command, id) in Command::ALL {
        assert_eq!((Command::from_id(id), command.id()), (Some(command), id));
    }
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
fn call_detection_is_paused_and_resumed() {
    let mut snapshot = snapshot();
    let until = Some(time("2026-11-22T10:30:00Z"));
    let hour = End::For(Span::minutes(60));
    for (calls, resume) in
        [(None, None), (Some(PauseView { since: time(NOW), until }), Some(TrayAction::ResumeCalls))]
    {
        snapshot.paused = Paused { calls };
        let entries = view(&snapshot, &zone(), Texts::english()).entries;
        let does = |label: &str| {
            entries.iter().find_map(|entry| match entry {
                Entry::Item { label: l, command } if l == label => {
                    Some(command.action(time(NOW), &zone()))
                }
                _ => None,
            })
        };
        let pause = Some(TrayAction::PauseCalls(Some(hour)));
        assert_eq!(does("Pause call detection for an hour"), pause);
        assert_eq!(does("Resume call detection"), resume);
    }
}

/// What each entry does, in the order in which they are numbered.
fn commands(entries: &[Entry]) -> Vec<Option<Command>> {
    let mut commands = Vec::new();
    for entry in entries {
        match entry {
            Entry::Item { command, .. } | Entry::Choice { command, .. } => {
                commands.push(Some(*command));
            }
            Entry::Submenu { entries, .. } => {
                commands.push(None);
                commands.extend(self::commands(entries));
            }
            Entry::Line(_) | Entry::Ticked(_) | Entry::Separator => commands.push(None),
        }
    }
    commands
}

/// How many entries are behind each.
fn shape(entries: &[Entry]) -> Vec<usize> {
    let behind = |entry: &Entry| match entry {
        Entry::Submenu { entries, .. } => entries.len(),
        _ => 0,
    };
    entries.iter().map(behind).collect()
}

/// A panel hands on a click by the entry's number, which is kept for as long
/// as the menu keeps its shape: so among menus of one shape none may do
/// anything else than another says in its place.
#[test]
fn in_menus_of_one_shape_each_place_does_the_same() {
    let message = MessageView { text: "At lunch".into(), emoji: "🍵".into(), until: None };
    let pause = PauseView { since: time(NOW), until: None };
    let ends = [None, Some(time("2026-11-22T10:00:00Z")), Some(time("2026-11-22T10:07:00Z"))];
    let mut menus = Vec::new();
    for source in [Source::Active, Source::Call, Source::Manual] {
        for presence in [None, Some(Presence::Online), Some(Presence::Busy)] {
            for (until, bits) in ends.iter().flat_map(|e| (0..16).map(move |bits| (*e, bits))) {
                let has = |bit: u8| bits & 1 << bit != 0;
                let mut snapshot = Snapshot { presence, source, until, ..snapshot() };
                snapshot.since = Some(time(NOW));
                snapshot.message = has(0).then(|| message.clone());
                snapshot.troubles = has(1).then(|| "A trouble".to_owned()).into_iter().collect();
                snapshot.paused = Paused { calls: has(2).then_some(pause) };
                if has(3) {
                    snapshot.accounts.clear();
                }
                menus.push(view(&snapshot, &zone(), Texts::english()).entries);
            }
        }
    }
    for one in &menus {
        for other in menus.iter().filter(|other| shape(other) == shape(one)) {
            for places in commands(one).iter().zip(&commands(other)) {
                let (Some(one), Some(other)) = places else { continue };
                assert_eq!(one, other);
            }
        }
    }
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
