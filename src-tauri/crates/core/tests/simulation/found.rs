//! What simulated days have found, each told in as few words as show it.
//! The days themselves are kept by their seeds in `days`.

use presently_core::account::profile::{Field, Status, Step, Wish};
use presently_core::account::{Abilities, Acknowledged, BusyBySync, Event, Marks, Pace, Put, Seen};

use super::*;
use crate::flight::{Flight, Leg, Request};
use crate::line::{Line, Mood, Says};

fn seen(presence: Presence) -> Option<Seen> {
    Some(Seen { presence, message: None })
}

fn put(presence: Presence) -> Event {
    Event::PutStarted(Put { presence, message: None, ours: false })
}

fn status(text: &str) -> Status {
    Status { text: text.to_owned(), emoji: "💬".to_owned() }
}

/// A request that was given up arrives after this.
fn strays(world: &mut World, after: Duration, request: Request) {
    let leg = Leg::There(request, None);
    world.me.flights.push(Flight { at: world.net.now + after, leg });
}

#[test]
fn a_storm_of_refusals_teaches_no_pace_of_minutes() {
    let mut world = started(FREE);
    world.net.mood = Mood::Limits { polls: false, says: Says::Always(secs(300)) };
    world.me.desired = wish(Busy, true);
    world.run(secs(10));
    world.net.mood = Mood::Well;
    world.run(secs(300));
    assert_eq!(world.net.server.seen().presence, Busy);
    world.me.desired = wish(Online, false);
    world.run(secs(25));
    assert_eq!(world.net.server.seen().presence, Online);
    assert!(matches!(world.me.abilities.pace, Pace::Limited(pace) if pace < secs(30)));
}

#[test]
fn what_the_server_asked_for_holds_when_the_network_comes_back() {
    let mut world = started(FREE);
    world.net.mood = Mood::Limits { polls: true, says: Says::Always(secs(120)) };
    world.me.desired = wish(Busy, true);
    world.me.wish = Wish { status: Some(status("mine")), ..Wish::default() };
    world.run(secs(10));
    for _ in 0..5 {
        world.me.returned(&mut world.net);
        world.run(secs(10));
    }
    assert_eq!(world.me.early, 0);
}

/// Events of one account, a tenth of a second apart but where they say so.
fn after(ack: &mut Acknowledged, events: Vec<(u64, Event)>) -> Abilities {
    let mut abilities = Abilities { busy: Some(true), ..Abilities::default() };
    let mut now = presently_core::Mono(1_000_000);
    for (later, event) in events {
        now = now + secs(later) + Duration::from_millis(100);
        ack.record(event, &mut abilities, now);
    }
    abilities
}

#[test]
fn a_goodbye_that_a_sync_tells_of_first_is_not_the_doing_of_the_sync() {
    let poll = |number, set| Event::PollStarted { number, set };
    let abilities = after(
        &mut Acknowledged::default(),
        vec![
            (0, poll(1, Unavailable)),
            (0, Event::PollAnswered { number: 1, seen: seen(Unavailable) }),
            (0, put(Busy)),
            (0, Event::PutAccepted),
            (20, poll(2, Unavailable)),
            (0, put(Unavailable)),
            (0, Event::PollAnswered { number: 2, seen: seen(Unavailable) }),
        ],
    );
    assert_eq!(abilities.busy_by_sync, BusyBySync::Kept);
}

#[test]
fn a_goodbye_of_an_earlier_run_that_comes_late_is_not_the_doing_of_a_sync() {
    let poll = |number, set| Event::PollStarted { number, set };
    let abilities = after(
        &mut Acknowledged::after_restart(&Marks { busy: true, ..Marks::default() }),
        vec![
            (0, poll(1, Unavailable)),
            (0, Event::PollAnswered { number: 1, seen: seen(Busy) }),
            (0, put(Busy)),
            (0, Event::PutAccepted),
            (10, poll(2, Unavailable)),
            (0, Event::PollAnswered { number: 2, seen: seen(Unavailable) }),
        ],
    );
    assert_eq!(abilities.busy_by_sync, BusyBySync::Kept);
}

#[test]
fn a_busy_that_others_saw_by_another_device_and_ended_is_not_the_doing_of_a_sync() {
    let poll = |number, set| Event::PollStarted { number, set };
    let abilities = after(
        &mut Acknowledged::default(),
        vec![
            (0, poll(1, Unavailable)),
            (0, Event::PollAnswered { number: 1, seen: seen(Unavailable) }),
            (0, put(Busy)),
            (0, Event::PutAccepted),
            (20, poll(2, Unavailable)),
            (60, Event::PollAnswered { number: 2, seen: seen(Unavailable) }),
        ],
    );
    assert_eq!(abilities.busy_by_sync, BusyBySync::Kept);
}

#[test]
fn our_own_invisibility_is_no_server_without_presence() {
    let abilities = after(
        &mut Acknowledged::default(),
        vec![
            (0, Event::PollStarted { number: 1, set: Unavailable }),
            (0, Event::PollAnswered { number: 1, seen: None }),
            (0, put(Unavailable)),
            (0, Event::PutAccepted),
            (0, put(Unavailable)),
            (0, Event::PutAccepted),
            (0, Event::PollStarted { number: 2, set: Offline }),
            (0, Event::ReadStarted),
            (0, Event::ReadAnswered(seen(Offline))),
        ],
    );
    assert_ne!(abilities.presence, Some(false));
}

#[test]
fn a_message_is_kept_while_another_device_keeps_the_presence() {
    let mut world = started(FREE);
    world.net.server.other("phone", Busy, world.net.now);
    world.me.desired = Desired { message: Some("ours".into()), ..wish(Unavailable, true) };
    world.run(secs(1_500));
    assert_eq!(world.net.server.seen().message.as_deref(), Some("ours"));
    // An app that knows nothing of messages.
    world.net.server.put("tablet", Online, None, world.net.now);
    world.run(secs(15));
    assert_eq!(world.net.server.seen().message.as_deref(), Some("ours"));
}

#[test]
fn a_busy_that_our_own_sync_has_caught_is_left_at_once() {
    for returned in [false, true] {
        let mut world = started(LIMITED);
        world.me.desired = wish(Busy, true);
        world.run(secs(20));
        world.cut(true);
        world.net.server.restart(world.net.now);
        world.cut(false);
        world.me.desired = wish(Online, false);
        // The server holds it, and it is tried less and less often.
        world.run(secs(1_300));
        assert_eq!(world.net.server.seen().presence, Busy);
        if returned {
            world.me.returned(&mut world.net);
        } else {
            world.me.desired = wish(Busy, false);
            world.run(secs(2));
            world.me.desired = wish(Online, false);
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
    world.me.wish = Wish { status: Some(status("mine")), ..Wish::default() };
    world.run(secs(60));
    world.net.fields.set_elsewhere(Some(status("theirs")), world.net.now);
    world.run(secs(60));
    world.me.wish = Wish::default();
    world.run(secs(60));
    assert_eq!(world.net.fields.status, Some(status("theirs")));
}

#[test]
fn what_a_killed_agent_sent_and_comes_late_is_undone() {
    for tells in [false, true] {
        let mut world = started(FREE);
        world.net.fields.tells = tells;
        world.me.wish = Wish { status: Some(status("mine")), call: Some(300) };
        world.me.desired = Desired { message: Some("mine".into()), ..wish(Online, false) };
        world.run(secs(20));
        let mine = Put { presence: Online, message: Some("mine".into()), ours: true };
        world.net.fields.set_elsewhere(Some(status("theirs")), world.net.now);
        world.kill();
        strays(&mut world, secs(20), Request::Profile(Step::WriteCall(300)));
        strays(&mut world, secs(20), Request::Profile(Step::WriteStatus(status("mine"))));
        strays(&mut world, secs(20), Request::Put(mine));
        world.me.wish = Wish::default();
        world.me.desired = wish(Online, false);
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
        world.me.wish = Wish { status: Some(status("mine")), call: Some(300) };
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
    world.me.wish = Wish { call: Some(300), ..Wish::default() };
    world.me.desired = Desired { message: Some("mine".into()), ..wish(Unavailable, true) };
    world.run(Duration::from_millis(1));
    world.me.line = Line::Good;
    world.me.quit(secs(60), &mut world.net);
    world.me.wish = Wish::default();
    world.me.desired = wish(Online, false);
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
    second.desired = wish(Unavailable, false);
    world.second = Some(second);
    // It claims nothing, but its syncs count for the rate limit.
    world.me.desired = Desired::default();
    world.run(secs(30));
    // Both are told of it at once.
    world.net.server.put("phone", Online, None, world.net.now);
    world.run(secs(600));
    let changes = world.net.server.changes;
    world.run(secs(3600));
    assert_eq!(world.net.server.seen().presence, Unavailable);
    assert_eq!(world.net.server.changes, changes, "it stays");
}
