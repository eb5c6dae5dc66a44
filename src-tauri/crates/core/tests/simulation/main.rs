//! Simulated hours of one account against a model homeserver. Each run is a
//! seed; one that found a bug is kept by name in `regressions`.

#![allow(missing_docs, unreachable_pub)]

mod agent;
mod days;
mod model;

use std::time::Duration;

use agent::Agent;
use model::{Server, Shape};
use presently_core::Presence::{self, *};
use presently_core::account::{Desired, Note, Pace};
use presently_core::settings::BusyMode;
use proptest::prelude::*;

const LIMITED: Shape = Shape { busy: true, last_wins: false, pace: Duration::from_secs(10) };
const FREE: Shape = Shape { busy: true, last_wins: false, pace: Duration::ZERO };

fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn wish(presence: Presence, manual: bool) -> Desired {
    Desired { presence: Some(presence), manual, ..Desired::default() }
}

fn started(shape: Shape) -> Agent {
    let mut agent = Agent::new(Server::new(shape));
    agent.desired = wish(Online, false);
    agent.run(secs(30));
    assert_eq!(agent.server.seen().presence, Online);
    agent
}

#[test]
fn a_day_at_rest_is_quiet_and_never_flaps() {
    for shape in [LIMITED, FREE] {
        let mut agent = started(shape);
        let (changes, requests) = (agent.server.changes, agent.requests);
        agent.run(secs(3600));
        assert_eq!(agent.server.changes, changes, "nothing changed for others");
        let a_minute = (agent.requests - requests) as f64 / 60.0;
        assert!(a_minute < 2.0, "{a_minute} requests a minute while active");
        agent.desired = wish(Unavailable, false);
        agent.run(secs(60));
        assert_eq!(agent.server.seen().presence, Unavailable);
        let requests = agent.requests;
        agent.run(secs(3600));
        let a_minute = (agent.requests - requests) as f64 / 60.0;
        assert!(a_minute < 0.5, "{a_minute} requests a minute while away");
    }
}

#[test]
fn changes_arrive_at_once_after_rest() {
    for shape in [LIMITED, FREE] {
        let mut agent = started(shape);
        for (presence, manual) in
            [(Unavailable, false), (Online, false), (Busy, true), (Online, false), (Busy, false)]
        {
            agent.desired = wish(presence, manual);
            agent.run(Duration::from_millis(50));
            assert_eq!(agent.server.seen().presence, presence);
            agent.run(secs(30));
            assert_eq!(agent.server.seen().presence, presence);
            assert!(agent.last.settled, "{:?}", agent.ack);
        }
    }
}

#[test]
fn quick_changes_end_right_within_the_pace() {
    let mut agent = started(LIMITED);
    for i in 0..12 {
        agent.desired = if i % 2 == 0 { wish(Busy, true) } else { wish(Online, false) };
        agent.run(Duration::from_millis(700));
    }
    agent.run(secs(25));
    assert_eq!(agent.server.seen().presence, Online);
    assert!(agent.limited <= 1, "the limit was learnt: {}", agent.limited);
    assert!(matches!(agent.abilities.pace, Pace::Limited(_)));
}

#[test]
fn a_free_server_is_found_out() {
    let mut agent = started(FREE);
    for i in 0..6 {
        agent.desired = if i % 2 == 0 { wish(Unavailable, false) } else { wish(Online, false) };
        agent.run(secs(3));
        assert_eq!(Some(agent.server.seen().presence), agent.meant());
    }
    assert_eq!(agent.abilities.pace, Pace::Free);
}

#[test]
fn busy_left_behind_by_a_killed_agent_is_cleared() {
    let mut agent = started(LIMITED);
    agent.desired = wish(Busy, true);
    agent.run(secs(20));
    agent.kill();
    agent.desired = wish(Online, false);
    agent.run(secs(20));
    assert_eq!(agent.server.seen().presence, Online);
    assert!(!agent.ack.busy_mark);
}

#[test]
fn busy_left_behind_is_cleared_even_where_nothing_is_known() {
    let mut agent = started(LIMITED);
    agent.desired = wish(Busy, true);
    agent.run(secs(20));
    agent.kill();
    agent.desired = Desired::default();
    agent.run(secs(60));
    assert_eq!(agent.server.seen().presence, Offline);
}

#[test]
fn another_device_that_is_busy_is_neither_fought_nor_held() {
    let mut agent = started(LIMITED);
    agent.server.other("phone", Busy, agent.now);
    agent.run(secs(300));
    assert_eq!(agent.server.seen().presence, Busy);
    assert!(agent.last.note.is_some());
    let requests = agent.requests;
    agent.run(secs(1200));
    assert!(agent.requests - requests < 20, "no quarrel");
    agent.server.other("phone", Offline, agent.now);
    agent.run(secs(25));
    assert_eq!(agent.server.seen().presence, Online, "it was not caught");
}

#[test]
fn where_the_last_word_wins_busy_goes_by_sync() {
    let mut agent = started(Shape { last_wins: true, ..FREE });
    agent.desired = wish(Busy, false);
    // The next sync undoes it, which teaches to say it by sync.
    agent.run(secs(400));
    assert_eq!(agent.server.seen().presence, Busy);
    let changes = agent.server.changes;
    agent.run(secs(3600));
    assert_eq!(agent.server.changes, changes, "it stays");
    for presence in [Online, Busy, Unavailable, Online] {
        agent.desired = wish(presence, true);
        agent.run(secs(20));
        assert_eq!(agent.server.seen().presence, presence);
    }
}

#[test]
fn busy_is_shown_as_away_where_another_device_would_hold_it() {
    let mut agent = started(LIMITED);
    agent.server.element(true, agent.now);
    agent.run(secs(60));
    agent.desired = Desired { stand_in: Some("In a call".into()), ..wish(Busy, false) };
    agent.run(secs(40));
    assert_ne!(agent.server.seen().presence, Busy);
    assert_eq!(agent.server.seen().message.as_deref(), Some("In a call"));
    let note = agent.last.note.as_ref().map(ToString::to_string);
    assert!(note.is_some_and(|n| n.contains("Element")), "{:?}", agent.last.note);
    agent.desired = wish(Online, false);
    agent.run(secs(40));
    assert_eq!(agent.server.seen().presence, Online);
    assert_eq!(agent.server.seen().message, None, "the stand-in went with the call");
    // Closed for long enough, it is no reason any more.
    agent.server.element(false, agent.now);
    agent.desired = wish(Busy, true);
    agent.run(secs(700));
    assert_eq!(agent.server.seen().presence, Busy);
}

#[test]
fn busy_that_another_device_holds_is_said_and_remembered() {
    let mut agent = started(LIMITED);
    agent.server.element(true, agent.now);
    agent.desired = Desired { busy: BusyMode::Always, ..wish(Busy, true) };
    agent.run(secs(90));
    assert_eq!(agent.server.seen().presence, Busy);
    agent.desired = wish(Online, false);
    agent.run(secs(300));
    assert_eq!(agent.server.seen().presence, Busy, "Element holds it");
    let note = agent.last.note.as_ref().map(ToString::to_string);
    assert_eq!(note.as_deref(), Some("Element keeps you busy"));
    assert!(agent.ack.held_once);
    agent.server.element(false, agent.now);
    agent.server.other("element", Offline, agent.now);
    agent.run(secs(320));
    assert_eq!(agent.server.seen().presence, Online, "left as soon as it can be");
    agent.desired = wish(Busy, false);
    agent.run(secs(30));
    assert_eq!(agent.server.seen().presence, Unavailable, "once is enough");
}

#[test]
fn a_message_found_there_survives_our_puts_and_ours_goes_when_it_ends() {
    let mut agent = started(LIMITED);
    agent.server.put("phone", Online, Some("theirs".into()), agent.now);
    agent.run(secs(20));
    agent.desired = wish(Busy, true);
    agent.run(secs(20));
    assert_eq!(agent.server.seen().message.as_deref(), Some("theirs"));
    agent.desired.message = Some("ours".into());
    agent.run(secs(30));
    assert_eq!(agent.server.seen().message.as_deref(), Some("ours"));
    agent.kill();
    agent.desired.message = None;
    agent.run(secs(30));
    assert_eq!(agent.server.seen().message, None, "an ended message goes, also after a kill");
}

#[test]
fn a_message_that_was_cleared_a_moment_ago_does_not_come_back() {
    let mut agent = started(FREE);
    agent.desired = Desired { message: Some("ours".into()), ..wish(Busy, true) };
    agent.run(secs(20));
    agent.desired = wish(Online, false);
    agent.run(Duration::from_millis(9));
    // The clearing was accepted, but not read back yet.
    agent.desired = wish(Unavailable, true);
    agent.run(secs(20));
    assert_eq!(agent.server.seen().message, None);
}

#[test]
fn a_server_that_was_away_is_right_within_fifteen_seconds() {
    for (before, after) in [(Unavailable, Online), (Online, Busy), (Busy, Unavailable)] {
        let mut agent = started(LIMITED);
        agent.desired = wish(before, true);
        agent.run(secs(20));
        agent.cut(true);
        agent.run(secs(60));
        agent.desired = wish(after, true);
        agent.run(secs(20));
        assert!(agent.ack.seen.is_none(), "not known while it is away");
        if before != Busy {
            agent.server.restart(agent.now);
        }
        agent.cut(false);
        agent.run(secs(15));
        assert_eq!(agent.server.seen().presence, after);
    }
}

#[test]
fn a_server_that_was_restarted_while_we_were_busy_keeps_us_so_for_an_hour() {
    let mut agent = started(LIMITED);
    agent.desired = wish(Busy, true);
    agent.run(secs(20));
    agent.cut(true);
    agent.server.restart(agent.now);
    agent.cut(false);
    agent.desired = wish(Online, true);
    agent.run(secs(60));
    assert_eq!(agent.server.seen().presence, Busy, "nobody can leave it");
    assert_eq!(agent.last.note, Some(Note::ServerHolds));
    assert!(!agent.ack.held_once, "no device is to blame");
    let requests = agent.requests;
    agent.run(secs(3600));
    assert_eq!(agent.server.seen().presence, Online);
    assert!(agent.requests - requests < 120, "{} requests", agent.requests - requests);
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
        let mut agent = Agent::new(Server::new(Shape { busy, pace, last_wins: false }));
        agent.desired = wish(Online, false);
        for (wait, turn) in turns {
            agent.run(Duration::from_millis(wait));
            match turn {
                Turn::Wish(presence, manual, text) => {
                    agent.desired = Desired {
                        presence,
                        manual: manual && presence.is_some(),
                        message: text.map(|t| format!("message {t}")),
                        ..Desired::default()
                    };
                }
                Turn::Cut(down) => agent.cut(down),
                Turn::Restart => {
                    agent.cut(true);
                    agent.server.restart(agent.now);
                    agent.cut(false);
                }
                Turn::Kill => agent.kill(),
                Turn::Element(open) => agent.server.element(open, agent.now),
                Turn::Phone(p) => agent.server.other("phone", p, agent.now),
            }
        }
        agent.cut(false);
        agent.run(secs(30));
        agent.server.other("phone", Offline, agent.now);
        agent.server.element(false, agent.now);
        agent.server.other("element", Offline, agent.now);
        agent.server.forget(agent.now);
        let steps = agent.steps;
        agent.run(secs(1300));
        let seen = agent.server.seen();
        match agent.meant() {
            None => prop_assert_ne!(seen.presence, Busy),
            // Away in its place is a choice; busy that still stands is right.
            Some(Unavailable) if agent.desired.presence == Some(Busy) => {
                prop_assert!(matches!(seen.presence, Busy | Unavailable), "{:?}", agent.ack);
            }
            Some(meant) => prop_assert_eq!(seen.presence, meant, "{:?}", agent.ack),
        }
        // Nobody else wrote one, so one that is left is an old one of ours.
        prop_assert_eq!(&seen.message, &agent.desired.message);
        prop_assert!(agent.last.settled, "{:?} {:?}", agent.ack, agent.abilities);
        prop_assert!(agent.steps - steps < 80, "{} steps in 20 minutes", agent.steps - steps);
    }
}
