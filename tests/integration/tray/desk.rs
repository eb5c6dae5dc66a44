//! The tray of the real agent.

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use presently_world::tray_host::{HungTray, Shown, TrayHost, TrayItem, drawn};
use presently_world::{Agent, Synapse, World, secs};
use serde_json::Value;

use super::{appears, picture, shows, state_line};
use crate::rest;
use crate::scene::{SOON, Scene, settings};

/// An agent without accounts on a desktop with a tray.
async fn desk() -> Result<(World, Agent, TrayHost, TrayItem)> {
    let mut world = World::new()?;
    let host = TrayHost::on(world.add_bus().await?).await?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    let item = host.item("presently", SOON).await?;
    Ok((world, agent, host, item))
}

#[tokio::test]
async fn the_tray_follows_the_command_line_and_leads_it() -> Result<()> {
    let (world, agent, host, item) = desk().await?;
    world.presently(&["busy"]).await?;
    let shown = shows(&item, "busy-manual", "Busy — You chose it").await?;
    assert_eq!(shown.ticked(), ["Until I change it"]);
    world.presently(&["away", "--message", "Out & about"]).await?;
    let shown = shows(&item, "unavailable-manual", "Away — You chose it").await?;
    assert_eq!(shown.ticked(), ["Away"]);
    assert_eq!(shown.menu[1].label, "💬 Out & about");
    ensure!(shown.tooltip.1.ends_with("💬 Out &amp; about"), "{shown:?}");

    let before = Timestamp::now();
    item.click(&["Busy", "1 hour"]).await?;
    let busy = |s: &Value| s["presence"] == "busy" && s["source"] == "manual";
    let status = world.status_when("busy", busy, SOON).await?;
    let until: Timestamp = status["until"].as_str().context("it has no end")?.parse()?;
    let hour = jiff::SignedDuration::from_hours(1);
    ensure!(before + hour <= until && until <= Timestamp::now() + hour, "{until}");
    let line = format!("Busy until {} — You chose it", until.strftime("%H:%M"));
    // Around midnight the line names the day.
    let ticked = |shown: &Shown| shown.ticked() == ["1 hour"];
    let shown = item.wait_for("one hour ticked", ticked, SOON).await?;
    if before.strftime("%F").to_string() == until.strftime("%F").to_string() {
        assert_eq!(state_line(&shown), line);
    }

    // A left click: from busy to automatic, from automatic to the same busy.
    item.activate().await?;
    item.wait_for("automatic", |shown| shown.ticked() == ["Automatic"], SOON).await?;
    ensure!(world.status().await?["source"] != "manual");
    item.activate().await?;
    item.wait_for("one hour ticked", ticked, SOON).await?;
    assert_eq!(world.status().await?["until"], status["until"]);

    item.click(&["Quit"]).await?;
    ensure!(agent.process().wait(secs(10)).await?.success());
    host.empty(SOON).await
}

#[tokio::test]
async fn a_left_click_takes_nothing_that_was_chosen() -> Result<()> {
    let (world, agent, host, item) = desk().await?;
    let said = |s: &Value| [&s["presence"], &s["until"], &s["message"]].map(Clone::clone);
    world.presently(&["away", "--for", "2h", "--message", "At lunch"]).await?;
    let lunch = said(&world.status().await?);
    assert_eq!(lunch[2]["text"], "At lunch");

    // Nobody ever chose how long busy lasts.
    item.activate().await?;
    let busy = |shown: &Shown| {
        shown.ticked() == ["1 hour"] && picture(shown).is_ok_and(|picture| picture == "busy-manual")
    };
    item.wait_for("busy for an hour", busy, SOON).await?;
    assert_eq!(world.status().await?["message"], Value::Null);
    item.activate().await?;
    let back = world.status_when("lunch", |s| s["presence"] == "unavailable", SOON).await?;
    assert_eq!(said(&back), lunch);

    // Nor does an agent that was killed meanwhile take it.
    item.activate().await?;
    item.wait_for("an hour", |shown| shown.ticked() == ["1 hour"], SOON).await?;
    agent.kill().await?;
    host.empty(SOON).await?;
    let _agent = world.agent().await?;
    let item = host.item("presently", SOON).await?;
    item.wait_for("an hour", |shown| shown.ticked() == ["1 hour"], SOON).await?;
    item.activate().await?;
    let back = world.status_when("lunch", |s| s["presence"] == "unavailable", SOON).await?;
    assert_eq!(said(&back), lunch);

    // As long as the last time that somebody chose it.
    world.presently(&["busy", "--for", "30m"]).await?;
    world.presently(&["auto"]).await?;
    item.activate().await?;
    item.wait_for("half an hour", |shown| shown.ticked() == ["30 minutes"], SOON).await?;
    item.activate().await?;
    item.wait_for("automatic", |shown| shown.ticked() == ["Automatic"], SOON).await?;
    Ok(())
}

/// The line of `presently doctor` about the tray.
async fn tray_check(world: &World) -> Result<String> {
    let doctor = world.presently(&["doctor"]).await?;
    let line = doctor.lines().find(|line| line.contains("tray"));
    Ok(line.with_context(|| doctor.clone())?.to_owned())
}

#[tokio::test]
async fn without_a_tray_the_agent_runs_on_and_says_so() -> Result<()> {
    let mut world = World::new()?;
    world.add_bus().await?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    let line = tray_check(&world).await?;
    ensure!(line.contains("nothing here shows tray icons"), "{line}");
    world.presently(&["busy"]).await?;

    let host = TrayHost::on(world.bus()?).await?;
    appears(&host, "busy-manual", "Busy — You chose it").await?;
    let line = tray_check(&world).await?;
    ensure!(line.contains("the desktop shows tray icons"), "{line}");

    // With the whole bus gone, it still does what it is told.
    world.bus()?.kill().await?;
    world.presently(&["auto"]).await?;
    world.presently(&["quit"]).await?;
    ensure!(agent.process().wait(secs(10)).await?.success());
    Ok(())
}

#[tokio::test]
async fn a_desktop_that_hangs_does_not_hold_up_the_agent() -> Result<()> {
    let mut world = World::new()?;
    let hung = HungTray::on(world.add_bus().await?).await?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    world.presently(&["busy"]).await?;
    let line = tray_check(&world).await?;
    ensure!(line.contains("the desktop does not answer"), "{line}");
    world.presently(&["away"]).await?;

    // Mended, it shows what is true then.
    drop(hung);
    let host = TrayHost::on(world.bus()?).await?;
    appears(&host, "unavailable-manual", "Away — You chose it").await?;
    host.stop().await?;

    // Leaving does not wait for it either.
    let _hung = HungTray::on(world.bus()?).await?;
    world.presently(&["quit"]).await?;
    ensure!(agent.process().wait(secs(3)).await?.success());
    Ok(())
}

#[tokio::test]
async fn no_tray_means_none() -> Result<()> {
    let mut world = World::new()?;
    let host = TrayHost::on(world.add_bus().await?).await?;
    world.write_settings(&settings("5m"))?;
    // The thread that asks for an icon is there before the agent answers.
    let has_thread = |pid| Ok::<_, anyhow::Error>(rest::threads(pid)?.contains(&"tray".to_owned()));
    let agent = world.agent_with(&["run", "--no-tray"]).await?;
    world.presently(&["busy"]).await?;
    ensure!(!has_thread(agent.process().pid())?);
    host.empty(SOON).await?;
    world.presently(&["quit"]).await?;
    agent.process().wait(secs(10)).await?;

    let agent = world.agent().await?;
    world.presently(&["busy"]).await?;
    ensure!(has_thread(agent.process().pid())?);
    host.item("presently", SOON).await?;
    Ok(())
}

/// Choices of the menu that others see.
#[tokio::test]
async fn messages_and_pauses_of_the_menu_reach_others() -> Result<()> {
    let mut world = World::new()?;
    world.add_display().await?;
    let host = TrayHost::on(world.add_bus().await?).await?;
    world.write_settings(&settings("5m"))?;
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let me = person.user_id.clone();
    let scene = Scene::in_world(world, person, colleague).await?;
    let item = host.item("presently", SOON).await?;
    let line = |shown: &Shown, line: &str| drawn(&shown.menu).contains(line);

    let seen = format!("{me} — Available");
    item.wait_for("what others see", |shown| line(shown, &seen), SOON).await?;
    item.click(&["Message", "🍴 At lunch"]).await?;
    scene.sees_with("online", Some("At lunch")).await?;
    scene.say(&["message", "On the train"]).await?;
    // One that is suggested anyway is offered once.
    let offered = |shown: &Shown| {
        let menu = drawn(&shown.menu);
        menu.matches("At lunch").count() == 1 && line(shown, "---\n    💬 On the train\n")
    };
    item.wait_for("the recent messages", offered, SOON).await?;
    item.click(&["Message", "🏠 Working remotely"]).await?;
    scene.sees_with("online", Some("Working remotely")).await?;
    item.click(&["Message", "💬 On the train"]).await?;
    scene.sees_with("online", Some("On the train")).await?;
    item.click(&["Message", "Clear message"]).await?;
    scene.sees_with("online", None).await?;

    item.click(&["Pause", "All accounts for an hour: others see you offline"]).await?;
    scene.sees("offline").await?;
    let paused = |shown: &Shown| {
        state_line(shown).starts_with("Paused until ")
            && line(shown, &format!("{me} — paused until "))
            && picture(shown).is_ok_and(|picture| picture == "paused")
    };
    item.wait_for("the pause", paused, SOON).await?;
    item.click(&["Pause", "Resume all accounts"]).await?;
    scene.press_key().await?;
    scene.sees("online").await?;
    item.wait_for("what others see", |shown| line(shown, &seen), SOON).await?;
    Ok(())
}
