//! Text for people uses their language and their country's time format. Text
//! for scripts does not.

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use presently_world::tray_host::TrayHost;
use presently_world::webdriver::Window;
use presently_world::{Synapse, World};
use serde_json::Value;

use crate::scene::{SOON, Scene, settings};

/// A machine whose desktop has this locale.
async fn desk(locale: &str) -> Result<World> {
    let mut world = World::new()?;
    world.set_env("LANG", locale);
    world.add_bus().await?;
    world.write_settings(&settings("5m"))?;
    Ok(world)
}

/// The standard error of a command that printed nothing else.
async fn refused(world: &World, args: &[&str]) -> Result<String> {
    let output = world.try_presently(args).await?;
    ensure!(output.status == Some(1) && output.stdout.is_empty(), "{output:?}");
    Ok(output.stderr)
}

#[tokio::test]
async fn a_german_desktop_reads_german_and_scripts_read_english() -> Result<()> {
    let world = desk("de_DE.UTF-8").await?;
    let not_running = refused(&world, &["busy"]).await?;
    ensure!(not_running.contains("Presently läuft nicht"), "{not_running}");

    let host = TrayHost::on(world.bus()?).await?;
    let _agent = world.agent().await?;
    let item = host.item("presently", SOON).await?;
    world.presently(&["busy"]).await?;
    let line = "Beschäftigt — Von Ihnen gewählt";
    let is_busy = |shown: &presently_world::tray_host::Shown| {
        shown.menu.first().is_some_and(|e| e.label == line)
    };
    let shown = item.wait_for(line, is_busy, SOON).await?;
    assert_eq!(shown.ticked(), ["Bis ich es ändere"]);

    let said = world.presently(&["status"]).await?;
    ensure!(said.contains("Beschäftigt") && said.contains("Von Ihnen gewählt"), "{said}");
    let status = world.status().await?;
    assert_eq!(status["reason"], "You chose it");
    assert_eq!(status["reason_code"], serde_json::json!({ "code": "chosen" }));
    let unknown = refused(&world, &["logout", "@nobody:example.org"]).await?;
    ensure!(unknown.contains("es gibt hier kein Konto @nobody:example.org"), "{unknown}");
    // To be shown to who mends it.
    let doctor = world.presently(&["doctor"]).await?;
    ensure!(doctor.contains("the desktop shows tray icons"), "{doctor}");
    Ok(())
}

#[tokio::test]
async fn each_reads_its_own_language_whoever_started_the_agent() -> Result<()> {
    let mut world = desk("C.UTF-8").await?;
    let _agent = world.agent().await?;
    world.presently(&["away"]).await?;
    let said = world.presently(&["status"]).await?;
    ensure!(said.contains("You chose it"), "{said}");
    world.set_env("LANG", "en_GB.UTF-8");
    world.set_env("LANGUAGE", "pl:de");
    let said = world.presently(&["status"]).await?;
    ensure!(said.contains("Von Ihnen gewählt"), "{said}");
    let refused = refused(&world, &["logout", "@nobody:example.org"]).await?;
    ensure!(refused.contains("es gibt hier kein Konto"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn the_setting_is_stronger_than_the_desktop() -> Result<()> {
    let world = desk("en_US.UTF-8").await?;
    let host = TrayHost::on(world.bus()?).await?;
    let _agent = world.agent().await?;
    let item = host.item("presently", SOON).await?;
    world.presently(&["busy"]).await?;
    let says = |line: &'static str| {
        move |shown: &presently_world::tray_host::Shown| {
            shown.menu.first().is_some_and(|entry| entry.label == line)
        }
    };
    item.wait_for("English", says("Busy — You chose it"), SOON).await?;
    world.presently(&["settings", "set", "language", "de"]).await?;
    item.wait_for("German", says("Beschäftigt — Von Ihnen gewählt"), SOON).await?;
    let said = world.presently(&["status"]).await?;
    ensure!(said.contains("Von Ihnen gewählt"), "{said}");
    world.presently(&["settings", "set", "language", "auto"]).await?;
    item.wait_for("English again", says("Busy — You chose it"), SOON).await?;
    Ok(())
}

#[tokio::test]
async fn hours_follow_the_country() -> Result<()> {
    for (locale, form) in [("en_US.UTF-8", "%-I:%M %p"), ("en_GB.UTF-8", "%H:%M")] {
        let world = desk(locale).await?;
        let host = TrayHost::on(world.bus()?).await?;
        let _agent = world.agent().await?;
        let item = host.item("presently", SOON).await?;
        world.presently(&["busy", "--for", "30m"]).await?;
        let until = world.status().await?["until"].take();
        let until: Timestamp = until.as_str().context("it has no end")?.parse()?;
        // Around midnight the day stands before it.
        let time = until.strftime(form).to_string();
        let end = format!("{time} — You chose it");
        let says = |shown: &presently_world::tray_host::Shown| {
            shown.menu.first().is_some_and(|entry| entry.label.ends_with(&end))
        };
        item.wait_for(&end, says, SOON).await?;
        let said = world.presently(&["status"]).await?;
        ensure!(said.contains(&time), "{time} is not in {said}");
    }
    Ok(())
}

#[tokio::test]
async fn the_window_is_in_the_language_of_the_desktop() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.world.add_bus().await?;
    scene.world.set_env("LANG", "de_DE.UTF-8");
    scene.say(&["busy", "--for", "1h"]).await?;
    let window = Window::open(&scene.world).await?;
    window.says("#now h1", "Beschäftigt").await?;
    window.says("#now-reason", "Von Ihnen gewählt").await?;
    ensure!(window.evaluate("document.documentElement.lang").await? == "de");
    // Nothing of the other language is left, nor the name of a message.
    let page = window.evaluate("document.body.textContent").await?;
    let page = page.as_str().context("a text")?;
    for left in ["Status message", "Accounts", "Others see", "window-", "{", "Until"] {
        ensure!(!page.contains(left), "“{left}” in {page}");
    }
    window.click("#tab-status").await?;
    window.click("#message-set").await?;
    window.says("#message-error", "Schreiben Sie eine Nachricht").await?;
    let until = scene.world.status().await?["until"].take();
    ensure!(matches!(until, Value::String(_)), "{until}");
    Ok(())
}
