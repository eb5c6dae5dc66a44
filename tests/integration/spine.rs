//! The main function end to end: others see the person's activity and choices,
//! on a homeserver with busy and on one without.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::process::run;
use presently_world::proxy::Proxy;
use presently_world::world::programs;
use presently_world::{Client, Seen, Synapse, World, secs};
use serde_json::{Value, json};

use crate::scene::{SOON, Scene, settings};

#[tokio::test]
async fn input_means_online_and_no_input_means_away() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "2s").await?;
    scene.sees("unavailable").await?;
    for _ in 0..3 {
        let mark = scene.colleague.mark();
        scene.press_key().await?;
        let online = |s: &Seen| s.is("online");
        scene.colleague.wait_since(mark, &scene.person.user_id, online, SOON).await?;
        scene.sees("unavailable").await?;
    }
    Ok(())
}

#[tokio::test]
async fn busy_is_busy_where_the_server_has_it() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.say(&["busy"]).await?;
    scene.sees(BUSY).await?;
    let wanted = |a: &Value| a["seen_by_others"] == "busy";
    let account = scene.account_when("busy read back", wanted, SOON).await?;
    assert_eq!(account["intended"], "busy");
    assert_eq!(account["sent"], BUSY);
    assert_eq!(account["server"]["busy"], true);
    // A key changes nothing, and nothing undoes it by and by.
    scene.press_key().await?;
    scene.keeps(BUSY, secs(3)).await?;
    scene.say(&["auto"]).await?;
    scene.sees("online").await
}

#[tokio::test]
async fn busy_said_beside_the_sync_of_a_key_press_is_busy() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "1s").await?;
    for _ in 0..8 {
        scene.sees("unavailable").await?;
        let mark = scene.colleague.mark();
        scene.press_key().await?;
        scene.say(&["busy"]).await?;
        let busy = |s: &Seen| s.is(BUSY);
        scene.colleague.wait_since(mark, &scene.person.user_id, busy, SOON).await?;
        scene.say(&["auto"]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn busy_is_away_where_the_server_has_none() -> Result<()> {
    let scene = Scene::on(Synapse::plain().await?, "5m").await?;
    scene.say(&["busy"]).await?;
    scene.sees("unavailable").await?;
    let wanted = |a: &Value| a["seen_by_others"] == "unavailable";
    let account = scene.account_when("away read back", wanted, SOON).await?;
    assert_eq!(account["intended"], "busy");
    assert_eq!(account["server"]["busy"], false);
    ensure!(account["note"].is_string(), "the person is not told: {account}");
    scene.keeps("unavailable", secs(3)).await?;
    scene.say(&["auto"]).await?;
    scene.sees("online").await
}

#[tokio::test]
async fn every_choice_is_seen() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    for (word, presence) in [
        ("away", "unavailable"),
        ("busy", BUSY),
        ("invisible", "offline"),
        ("available", "online"),
        ("invisible", "offline"),
        ("busy", BUSY),
        ("auto", "online"),
    ] {
        scene.say(&[word]).await?;
        scene.sees(presence).await.with_context(|| word.to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn no_put_loses_the_message() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "3s").await?;
    let text = "At the dentist";
    scene.say(&["message", text]).await?;
    scene.sees_with("online", Some(text)).await?;
    let mark = scene.colleague.mark();
    for (words, presence) in [
        (vec!["busy", "--for", "1h"], BUSY),
        (vec!["away"], "unavailable"),
        (vec!["available"], "online"),
        (vec!["busy"], BUSY),
    ] {
        scene.say(&words).await?;
        scene.sees_with(presence, Some(text)).await?;
    }
    let lost = |s: &&presently_world::colleague::Sighting| s.seen.message.is_none();
    let since = scene.colleague.since(mark);
    ensure!(since.iter().find(lost).is_none(), "it was lost for a moment: {since:?}");
    scene.say(&["message", "--clear"]).await?;
    scene.sees_with(BUSY, None).await
}

#[tokio::test]
async fn a_message_of_a_choice_ends_with_it() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.say(&["message", "Home office"]).await?;
    scene.sees_with("online", Some("Home office")).await?;
    scene.say(&["busy", "--for", "4s", "--message", "Writing"]).await?;
    scene.sees_with(BUSY, Some("Writing")).await?;
    scene.sees_with("online", Some("Home office")).await
}

#[tokio::test]
async fn a_choice_ends_by_itself() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.say(&["busy", "--for", "3s"]).await?;
    let said = Instant::now();
    scene.sees(BUSY).await?;
    scene.sees("online").await?;
    let after = said.elapsed();
    ensure!(after > secs(2) && after < secs(8), "it ended after {after:?}");
    let status = scene.world.status().await?;
    assert_eq!(status["source"], "active");
    Ok(())
}

#[tokio::test]
async fn a_kill_does_not_end_a_choice() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.say(&["busy", "--for", "10s", "--message", "Writing"]).await?;
    let said = Instant::now();
    scene.sees_with(BUSY, Some("Writing")).await?;
    let mark = scene.colleague.mark();
    scene.kill_and_restart(async { Ok(()) }).await?;
    let status = scene.world.status().await?;
    assert_eq!((&status["presence"], &status["source"]), (&json!("busy"), &json!("manual")));
    // Until its end, and no longer; and at no moment in between was it lost.
    scene.press_key().await?;
    scene.sees_with("online", None).await?;
    let after = said.elapsed();
    ensure!(after > secs(9) && after < secs(20), "it ended after {after:?}");
    let since = scene.colleague.since(mark);
    assert_eq!(since.len(), 1, "{since:?}");
    Ok(())
}

#[tokio::test]
async fn an_end_that_passed_while_the_agent_was_dead_has_passed() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.say(&["busy", "--for", "3s"]).await?;
    scene.sees(BUSY).await?;
    // Dead people do not become free: busy stays until we are back.
    let time = async {
        tokio::time::sleep(secs(4)).await;
        Ok(())
    };
    scene.kill_and_restart(time).await?;
    scene.press_key().await?;
    scene.sees("online").await
}

#[tokio::test]
async fn busy_that_nobody_claims_any_more_is_cleared_at_start() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let line = Proxy::before(synapse.port()).await?;
    let (mut person, colleague) = synapse.person_and_colleague().await?;
    person.homeserver = line.url();
    let mut scene = Scene::of(person, colleague, "5m").await?;
    scene.say(&["busy"]).await?;
    scene.sees(BUSY).await?;
    // The server does not hear that it is over, and the agent dies. (The
    // server itself must live: a Synapse that is restarted while somebody is
    // busy keeps them so for an hour, whatever their devices say.)
    line.cut();
    scene.say(&["auto"]).await?;
    let mark = scene.colleague.mark();
    scene.kill_and_restart(async { Ok(()) }).await?;
    scene.press_key().await?;
    scene.keeps(BUSY, secs(1)).await?;
    line.mend();
    scene.sees("online").await?;
    assert_eq!(scene.colleague.since(mark).len(), 1);
    Ok(())
}

#[tokio::test]
async fn accounts_are_independent() -> Result<()> {
    let one = Scene::on(Synapse::busy().await?, "5m").await?;
    let (other, others_colleague) = Synapse::plain().await?.person_and_colleague().await?;
    one.world.sign_in(&other).await?;
    let online = |s: &Seen| s.is("online");
    others_colleague.wait_for(&other.user_id, online, SOON).await?;
    one.say(&["busy", "--account", &one.person.user_id]).await?;
    one.sees(BUSY).await?;
    others_colleague.holds(&other.user_id, online, secs(2)).await?;
    one.say(&["away"]).await?;
    one.sees("unavailable").await?;
    others_colleague.wait_for(&other.user_id, |s| s.is("unavailable"), SOON).await?;
    one.say(&["logout", &other.user_id]).await?;
    let left = one.world.status().await?["accounts"].as_array().map(Vec::len);
    assert_eq!(left, Some(1));
    one.keeps("unavailable", secs(1)).await
}

#[tokio::test]
async fn the_end_of_the_session_is_seen() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.say(&["busy"]).await?;
    scene.sees(BUSY).await?;
    let asked = Instant::now();
    assert_eq!(scene.agent.terminate().await?, Some(0));
    ensure!(asked.elapsed() < secs(4), "it took {:?}", asked.elapsed());
    scene.sees("offline").await
}

#[tokio::test]
async fn nothing_known_means_nothing_claimed() -> Result<()> {
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let _agent = world.agent().await?;
    world.sign_in(&person).await?;
    let connected = |s: &Value| s["accounts"][0]["connection"] == "syncing";
    let status = world.status_when("a connection", connected, SOON).await?;
    assert_eq!((&status["presence"], &status["source"]), (&Value::Null, &json!("none")));
    assert_eq!(status["signals"]["idle"]["state"], "unknown");
    // The person's other devices decide.
    let device = Client::login(&person).await?;
    device.put_presence("unavailable", None).await?;
    let wanted = |s: &Seen| s.is("unavailable");
    colleague.wait_for(&person.user_id, wanted, SOON).await?;
    colleague.holds(&person.user_id, wanted, secs(2)).await
}

#[tokio::test]
async fn the_keyring_keeps_the_sign_in() -> Result<()> {
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.add_keyring().await?;
    world.write_settings("[idle]\nafter = \"5m\"\n[notify]\nenabled = false\n")?;
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    world.display()?.press_key().await?;
    colleague.wait_for(&person.user_id, |s| s.is("online"), SOON).await?;
    ensure!(!token_in_files(&world)?, "the token lies in a file");
    agent.terminate().await?;
    colleague.wait_for(&person.user_id, |s| s.is("offline"), SOON).await?;

    // Signed in after a restart, without a password.
    let _agent = world.agent().await?;
    world.display()?.press_key().await?;
    colleague.wait_for(&person.user_id, |s| s.is("online"), SOON).await?;
    let device = Client::login(&person).await?;
    assert_eq!(device.devices().await?.len(), 2, "one device of ours, one of this test");
    world.presently(&["logout", &person.user_id]).await?;
    assert_eq!(device.devices().await?.len(), 1, "ours is gone from the server");
    assert_eq!(world.status().await?["accounts"], json!([]));
    Ok(())
}

/// Whether the agent's files contain anything that looks like a Synapse token.
fn token_in_files(world: &World) -> Result<bool> {
    let mut folders = vec![world.path().join("config"), world.path().join("state")];
    folders.push(world.path().join("data"));
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if String::from_utf8_lossy(&std::fs::read(&path)?).contains("syt_") {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[tokio::test]
async fn the_demo_plays_its_day() -> Result<()> {
    let world = World::new()?;
    let mut demo = world.command(programs()?.join("presently-demo"));
    demo.arg("--script");
    for name in ["PRESENTLY_SYNAPSE", "PRESENTLY_PROGRAMS"] {
        demo.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    let output = run(demo, b"", secs(240)).await?.success()?;
    ensure!(output.stdout.contains("saw every step"), "{}", output.stdout);
    Ok(())
}
