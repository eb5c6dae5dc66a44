use presently_ipc::snapshot::Account;

use super::super::menu::LINE;
use super::super::view::{account_line, problems};
use super::*;

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
fn a_long_line_is_cut_and_stays_one() {
    let reason = format!("two\nlines {}", "and ever ".repeat(20));
    let (state, _) = gist(&Snapshot { reason, ..snapshot() });
    assert!(state.starts_with("Available — two lines and ever"), "{state}");
    assert!(state.ends_with('…') && state.chars().count() == LINE, "{state}");
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
