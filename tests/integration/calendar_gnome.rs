//! The calendars of GNOME, in a real Evolution Data Server.

use anyhow::{Result, ensure};
use jiff::{Timestamp, ToSpan as _};
use presently_world::client::BUSY;
use presently_world::data_server::{DataServer, PERSONAL};
use presently_world::webdriver::Window;
use presently_world::{Synapse, World};
use serde_json::Value;

use crate::scene::{SOON, Scene, settings};

/// A person at a desk with a session bus.
async fn scene() -> Result<Scene> {
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.add_bus().await?;
    world.write_settings(&settings("5m"))?;
    world.set_env("PRESENTLY_LOG", "debug");
    Scene::in_world(world, person, colleague).await
}

/// An event that began a minute ago, with its start in this form.
fn now(uid: &str, start: &str, more: &str) -> String {
    let at = (Timestamp::now() - 60.seconds()).strftime("%Y%m%dT%H%M%S").to_string();
    let start = start.replace("NOW", &at);
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:A secret title\r\n{start}\r\nDURATION:PT1H\r\n\
         {more}END:VEVENT\r\n"
    )
}

#[tokio::test]
async fn they_count_without_being_added() -> Result<()> {
    let scene = scene().await?;
    let none = scene.say(&["calendar", "list"]).await?;
    ensure!(none.contains("no calendar yet"), "{none}");
    // GNOME starts after the agent.
    let mut server = DataServer::start(&scene.world).await?;
    let calendar = server.open(PERSONAL).await?;
    calendar.create(&[&now("1", "DTSTART:NOWZ", "")]).await?;
    scene.sees(BUSY).await?;
    let status = scene.world.status().await?;
    ensure!(status["source"] == "meeting" && status["reason"] == "In a meeting", "{status:#}");
    let list = scene.say(&["calendar", "list"]).await?;
    ensure!(list.trim() == "Personal (GNOME)  1 event", "{list}");
    let agenda = scene.say(&["agenda"]).await?;
    ensure!(agenda.contains("busy") && agenda.contains("A secret title"), "{agenda}");

    // The same in the window.
    let window = Window::open(&scene.world).await?;
    window.shows("#tab-settings").await?;
    window.click("#tab-settings").await?;
    window.says("[data-key='meeting.ignore']", "Personal 1 event").await?;
    window.click("[data-key='meeting.ignore'] input").await?;
    scene.sees("online").await?;
    window.says("[data-key='meeting.ignore']", "Personal does not count").await?;
    window.click("[data-key='meeting.ignore'] input").await?;
    scene.sees(BUSY).await?;
    window.close().await?;

    // The person does not want it, and then does.
    let removed = scene.say(&["calendar", "remove", "Personal"]).await?;
    ensure!(removed.contains("stays in GNOME"), "{removed}");
    scene.sees("online").await?;
    let list = scene.say(&["calendar", "list"]).await?;
    ensure!(list.trim() == "Personal (GNOME)  does not count", "{list}");
    let agenda = scene.say(&["agenda"]).await?;
    ensure!(!agenda.contains("A secret title"), "{agenda}");
    let test = scene.say(&["calendar", "test", "Personal"]).await?;
    ensure!(test.contains("A secret title"), "{test}");
    let added = scene.say(&["calendar", "add", "Personal"]).await?;
    ensure!(added.contains("counts again"), "{added}");
    scene.sees(BUSY).await?;
    calendar.remove("1").await?;
    scene.sees("online").await?;

    // The service of the calendars ends and comes back, as at an upgrade.
    server.restart_factory(&scene.world).await?;
    let calendar = server.open(PERSONAL).await?;
    calendar.create(&[&now("2", "DTSTART:NOWZ", "")]).await?;
    scene.sees(BUSY).await?;
    scene.say(&["settings", "set", "meeting.gnome", "false"]).await?;
    scene.sees("online").await?;
    scene.say(&["settings", "set", "meeting.gnome", "true"]).await?;
    scene.sees(BUSY).await?;
    // GNOME ends.
    server.stop().await?;
    scene.sees("online").await?;
    let status = scene.world.status().await?;
    ensure!(status["troubles"] == serde_json::json!([]), "{status:#}");
    ensure!(!scene.agent.process().stderr().contains("secret title"));
    Ok(())
}

/// What the service's own search gets wrong, and what iCalendar leaves to it.
#[tokio::test]
async fn exceptions_and_time_zones_of_theirs_are_read() -> Result<()> {
    let scene = scene().await?;
    let server = DataServer::start(&scene.world).await?;
    let calendar = server.open(PERSONAL).await?;
    // A weekly event of which one was moved from next month to now.
    let far = Timestamp::now() + (24 * 28).hours();
    let far = far.strftime("%Y%m%dT%H%M%SZ").to_string();
    calendar
        .create(&[&format!(
            "BEGIN:VEVENT\r\nUID:weekly\r\nDTSTART:{far}\r\nDURATION:PT1H\r\n\
             RRULE:FREQ=WEEKLY;COUNT=5\r\nEND:VEVENT\r\n"
        )])
        .await?;
    let moved = format!("RECURRENCE-ID:{far}\r\n");
    calendar.modify_one(&now("weekly", "DTSTART:NOWZ", &moved)).await?;
    scene.sees(BUSY).await?;
    calendar.remove("weekly").await?;
    scene.sees("online").await?;
    // Five hours east of the moment, with a name that says nothing.
    calendar
        .add_zone(
            "BEGIN:VTIMEZONE\r\nTZID:Of our own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n\
             TZOFFSETFROM:+0500\r\nTZOFFSETTO:+0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
        )
        .await?;
    let there = (Timestamp::now() + 5.hours() - 60.seconds()).strftime("%Y%m%dT%H%M%S");
    let start = format!("DTSTART;TZID=Of our own:{there}");
    calendar.create(&[&now("zone", &start, "")]).await?;
    scene.sees(BUSY).await?;
    ensure!(scene.world.status().await?["troubles"] == serde_json::json!([]));
    server.stop().await
}

#[tokio::test]
async fn only_those_that_are_on_count() -> Result<()> {
    let scene = scene().await?;
    let server = DataServer::start(&scene.world).await?;
    let source = |name: &str, more: &str| {
        format!(
            "[Data Source]\nDisplayName={name}\nEnabled=true\nParent=local-stub\n\n[Calendar]\n\
             BackendName=local\nSelected=true\n{more}"
        )
    };
    server.add_source("team", &source("Team\\sand\\sall", "")).await?;
    let team = server.open("team").await?;
    team.create(&[&now("1", "DTSTART:NOWZ", "")]).await?;
    scene.sees(BUSY).await?;
    let list = scene.say(&["calendar", "list"]).await?;
    ensure!(list.contains("Team and all (GNOME)  1 event"), "{list}");
    // Not ticked in the list of calendars.
    server.write_source("team", &source("Team", "Selected=false\n")).await?;
    scene.sees("online").await?;
    let list = scene.say(&["calendar", "list"]).await?;
    ensure!(!list.contains("Team"), "{list}");
    server.write_source("team", &source("Team", "")).await?;
    scene.sees(BUSY).await?;
    // A calendar that cannot be read is named, and the others are read.
    let broken = source("Broken", "").replace("BackendName=local", "BackendName=nothing");
    server.add_source("broken", &broken).await?;
    let named = |status: &Value| status["troubles"].to_string().contains("calendar Broken cannot");
    scene.world.status_when("the trouble", named, SOON).await?;
    scene.sees(BUSY).await?;
    server.stop().await
}
