//! Simulated hours and days of one account against a model homeserver. What
//! they found is kept by name in `found` and, by seed, in `days`.

#![allow(missing_docs, unreachable_pub)]

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
mod two;
mod watch;
mod world;

use std::time::Duration;

use model::{Server, Shape};
use presently_core::Presence::{self, *};
use presently_core::account::{Desired, Note, Pace};
use presently_core::settings::BusyMode;
use proptest::prelude::*;
use world::World;

const LIMITED: Shape = Shape { busy: true, last_wins: false, pace: Duration::from_secs(10) };
const FREE: Shape = Shape { busy: true, last_wins: false, pace: Duration::ZERO };

fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn wish(presence: Presence, manual: bool) -> Desired {
    Desired { presence: Some(presence), manual, ..Desired::default() }
}

fn started(shape: Shape) -> World {
    let mut world = World::new(Server::new(shape));
    world.me.desired = wish(Online, false);
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
        world.me.desired = wish(Unavailable, false);
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
            world.me.desired = wish(presence, manual);
            world.run(Duration::from_millis(50));
            assert_eq!(world.net.server.seen().presence, presence);
            world.run(secs(30));
            assert_eq!(world.net.server.seen().presence, presence);
            assert!(world.me.last.settled, "{:?}", world.me.ack);
        }
    }
}

#[test]
fn quick_changes_end_right_within_the_pace() {
    let mut world = started(LIMITED);
    for i in 0..12 {
        world.me.desired = if i % 2 == 0 { wish(Busy, true) } else { wish(Online, false) };
        world.run(Duration::from_millis(700));
    }
    world.run(secs(25));
    assert_eq!(world.net.server.seen().presence, Online);
    assert!(world.me.limited <= 1, "the limit was learnt: {}", world.me.limited);
    assert!(matches!(world.me.abilities.pace, Pace::Limited(_)));
}

#[test]
fn a_free_server_is_found_out() {
    let mut world = started(FREE);
    for i in 0..6 {
        world.me.desired = if i % 2 == 0 { wish(Unavailable, false) } else { wish(Online, false) };
        world.run(secs(3));
        assert_eq!(Some(world.net.server.seen().presence), world.meant());
    }
    assert_eq!(world.me.abilities.pace, Pace::Free);
}

#[test]
fn busy_left_behind_by_a_killed_agent_is_cleared() {
    let mut world = started(LIMITED);
    world.me.desired = wish(Busy, true);
    world.run(secs(20));
    world.kill();
    world.me.desired = wish(Online, false);
    world.run(secs(20));
    assert_eq!(world.net.server.seen().presence, Online);
    assert!(!world.me.ack.busy_mark);
}

#[test]
fn busy_left_behind_is_cleared_even_where_nothing_is_known() {
    let mut world = started(LIMITED);
    world.me.desired = wish(Busy, true);
    world.run(secs(20));
    world.kill();
    world.me.desired = Desired::default();
    world.run(secs(60));
    assert_eq!(world.net.server.seen().presence, Offline);
}

#[test]
fn another_device_that_is_busy_is_neither_fought_nor_held() {
    let mut world = started(LIMITED);
    world.net.server.other("phone", Busy, world.net.now);
    world.run(secs(300));
    assert_eq!(world.net.server.seen().presence, Busy);
    assert!(world.me.last.note.is_some());
    let requests = world.me.requests;
    world.run(secs(1200));
    assert!(world.me.requests - requests < 20, "no quarrel");
    world.net.server.other("phone", Offline, world.net.now);
    world.run(secs(25));
    assert_eq!(world.net.server.seen().presence, Online, "it was not caught");
}

#[test]
fn where_the_last_word_wins_busy_goes_by_sync() {
    let mut world = started(Shape { last_wins: true, ..FREE });
    world.me.desired = wish(Busy, false);
    // The next sync undoes it, which teaches to say it by sync.
    world.run(secs(400));
    assert_eq!(world.net.server.seen().presence, Busy);
    let changes = world.net.server.changes;
    world.run(secs(3600));
    assert_eq!(world.net.server.changes, changes, "it stays");
    for presence in [Online, Busy, Unavailable, Online] {
        world.me.desired = wish(presence, true);
        world.run(secs(20));
        assert_eq!(world.net.server.seen().presence, presence);
    }
}

#[test]
fn busy_is_shown_as_away_where_another_device_would_hold_it() {
    let mut world = started(LIMITED);
    world.net.server.element(true, world.net.now);
    world.run(secs(60));
    world.me.desired = Desired { stand_in: Some("In a call".into()), ..wish(Busy, false) };
    world.run(secs(40));
    assert_ne!(world.net.server.seen().presence, Busy);
    assert_eq!(world.net.server.seen().message.as_deref(), Some("In a call"));
    let note = world.me.last.note.as_ref().map(ToString::to_string);
    assert!(note.is_some_and(|n| n.contains("Element")), "{:?}", world.me.last.note);
    world.me.desired = wish(Online, false);
    world.run(secs(40));
    assert_eq!(world.net.server.seen().presence, Online);
    assert_eq!(world.net.server.seen().message, None, "the stand-in went with the call");
    // Closed for long enough, it is no reason any more.
    world.net.server.element(false, world.net.now);
    world.me.desired = wish(Busy, true);
    world.run(secs(700));
    assert_eq!(world.net.server.seen().presence, Busy);
}

#[test]
fn busy_that_another_device_holds_is_said_and_remembered() {
    let mut world = started(LIMITED);
    world.net.server.element(true, world.net.now);
    world.me.desired = Desired { busy: BusyMode::Always, ..wish(Busy, true) };
    world.run(secs(90));
    assert_eq!(world.net.server.seen().presence, Busy);
    world.me.desired = wish(Online, false);
    world.run(secs(300));
    assert_eq!(world.net.server.seen().presence, Busy, "Element holds it");
    let note = world.me.last.note.as_ref().map(ToString::to_string);
    assert_eq!(note.as_deref(), Some("Element keeps you busy"));
    assert!(world.me.ack.held_once);
    world.net.server.element(false, world.net.now);
    world.net.server.other("element", Offline, world.net.now);
    world.run(secs(320));
    assert_eq!(world.net.server.seen().presence, Online, "left as soon as it can be");
    world.me.desired = wish(Busy, false);
    world.run(secs(30));
    assert_eq!(world.net.server.seen().presence, Unavailable, "once is enough");
}

#[test]
fn a_message_found_there_survives_our_puts_and_ours_goes_when_it_ends() {
    let mut world = started(LIMITED);
    world.net.server.put("phone", Online, Some("theirs".into()), world.net.now);
    world.run(secs(20));
    world.me.desired = wish(Busy, true);
    world.run(secs(20));
    assert_eq!(world.net.server.seen().message.as_deref(), Some("theirs"));
    world.me.desired.message = Some("ours".into());
    world.run(secs(30));
    assert_eq!(world.net.server.seen().message.as_deref(), Some("ours"));
    world.kill();
    world.me.desired.message = None;
    world.run(secs(30));
    assert_eq!(world.net.server.seen().message, None, "an ended message goes, also after a kill");
}

#[test]
fn a_message_that_was_cleared_a_moment_ago_does_not_come_back() {
    let mut world = started(FREE);
    world.me.desired = Desired { message: Some("ours".into()), ..wish(Busy, true) };
    world.run(secs(20));
    world.me.desired = wish(Online, false);
    world.run(Duration::from_millis(9));
    // The clearing was accepted, but not read back yet.
    world.me.desired = wish(Unavailable, true);
    world.run(secs(20));
    assert_eq!(world.net.server.seen().message, None);
}

#[test]
fn a_server_that_was_away_is_right_within_fifteen_seconds() {
    for (before, after) in [(Unavailable, Online), (Online, Busy), (Busy, Unavailable)] {
        let mut world = started(LIMITED);
        world.me.desired = wish(before, true);
        world.run(secs(20));
        world.cut(true);
        world.run(secs(60));
        world.me.desired = wish(after, true);
        world.run(secs(20));
        assert!(world.me.ack.seen.is_none(), "not known while it is away");
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
    world.me.desired = wish(Busy, true);
    world.run(secs(20));
    world.cut(true);
    world.net.server.restart(world.net.now);
    world.cut(false);
    world.me.desired = wish(Online, true);
    world.run(secs(60));
    assert_eq!(world.net.server.seen().presence, Busy, "nobody can leave it");
    assert_eq!(world.me.last.note, Some(Note::ServerHolds));
    assert!(!world.me.ack.held_once, "no device is to blame");
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

    /// After the faults end and the other device is gone, what others see is
    /// what was meant, and the requests were few.
    #[test]
    fn it_ends_right(
        turns in prop::collection::vec(any_turn(), 1..25),
        limited in any::<bool>(),
        busy in any::<bool>(),
    ) {
        let pace = if limited { secs(10) } else { Duration::ZERO };
        let mut world = World::new(Server::new(Shape { busy, pace, last_wins: false }));
        world.me.desired = wish(Online, false);
        for (wait, turn) in turns {
            world.run(Duration::from_millis(wait));
            match turn {
                Turn::Wish(presence, manual, text) => {
                    world.me.desired = Desired {
                        presence,
                        manual: manual && presence.is_some(),
                        message: text.map(|t| format!("message {t}")),
                        ..Desired::default()
                    };
                }
                Turn::Cut(down) => world.cut(down),
                Turn::Restart => {
                    world.cut(true);
                    world.net.server.restart(world.net.now);
                    world.cut(false);
                }
                Turn::Kill => world.kill(),
                Turn::Element(open) => world.net.server.element(open, world.net.now),
                Turn::Phone(p) => world.net.server.other("phone", p, world.net.now),
            }
        }
        world.cut(false);
        world.run(secs(30));
        world.net.server.other("phone", Offline, world.net.now);
        world.net.server.element(false, world.net.now);
        world.net.server.other("element", Offline, world.net.now);
        world.net.server.forget(world.net.now);
        let steps = world.me.steps;
        world.run(secs(1300));
        let seen = world.net.server.seen();
        match world.meant() {
            None => prop_assert_ne!(seen.presence, Busy),
            // Away in its place is a choice; busy that still stands is right.
            Some(Unavailable) if world.me.desired.presence == Some(Busy) => {
                prop_assert!(matches!(seen.presence, Busy | Unavailable), "{:?}", world.me.ack);
            }
            Some(meant) => prop_assert_eq!(seen.presence, meant, "{:?}", world.me.ack),
        }
        // Nobody else wrote one, so one that is left is an old one of ours.
        prop_assert_eq!(&seen.message, &world.me.desired.message);
        prop_assert!(world.me.last.settled, "{:?} {:?}", world.me.ack, world.me.abilities);
        prop_assert!(world.me.steps - steps < 80, "{} steps in 20 minutes", world.me.steps - steps);
    }
}
