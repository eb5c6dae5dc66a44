//! Notifications, on a desktop that records them.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use anyhow::{Result, ensure};
use jiff::{SignedDuration, Timestamp};
use presently_world::process::{Process, run};
use presently_world::{Client, Synapse, World, secs, within};
use serde_json::{Value, json};

use crate::scene::{SOON, settings};

/// The settings of most tests, with notifications enabled.
fn loud() -> String {
    settings("5m").replace("[notify]\nenabled = false", "[notify]\nenabled = true")
}

/// The title of the notification about a mistake in the settings. Notifications
/// arrive in order, so everything that was due before it has arrived with it.
const MISTAKE: &str = "Your settings have a mistake";

/// Writes the state of an agent that has been busy for an hour and stays so for
/// two more minutes.
fn write_ending_busy(world: &World) -> Result<Timestamp> {
    let now = Timestamp::now();
    let until = now + SignedDuration::from_mins(2);
    let choice = json!({
        "presence": "busy",
        "since": now - SignedDuration::from_hours(1),
        "until": until,
        "message": null,
    });
    let state = json!({"version": 1, "manual": {"choices": [["all", choice]], "message": null}});
    let file = world.state_file();
    std::fs::create_dir_all(file.parent().unwrap_or(&file))?;
    std::fs::write(file, state.to_string())?;
    Ok(until)
}

#[tokio::test]
async fn the_end_of_a_choice_is_said_once() -> Result<()> {
    let mut world = World::new()?;
    world.add_notifications().await?;
    world.write_settings(&loud())?;
    let until = write_ending_busy(&world)?;
    let agent = world.agent().await?;
    let summary = format!("Busy ends at {}", until.strftime("%H:%M"));
    let desk = world.notifications()?;
    let said = desk.wait_for(|n| n.summary == summary, SOON).await?;
    assert_eq!(said.body, "After that your presence is automatic again.");
    // What changes something else does not say it again.
    world.presently(&["message", "Writing"]).await?;
    world.presently(&["quit"]).await?;
    agent.process().wait(secs(10)).await?;
    assert_eq!(desk.shown().len(), 1, "{:?}", desk.shown());
    Ok(())
}

#[tokio::test]
async fn turned_off_nothing_is_said() -> Result<()> {
    let mut world = World::new()?;
    world.add_notifications().await?;
    world.write_settings(&settings("5m"))?;
    write_ending_busy(&world)?;
    let agent = world.agent().await?;
    let busy = |s: &Value| s["source"] == "manual" && s["presence"] == "busy";
    world.status_when("busy", busy, SOON).await?;
    world.presently(&["auto"]).await?;
    // Turned on when that end is no more, with something else to say: what
    // was said before that would be on the desktop before it.
    world.write_settings(&loud().replace("\"5m\"", "\"soon\""))?;
    let desk = world.notifications()?;
    desk.wait_for(|n| n.summary == MISTAKE, SOON).await?;
    assert_eq!(desk.shown().len(), 1, "{:?}", desk.shown());
    world.presently(&["quit"]).await?;
    agent.process().wait(secs(10)).await?;
    Ok(())
}

#[tokio::test]
async fn a_short_choice_for_one_account_is_not_said_to_end() -> Result<()> {
    let mut world = World::new()?;
    world.add_notifications().await?;
    // Without a sign-in, which is said; that is heard of before anything else.
    let account = "[[account]]\nuser_id = \"@me:example.org\"\n";
    world.write_settings(&format!("{}{account}", loud()))?;
    let _agent = world.agent().await?;
    let desk = world.notifications()?;
    desk.wait_for(|n| n.summary.contains("needs a new sign-in"), SOON).await?;
    world.presently(&["busy", "--for", "1m", "--account", "@me:example.org"]).await?;
    let mistaken = loud().replace("\"5m\"", "\"soon\"");
    world.write_settings(&format!("{mistaken}{account}"))?;
    desk.wait_for(|n| n.summary == MISTAKE, SOON).await?;
    assert_eq!(desk.shown().len(), 2, "{:?}", desk.shown());
    Ok(())
}

#[tokio::test]
async fn a_lost_sign_in_is_said() -> Result<()> {
    let person = Synapse::busy().await?.user("person").await?;
    let mut world = World::new()?;
    world.add_notifications().await?;
    world.write_settings(&loud())?;
    let _agent = world.agent().await?;
    world.sign_in(&person).await?;
    Client::login(&person).await?.logout_all().await?;
    let summary = format!("{} needs a new sign-in", person.user_id);
    let desk = world.notifications()?;
    let said = desk.wait_for(|n| n.summary == summary, secs(70)).await?;
    ensure!(said.body.contains("Open Presently"), "{said:?}");
    ensure!(said.desktop_entry.as_deref() == Some(presently::DESKTOP_ENTRY), "{said:?}");
    let entry =
        format!("{}/package/{}.desktop", env!("CARGO_MANIFEST_DIR"), presently::DESKTOP_ENTRY);
    ensure!(std::fs::exists(&entry)?, "{entry} is not in the package");
    // What changes something else does not say it again.
    world.presently(&["busy"]).await?;
    world.write_settings(&loud().replace("\"5m\"", "\"soon\""))?;
    desk.wait_for(|n| n.summary == MISTAKE, SOON).await?;
    let again = desk.shown().iter().filter(|n| n.summary == summary).count();
    assert_eq!(again, 1, "{:?}", desk.shown());
    Ok(())
}

#[tokio::test]
async fn without_a_place_for_them_the_agent_runs_on_and_says_so() -> Result<()> {
    let mut world = World::new()?;
    world.add_bus().await?;
    world.write_settings(&loud())?;
    write_ending_busy(&world)?;
    let agent = world.agent().await?;
    let doctor = world.presently(&["doctor"]).await?;
    let line = doctor.lines().find(|line| line.contains("notifications")).unwrap_or_default();
    ensure!(line.contains("the desktop shows no notifications"), "{doctor}");
    world.presently(&["quit"]).await?;
    ensure!(agent.process().wait(secs(10)).await?.success());
    Ok(())
}

/// dunst, which is a real notification service with actions. The menu in which
/// it offers them is a script that chooses the entry with this text.
pub(crate) async fn dunst(world: &mut World, chosen: &str) -> Result<Process> {
    if world.display().is_err() {
        world.add_display().await?;
    }
    world.add_bus().await?;
    let (menu, file) = (world.path().join("menu"), world.path().join("dunstrc"));
    std::fs::write(&menu, format!("#!/bin/sh\nexec grep -m 1 '{chosen}'\n"))?;
    std::fs::set_permissions(&menu, std::fs::Permissions::from_mode(0o700))?;
    std::fs::write(&file, format!("[global]\ndmenu = {}\n", menu.display()))?;
    let mut dunst = world.command("dunst");
    dunst.arg("-conf").arg(&file);
    let dunst = Process::start("dunst", dunst, world.logs()).await?;
    world.bus()?.wait_for_name("org.freedesktop.Notifications", secs(20)).await?;
    Ok(dunst)
}

pub(crate) async fn dunstctl(world: &World, args: &[&str]) -> Result<String> {
    let mut dunstctl = world.command("dunstctl");
    dunstctl.args(args);
    Ok(run(dunstctl, b"", secs(20)).await?.success()?.stdout)
}

/// Waits until dunst shows so many notifications.
pub(crate) async fn displayed(world: &World, count: &str) -> Result<()> {
    within(SOON, &format!("{count} notifications"), async {
        // dunst does not say when it shows one.
        while dunstctl(world, &["count", "displayed"]).await?.trim() != count {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_choice_is_extended_in_its_notification() -> Result<()> {
    let mut world = World::new()?;
    let dunst = dunst(&mut world, "30 minutes longer").await?;
    world.write_settings(&loud())?;
    let until = write_ending_busy(&world)?;
    let agent = world.agent().await?;
    displayed(&world, "1").await?;
    dunstctl(&world, &["context"]).await?;
    let later = until + SignedDuration::from_mins(30);
    let is_later =
        |s: &Value| s["until"].as_str().and_then(|until| until.parse().ok()) == Some(later);
    world.status_when("half an hour more", is_later, SOON).await?;
    displayed(&world, "0").await?;
    // It is on disk.
    agent.kill().await?;
    let _agent = world.agent().await?;
    world.status_when("half an hour more", is_later, SOON).await?;
    dunst.kill().await
}

#[tokio::test]
async fn a_notification_that_does_not_apply_any_more_is_withdrawn() -> Result<()> {
    let mut world = World::new()?;
    let dunst = dunst(&mut world, "nothing").await?;
    world.write_settings(&loud())?;
    write_ending_busy(&world)?;
    let _agent = world.agent().await?;
    displayed(&world, "1").await?;
    world.presently(&["auto"]).await?;
    displayed(&world, "0").await?;
    dunst.kill().await
}

/// Its buttons would do nothing any more.
#[tokio::test]
async fn an_agent_that_ends_leaves_no_notification() -> Result<()> {
    let mut world = World::new()?;
    let dunst = dunst(&mut world, "nothing").await?;
    world.write_settings(&loud())?;
    write_ending_busy(&world)?;
    let agent = world.agent().await?;
    displayed(&world, "1").await?;
    world.presently(&["quit"]).await?;
    agent.process().wait(secs(10)).await?;
    ensure!(dunstctl(&world, &["count", "displayed"]).await?.trim() == "0");
    dunst.kill().await
}

#[tokio::test]
async fn a_click_on_a_notification_opens_the_window() -> Result<()> {
    let mut world = World::new()?;
    let dunst = dunst(&mut world, "nothing").await?;
    world.write_settings(&loud().replace("\"5m\"", "\"soon\""))?;
    let _agent = world.agent().await?;
    displayed(&world, "1").await?;
    dunstctl(&world, &["action"]).await?;
    // The search waits for the window.
    let search = ["search", "--sync", "--onlyvisible", "--name", "^Presently$"];
    within(SOON, "the window", world.display()?.xdotool(&search)).await?;
    // What is shown of a mistake goes with it.
    world.write_settings(&loud())?;
    displayed(&world, "0").await?;
    dunst.kill().await
}
