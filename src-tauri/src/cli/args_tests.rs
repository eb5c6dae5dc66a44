use presently_core::duration::Span;
use presently_core::settings::{BusyMode, Share};
use presently_ipc::request::{End, MessageText};

use super::super::parts::Forgotten;
use super::*;

fn parse(line: &str) -> Result<Command, String> {
    Arguments::try_parse_from(line.split(' '))
        .map(|a| a.command.expect("a command"))
        .map_err(|e| e.to_string())
}

#[test]
fn the_definition_is_sound() {
    use clap::CommandFactory;
    Arguments::command().debug_assert();
}

#[test]
fn a_choice_with_everything() {
    let line = "presently busy --for 1h30m --message hm --emoji x --account @a:b --wait";
    let Ok(Command::Busy(choice)) = parse(line) else { panic!("not understood") };
    assert_eq!(choice.end.end(), Some(End::For(Span::minutes(90))));
    let message = MessageText { text: "hm".to_owned(), emoji: Some("x".to_owned()) };
    assert_eq!(choice.message(), Some(message));
    assert_eq!(choice.target.account.as_deref(), Some("@a:b"));
    assert_eq!(choice.target.wait.wait, Some(Span::seconds(30)));
}

#[test]
fn a_message_may_be_several_words() {
    let Ok(Command::Message(message)) = parse("presently message back at 15:00") else {
        panic!("not understood")
    };
    assert_eq!(message.message().expect("a text").text, "back at 15:00");
    let Ok(Command::Message(message)) = parse("presently message --clear") else {
        panic!("not understood")
    };
    assert_eq!(message.message(), None);
}

#[test]
fn recent_messages_are_listed_and_forgotten() {
    for (line, recent, json, forget) in [
        ("presently message --recent", true, false, None),
        ("presently message --recent --json", true, true, None),
        ("presently message --forget 10", false, false, Some(Forgotten::One(10))),
        ("presently message --forget all", false, false, Some(Forgotten::All)),
        ("presently message recent", false, false, None),
    ] {
        let Ok(Command::Message(message)) = parse(line) else { panic!("not understood: {line}") };
        assert_eq!((message.recent, message.json, message.forget), (recent, json, forget));
    }
}

#[test]
fn calls_or_an_account_are_paused() {
    for (line, wanted, until) in [
        ("presently pause calls", Pausable::Calls, None),
        (
            "presently pause @a:b --for 1h",
            Pausable::Account("@a:b".to_owned()),
            Some(End::For(Span::minutes(60))),
        ),
    ] {
        let Ok(Command::Pause { what, end }) = parse(line) else { panic!("not understood") };
        assert_eq!((what, end.end()), (wanted, until));
    }
}

#[test]
fn how_long_to_wait_is_given_with_an_equals_sign() {
    let Ok(Command::Auto(target)) = parse("presently auto --wait=5s") else {
        panic!("not understood")
    };
    assert_eq!(target.wait.wait, Some(Span::seconds(5)));
}

#[test]
fn an_accounts_settings_are_given_by_name() {
    let line =
        "presently account @a:b --share message --busy never --call-field on --profile-room off";
    let Ok(Command::Account(args)) = parse(line) else { panic!("not understood") };
    let (share, busy) = (Some(Share::Message), Some(BusyMode::Never));
    assert_eq!((args.share, args.busy, args.call_field), (share, busy, Some(true)));
    assert_eq!(args.profile_room, Some(false));
}

#[test]
fn a_day_of_the_history() {
    let Ok(Command::History(args)) = parse("presently history --csv --day 2026-11-22") else {
        panic!("not understood")
    };
    assert_eq!(args.day, Some(jiff::civil::date(2026, 11, 22)));
    assert!(args.csv && !args.json && !args.erase);
}

#[test]
fn slips_are_refused() {
    for (line, wanted) in [
        ("presently busy --for 1h --until 17:30", "cannot be used with"),
        ("presently busy --for soon", "write it like"),
        ("presently busy --for 0s", "over at once"),
        ("presently busy --until 25:00", "is not a time"),
        ("presently busy --emoji x", "--message"),
        ("presently auto --for 1h", "unexpected argument"),
        ("presently message", "required"),
        ("presently message x --clear", "cannot be used with"),
        ("presently message --clear --for 1h", "cannot be used with"),
        ("presently message --forget 0", "a number in the list"),
        ("presently message --forget first", "a number in the list"),
        ("presently message --forget", "a value is required"),
        ("presently message --forget 1 --recent", "cannot be used with"),
        ("presently message --recent x", "cannot be used with"),
        ("presently message --json", "--recent"),
        ("presently message x --json", "cannot be used with"),
        ("presently login me", "looks like @me:example.org"),
        ("presently login @a:b --sso --oauth", "cannot be used with"),
        ("presently login @a:b --sso --password-stdin", "cannot be used with"),
        ("presently account @a:b --share all", "everything, message, nothing"),
        ("presently account @a:b --call-field yes", "it is on or off"),
        ("presently look you", "looks like @me:example.org"),
        ("presently logout @me", "looks like @me:example.org"),
        ("presently window --view garden", "now, status, busy, today, accounts, settings"),
        ("presently pause", "required"),
        ("presently pause call", "calls, hours or a user id"),
        ("presently resume calls --for 1h", "unexpected argument"),
        ("presently history --day monday", "is not a day"),
        ("presently history --csv --json", "cannot be used with"),
        ("presently history --erase --csv", "cannot be used with"),
        ("presently history --erase --day today", "cannot be used with"),
        ("presently simulate", "required"),
        ("presently bussy", "busy"),
    ] {
        let error = parse(line).expect_err(line);
        assert!(error.contains(wanted), "{line}: {error}");
    }
}
