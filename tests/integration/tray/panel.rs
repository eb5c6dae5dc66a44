//! The tray in the real panel of Xfce: the icon, its menu, and what a click
//! there does.

use anyhow::{Result, ensure};
use presently_world::xfce_panel::{HEIGHT, XfcePanel};
use presently_world::{Agent, World};
use serde_json::Value;

use crate::scene::{SOON, settings};

/// The colours of the icons, as `icons/draw` has them.
const RED: [u8; 3] = [0xde, 0x3b, 0x34];
const ORANGE: [u8; 3] = [0xd0, 0x7a, 0x00];

async fn desk() -> Result<(World, XfcePanel, Agent)> {
    let mut world = World::new()?;
    world.add_display().await?;
    world.add_bus().await?;
    world.write_settings(&settings("5m"))?;
    let panel = XfcePanel::start(&world).await?;
    let agent = world.agent().await?;
    world.presently(&["busy"]).await?;
    Ok((world, panel, agent))
}

#[tokio::test]
async fn the_icon_appears_and_its_menu_reaches_the_agent() -> Result<()> {
    let (world, panel, agent) = desk().await?;
    panel.shows_colour(&world, RED).await?;
    world.presently(&["away"]).await?;
    panel.shows_colour(&world, ORANGE).await?;

    // A left click.
    panel.click_icon(&world, "1").await?;
    world.status_when("busy", |s| s["presence"] == "busy", SOON).await?;
    panel.shows_colour(&world, RED).await?;

    let menu = panel.open_menu(&world).await?;
    ensure!(menu.y >= HEIGHT.cast_signed() - 2 && menu.width > 100, "{menu:?}");
    // Sign in, Automatic, Available, Busy, Away, Invisible, Message.
    let submenu = panel.open_submenu(&world, 7).await?;
    ensure!(submenu.x >= menu.x + menu.width - 10 && submenu.y > menu.y, "{menu:?} {submenu:?}");
    // Its first entry.
    panel.click_at(&world, submenu.x + 40, submenu.y + 16).await?;
    let message = |s: &Value| s["message"]["text"] == "In a meeting";
    let status = world.status_when("the message", message, SOON).await?;
    ensure!(status["message"]["emoji"] == "📅" && status["message"]["until"].is_string());
    ensure!(status["recent_messages"][0]["text"] == "In a meeting", "{status:#}");
    panel.wait_for(&world, &menu, "the end of the menu", |w| w.is_none()).await?;

    // The last entry of the menu.
    let menu = panel.open_menu(&world).await?;
    panel.click_at(&world, menu.x + 40, menu.y + menu.height - 16).await?;
    ensure!(agent.process().wait(SOON).await?.success());
    Ok(())
}

/// Entries that come and go would close the menu, or show it as it was.
#[tokio::test]
async fn an_open_menu_stays_open_and_shows_what_is_new() -> Result<()> {
    let (world, panel, agent) = desk().await?;
    panel.shows_colour(&world, RED).await?;
    let menu = panel.open_menu(&world).await?;
    let before = panel.picture(&world, &menu).await?;
    world.presently(&["away", "--message", "Back at 15:00"]).await?;
    panel.shows_colour(&world, ORANGE).await?;
    panel.changes(&world, &menu, &before).await?;
    panel.wait_for(&world, &menu, "the same menu", |now| now == Some(&menu)).await?;
    // Each entry is still where it was.
    panel.click_at(&world, menu.x + 40, menu.y + menu.height - 16).await?;
    agent.process().wait(SOON).await?;
    Ok(())
}
