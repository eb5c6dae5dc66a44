//! What an agent does while a server cannot be reached: it sends few requests,
//! and others see what was meant soon after the server is back.

use presently_core::account::{Everything, Intent};
use presently_core::settings::BusyMode;

use super::*;

/// The changes that are pending when the line goes down.
fn pending() -> Vec<(&'static str, Intent)> {
    let nothing = Intent::default();
    let all = with(Busy, true, |shown| {
        *shown = Everything {
            message: message("mine"),
            call: Some(300),
            profile_room: true,
            busy: BusyMode::Always,
            ..shown.clone()
        };
    });
    vec![
        ("nothing", nothing),
        ("a standing message", saying(Online, false, "mine")),
        ("a choice", wish(Unavailable, true)),
        ("busy, and the list of devices", wish(Busy, true)),
        ("away by itself", wish(Unavailable, false)),
        ("invisible", wish(Offline, true)),
        ("a call in the profile", with(Online, false, |shown| shown.call = Some(300))),
        ("everything", all),
    ]
}

/// The intent comes just before the line goes down, or just after. In one case
/// the line was never up.
#[test]
fn an_hour_without_a_server_costs_little_whatever_is_pending() {
    for (name, intent) in pending() {
        for (early, ever, shape) in
            [(true, true, FREE), (false, true, LIMITED), (false, true, FREE), (true, false, FREE)]
        {
            let case = format!("{name}, before: {early}, ever up: {ever}");
            let mut world = World::new(Server::new(shape));
            if ever {
                world.me.intent = wish(Online, false);
                world.run(secs(10));
            } else {
                world.cut(true);
            }
            if early {
                world.me.intent = intent.clone();
                world.run(Duration::from_millis(3));
                world.cut(true);
            } else {
                world.cut(true);
                world.run(Duration::from_millis(3));
                world.me.intent = intent.clone();
            }
            world.run(secs(10));
            let (looks, requests) = (world.me.all_looks, world.me.requests);
            world.run(secs(3600));
            let (looks, requests) = (world.me.all_looks - looks, world.me.requests - requests);
            assert!(looks < 250, "{case}: {looks} looks in an hour");
            assert!(requests < 250, "{case}: {requests} requests in an hour");
            world.cut(false);
            world.run(secs(75));
            assert!(world.me.view.settled && world.me.view.profile_settled, "{case}");
            assert!(crate::watch::is_right(&world), "{case}: {:?}", world.net.server.seen());
        }
    }
}

/// A call on another device counts for two minutes after the line went down.
#[test]
fn a_call_heard_of_before_an_outage_is_not_believed_for_hours() {
    let mut world = started(FREE);
    world.net.call_elsewhere(true);
    world.run(secs(5));
    assert!(world.me.view.elsewhere.is_some());
    world.cut(true);
    world.run(secs(115));
    assert!(world.me.view.elsewhere.is_some());
    world.run(secs(10));
    assert_eq!(world.me.view.elsewhere, None);
    assert_eq!(world.me.view.notes, [Note::CallUnknown]);
    world.cut(false);
    world.run(secs(15));
    assert!(world.me.view.elsewhere.is_some(), "it goes on");
    assert_eq!(world.me.view.notes, []);
    world.net.call_elsewhere(false);
    world.run(secs(1));
    assert_eq!(world.me.view.elsewhere, None);
}
