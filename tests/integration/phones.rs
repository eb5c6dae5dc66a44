//! Other devices of the person, grouped by behaviour: which ones prevent busy,
//! and for how long.

use anyhow::{Result, ensure};
use presently_world::client::BUSY;
use presently_world::{Client, Synapse};
use serde_json::Value;

use crate::scene::{SOON, Scene};

impl Scene {
    /// Checks that busy is shown as busy, and that no device counts as an
    /// obstacle.
    async fn is_truly_busy(&self) -> Result<()> {
        self.say(&["busy", "--wait"]).await?;
        self.sees(BUSY).await?;
        let account = self.world.status().await?["accounts"][0].take();
        ensure!(account["note"].is_null(), "{account:#}");
        self.say(&["auto", "--wait"]).await?;
        self.sees("online").await
    }
}

#[tokio::test]
async fn a_phone_that_is_busy_by_itself_is_not_blamed_after_it() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let scene = Scene::on(synapse, "5m").await?;
    scene.say(&["busy"]).await?;
    scene.sees(BUSY).await?;
    let phone = scene.device(synapse, "A phone").await?;
    phone.put_presence(BUSY, None).await?;
    // We have left it and said so; the phone has not.
    scene.say(&["auto"]).await?;
    let overruled = |a: &Value| {
        let note = a["note"].as_str().unwrap_or_default();
        a["seen_by_others"] == "busy" && note.ends_with("keeps you busy")
    };
    scene.account_when("it is said who is busy", overruled, SOON).await?;
    scene.keeps(BUSY, presently_world::secs(3)).await?;
    phone.put_presence("offline", None).await?;
    phone.logout().await?;
    scene.sees("online").await?;
    scene.account_when("no note", |a| a["note"].is_null(), SOON).await?;
    scene.is_truly_busy().await
}

#[tokio::test]
async fn a_device_that_was_never_seen_keeps_nobody_from_busy() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let person = synapse.user_by_admin("admins").await?;
    let colleague = presently_world::Colleague::on(synapse).await?;
    colleague.meet(&person).await?;
    let scene = Scene::of(person, colleague, "5m").await?;
    // Ours was seen; and there is one of which the server does not say when.
    let phone = scene.device(synapse, "Element X iOS").await?;
    let devices = phone.devices().await?;
    let unseen = |d: &&Value| d["last_seen_ts"].is_null();
    ensure!(devices.iter().filter(unseen).count() == 1, "{devices:#?}");
    phone.logout().await?;
    scene.is_truly_busy().await
}

/// A client that uses sliding sync does not prevent busy.
#[tokio::test]
async fn element_x_keeps_nobody_from_busy_and_element_web_does() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let scene = Scene::on(synapse, "5m").await?;
    let seen_now = async |name: &str| -> Result<Client> {
        let device = scene.device(synapse, name).await?;
        let devices = device.devices().await?;
        let seen = |d: &Value| d["display_name"] == name && d["last_seen_ts"].is_number();
        ensure!(devices.iter().any(seen), "{devices:#?}");
        Ok(device)
    };
    let _phone = seen_now("Element X iOS").await?;
    scene.is_truly_busy().await?;

    let web = "Element on Chrome for Linux";
    let browser = seen_now(web).await?;
    // The list of a moment ago still counts for a minute, so another start.
    let mut scene = scene;
    scene.kill_and_restart(async { Ok(()) }).await?;
    scene.press_key().await?;
    scene.sees("online").await?;
    scene.say(&["busy"]).await?;
    scene.sees("unavailable").await?;
    let named = |a: &Value| a["note"].as_str().is_some_and(|note| note.contains(web));
    scene.account_when("it is named", named, SOON).await?;
    scene.keeps("unavailable", presently_world::secs(2)).await?;
    browser.logout().await
}
