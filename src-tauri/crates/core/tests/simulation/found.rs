//! The bugs that simulated days have found, each in as few steps as show it.
//! The days themselves are kept by their seeds in `days`.

use presently_core::Mono;
use presently_core::account::profile::{Field, Status, Step};
use presently_core::account::{Put, Request};

use super::*;
use crate::flight::{Flight, Leg};
use crate::line::{Line, Mood, Says};

fn status(text: &str) -> Status {
    Status { text: text.to_owned(), emoji: "💬".to_owned() }
}

fn in_call(text: &str) -> Intent {
    with(Online, false, |shown| (shown.call, shown.message) = (Some(300), message(text)))
}

/// Lets a request that was given up arrive at the server after this time.
fn strays(world: &mut World, after: Duration, request: Request) {
    let at: Mono = world.net.now + after;
    let leg = Leg::There(world.me.stray(request), None);
    world.me.flights.push(Flight { at, leg });
}

#[test]
fn a_storm_of_refusals_teaches_no_pace_of_minutes() {
    let mut world = started(FREE);
    world.net.mood = Mood::Limits { polls: false, says: Says::Always(secs(300)) };
    world.me.intent = wish(Busy, true);
    world.run(secs(10));
    world.net.mood = Mood::Well;
    world.run(secs(300));
    assert_eq!(world.net.server.seen().presence, Busy);
    world.me.intent = wish(Online, false);
    world.run(secs(25));
    assert_eq!(world.net.server.seen().presence, Online);
    assert!(matches!(world.me.account.abilities().pace, Pace::Limited(pace) if pace < secs(30)));
}

#[test]
fn what_the_server_asked_for_holds_when_the_network_comes_back() {
    let mut world = started(FREE);
    world.net.mood = Mood::Limits { polls: true, says: Says::Always(secs(120)) };
    world.me.intent = saying(Busy, true, "mine");
    world.run(secs(10));
    for _ in 0..5 {
        world.me.returned(&mut world.net);
        world.run(secs(10));
    }
    assert_eq!(world.me.early, 0);
}

#[test]
fn a_message_is_kept_while_another_device_keeps_the_presence() {
    let mut world = started(FREE);
    world.net.server.other(PHONE, Busy, world.net.now);
    world.me.intent = saying(Unavailable, true, "ours");
    world.run(secs(1_500));
    assert_eq!(world.net.server.seen().message.as_deref(), Some("ours"));
    // A client that knows nothing of messages clears it by its PUT.
    world.net.server.put(TABLET, Online, None, world.net.now);
    world.run(secs(15));
    assert_eq!(world.net.server.seen().message.as_deref(), Some("ours"));
}

#[test]
fn a_busy_that_our_own_sync_has_caught_is_left_at_once() {
    for returned in [false, true] {
        let mut world = started(LIMITED);
        world.me.intent = wish(Busy, true);
        world.run(secs(20));
        world.cut(true);
        world.net.server.restart(world.net.now);
        world.cut(false);
        world.me.intent = wish(Online, false);
        // The server holds busy, and the agent tries to leave it less and less
        // often.
        world.run(secs(1_300));
        assert_eq!(world.net.server.seen().presence, Busy);
        if returned {
            world.me.returned(&mut world.net);
        } else {
            world.me.intent = wish(Busy, false);
            world.run(secs(2));
            world.me.intent = wish(Online, false);
        }
        world.run(secs(1));
        world.net.server.forget(world.net.now);
        world.run(secs(45));
        assert_eq!(world.net.server.seen().presence, Online, "returned: {returned}");
    }
}

#[test]
fn a_status_that_nobody_told_us_of_is_not_taken_away() {
    let mut world = started(FREE);
    world.me.intent = saying(Online, false, "mine");
    world.run(secs(60));
    world.net.fields.set_elsewhere(Some(status("theirs")), world.net.now);
    world.run(secs(60));
    world.me.intent = wish(Online, false);
    world.run(secs(60));
    assert_eq!(world.net.fields.status, Some(status("theirs")));
}

#[test]
fn what_a_killed_agent_sent_and_comes_late_is_undone() {
    for tells in [false, true] {
        let mut world = started(FREE);
        world.net.fields.tells = tells;
        world.me.intent = in_call("mine");
        world.run(secs(20));
        let mine = Put { presence: Online, message: Some("mine".into()), ours: true };
        world.net.fields.set_elsewhere(Some(status("theirs")), world.net.now);
        world.kill();
        strays(&mut world, secs(20), Request::Profile(Step::WriteCall(300)));
        strays(&mut world, secs(20), Request::Profile(Step::WriteStatus(status("mine"))));
        strays(&mut world, secs(20), Request::Put(mine));
        world.me.intent = wish(Online, false);
        world.run(secs(90));
        assert_eq!(world.net.fields.call, None, "told: {tells}");
        assert_eq!(world.net.fields.status, None, "told: {tells}");
        assert_eq!(world.net.server.seen().message, None, "told: {tells}");
    }
}

#[test]
fn a_removal_that_comes_late_takes_no_status_away_for_good() {
    for tells in [false, true] {
        let mut world = started(FREE);
        world.net.fields.tells = tells;
        world.me.intent = in_call("mine");
        world.run(secs(20));
        world.kill();
        strays(&mut world, secs(20), Request::Profile(Step::Remove(Field::Status)));
        strays(&mut world, secs(20), Request::Profile(Step::Remove(Field::Call)));
        world.run(secs(90));
        assert_eq!(world.net.fields.status, Some(status("mine")), "told: {tells}");
        assert_eq!(world.net.fields.call, Some(300), "told: {tells}");
    }
}

#[test]
fn what_a_goodbye_overtakes_is_cleaned_at_the_next_start() {
    let mut world = started(FREE);
    world.me.line = Line::Slow(secs(5));
    world.me.intent = with(Unavailable, true, |shown| {
        (shown.call, shown.message) = (Some(300), message("mine"));
    });
    world.run(Duration::from_millis(1));
    world.me.line = Line::Good;
    world.me.quit(secs(60), &mut world.net);
    world.me.intent = wish(Online, false);
    world.run(secs(150));
    assert_eq!(world.net.fields.call, None);
    assert_eq!(world.net.server.seen().message, None);
    assert_eq!(world.net.server.seen().presence, Online);
}

#[test]
fn two_agents_in_step_do_not_flap() {
    let mut world = World::new(Server::new(LIMITED));
    let mut second = crate::agent::Agent::new("laptop", true);
    (world.me.alone, second.alone) = (false, false);
    second.intent = wish(Unavailable, false);
    world.second = Some(second);
    // The first agent claims nothing, but its syncs count for the rate limit.
    world.me.intent = Intent::default();
    world.run(secs(30));
    // Both agents hear of this at the same time.
    world.net.server.tablet(Online, None, world.net.now);
    world.run(secs(600));
    let changes = world.net.server.changes;
    world.run(secs(3600));
    assert_eq!(world.net.server.seen().presence, Unavailable);
    assert_eq!(world.net.server.changes, changes, "it stays");
}
