//! Simulated hours and days of one account against a model homeserver. The bugs
//! that they found are kept as short tests in `found` and by seed in `days`.

#![allow(missing_docs, unreachable_pub, clippy::expect_used)]

mod agent;
mod days;
mod dice;
mod fields;
mod flight;
mod found;
mod life;
mod line;
mod mind;
mod model;
mod net;
mod notes;
mod outage;
mod room;
mod two;
mod watch;
mod world;

use std::time::Duration;

use model::{PHONE, Server, Shape, TABLET};
use presently_core::Message;
use presently_core::Presence::{self, *};
use presently_core::account::{Everything, Intent, Note, Pace};
use presently_core::settings::BusyMode;
use proptest::prelude::*;
use world::World;

const LIMITED: Shape =
    Shape { busy: true, last_wins: false, pace: Duration::from_secs(10), off: false };
const FREE: Shape = Shape { busy: true, last_wins: false, pace: Duration::ZERO, off: false };

fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn wish(presence: Presence, manual: bool) -> Intent {
    with(presence, manual, |_| {})
}

fn with(presence: Presence, manual: bool, more: impl FnOnce(&mut Everything)) -> Intent {
    let mut shown = Everything { presence: Some(presence), manual, ..Everything::default() };
    more(&mut shown);
    Intent::Everything(shown)
}

fn saying(presence: Presence, manual: bool, text: &str) -> Intent {
    with(presence, manual, |shown| shown.message = message(text))
}

fn message(text: &str) -> Option<Message> {
    Message::new(text, None, None).ok()
}

/// The notes of the account, in English.
fn told(world: &World) -> Vec<String> {
    world.me.view.notes.iter().map(|note| presently_text::Texts::english().note(note)).collect()
}

fn started(shape: Shape) -> World {
    let mut world = World::new(Server::new(shape));
    world.me.intent = wish(Online, false);
    world.run(secs(30));
    assert_eq!(world.net.server.seen().presence, Online);
    world
}

#[test]
fn a_day_at_rest_is_quiet_and_never_flaps() {
    for shape in [LIMITED, FREE] {
        let mut world = started(shape);
        let (changes, requests) = (world.net.server.changes, world.me.requests);
        world.run(secs(3600));
        assert_eq!(world.net.server.changes, changes, "nothing changed for others");
        let a_minute = (world.me.requests - requests) as f64 / 60.0;
        assert!(a_minute < 2.0, "{a_minute} requests a minute while active");
        world.me.intent = wish(Unavailable, false);
        world.run(secs(60));
        assert_eq!(world.net.server.seen().presence, Unavailable);
        let requests = world.me.requests;
        world.run(secs(3600));
        let a_minute = (world.me.requests - requests) as f64 / 60.0;
        assert!(a_minute < 0.5, "{a_minute} requests a minute while away");
    }
}

#[test]
fn changes_arrive_at_once_after_rest() {
    for shape in [LIMITED, FREE] {
        let mut world = started(shape);
        for (presence, manual) in
            [(Unavailable, false), (Online, false), (Busy, true), (Online, false), (Busy, false)]
        {
            world.me.intent = wish(presence, manual);
            world.run(Duration::from_millis(50));
            assert_eq!(world.net.server.seen().presence, presence);
            world.run(secs(30));
            assert_eq!(world.net.server.seen().presence, presence);
            assert!(world.me.view.settled, "{:?}", world.me.account);
        }
    }
}

#[test]
fn quick_changes_end_right_within_the_pace() {
    let mut world = started(LIMITED);
    for i in 0..12 {
        world.me.intent = if i % 2 == 0 { wish(Busy, true) } else { wish(Online, false) };
        world.run(Duration::from_millis(700));
    }
    world.run(secs(25));
    assert_eq!(world.net.server.seen().presence, Online);
    assert!(world.me.limited <= 1, "the limit was learnt: {}", world.me.limited);
    assert!(matches!(world.me.account.abilities().pace, Pace::Limited(_)));
}

#[test]
fn a_free_server_is_found_out() {
    let mut world = started(FREE);
    for i in 0..6 {
        world.me.intent = if i % 2 == 0 { wish(Unavailable, false) } else { wish(Online, false) };
        world.run(secs(3));
        assert_eq!(Some(vec![world.net.server.seen().presence]), world.meant());
    }
    assert_eq!(world.me.account.abilities().pace, Pace::Free);
}

#[test]
fn busy_left_behind_by_a_killed_agent_is_cleared() {
    let mut world = started(LIMITED);
    world.me.intent = wish(Busy, true);
    world.run(secs(20));
    world.kill();
    world.me.intent = wish(Online, false);
    world.run(secs(20));
    assert_eq!(world.net.server.seen().presence, Online);
    assert!(!world.me.account.marks().busy);
}

#[test]
fn busy_left_behind_is_cleared_even_where_nothing_is_known() {
    let mut world = started(LIMITED);
    world.me.intent = wish(Busy, true);
    world.run(secs(20));
    world.kill();
    world.me.intent = Intent::default();
    world.run(secs(60));
    assert_eq!(world.net.server.seen().presence, Offline);
}

#[test]
fn another_device_that_is_busy_is_neither_fought_nor_held() {
    let mut world = started(LIMITED);
    world.net.server.other(PHONE, Busy, world.net.now);
    world.run(secs(300));
    assert_eq!(world.net.server.seen().presence, Busy);
    assert_eq!(told(&world), ["Nheko on phone keeps you busy"]);
    let requests = world.me.requests;
    world.run(secs(1200));
    assert!(world.me.requests - requests < 20, "no quarrel");
    world.net.server.other(PHONE, Offline, world.net.now);
    world.run(secs(25));
    assert_eq!(world.net.server.seen().presence, Online, "it was not caught");
}

#[test]
fn where_the_last_word_wins_busy_goes_by_sync() {
    let mut world = started(Shape { last_wins: true, ..FREE });
    world.me.intent = wish(Busy, false);
    // The next sync undoes it. The agent learns from that to send busy by sync.
    world.run(secs(400));
    assert_eq!(world.net.server.seen().presence, Busy);
    let changes = world.net.server.changes;
    world.run(secs(3600));
    assert_eq!(world.net.server.changes, changes, "it stays");
    for presence in [Online, Busy, Unavailable, Online] {
        world.me.intent = wish(presence, true);
        world.run(secs(20));
        assert_eq!(world.net.server.seen().presence, presence);
    }
}

#[test]
fn busy_is_shown_as_away_where_another_device_would_hold_it() {
    let mut world = started(LIMITED);
    world.net.server.element(true, world.net.now);
    world.run(secs(60));
    world.me.intent = with(Busy, false, |shown| shown.stand_in = Some(mind::in_call()));
    world.run(secs(40));
    assert_ne!(world.net.server.seen().presence, Busy);
    assert_eq!(world.net.server.seen().message.as_deref(), Some("In a call"));
    assert!(told(&world).iter().any(|note| note.contains("Element")), "{:?}", told(&world));
    world.me.intent = wish(Online, false);
    world.run(secs(40));
    assert_eq!(world.net.server.seen().presence, Online);
    assert_eq!(world.net.server.seen().message, None, "the stand-in went with the call");
    // Element has been closed for long enough, so it does not prevent busy any
    // more.
    world.net.server.element(false, world.net.now);
    world.me.intent = wish(Busy, true);
    world.run(secs(700));
    assert_eq!(world.net.server.seen().presence, Busy);
}

#[test]
fn busy_that_another_device_holds_is_said_while_it_does() {
    let mut world = started(LIMITED);
    world.net.server.element(true, world.net.now);
    world.me.intent = with(Busy, true, |shown| shown.busy = BusyMode::Always);
    world.run(secs(90));
    assert_eq!(world.net.server.seen().presence, Busy);
    world.me.intent = wish(Online, false);
    world.run(secs(300));
    assert_eq!(world.net.server.seen().presence, Busy, "Element holds it");
    assert_eq!(told(&world), ["Element keeps you busy"]);
    world.net.server.element(false, world.net.now);
    world.net.server.other("element", Offline, world.net.now);
    world.run(secs(320));
    assert_eq!(world.net.server.seen().presence, Online, "left as soon as it can be");
    world.me.intent = wish(Busy, false);
    world.run(secs(30));
    assert_eq!(world.net.server.seen().presence, Busy, "what held it is gone");
}

#[test]
fn a_message_found_there_survives_our_puts_and_ours_goes_when_it_ends() {
    let mut world = started(LIMITED);
    world.net.server.tablet(Online, Some("theirs".into()), world.net.now);
    world.run(secs(20));
    world.me.intent = wish(Busy, true);
    world.run(secs(20));
    assert_eq!(world.net.server.seen().message.as_deref(), Some("theirs"));
    world.me.intent = saying(Busy, true, "ours");
    world.run(secs(30));
    assert_eq!(world.net.server.seen().message.as_deref(), Some("ours"));
    world.kill();
    world.me.intent = wish(Busy, true);
    world.run(secs(30));
    assert_eq!(world.net.server.seen().message, None, "an ended message goes, also after a kill");
}

#[test]
fn a_message_that_was_cleared_a_moment_ago_does_not_come_back() {
    let mut world = started(FREE);
    world.me.intent = saying(Busy, true, "ours");
    world.run(secs(20));
    world.me.intent = wish(Online, false);
    world.run(Duration::from_millis(9));
    // The clearing was accepted, but not read back yet.
    world.me.intent = wish(Unavailable, true);
    world.run(secs(20));
    assert_eq!(world.net.server.seen().message, None);
}

#[test]
fn a_server_that_was_away_is_right_within_fifteen_seconds() {
    for (before, after) in [(Unavailable, Online), (Online, Busy), (Busy, Unavailable)] {
        let mut world = started(LIMITED);
        world.me.intent = wish(before, true);
        world.run(secs(20));
        world.cut(true);
        world.run(secs(60));
        world.me.intent = wish(after, true);
        world.run(secs(20));
        assert!(world.me.view.seen.is_none(), "not known while it is away");
        if before != Busy {
            world.net.server.restart(world.net.now);
        }
        world.cut(false);
        world.run(secs(15));
        assert_eq!(world.net.server.seen().presence, after);
    }
}

#[test]
fn a_server_that_was_restarted_while_we_were_busy_keeps_us_so_for_an_hour() {
    let mut world = started(LIMITED);
    world.me.intent = wish(Busy, true);
    world.run(secs(20));
    world.cut(true);
    world.net.server.restart(world.net.now);
    world.cut(false);
    world.me.intent = wish(Online, true);
    world.run(secs(60));
    assert_eq!(world.net.server.seen().presence, Busy, "nobody can leave it");
    assert_eq!(world.me.view.notes, [Note::ServerHolds]);
    let requests = world.me.requests;
    world.run(secs(3600));
    assert_eq!(world.net.server.seen().presence, Online);
    assert!(world.me.requests - requests < 120, "{} requests", world.me.requests - requests);
}

#[derive(Clone, Debug)]
enum Turn {
    Wish(Option<Presence>, bool, Option<u8>),
    Cut(bool),
    Restart,
    Kill,
    Phone(Presence),
    Element(bool),
}

fn any_turn() -> impl Strategy<Value = (u64, Turn)> {
    let presence = || prop::sample::select(&Presence::ALL[..]);
    let turn = prop_oneof![
        6 => (prop::option::weighted(0.9, presence()), any::<bool>(), prop::option::of(0u8..3))
            .prop_map(|(p, m, t)| Turn::Wish(p, m, t)),
        1 => any::<bool>().prop_map(Turn::Cut),
        1 => Just(Turn::Restart),
        1 => Just(Turn::Kill),
        1 => presence().prop_map(Turn::Phone),
        1 => any::<bool>().prop_map(Turn::Element),
    ];
    (prop_oneof![Just(5u64), 0u64..3_000, 0u64..120_000], turn)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(400), ..ProptestConfig::default() })]

    /// After the faults have ended and the other devices are gone, others see
    /// what was meant, and the requests were few.
    #[test]
    fn converges_after_faults(
        turns in prop::collection::vec(any_turn(), 1..25),
        limited in any::<bool>(),
        busy in any::<bool>(),
    ) {
        let pace = if limited { secs(10) } else { Duration::ZERO };
        let mut world = World::new(Server::new(Shape { busy, pace, last_wins: false, off: false }));
        world.me.intent = wish(Online, false);
        for (wait, turn) in turns {
            world.run(Duration::from_millis(wait));
            match turn {
                Turn::Wish(presence, manual, text) => {
                    world.me.intent = Intent::Everything(Everything {
                        presence,
                        manual: manual && presence.is_some(),
                        message: text.and_then(|t| message(&format!("message {t}"))),
                        ..Everything::default()
                    });
                }
                Turn::Cut(down) => world.cut(down),
                Turn::Restart => {
                    world.cut(true);
                    world.net.server.restart(world.net.now);
                    world.cut(false);
                }
                Turn::Kill => world.kill(),
                Turn::Element(open) => world.net.server.element(open, world.net.now),
                Turn::Phone(p) => world.net.server.other(PHONE, p, world.net.now),
            }
        }
        world.cut(false);
        world.run(secs(30));
        world.net.server.other(PHONE, Offline, world.net.now);
        world.net.server.element(false, world.net.now);
        world.net.server.other("element", Offline, world.net.now);
        world.net.server.forget(world.net.now);
        let steps = world.me.steps;
        world.run(secs(1300));
        let seen = world.net.server.seen();
        match world.meant() {
            None => prop_assert_ne!(seen.presence, Busy),
            Some(meant) => prop_assert!(meant.contains(&seen.presence), "{:?}", world.me.account),
        }
        // Nobody else wrote a message, so another one is an old one of ours.
        let wanted = world.me.intent.presence().message;
        prop_assert_eq!(&seen.message, &wanted);
        prop_assert!(world.me.view.settled, "{:?}", world.me.account);
        prop_assert!(world.me.steps - steps < 80, "{} steps in 20 minutes", world.me.steps - steps);
    }
}
