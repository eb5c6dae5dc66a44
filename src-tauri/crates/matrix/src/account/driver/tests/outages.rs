//! The server is unreachable for an hour: the account sends few requests
//! meanwhile and recovers soon after.

use std::time::Duration;

use presently_core::Presence;
use presently_core::account::Lane;
use tokio::time::sleep;

use super::{Fake, Line, Stage, listen, message, settled};

const HOUR: Duration = Duration::from_secs(3600);

/// The most turns of the loop, and the most requests, in an hour.
const TURNS: u32 = 600;
const REQUESTS: usize = 600;

/// What the account does when the server becomes unreachable.
type Story = fn(&Stage);

const STORIES: [(&str, Story); 6] = [
    ("nothing", |_| {}),
    ("a message that stands", |_| {}),
    ("busy", |stage| {
        stage.show(|shown| {
            shown.presence = Some(Presence::Busy);
            shown.manual = true;
        });
    }),
    ("the status and the call", |stage| {
        stage.show(|shown| {
            shown.message = message("In a review");
            shown.call = Some(1_800_000_000);
        });
    }),
    ("the profile room", |stage| {
        stage.show(|shown| {
            shown.profile_room = true;
            shown.message = message("In a review");
        });
    }),
    ("the devices", |stage| {
        stage.show(|shown| shown.presence = Some(Presence::Busy));
    }),
];

/// Lets an hour pass and checks both bounds.
async fn outage(what: &str, stage: &Stage) {
    let (turns, requests) = (stage.turns.so_far(), stage.server.asked().len());
    sleep(HOUR).await;
    let turns = stage.turns.so_far() - turns;
    let requests = stage.server.asked().len() - requests;
    assert!(turns < TURNS, "{what}: {turns} turns");
    assert!(requests < REQUESTS, "{what}: {requests} requests");
}

/// Whether the server shows what the intent says.
fn is_right(server: &Fake, stage: &Stage) -> bool {
    let intent = stage.intent.borrow();
    let (wish, world) = (intent.profile(), server.world());
    let room = intent.profile_room().and_then(|contents| contents.message);
    let in_room = world.room.iter().any(|(_, value)| Some(value) == room.as_ref());
    intent.presence().is_shown_by(&world.shown)
        && world.status == wish.status
        && world.call == wish.call
        && (room.is_none() || in_room)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_from_the_start() {
    for line in [Line::Refused, Line::Silent] {
        let (events, mut views) = listen();
        let stage = Stage::new(line, events);
        outage(&format!("from the start, {line:?}"), &stage).await;
        stage.server.set_line(Line::Up);
        settled(&stage, &mut views).await;
        assert!(is_right(&stage.server, &stage), "{line:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_away() {
    for (what, story) in STORIES {
        for line in [Line::Refused, Line::Silent] {
            let (events, mut views) = listen();
            let stage = Stage::new(Line::Up, events);
            stage.show(|shown| shown.message = message("Standing"));
            stage.server.is_asked(Lane::Sync).await;
            sleep(Duration::from_secs(10)).await;
            stage.server.world().devices_hang = true;
            story(&stage);
            // The requests are sent before the connection fails.
            tokio::task::yield_now().await;
            stage.server.set_line(line);
            outage(&format!("{what}, {line:?}"), &stage).await;
            stage.server.world().devices_hang = false;
            stage.server.set_line(Line::Up);
            settled(&stage, &mut views).await;
            assert!(is_right(&stage.server, &stage), "{what}, {line:?}");
        }
    }
}
