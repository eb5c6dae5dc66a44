//! A message set on another device is not lost if an agent starts that has not
//! received it.

use anyhow::{Context as _, Result, ensure};
use presently_world::client::BUSY;
use presently_world::{Options, Synapse, secs};
use serde_json::Value;

use crate::scene::{SOON, Scene};

const PHONE: &str = "A phone";

impl Scene {
    /// Waits until the agent has sent its presence again and read it back.
    async fn said_offline(
        &self,
        proxy: &presently_world::proxy::Proxy,
        known: usize,
    ) -> Result<()> {
        let put = |asked: &str| asked.starts_with("PUT") && asked.contains("/presence/");
        proxy.is_asked(known, put, SOON).await?;
        let read_back = |a: &Value| a["settled"] == true && a["connection"] == "syncing";
        self.account_when("settled", read_back, SOON).await.map(drop)
    }

    async fn message_is(&self, wanted: &str) -> Result<()> {
        let seen = self.colleague.client().presence_of(&self.person.user_id).await?;
        ensure!(seen.is("offline") && seen.message.as_deref() == Some(wanted), "they see {seen}");
        let read = |a: &Value| a["message_seen_by_others"] == wanted;
        self.account_when("the agent knows it", read, SOON).await.map(drop)
    }
}

#[tokio::test]
async fn who_starts_invisible_keeps_the_message_of_another_device() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let (mut scene, proxy) = Scene::behind_proxy(synapse, "5m").await?;
    let phone = scene.device(synapse, PHONE).await?;
    scene.say(&["invisible", "--wait"]).await?;
    scene.sees("offline").await?;
    // An initial sync says nothing of somebody who is offline.
    scene.kill_and_restart(phone.put_presence("offline", Some("theirs"))).await?;
    let known = proxy.asked().iter().rposition(|asked| !asked.contains("since=")).unwrap_or(0);
    scene.said_offline(&proxy, known).await?;
    scene.message_is("theirs").await?;

    // What is said later, too, and it is carried along from then on.
    phone.put_presence("offline", Some("theirs too")).await?;
    scene.message_is("theirs too").await?;
    scene.say(&["account", &scene.person.user_id, "--busy", "always"]).await?;
    scene.say(&["busy"]).await?;
    scene.sees_with(BUSY, Some("theirs too")).await
}

#[tokio::test]
async fn who_starts_invisible_keeps_the_message_of_a_device_that_has_gone() -> Result<()> {
    let synapse = Synapse::start(Options { quick: true, ..Options::default() }).await?;
    let (mut scene, proxy) = Scene::behind_proxy(&synapse, "5m").await?;
    let phone = scene.device(&synapse, PHONE).await?;
    scene.say(&["invisible", "--wait"]).await?;
    scene.sees("offline").await?;
    scene.agent.process().kill().await?;
    phone.put_presence("online", Some("theirs")).await?;
    scene.sees_with("online", Some("theirs")).await?;
    phone.logout().await?;
    let me = scene.person.user_id.clone();
    let gone = scene.colleague.wait_for(&me, |s| s.is("offline"), secs(60)).await?;
    ensure!(gone.seen.message.as_deref() == Some("theirs"), "they see {}", gone.seen);

    let known = proxy.asked().len();
    scene.agent = scene.world.agent().await?;
    scene.said_offline(&proxy, known).await?;
    scene.message_is("theirs").await
}

/// Synapse answers an initial sync from its cache for two minutes, and the
/// cached answer lacks the message.
#[tokio::test]
async fn what_is_said_between_two_quick_starts_stands() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let mut scene = Scene::on(synapse, "5m").await?;
    let phone = scene.device(synapse, PHONE).await?;
    scene.say(&["account", &scene.person.user_id, "--busy", "always"]).await?;
    scene.say(&["message", "older", "--wait"]).await?;
    scene.sees_with("online", Some("older")).await?;
    // This start finds it, and may leave its first answer in the cache.
    ensure!(scene.agent.terminate().await? == Some(0));
    scene.agent = scene.world.agent().await?;
    scene.press_key().await?;
    scene.sees_with("online", Some("older")).await?;
    let read = |a: &Value| a["settled"] == true && a["message_seen_by_others"] == "older";
    scene.account_when("the older one", read, SOON).await?;

    for (word, presence) in [("newer", "online"), ("newest", "unavailable")] {
        ensure!(scene.agent.terminate().await? == Some(0));
        phone.put_presence(presence, Some(word)).await?;
        scene.sees_with(presence, Some(word)).await?;
        let mark = scene.colleague.mark();
        scene.agent = scene.world.agent().await?;
        scene.press_key().await?;
        let read = |a: &Value| a["settled"] == true && a["message_seen_by_others"] == word;
        scene.account_when(word, read, SOON).await?;
        if word == "newer" {
            // The choices below leave nothing of ours to be replaced.
            let changed = |a: &Value| a["note"] == "Another device changed your message";
            scene.account_when("the note", changed, SOON).await?;
        }
        // Each of these is said with a message.
        for (choice, seen) in [("busy", BUSY), ("auto", "online")] {
            scene.say(&[choice]).await?;
            scene.sees_with(seen, Some(word)).await?;
        }
        let older = |s: &presently_world::colleague::Sighting| {
            s.user_id == scene.person.user_id && s.seen.message.as_deref() != Some(word)
        };
        let lost = scene.colleague.since(mark).into_iter().find(older);
        ensure!(lost.is_none(), "they saw {}", lost.context("a sighting")?.seen);
    }
    Ok(())
}
