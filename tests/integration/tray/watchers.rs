//! The StatusNotifierWatcher starts late, restarts, disappears, and is idle.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use presently_core::{Code, Reason};
use presently_world::tray_host::TrayHost;
use presently_world::{World, secs};
use serde_json::json;

use super::alone::Alone;
use super::{appears, shows, snapshot};
use crate::rest;
use crate::scene::SOON;

#[tokio::test]
async fn fifty_updates_another_host_and_the_end() -> Result<()> {
    let mut world = World::new()?;
    let bus = world.add_bus().await?;
    let host = TrayHost::on(bus).await?;
    let mut alone = Alone::start(&world)?;
    let looks = ["online", "busy", "unavailable", "offline"];
    let words = ["Available", "Busy", "Away", "Invisible"];
    let nth = |n: usize| {
        snapshot(json!({
            "presence": looks[n % 4], "source": "active", "reason": format!("Change {n}"),
        }))
    };
    let line = |n: usize| format!("{} — Change {n}", words[n % 4]);

    alone.show(&nth(0)?).await?;
    let item = host.item("presently", SOON).await?;
    for n in 1..=50 {
        alone.show(&nth(n)?).await?;
        let shown = shows(&item, looks[n % 4], &line(n)).await?;
        assert_eq!(shown.title, "Presently");
        assert_eq!(shown.ticked(), ["Automatic"]);
    }

    // What looks the same touches nothing; only the words change then.
    let mut signals = item.signals().await?;
    let mut again = nth(50)?;
    for revision in 100..120 {
        again.revision = revision;
        again.accounts[0].settled = revision % 2 == 0;
        alone.show(&again).await?;
    }
    again.reason_code = Some(Reason::Unreadable { why: Code::plain("Other words") });
    alone.show(&again).await?;
    let mut said = Vec::new();
    while said.last().is_none_or(|last| last != "ItemsPropertiesUpdated") {
        let next = async { signals.next().await.context("the bus is gone")?.map_err(Into::into) };
        let signal = presently_world::within(SOON, "a signal", next).await?;
        said.push(signal.header().member().context("a signal's name")?.to_string());
    }
    assert_eq!(said, ["NewToolTip", "ItemsPropertiesUpdated"]);
    shows(&item, looks[50 % 4], "Away — Other words").await?;

    // The desktop's panel goes, and comes back to what is true then.
    assert_eq!(alone.host().await?, "Present");
    host.stop().await?;
    assert_eq!(alone.host().await?, "Absent");
    for n in 51..=60 {
        alone.show(&nth(n)?).await?;
    }
    let host = TrayHost::on(world.bus()?).await?;
    let item = appears(&host, looks[60 % 4], &line(60)).await?;

    // Many at once: the last one counts.
    for n in 61..=110 {
        alone.show(&nth(n)?).await?;
    }
    shows(&item, looks[110 % 4], &line(110)).await?;

    drop(alone.stdin);
    host.empty(SOON).await?;
    let status = presently_world::within(SOON, "the end", async { Ok(alone.child.wait().await?) });
    ensure!(status.await?.success());
    Ok(())
}

#[tokio::test]
async fn the_icon_comes_when_the_host_does() -> Result<()> {
    let mut world = World::new()?;
    world.add_bus().await?;
    let mut alone = Alone::start(&world)?;
    assert_eq!(alone.host().await?, "Absent");
    let blind = json!({"presence": null, "source": "none", "reason": "Input cannot be seen"});
    alone.show(&snapshot(blind)?).await?;
    let host = TrayHost::on(world.bus()?).await?;
    appears(&host, "unknown", "Not known — Input cannot be seen").await?;
    assert_eq!(alone.host().await?, "Present");
    Ok(())
}

/// The agent runs from login to logout. With nothing to show, no thread may
/// have a time-out.
#[tokio::test]
async fn at_rest_nothing_ticks() -> Result<()> {
    let mut world = World::new()?;
    let host = TrayHost::on(world.add_bus().await?).await?;
    let mut alone = Alone::start(&world)?;
    alone.show(&snapshot(json!({}))?).await?;
    host.item("presently", SOON).await?.shown().await?;
    let pid = alone.child.id().context("it has ended")?;
    rest::reached(pid).await
}

#[tokio::test]
async fn without_a_session_bus_nothing_fails() -> Result<()> {
    let mut world = World::new()?;
    world.set_env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let mut alone = Alone::start(&world)?;
    alone.show(&snapshot(json!({}))?).await?;
    let host = alone.host().await?;
    ensure!(host.starts_with("Unknown("), "{host}");
    alone.show(&snapshot(json!({"reason": "Another"}))?).await
}

/// At login a panel may own the watcher's name before it exports the object. No
/// other event follows.
#[tokio::test]
async fn a_watcher_whose_object_comes_late() -> Result<()> {
    let mut world = World::new()?;
    let host = TrayHost::without_object(world.add_bus().await?).await?;
    let mut alone = Alone::start(&world)?;
    alone.show(&snapshot(json!({"presence": "online", "reason": "Here"}))?).await?;
    // Long enough that whatever is tried at once has failed.
    tokio::time::sleep(secs(3)).await;
    host.export().await?;
    appears(&host, "online", "Available — Here").await?;

    // A panel that loads anew: it is there, but does not answer yet.
    host.reset().await?;
    host.take_name().await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    host.export().await?;
    appears(&host, "online", "Available — Here").await?;

    // From then on, as with any other.
    alone.show(&snapshot(json!({"presence": "busy", "reason": "There"}))?).await?;
    appears(&host, "busy", "Busy — There").await?;
    Ok(())
}

/// A registered icon is not created again, because it would blink and close an
/// open menu.
#[tokio::test]
async fn a_watcher_that_has_the_icon_keeps_it() -> Result<()> {
    let mut world = World::new()?;
    world.add_bus().await?;
    let mut alone = Alone::start(&world)?;
    alone.show(&snapshot(json!({"presence": "online", "reason": "Here"}))?).await?;
    let pid = alone.child.id().context("it has ended")?;
    rest::reached(pid).await?;
    for _ in 0..3 {
        let host = TrayHost::on(world.bus()?).await?;
        let item = host.item("presently", SOON).await?;
        // It has looked, and was content.
        rest::reached(pid).await?;
        assert_eq!(host.names(), [item.name()]);
        host.stop().await?;
    }
    Ok(())
}
