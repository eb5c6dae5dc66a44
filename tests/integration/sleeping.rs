//! What others see of a machine that sleeps and wakes.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_world::{Seen, Synapse, World, secs};
use serde_json::Value;

use crate::scene::{SOON, Scene, settings};
use crate::signals_logind::Logind;

#[tokio::test]
async fn away_is_on_the_wire_before_the_machine_sleeps() -> Result<()> {
    let logind = Logind::start().await?;
    let session = logind.session().await?;
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.write_settings(&settings("5m"))?;
    world.set_env("DBUS_SYSTEM_BUS_ADDRESS", logind.environment().system_bus.context("a bus")?);
    world.set_env("XDG_SESSION_ID", &session.id);
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    let scene = Scene { agent, world, person, colleague };
    scene.press_key().await?;
    scene.sees("online").await?;
    let awake = |status: &Value| status["signals"]["sleep"]["detail"] == "awake";
    scene.world.status_when("awake", awake, SOON).await?;

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
