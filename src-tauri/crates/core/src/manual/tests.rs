use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

fn choice(until: Option<i64>) -> Choice {
    let until = until.map(at);
    Choice { presence: Presence::Busy, since: at(0), until, message: None }
}

#[test]
fn an_account_goes_back_to_automatic_unless_it_follows_a_choice_about_all() {
    let scope = |of: &str| match of {
        "all" => Scope::All,
        account => Scope::Account(format!("@{account}:example.org")),
    };
    let (live, lasting, over) = (Some(60), None, Some(10));
    type Row<'a> = (&'a str, &'a [(&'a str, Option<i64>)], &'a str, bool, &'a [&'a str]);
    let table: &[Row<'_>] = &[
        ("nothing was chosen", &[], "a", false, &[]),
        ("about all, live", &[("all", live)], "a", true, &["all"]),
        ("about all, without an end", &[("all", lasting)], "a", true, &["all"]),
        ("about all, over", &[("all", over)], "a", false, &["all"]),
        ("its own", &[("a", live)], "a", false, &[]),
        ("its own, over", &[("a", over)], "a", false, &[]),
        ("its own before all", &[("all", live), ("a", live)], "a", false, &["all"]),
        ("its own is over, all shows", &[("all", live), ("a", over)], "a", true, &["all"]),
        ("another's", &[("b", live)], "a", false, &["b"]),
        ("another's, over", &[("b", over)], "a", false, &["b"]),
        ("another's and all", &[("all", live), ("b", live)], "a", true, &["all", "b"]),
        ("another's, all is over", &[("all", over), ("b", live)], "a", false, &["all", "b"]),
        ("all, on all", &[("all", live), ("b", live)], "all", false, &[]),
        ("nothing, on all", &[], "all", false, &[]),
    ];
    for (name, choices, on, follows, left) in table {
        let mut manual = Manual::default();
        for (of, until) in *choices {
            manual.choose(scope(of), choice(*until));
        }
        let on = scope(on);
        assert_eq!(manual.follows_all(&on, at(10)), *follows, "{name}");
        let before = manual.clone();
        assert_eq!(manual.automatic(&on), manual != before, "{name}");
        let scopes: Vec<Scope> = manual.choices.iter().map(|(s, _)| s.clone()).collect();
        assert_eq!(scopes, left.iter().map(|s| scope(s)).collect::<Vec<_>>(), "{name}");
    }
}

/// A step before, between or after the clicks.
#[derive(Clone, Copy)]
enum Do {
    /// A choice about all: presence, length in seconds, message.
    Choose(Presence, Option<i64>, Option<&'static str>),
    /// A choice about one account.
    One(Presence),
    /// A standing message.
    Say(&'static str),
    /// Back to automatic.
    Auto,
    /// This many seconds pass.
    Wait(i64),
    /// A click on the toggle.
    Click,
    /// A click after the state was written and read again.
    ReadAndClick,
}

#[test]
fn a_toggle_brings_back_what_was_there() {
    use Do::*;
    use Presence::{Busy, Offline, Unavailable};
    // What is shown: the presence about all, its end, the message.
    type Shown = (Option<Presence>, Option<i64>, Option<&'static str>);
    const AUTO: Shown = (None, None, None);
    const LUNCH: Do = Choose(Unavailable, Some(1800), Some("Lunch"));
    const TALK: Do = Choose(Busy, Some(900), Some("Talk"));
    let table: &[(&str, &[Do], Shown)] = &[
        ("an hour at first", &[Click], (Some(Busy), Some(3600), None)),
        ("and back", &[Click, Click], AUTO),
        ("anew each time", &[Click, Wait(9), Click, Click], (Some(Busy), Some(3609), None)),
        ("over a choice", &[LUNCH, Click], (Some(Busy), Some(3600), None)),
        ("a choice", &[LUNCH, Click, Click], (Some(Unavailable), Some(1800), Some("Lunch"))),
        (
            "without an end",
            &[Choose(Offline, None, None), Click, Click],
            (Some(Offline), None, None),
        ),
        ("it has ended", &[LUNCH, Click, Wait(1800), Click], AUTO),
        ("busy has ended", &[LUNCH, Click, Wait(3600), Click], (Some(Busy), Some(7200), None)),
        ("busy has ended, and again", &[LUNCH, Click, Wait(3600), Click, Click], AUTO),
        ("from busy", &[TALK, Click], AUTO),
        ("to the same busy", &[TALK, Click, Wait(9), Click], (Some(Busy), Some(900), Some("Talk"))),
        ("twice", &[TALK, Click, Click, Click, Click], (Some(Busy), Some(900), Some("Talk"))),
        ("of its length", &[TALK, Click, Wait(900), Click], (Some(Busy), Some(1800), None)),
        ("its length is kept", &[TALK, Auto, Click], (Some(Busy), Some(900), None)),
        ("no end is one", &[Choose(Busy, None, None), Auto, Click], (Some(Busy), None, None)),
        (
            "chosen meanwhile",
            &[LUNCH, Click, Choose(Offline, None, None), Click, Click],
            (Some(Offline), None, None),
        ),
        ("busy meanwhile", &[LUNCH, Click, TALK, Click], AUTO),
        ("automatic meanwhile", &[TALK, Click, Auto, Click], (Some(Busy), Some(900), None)),
        ("one account meanwhile", &[LUNCH, Click, One(Offline), Click], AUTO),
        ("a standing message", &[Say("Here"), Click], (Some(Busy), Some(3600), Some("Here"))),
        ("and it stays", &[Say("Here"), Click, Click], (None, None, Some("Here"))),
        (
            "said meanwhile",
            &[LUNCH, Click, Say("Late"), Click],
            (Some(Unavailable), Some(1800), Some("Late")),
        ),
        (
            "across a restart",
            &[LUNCH, Click, ReadAndClick],
            (Some(Unavailable), Some(1800), Some("Lunch")),
        ),
    ];
    for (name, steps, shown) in table {
        let mut manual = Manual::default();
        let mut now = 0;
        for step in *steps {
            match *step {
                Choose(presence, seconds, text) => {
                    let until = seconds.map(|s| at(now + s));
                    let message = text.and_then(|t| Message::new(t, None, until).ok());
                    let since = at(now);
                    manual.choose(Scope::All, Choice { presence, since, until, message });
                }
                One(presence) => {
                    let scope = Scope::Account("@a:example.org".to_owned());
                    manual.choose(scope, Choice { presence, ..choice(None) });
                }
                Say(text) => manual.say(Message::new(text, None, None).ok()),
                Auto => drop(manual.automatic(&Scope::All)),
                Wait(seconds) => now += seconds,
                Click => manual.toggle_busy(at(now)),
                ReadAndClick => {
                    let text = serde_json::to_string(&manual).expect("it is data");
                    manual = serde_json::from_str(&text).expect("it was written");
                    manual.toggle_busy(at(now));
                }
            }
        }
        let all = manual.choice(&Scope::All, at(now));
        let message = manual.message(&Scope::All, at(now));
        let until = all.and_then(|c| c.until).map(|end| end.as_second() - at(0).as_second());
        let got = (all.map(|c| c.presence), until, message.as_ref().map(|m| &*m.text));
        assert_eq!(got, *shown, "{name}");
    }
}

#[test]
fn choices_of_single_accounts_come_back_too() {
    let mut manual = Manual::default();
    manual.choose(Scope::Account("@a:example.org".to_owned()), choice(Some(60)));
    let before = manual.choices.clone();
    manual.toggle_busy(at(1));
    let scopes: Vec<&Scope> = manual.choices.iter().map(|(s, _)| s).collect();
    assert_eq!(scopes, [&Scope::All]);
    manual.toggle_busy(at(2));
    assert_eq!(manual.choices, before);
}

#[test]
fn what_ended_is_not_kept_aside() {
    let mut manual = Manual::default();
    manual.choose(Scope::All, Choice { presence: Presence::Online, ..choice(Some(60)) });
    manual.toggle_busy(at(1));
    assert!(manual.prune(at(60)));
    assert_eq!(manual.toggled.map(|t| t.set_aside), Some(Vec::new()));
}

#[test]
fn a_toggle_keeps_the_names_that_state_files_have() {
    let mut manual = Manual::default();
    manual.toggle_busy(at(1));
    let stored = serde_json::to_value(&manual).expect("serializes");
    assert_eq!(stored["toggled"], serde_json::json!({"aside": [], "made": true}));
}

#[test]
fn an_end_is_moved_only_for_the_choice_that_it_belongs_to() {
    let half_an_hour = SignedDuration::from_mins(30);
    let account = Scope::Account("@a:example.org".to_owned());
    let (known, other, unknown) = (Some(at(0)), Some(at(5)), None);
    for (name, chosen, scope, since, until, now, moved) in [
        ("the choice about all", Some(60), Scope::All, known, 60, 10, true),
        ("whenever it was made", Some(60), Scope::All, unknown, 60, 10, true),
        ("one made later, with the same end", Some(60), Scope::All, other, 60, 10, false),
        ("another end", Some(60), Scope::All, known, 50, 10, false),
        ("no end", None, Scope::All, known, 60, 10, false),
        ("another scope", Some(60), account, known, 60, 10, false),
        ("it has ended", Some(60), Scope::All, known, 60, 60, false),
    ] {
        let mut manual = Manual::default();
        let mut choice = choice(chosen);
        choice.message = Message::new("Writing", None, choice.until).ok();
        manual.choose(Scope::All, choice.clone());
        let is_moved = manual.extend(&scope, (since, at(until)), half_an_hour, at(now));
        assert_eq!(is_moved, moved, "{name}");
        let end = if moved { Some(at(60 + 30 * 60)) } else { chosen.map(at) };
        let (_, kept) = &manual.choices[0];
        assert_eq!(kept.until, end, "{name}");
        assert_eq!(kept.message.as_ref().map(|m| m.until), Some(end), "{name}");
    }
}
