use super::*;
use crate::example;
use presently_ipc::snapshot::MeetingView;

fn at(clock: &str) -> Timestamp {
    format!("2026-11-22T{clock}:00Z").parse().expect("a time")
}

/// The committed example of a snapshot: busy by choice.
fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot {
        presence: Some(Presence::Busy),
        source: Source::Manual,
        since: Some(at("10:00")),
        until: Some(at("11:00")),
        ..example::snapshot()
    };
    for account in &mut snapshot.accounts {
        account.notes.clear();
        account.source = Source::Manual;
        account.since = snapshot.since;
        account.until = snapshot.until;
    }
    snapshot
}

/// What is new, and when to evaluate again.
fn evaluate(
    notices: &mut Notices,
    snapshot: &Snapshot,
    settings: &[Code],
    do_not_disturb: bool,
    now: Timestamp,
) -> (Vec<Notice>, Option<Timestamp>) {
    let inputs = Inputs { settings, do_not_disturb, calls: false, asks: false };
    let Due { new, next, .. } = notices.due(snapshot, inputs, now);
    (new, next)
}

fn ending(until: &str) -> Notice {
    Notice::Ending {
        account: None,
        shown: Some("busy"),
        since: Some(at("10:00")),
        until: at(until),
    }
}

#[test]
fn an_end_is_said_once_five_minutes_before() {
    let mut notices = Notices::default();
    let mut snapshot = snapshot();
    assert_eq!(
        evaluate(&mut notices, &snapshot, &[], false, at("10:00")),
        (vec![], Some(at("10:55")))
    );
    assert_eq!(
        evaluate(&mut notices, &snapshot, &[], false, at("10:54")),
        (vec![], Some(at("10:55")))
    );
    assert_eq!(
        evaluate(&mut notices, &snapshot, &[], false, at("10:55")),
        (vec![ending("11:00")], None)
    );
    assert_eq!(evaluate(&mut notices, &snapshot, &[], false, at("10:56")), (vec![], None));
    // An extended choice gets its own notification.
    snapshot.until = Some(at("11:30"));
    snapshot.accounts[0].until = Some(at("11:30"));
    assert_eq!(
        evaluate(&mut notices, &snapshot, &[], false, at("10:57")),
        (vec![], Some(at("11:25")))
    );
    assert_eq!(
        evaluate(&mut notices, &snapshot, &[], false, at("11:26")),
        (vec![ending("11:30")], None)
    );
    // A notification that would be too late is dropped.
    assert_eq!(
        evaluate(&mut Notices::default(), &snapshot, &[], false, at("11:30")),
        (vec![], None)
    );
}

#[test]
fn what_needs_no_saying() {
    let none = (vec![], None);
    let open = Snapshot { until: None, accounts: vec![], ..snapshot() };
    let short = Snapshot { since: Some(at("10:50")), ..snapshot() };
    let meeting = Snapshot { source: Source::Meeting, accounts: vec![], ..snapshot() };
    for quiet in [open, short, meeting] {
        assert_eq!(evaluate(&mut Notices::default(), &quiet, &[], false, at("10:58")), none);
    }
}

#[test]
fn a_choice_for_one_account_is_said_with_its_name() {
    let snapshot = Snapshot { source: Source::Active, until: None, ..snapshot() };
    let (due, next) = evaluate(&mut Notices::default(), &snapshot, &[], false, at("10:58"));
    let account = Some("@me:example.org".to_owned());
    assert_eq!(
        due,
        [Notice::Ending {
            account,
            shown: Some("busy"),
            since: Some(at("10:00")),
            until: at("11:00")
        }]
    );
    assert_eq!(next, None);
}

#[test]
fn a_lost_sign_in_is_said_once_each_time() {
    let mut notices = Notices::default();
    let mut snapshot = Snapshot { source: Source::Active, until: None, ..snapshot() };
    snapshot.accounts[0].until = None;
    let said = vec![Notice::SignIn { user_id: "@me:example.org".into() }];
    for (clock, connection, due) in [
        ("10:00", Connection::Syncing, vec![]),
        ("10:01", Connection::NeedsLogin, said.clone()),
        ("10:02", Connection::NeedsLogin, vec![]),
        ("10:10", Connection::Connecting, vec![]),
        ("10:11", Connection::NeedsLogin, said),
    ] {
        snapshot.accounts[0].connection = connection;
        assert_eq!(
            evaluate(&mut notices, &snapshot, &[], false, at(clock)),
            (due, None),
            "{clock}"
        );
    }
}

#[test]
fn of_a_kind_there_is_one_in_ten_minutes() {
    let mut notices = Notices::default();
    let snapshot = Snapshot { until: None, accounts: vec![], ..snapshot() };
    let [first, second] = ["line 3: x", "line 4: y"].map(Code::plain);
    let said = |what: &Code| vec![Notice::Settings { what: what.clone() }];
    let both = [first.clone(), second.clone()];
    let mut due = |clock, troubles| evaluate(&mut notices, &snapshot, troubles, false, at(clock));
    assert_eq!(due("10:00", &both), (said(&first), Some(at("10:10"))));
    assert_eq!(due("10:09", &both), (vec![], Some(at("10:10"))));
    assert_eq!(due("10:10", &both), (said(&second), None));
    // What has ended by then is not shown.
    let third = [Code::plain("line 5: z")];
    assert_eq!(due("10:12", &third), (vec![], Some(at("10:20"))));
    assert_eq!(due("10:20", &[]), (vec![], None));
    // After the clock was set back, nothing waits for the old time.
    assert_eq!(due("08:00", &third), (vec![Notice::Settings { what: third[0].clone() }], None));
}

#[test]
fn nobody_is_disturbed_who_is_not_to_be() {
    let mut notices = Notices::default();
    let snapshot = snapshot();
    assert_eq!(evaluate(&mut notices, &snapshot, &[], true, at("10:55")), (vec![], None));
    // Shown after do-not-disturb has ended, if it still applies.
    assert_eq!(
        evaluate(&mut notices, &snapshot, &[], false, at("10:57")),
        (vec![ending("11:00")], None)
    );
    assert_eq!(evaluate(&mut notices, &snapshot, &[], true, at("10:58")), (vec![], None));
    assert_eq!(evaluate(&mut notices, &snapshot, &[], false, at("10:59")), (vec![], None));
}

#[test]
fn in_words() {
    assert_eq!(
        ending("11:00").text(&TimeZone::fixed(jiff::tz::offset(1)), Texts::english()),
        (
            "Busy ends at 12:00".to_owned(),
            "After that your presence is automatic again.".to_owned()
        )
    );
}

#[test]
fn a_mistake_in_the_settings_is_said_once_and_again_when_it_is_another() {
    let (mut notices, snapshot) = (Notices::default(), Snapshot { until: None, ..snapshot() });
    let snapshot = Snapshot { accounts: vec![], ..snapshot };
    let [first, second] = ["line 3: x", "line 4: y"].map(Code::plain);
    let mut due =
        |clock, troubles: &[Code]| evaluate(&mut notices, &snapshot, troubles, false, at(clock)).0;
    let said = |what: &Code| vec![Notice::Settings { what: what.clone() }];
    assert_eq!(due("10:00", std::slice::from_ref(&first)), said(&first));
    assert_eq!(due("10:01", std::slice::from_ref(&first)), []);
    assert_eq!(due("10:10", &[first.clone(), second.clone()]), said(&second));
    assert_eq!(due("10:11", &[]), []);
    assert_eq!(due("10:20", std::slice::from_ref(&first)), said(&first));
}

#[test]
fn a_short_choice_for_one_account_needs_no_saying_either() {
    let mut snapshot = Snapshot { source: Source::Active, until: None, ..snapshot() };
    for (since, due) in [("10:46", 0), ("10:45", 1)] {
        snapshot.accounts[0].since = Some(at(since));
        assert_eq!(
            evaluate(&mut Notices::default(), &snapshot, &[], false, at("10:58")).0.len(),
            due,
            "{since}"
        );
    }
}

#[test]
fn what_does_not_apply_any_more_is_withdrawn() {
    let mut notices = Notices::default();
    let mut snapshot = snapshot();
    let mut over =
        |snapshot: &Snapshot, clock| notices.due(snapshot, Inputs::default(), at(clock)).over;
    assert_eq!(over(&snapshot, "10:55"), []);
    assert_eq!(over(&snapshot, "10:56"), []);
    snapshot.until = Some(at("11:30"));
    snapshot.accounts[0].until = Some(at("11:30"));
    assert_eq!(over(&snapshot, "10:57"), [ending("11:00")]);
    assert_eq!(over(&snapshot, "10:58"), []);
}

#[test]
fn calls_are_said_to_those_who_ask_for_it() {
    let example = snapshot();
    let quiet = Snapshot {
        presence: Some(Presence::Online),
        source: Source::Active,
        until: None,
        accounts: vec![],
        claims: vec![],
        paused: presently_ipc::snapshot::Paused::default(),
        ..example.clone()
    };
    let mut claim = example.claims[0].clone();
    claim.source = Source::Call;
    let call = Snapshot {
        presence: Some(Presence::Busy),
        source: Source::Call,
        claims: vec![claim],
        ..quiet.clone()
    };
    for calls in [false, true] {
        let mut notices = Notices::default();
        let inputs = Inputs { calls, ..Inputs::default() };
        for (clock, snapshot, said) in [
            ("10:00", &quiet, vec![]),
            ("10:01", &call, vec![Notice::CallBegan]),
            ("10:02", &call, vec![]),
            ("10:05", &quiet, vec![Notice::CallEnded]),
            ("10:06", &quiet, vec![]),
            // One of a kind in ten minutes, and none of what is no news then.
            ("10:08", &call, vec![]),
            ("10:09", &quiet, vec![]),
            ("10:15", &quiet, vec![]),
        ] {
            let due = notices.due(snapshot, inputs, at(clock));
            // The end of a call is withdrawn after a minute.
            let minute = at("10:06");
            assert_eq!(due.next == Some(minute), calls && clock == "10:05", "{clock}");
            assert_eq!(due.new, if calls { said } else { vec![] }, "{clock}");
        }
    }
}

#[test]
fn a_call_that_goes_on_is_not_said_to_have_ended() {
    let example = snapshot();
    let mut claim = example.claims[0].clone();
    claim.source = Source::Call;
    let paused = presently_ipc::snapshot::Paused::default();
    let quiet = Snapshot { until: None, accounts: vec![], claims: vec![], paused, ..example };
    let call = Snapshot { source: Source::Call, claims: vec![claim], ..quiet.clone() };
    let away = Some(Presence::Unavailable);
    let hidden = Snapshot { source: Source::Manual, presence: away, ..call.clone() };
    let busy = Snapshot { source: Source::Manual, ..quiet.clone() };
    let since = at("10:01");
    let paused = presently_ipc::snapshot::PauseView { since, until: None };
    let paused = presently_ipc::snapshot::Paused { calls: Some(paused), hours: None };
    let not_looked_for = Snapshot { source: Source::Active, presence: away, paused, ..quiet };
    for (name, then) in [
        ("a choice hides it", hidden),
        ("a choice of busy follows it", busy),
        ("it is no longer looked for", not_looked_for),
    ] {
        let mut notices = Notices::default();
        let inputs = Inputs { calls: true, ..Inputs::default() };
        assert_eq!(notices.due(&call, inputs, at("10:00")).new, [Notice::CallBegan]);
        assert_eq!(notices.due(&then, inputs, at("10:01")).new, [], "{name}");
    }
}

#[test]
fn a_doubted_meeting_is_asked_about_once() {
    let mut notices = Notices::default();
    let meeting = |doubted| MeetingView { start: at("10:00"), end: at("11:00"), doubted };
    let mut due = |asks, doubted, now: &str| {
        let snapshot = Snapshot {
            next_meeting: Some(meeting(doubted)),
            source: Source::Active,
            until: None,
            accounts: vec![],
            ..snapshot()
        };
        let inputs = Inputs { asks, ..Inputs::default() };
        let due = notices.due(&snapshot, inputs, at(now));
        (due.new.len(), due.over.len())
    };
    assert_eq!(due(false, true, "10:10"), (0, 0));
    assert_eq!(due(true, false, "10:10"), (0, 0));
    assert_eq!(due(true, true, "10:11"), (1, 0));
    assert_eq!(due(true, true, "10:40"), (0, 0));
    assert_eq!(due(true, false, "10:41"), (0, 1));
    let notice = Notice::Doubted { start: at("10:00"), end: at("11:00") };
    let (title, text) = notice.text(&TimeZone::UTC, Texts::english());
    assert!(title.ends_with('?') && text.contains("until 11:00"), "{title}: {text}");
}

#[test]
fn a_device_that_keeps_the_person_busy_is_said() {
    let mut snapshot = Snapshot { source: Source::Active, until: None, ..snapshot() };
    snapshot.accounts[0].until = None;
    let name = Some("Element".to_owned());
    snapshot.accounts[0].notes =
        vec![Note::OtherDevice { presence: Presence::Busy, name: name.clone() }];
    let user_id = snapshot.accounts[0].user_id.clone();
    let kept = Notice::KeptBusy { user_id, device: name };
    assert_eq!(
        evaluate(&mut Notices::default(), &snapshot, &[], false, at("10:00")).0,
        std::slice::from_ref(&kept)
    );
    let words = kept.text(&TimeZone::UTC, Texts::english());
    assert_eq!(words.0, "Element keeps you busy");
    // That its name is known now is no news.
    let mut notices = Notices::default();
    let named = std::mem::replace(
        &mut snapshot.accounts[0].notes,
        vec![Note::OtherDevice { presence: Presence::Busy, name: None }],
    );
    assert_eq!(evaluate(&mut notices, &snapshot, &[], false, at("10:00")).0.len(), 1);
    snapshot.accounts[0].notes = named;
    let later = notices.due(&snapshot, Inputs::default(), at("10:30"));
    assert_eq!(later, Due::default());
    snapshot.accounts[0].notes = vec![Note::OtherDevice { presence: Presence::Online, name: None }];
    assert_eq!(evaluate(&mut Notices::default(), &snapshot, &[], false, at("10:00")).0, []);
}

/// The service may come after us, at the start of a session.
#[test]
fn what_was_not_shown_is_due_again() {
    let (mut notices, snapshot) = (Notices::default(), snapshot());
    let mut due = |clock| evaluate(&mut notices, &snapshot, &[], false, at(clock));
    assert_eq!(due("10:55").0, [ending("11:00")]);
    let mistake = Code::plain("a mistake");
    let inputs = Inputs { settings: std::slice::from_ref(&mistake), ..Inputs::default() };
    let notice = Notice::Settings { what: mistake.clone() };
    assert_eq!(notices.due(&snapshot, inputs, at("10:56")).new, std::slice::from_ref(&notice));
    notices.was_not_shown(&notice);
    let due = notices.due(&snapshot, inputs, at("10:57"));
    assert_eq!((due.new, due.next), (vec![], Some(at("11:06"))));
    assert_eq!(notices.due(&snapshot, inputs, at("11:06")).new, [notice]);
}
