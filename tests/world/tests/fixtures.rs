//! The fixtures themselves: if these fail, nothing else can be trusted.

use anyhow::Result;
use presently_world::bus::{Bus, Keyring};
use presently_world::client::BUSY;
use presently_world::process::Logs;
use presently_world::proxy::Proxy;
use presently_world::scratch::Scratch;
use presently_world::synapse::SOON;
use presently_world::{Client, Colleague, Synapse, World};
use std::sync::Arc;

#[tokio::test]
async fn a_colleague_sees_a_put() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let (person, colleague) = synapse.person_and_colleague().await?;
    let device = Client::login(&person).await?;
    for (presence, message) in [("online", None), (BUSY, Some("In a call")), ("offline", None)] {
        let mark = colleague.mark();
        device.put_presence(presence, message).await?;
        let seen = colleague.wait_since(mark, &person.user_id, |s| s.is(presence), SOON).await?;
        assert_eq!(seen.seen.message.as_deref(), message);
    }
    assert_eq!(colleague.latest(&person.user_id).map(|s| s.presence), Some("offline".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_server_without_busy_refuses_it() -> Result<()> {
    let synapse = Synapse::plain().await?;
    let (person, colleague) = synapse.person_and_colleague().await?;
    let device = Client::login(&person).await?;
    assert!(device.put_presence(BUSY, None).await.is_err());
    device.put_presence("unavailable", Some("In a call")).await?;
    let wanted = |s: &presently_world::Seen| s.is("unavailable");
    colleague.wait_for(&person.user_id, wanted, SOON).await?;
    Ok(())
}

#[tokio::test]
async fn a_stopped_homeserver_comes_back_with_its_users() -> Result<()> {
    let synapse = Synapse::start(presently_world::Options::default()).await?;
    let (person, colleague) = synapse.person_and_colleague().await?;
    synapse.stop().await?;
    assert!(Client::login(&person).await.is_err());
    synapse.resume().await?;
    let mark = colleague.mark();
    Client::login(&person).await?.put_presence("online", Some("Back")).await?;
    let back = |s: &presently_world::Seen| s.message.as_deref() == Some("Back");
    colleague.wait_since(mark, &person.user_id, back, SOON).await?;
    Ok(())
}

#[tokio::test]
async fn a_proxy_counts_and_cuts() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let proxy = Proxy::before(synapse.port()).await?;
    let mut person = synapse.user("alex").await?;
    person.homeserver = proxy.url();
    let device = Client::login(&person).await?;
    let before = proxy.traffic();
    device.devices().await?;
    let after = proxy.traffic();
    assert_eq!(after.requests, before.requests + 1);
    assert!(after.bytes > before.bytes);
    proxy.cut();
    assert!(device.devices().await.is_err());
    proxy.mend();
    assert_eq!(device.devices().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_display_takes_keys_and_shows_pictures() -> Result<()> {
    let mut world = World::new()?;
    world.add_display().await?;
    let display = world.display()?;
    display.press_key().await?;
    let mut keyboard = display.keyboard().await?;
    keyboard.press_key()?;
    let picture = world.path().join("screen.png");
    display.screenshot(&picture).await?;
    assert!(std::fs::read(&picture)?.starts_with(b"\x89PNG"));
    Ok(())
}

#[tokio::test]
async fn a_keyring_keeps_secrets_and_can_be_locked() -> Result<()> {
    let scratch = Arc::new(Scratch::new()?);
    let logs = Logs::new(scratch.clone(), true);
    let bus = Bus::start(&logs, &scratch.folder("bus")?).await?;
    let home = scratch.folder("keyring")?;
    let locked = async |bus: &Bus| -> Result<bool> {
        let proxy = zbus::Proxy::new(
            &bus.connect().await?,
            "org.freedesktop.secrets",
            "/org/freedesktop/secrets/aliases/default",
            "org.freedesktop.Secret.Collection",
        )
        .await?;
        Ok(proxy.get_property("Locked").await?)
    };
    let keyring = Keyring::unlocked(&bus, &logs, &home).await?;
    assert!(!locked(&bus).await?);
    keyring.stop().await?;
    let _keyring = Keyring::locked(&bus, &logs, &home).await?;
    assert!(locked(&bus).await?);
    Ok(())
}

#[tokio::test]
async fn notifications_are_kept() -> Result<()> {
    let mut world = World::new()?;
    world.add_notifications().await?;
    let connection = world.bus()?.connect().await?;
    let name = "org.freedesktop.Notifications";
    let proxy = zbus::Proxy::new(&connection, name, "/org/freedesktop/Notifications", name).await?;
    let hints = std::collections::HashMap::<&str, zbus::Variant<'_>>::new();
    let arguments = ("test", 0u32, "", "Title", "Text", Vec::<&str>::new(), hints, -1i32);
    let id: u32 = proxy.call("Notify", &arguments).await?;
    assert_eq!(id, 1);
    let shown = world.notifications()?.wait_for(|n| n.summary == "Title", SOON).await?;
    assert_eq!(shown.body, "Text");
    Ok(())
}

#[tokio::test]
async fn a_colleague_can_be_an_existing_user() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let user = synapse.user("sam").await?;
    let colleague = Colleague::of(&user).await?;
    assert!(colleague.sightings().is_empty());
    Ok(())
}
