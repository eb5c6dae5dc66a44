//! What others see of a machine that sleeps and wakes.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::radicale::{PASSWORD, Radicale};
use presently_world::{Seen, Synapse, World, secs};
use rustix::process::Signal;
use serde_json::Value;

use crate::meetings::calendar;
use crate::scene::{SOON, Scene, settings};
use crate::signals_logind::Logind;

/// A person at a desk whose machine can sleep.
async fn scene(logind: &Logind) -> Result<Scene> {
    let session = logind.session().await?;
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.write_settings(&settings("5m"))?;
    world.set_env("DBUS_SYSTEM_BUS_ADDRESS", logind.environment().system_bus.context("a bus")?);
    world.set_env("XDG_SESSION_ID", &session.id);
    let scene = Scene::in_world(world, person, colleague).await?;
    let awake = |status: &Value| status["signals"]["sleep"]["detail"] == "awake";
    scene.world.status_when("awake", awake, SOON).await?;
    Ok(scene)
}

#[tokio::test]
async fn away_is_on_the_wire_before_the_machine_sleeps() -> Result<()> {
    let logind = Logind::start().await?;
    let scene = scene(&logind).await?;

    let mark = scene.colleague.mark();
    let asked = Instant::now();
    logind.suspend().await?;
    let slept = async { logind.asleep().await.map(|()| Instant::now()) };
    let away = |s: &Seen| s.is("unavailable");
    let seen = scene.colleague.wait_since(mark, &scene.person.user_id, away, SOON);
    let (slept, seen) = tokio::try_join!(slept, seen)?;
    // The colleague's own poll may be on its way back for a moment.
    ensure!(seen.at < slept + Duration::from_millis(300), "it slept before others knew");
    let waited = slept.duration_since(asked);
    ensure!(waited < Duration::from_millis(2_500), "it slept {waited:?} after it was asked");

    logind.wake().await?;
    let woken = Instant::now();
    scene.sees("online").await?;
    ensure!(woken.elapsed() < secs(5), "right {:?} after waking", woken.elapsed());
    Ok(())
}

/// The agent does not run meanwhile, as on a machine that really sleeps. One
/// meeting ends in that time, and another begins.
#[tokio::test]
async fn meetings_end_and_begin_during_sleep() -> Result<()> {
    let logind = Logind::start().await?;
    let scene = scene(&logind).await?;
    let file = scene.world.path().join("work.ics");
    std::fs::write(&file, calendar(&[(-60, 8, ""), (20, 3600, "")]))?;
    scene.say(&["calendar", "add", &file.display().to_string()]).await?;
    scene.sees(BUSY).await?;
    logind.suspend().await?;
    logind.asleep().await?;
    scene.agent.process().signal(Signal::STOP)?;
    // Nobody is shown in a meeting that is over, nor in one that they sleep
    // through: a server would keep busy for an hour.
    let me = &scene.person.user_id;
    let is_not_busy = |seen: &Seen| !seen.is(BUSY) && seen.message.is_none();
    scene.colleague.wait_for(me, is_not_busy, secs(5)).await?;
    scene.colleague.holds(me, is_not_busy, secs(25)).await?;
    scene.agent.process().signal(Signal::CONT)?;
    logind.wake().await?;
    let woken = Instant::now();
    scene.sees(BUSY).await?;
    ensure!(woken.elapsed() < secs(5), "right {:?} after waking", woken.elapsed());
    let status = scene.world.status().await?;
    ensure!(status["source"] == "meeting", "{status:#}");
    Ok(())
}

/// What could not be read before is read at once.
#[tokio::test]
async fn calendars_on_the_network_are_read_after_sleep() -> Result<()> {
    let logind = Logind::start().await?;
    let scene = scene(&logind).await?;
    let mut server = Radicale::start(&scene.world).await?;
    server.create_calendar("Work", "VEVENT").await?;
    let add = ["calendar", "add", &server.url(), "--user", "me", "--password-stdin"];
    scene.world.presently_with(&add, &format!("{PASSWORD}\n")).await?.success()?;
    let is_read = |status: &Value| status["calendars"][0]["name"] == "Work";
    scene.world.status_when("the calendar", is_read, SOON).await?;
    server.put("work", "now", calendar(&[(-60, 3600, "")])).await?;
    server.stop().await?;
    scene.say(&["calendar", "refresh"]).await?;
    let trouble = |status: &Value| status["troubles"].to_string().contains("counts for a day");
    scene.world.status_when("the trouble", trouble, SOON).await?;
    logind.suspend().await?;
    logind.asleep().await?;
    server.resume(&scene.world).await?;
    logind.wake().await?;
    scene.sees(BUSY).await
}
