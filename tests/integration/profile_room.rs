//! The profile room (MSC3032), which anybody can read.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use presently_world::client::BUSY;
use presently_world::{Client, Method, Synapse, User, secs, within};
use serde_json::{Value, json};

use crate::scene::Scene;

pub(crate) const STATUS: &str = "org.matrix.msc3032.status";
const PRESENCE: &str = "org.matrix.msc3032.presence";

fn alias(user: &User) -> String {
    format!("%23_profile_{}", user.user_id.trim_start_matches('@'))
}

/// The room that the alias resolves to, for any viewer.
async fn room(viewer: &Client, user: &User) -> Result<Option<String>> {
    let path = format!("/_matrix/client/v3/directory/room/{}", alias(user));
    let (status, answer) = viewer.request(Method::GET, &path, &Value::Null).await?;
    ensure!(status == 200 || status == 404, "{status} {answer}");
    Ok(answer["room_id"].as_str().map(str::to_owned))
}

/// A state event of a room, read by a user who is not in it.
async fn says(viewer: &Client, room: &str, kind: &str) -> Result<Value> {
    let path = format!("/_matrix/client/v3/rooms/{room}/state/{kind}");
    let (status, answer) = viewer.request(Method::GET, &path, &Value::Null).await?;
    // A room that is just being made has its name before it may be read.
    ensure!(matches!(status, 200 | 403 | 404), "{status} {answer}");
    Ok(if status == 200 { answer } else { Value::Null })
}

/// The polling interval. A user outside a room receives no events of it.
const GLANCE: Duration = Duration::from_millis(50);

/// Waits until the room exists.
pub(crate) async fn appears(viewer: &Client, user: &User) -> Result<String> {
    within(secs(20), "the profile room", async {
        loop {
            match room(viewer, user).await? {
                Some(room) => return Ok(room),
                None => tokio::time::sleep(GLANCE).await,
            }
        }
    })
    .await
}

/// Waits until an event has this content.
pub(crate) async fn until(viewer: &Client, room: &str, kind: &str, wanted: &Value) -> Result<()> {
    within(secs(20), kind, async {
        while says(viewer, room, kind).await? != *wanted {
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    })
    .await
}

/// All events of the room so far.
async fn log(viewer: &Client, room: &str) -> Result<Vec<Value>> {
    let path = format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=100");
    let events = viewer.get(&path).await?["chunk"].take();
    let events = events.as_array().context("no log")?.iter();
    let ours = |e: &&Value| e["type"] == STATUS || e["type"] == PRESENCE;
    Ok(events.filter(ours).map(|e| e["content"].clone()).collect())
}

#[tokio::test]
async fn it_says_what_the_person_said_and_forgets_it_when_that_ends() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let scene = Scene::on(synapse, "5m").await?;
    let me = scene.person.user_id.as_str();
    // Shares no room with the person.
    let viewer = Client::login(&synapse.user("stranger").await?).await?;
    scene.say(&["busy", "--message", "Writing"]).await?;
    scene.sees(BUSY).await?;
    ensure!(room(&viewer, &scene.person).await?.is_none(), "nobody has asked for it");

    scene.say(&["account", me, "--profile-room", "on"]).await?;
    let there = appears(&viewer, &scene.person).await?;
    until(&viewer, &there, STATUS, &json!({"status_msg": "Writing"})).await?;
    until(&viewer, &there, PRESENCE, &json!({"presence": BUSY})).await?;
    let seen = scene.say(&["look", me]).await?;
    ensure!(seen.contains("Profile room: Busy: Writing"), "{seen}");

    // Read by all, written by nobody else.
    let join = format!("/_matrix/client/v3/join/{there}");
    ensure!(viewer.request(Method::POST, &join, &json!({})).await?.0 == 403);

    // An automatic presence is nobody's business, and what is over is taken
    // away, also from the log.
    scene.say(&["auto"]).await?;
    scene.say(&["message", "--clear"]).await?;
    until(&viewer, &there, PRESENCE, &json!({})).await?;
    until(&viewer, &there, STATUS, &json!({})).await?;
    let log = log(&viewer, &there).await?;
    ensure!(log == [json!({}), json!({})], "{log:?}");
    let seen = scene.say(&["look", me]).await?;
    ensure!(!seen.contains("Profile room"), "{seen}");

    // Said again within fifteen minutes, it waits.
    scene.say(&["busy", "--message", "Writing"]).await?;
    scene.sees(BUSY).await?;
    ensure!(says(&viewer, &there, PRESENCE).await? == json!({}));
    Ok(())
}

#[tokio::test]
async fn who_opts_out_leaves_nothing_there_even_after_a_kill() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let mut scene = Scene::on(synapse, "5m").await?;
    let viewer = Client::login(&synapse.user("stranger").await?).await?;
    let me = scene.person.user_id.clone();
    scene.say(&["account", &me, "--profile-room", "on"]).await?;
    scene.say(&["away", "--message", "Out for lunch"]).await?;
    scene.sees("unavailable").await?;
    let there = appears(&viewer, &scene.person).await?;
    until(&viewer, &there, PRESENCE, &json!({"presence": "unavailable"})).await?;
    until(&viewer, &there, STATUS, &json!({"status_msg": "Out for lunch"})).await?;
    let file = scene.world.settings_file();
    let opt_out = async {
        let text = std::fs::read_to_string(&file)?;
        std::fs::write(&file, text.replace("profile_room = true", "profile_room = false"))?;
        Ok(())
    };
    scene.kill_and_restart(opt_out).await?;
    until(&viewer, &there, PRESENCE, &json!({})).await?;
    until(&viewer, &there, STATUS, &json!({})).await?;
    let log = log(&viewer, &there).await?;
    ensure!(log.iter().all(|content| *content == json!({})), "{log:?}");
    Ok(())
}

/// A person whose room says busy, for a while or without an end.
async fn busy_in_public(words: &[&str]) -> Result<(Scene, Client, String)> {
    let synapse = Synapse::busy().await?;
    let scene = Scene::on(synapse, "5m").await?;
    let viewer = Client::login(&synapse.user("stranger").await?).await?;
    scene.say(&["account", &scene.person.user_id, "--profile-room", "on"]).await?;
    scene.say(&[&["busy", "--message", "Writing"], words].concat()).await?;
    let there = appears(&viewer, &scene.person).await?;
    until(&viewer, &there, PRESENCE, &json!({"presence": BUSY})).await?;
    until(&viewer, &there, STATUS, &json!({"status_msg": "Writing"})).await?;
    Ok((scene, viewer, there))
}

/// The time limit for the agent at the end of a session.
const LAST_WORDS: Duration = secs(2);

#[tokio::test]
async fn what_nobody_sees_to_goes_with_the_agent() -> Result<()> {
    for (words, stays) in [
        (&["--for", "1h"][..], json!({})),
        // One without an end is what the person wants others to read.
        (&[], json!({"status_msg": "Writing"})),
    ] {
        let (scene, viewer, there) = busy_in_public(words).await?;
        let asked = Instant::now();
        scene.say(&["quit"]).await?;
        scene.agent.process().wait(secs(10)).await?;
        let took = asked.elapsed();
        ensure!(took < LAST_WORDS + secs(1), "it took {took:?}");
        // Nobody is left who could do it later.
        ensure!(says(&viewer, &there, PRESENCE).await? == json!({}), "{words:?}");
        ensure!(says(&viewer, &there, STATUS).await? == stays, "{words:?}");
        let log = log(&viewer, &there).await?;
        ensure!(log.iter().all(|said| *said == json!({}) || *said == stays), "{log:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_killed_agent_left_goes_at_the_next_start() -> Result<()> {
    let said = Instant::now();
    let (mut scene, viewer, there) = busy_in_public(&["--for", "6s"]).await?;
    scene.agent.process().kill().await?;
    ensure!(says(&viewer, &there, PRESENCE).await? == json!({"presence": BUSY}));
    ensure!(says(&viewer, &there, STATUS).await? == json!({"status_msg": "Writing"}));
    tokio::time::sleep(secs(8).saturating_sub(said.elapsed())).await;
    scene.agent = scene.world.agent().await?;
    until(&viewer, &there, PRESENCE, &json!({})).await?;
    until(&viewer, &there, STATUS, &json!({})).await?;
    let log = log(&viewer, &there).await?;
    ensure!(log.iter().all(|said| *said == json!({})), "{log:?}");
    Ok(())
}

#[tokio::test]
async fn a_name_that_somebody_else_took_first_is_said_and_not_believed() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let scene = Scene::on(synapse, "5m").await?;
    let me = scene.person.user_id.as_str();
    let thief = Client::login(&synapse.user("thief").await?).await?;
    let localpart = me.trim_start_matches('@').split(':').next().unwrap_or_default();
    let world_readable = json!([{
        "type": "m.room.history_visibility", "state_key": "",
        "content": {"history_visibility": "world_readable"},
    }]);
    let body = json!({
        "room_alias_name": format!("_profile_{localpart}"), "initial_state": world_readable,
    });
    let made = thief.ok(Method::POST, "/_matrix/client/v3/createRoom", &body).await?;
    let theirs = made["room_id"].as_str().context("no room")?;
    let path = format!("/_matrix/client/v3/rooms/{theirs}/state/{STATUS}/");
    thief.ok(Method::PUT, &path, &json!({"status_msg": "I am a fool"})).await?;

    let seen = scene.say(&["look", me]).await?;
    ensure!(!seen.contains("fool"), "{seen}");
    scene.say(&["account", me, "--profile-room", "on"]).await?;
    scene.say(&["busy"]).await?;
    let said = |a: &Value| {
        a["profile_room_problem"].as_str().is_some_and(|p| p.contains("somebody else has taken"))
    };
    scene.account_when("the problem", said, secs(20)).await?;
    let status = scene.say(&["status"]).await?;
    ensure!(status.contains("somebody else has taken its name"), "{status}");
    scene.sees(BUSY).await
}
