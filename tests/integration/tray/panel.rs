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
/// The text of a dark panel.
const WHITE: [u8; 3] = [0xee, 0xee, 0xec];

async fn desk(prepare: impl FnOnce(&mut World) -> Result<()>) -> Result<(World, XfcePanel, Agent)> {
    let mut world = World::new()?;
    world.add_display().await?;
    world.add_bus().await?;
    world.write_settings(&settings("5m"))?;
    prepare(&mut world)?;
    let panel = XfcePanel::start(&world).await?;
    let agent = world.agent().await?;
    world.presently(&["busy"]).await?;
    Ok((world, panel, agent))
}

#[tokio::test]
async fn the_icon_appears_and_its_menu_reaches_the_agent() -> Result<()> {
    let (world, panel, agent) = desk(|_| Ok(())).await?;
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
    let (world, panel, agent) = desk(|_| Ok(())).await?;
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

/// As the package installs it: the panel takes it by its name, in the colour
/// of its text.
#[tokio::test]
async fn an_installed_icon_has_the_colour_of_the_panels_text() -> Result<()> {
    let install = |world: &mut World| -> Result<()> {
        let theme = world.path().join("data/icons/hicolor");
        let apps = theme.join("symbolic/apps");
        std::fs::create_dir_all(&apps)?;
        std::fs::copy("/usr/share/icons/hicolor/index.theme", theme.join("index.theme"))?;
        for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/icons/tray/symbolic"))?
        {
            let file = file?;
            std::fs::copy(file.path(), apps.join(file.file_name()))?;
        }
        world.set_env("GTK_THEME", "Adwaita:dark");
        Ok(())
    };
    let (world, panel, _agent) = desk(install).await?;
    panel.shows_colour(&world, WHITE).await
}
