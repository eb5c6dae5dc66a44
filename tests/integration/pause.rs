//! Pauses of call detection and of accounts.

use std::time::Duration;

use anyhow::{Result, ensure};
use presently_world::client::BUSY;
use presently_world::proxy::Proxy;
use presently_world::{Synapse, User, World, secs};
use serde_json::Value;

use crate::calls::scene;
use crate::scene::{SOON, Scene, settings};
use crate::signals_sound::{Kind, Sound};

impl Scene {
    /// Waits for a connection's state.
    async fn connection(&self, wanted: &str) -> Result<Value> {
        self.account_when(wanted, |account| account["connection"] == wanted, SOON).await
    }
}

#[tokio::test]
async fn paused_calls_do_not_count_until_they_are_resumed() -> Result<()> {
    let sound = Sound::start(Kind::PulseAudio).await?;
    let mut scene = scene(&sound).await?;
    let _call = sound.record("Firefox", &["--device=mic"]).await?;
    scene.sees(BUSY).await?;

    let said = scene.say(&["pause", "calls", "--for", "1h"]).await?;
    ensure!(said.starts_with("Call detection is paused, until "), "{said}");
    // Durable before it was said.
    let kept: Value = serde_json::from_slice(&std::fs::read(scene.world.state_file())?)?;
    ensure!(kept["pauses"]["calls"]["until"].is_string(), "{kept:#}");
    scene.sees("online").await?;
    let status = scene.world.status().await?;
    ensure!(status["paused"]["calls"]["until"].is_string(), "{status:#}");
    ensure!(scene.say(&["status"]).await?.contains("Call detection is paused until"));
    ensure!(scene.say(&["doctor"]).await?.contains("paused until"));

    scene.kill_and_restart(async { Ok(()) }).await?;
    scene.hears("in use by Firefox").await?;
    scene.press_key().await?;
    scene.sees("online").await?;
    scene.keeps("online", secs(2)).await?;
    scene.say(&["resume", "calls"]).await?;
    scene.sees(BUSY).await?;
    ensure!(scene.world.status().await?["paused"]["calls"].is_null());

    // It also ends by itself.
    scene.say(&["pause", "calls", "--for", "2s"]).await?;
    scene.sees("online").await?;
    scene.sees(BUSY).await?;
    scene.say(&["pause", "calls"]).await?;
    scene.sees("online").await?;
    scene.say(&["resume"]).await?;
    scene.sees(BUSY).await
}

#[tokio::test]
async fn a_paused_account_says_goodbye_and_nothing_more() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let proxy = Proxy::before(synapse.port()).await?;
    let (person, colleague) = synapse.person_and_colleague().await?;
    let person = User { homeserver: proxy.url(), ..person };
    let mut scene = Scene::of(person, colleague, "5m").await?;
    let me = scene.person.user_id.clone();
    scene.say(&["busy", "--message", "Writing", "--wait"]).await?;

    scene.say(&["pause", &me, "--for", "1h"]).await?;
    scene.sees("offline").await?;
    let account = scene.connection("paused").await?;
    ensure!(account["paused"]["until"].is_string() && account["seen_by_others"].is_null());
    ensure!(scene.say(&["status"]).await?.contains("others see you as offline"));
    ensure!(scene.say(&["doctor"]).await?.contains("paused"));
    // `--wait` waits for nobody who is kept out.
    scene.say(&["away", "--wait=5s"]).await?;

    // It stays so for the next agent, which does not even say hello.
    scene.kill_and_restart(async { Ok(()) }).await?;
    scene.connection("paused").await?;
    let before = proxy.traffic().requests;
    scene.keeps("offline", Duration::from_secs(2)).await?;
    let after = proxy.traffic().requests;
    ensure!(after == before, "{} requests while paused", after - before);

    // What was said meanwhile is shown once it is resumed.
    scene.say(&["resume", &me]).await?;
    scene.sees("unavailable").await?;
    scene.say(&["available", "--wait"]).await?;

    // It also ends by itself, and quick changes of mind end right.
    scene.say(&["pause", &me, "--for", "2s"]).await?;
    scene.sees("offline").await?;
    scene.sees("online").await?;
    scene.say(&["pause", &me]).await?;
    scene.say(&["resume"]).await?;
    scene.say(&["pause", &me]).await?;
    scene.say(&["resume", &me]).await?;
    scene.say(&["busy"]).await?;
    scene.sees(BUSY).await?;
    scene.keeps(BUSY, secs(2)).await
}

#[tokio::test]
async fn a_pause_is_refused_in_one_line() -> Result<()> {
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let output = world.try_presently(&["pause", "calls"]).await?;
    ensure!(output.status == Some(1) && output.stderr.contains("not running"), "{output:?}");
    let _agent = world.agent().await?;
    for (words, status, wanted) in [
        (&["pause", "@who:example.org"][..], 1, "there is no account @who:example.org"),
        (&["resume", "@who:example.org"], 1, "there is no account @who:example.org"),
        (&["pause", "everything"], 2, "calls, hours or a user id"),
        (&["pause", "calls", "--until", "2020-01-01"], 2, "has passed"),
    ] {
        let output = world.try_presently(words).await?;
        ensure!(output.status == Some(status), "{words:?}: {output:?}");
        ensure!(output.stderr.contains(wanted), "{words:?}: {output:?}");
    }
    // What is not paused can be resumed without harm.
    world.presently(&["resume", "calls"]).await?;
    world.presently(&["resume"]).await.map(drop)
}

#[tokio::test]
async fn a_keyring_that_is_unlocked_during_a_pause_is_read_at_its_end() -> Result<()> {
    let person = Synapse::busy().await?.user("alex").await?;
    let mut world = World::new()?;
    world.add_keyring().await?;
    world.write_settings("[notify]\nenabled = false\n")?;
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    agent.terminate().await?;
    world.add_locked_keyring().await?;
    let _agent = world.agent().await?;
    let locked = |s: &Value| s["accounts"][0]["problem"].to_string().contains("locked");
    world.status_when("it waits for the keyring", locked, SOON).await?;
    world.presently(&["pause", &person.user_id]).await?;
    world.add_keyring().await?;
    // By now it was tried again, and not used.
    tokio::time::sleep(secs(17)).await;
    world.presently(&["resume", &person.user_id]).await?;
    let syncing = |s: &Value| s["accounts"][0]["connection"] == "syncing";
    world.status_when("it syncs", syncing, SOON).await?;
    Ok(())
}
