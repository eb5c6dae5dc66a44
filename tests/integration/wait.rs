//! `--wait`: a command returns when others see the change, or reports what is
//! missing.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::proxy::Proxy;
use presently_world::{Client, Synapse, User, secs};

use crate::scene::{SOON, Scene};

impl Scene {
    /// What others see now.
    async fn is_seen(&self) -> Result<String> {
        let account = &self.world.status().await?["accounts"][0];
        ensure!(account["settled"] == true, "{account:#}");
        Ok(account["seen_by_others"].as_str().context("others see nothing")?.to_owned())
    }
}

#[tokio::test]
async fn what_was_waited_for_is_seen() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    for (command, seen) in
        [("busy", "busy"), ("away", "unavailable"), ("available", "online"), ("busy", "busy")]
    {
        scene.say(&[command, "--wait"]).await?;
        assert_eq!(scene.is_seen().await?, seen);
    }
    scene.say(&["message", "Writing", "--wait"]).await?;
    let account = scene.world.status().await?["accounts"][0].take();
    ensure!(account["message_seen_by_others"] == "Writing", "{account:#}");
    scene.say(&["auto", "--wait"]).await?;
    assert_eq!(scene.is_seen().await?, "online");
    scene.sees("online").await
}

#[tokio::test]
async fn away_in_place_of_busy_is_enough_where_there_is_no_busy() -> Result<()> {
    let scene = Scene::on(Synapse::plain().await?, "5m").await?;
    scene.say(&["busy", "--wait"]).await?;
    assert_eq!(scene.is_seen().await?, "unavailable");
    scene.sees("unavailable").await
}

/// A profile that is full cannot take a status, so waiting for it is useless.
#[tokio::test]
async fn what_the_server_refuses_is_said_at_once() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    let device = Client::login(&scene.person).await?;
    // Synapse keeps 64 KiB of a profile.
    device.put_profile("org.example.filler", "x".repeat(65_480).into()).await?;
    let start = Instant::now();
    let output = scene.world.try_presently(&["message", "Writing", "--wait=25s"]).await?;
    ensure!(output.status == Some(1) && start.elapsed() < secs(15), "{output:?}");
    ensure!(output.stderr.lines().count() == 1, "{output:?}");
    ensure!(output.stderr.contains("others cannot see it"), "{output:?}");
    ensure!(output.stderr.contains("The server refuses your status"), "{output:?}");
    // The rest is shown all the same.
    let rest =
        |a: &serde_json::Value| a["message_seen_by_others"] == "Writing" && a["settled"] == false;
    scene.account_when("the message beside the presence", rest, SOON).await?;
    Ok(())
}

#[tokio::test]
async fn what_others_do_not_see_yet_is_said_in_one_line() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let proxy = Proxy::before(synapse.port()).await?;
    let (person, colleague) = synapse.person_and_colleague().await?;
    let person = User { homeserver: proxy.url(), ..person };
    let scene = Scene::of(person, colleague, "5m").await?;

    proxy.cut();
    let start = Instant::now();
    let output = scene.world.try_presently(&["busy", "--wait=2s"]).await?;
    ensure!(start.elapsed() >= secs(2) && start.elapsed() < secs(5), "{:?}", start.elapsed());
    ensure!(output.status == Some(1) && output.stdout == "Busy\n", "{output:?}");
    ensure!(output.stderr.lines().count() == 1, "{output:?}");
    ensure!(output.stderr.contains(&scene.person.user_id), "{output:?}");
    ensure!(output.stderr.contains("goes on trying"), "{output:?}");

    // As it said: it stands, and is seen when the network is back.
    proxy.mend();
    scene.colleague.wait_for(&scene.person.user_id, |seen| seen.is(BUSY), SOON).await?;
    scene.say(&["busy", "--wait"]).await?;
    assert_eq!(scene.is_seen().await?, "busy");
    Ok(())
}
