//! Calls, from a program that listens on a real sound server to what the
//! colleague sees.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::{Synapse, World, note, secs};
use serde_json::Value;

use crate::scene::{Scene, settings};
use crate::signals_sound::{Kind, Sound};

/// Calls count after a second and for two seconds longer.
pub(crate) const DELAYS: &str = "[call]\nenter = \"1s\"\nexit = \"2s\"\n";

/// A machine with a display and a microphone, whose settings have short
/// delays.
pub(crate) async fn world(sound: &Sound) -> Result<World> {
    let mut world = World::new()?;
    world.add_display().await?;
    world.write_settings(&format!("{}{DELAYS}", settings("5m")))?;
    world.set_env("PRESENTLY_LOG", "debug");
    world.set_env("PULSE_SERVER", sound.server());
    Ok(world)
}

/// A person at a desk with a microphone, seen as online.
pub(crate) async fn scene(sound: &Sound) -> Result<Scene> {
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let world = world(sound).await?;
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    let scene = Scene { agent, world, person, colleague };
    scene.press_key().await?;
    scene.sees("online").await?;
    scene.hears("not in use").await?;
    Ok(scene)
}

impl Scene {
    /// Waits until the agent says this of the microphone.
    pub(crate) async fn hears(&self, detail: &str) -> Result<Value> {
        let wanted = |status: &Value| status["signals"]["microphone"]["detail"] == detail;
        self.world.status_when(detail, wanted, secs(20)).await
    }
}

#[tokio::test]
async fn a_call_is_busy_after_a_while_and_a_little_longer() -> Result<()> {
    let sound = Sound::start(Kind::PulseAudio).await?;
    let scene = scene(&sound).await?;

    let mark = scene.colleague.mark();
    let begin = Instant::now();
    let call = sound.record("Firefox", &["--device=mic"]).await?;
    let busy = scene.colleague.wait_since(mark, &scene.person.user_id, |s| s.is(BUSY), secs(20));
    let after = busy.await?.at.duration_since(begin);
    ensure!(after >= secs(1), "busy after {after:?} already");
    note(&format!("a call is busy {:?} after the delay", after.saturating_sub(secs(1))));
    let status = scene.world.status().await?;
    ensure!(status["source"] == "call", "{status:#}");
    ensure!(status["reason"] == "Firefox is using the microphone", "{status:#}");

    // Who it is stays here.
    let seen = scene.colleague.latest(&scene.person.user_id).context("seen")?;
    ensure!(seen.message.is_none(), "{seen:?}");
    ensure!(!scene.say(&["doctor"]).await?.contains("Firefox"), "doctor names the program");
    ensure!(!scene.say(&["doctor", "--json"]).await?.contains("Firefox"));
    ensure!(scene.say(&["doctor"]).await?.contains("in use by a program"));
    ensure!(scene.say(&["doctor", "--full"]).await?.contains("in use by Firefox"));

    let mark = scene.colleague.mark();
    let end = Instant::now();
    call.kill().await?;
    let free =
        scene.colleague.wait_since(mark, &scene.person.user_id, |s| s.is("online"), secs(20));
    let after = free.await?.at.duration_since(end);
    ensure!(after >= secs(2), "free after {after:?} already");
    note(&format!("its end is seen {:?} after the delay", after.saturating_sub(secs(2))));
    ensure!(!scene.agent.stderr().contains("Firefox"), "the log names the program");
    Ok(())
}

#[tokio::test]
async fn what_is_ignored_or_too_short_is_no_call() -> Result<()> {
    let sound = Sound::start(Kind::PulseAudio).await?;
    let scene = scene(&sound).await?;
    let _obs = sound.record("OBS Studio", &["--device=mic"]).await?;
    scene.hears("in use by OBS Studio").await?;
    scene.keeps("online", secs(2)).await?;

    // Named in the settings, a call that goes on is over at once; taken out
    // again, it counts at once: it has lasted long enough.
    let _firefox = sound.record("Firefox", &["--device=mic"]).await?;
    scene.sees(BUSY).await?;
    scene.say(&["settings", "set", "call.ignore", "[\"firefox\", \"obs\"]"]).await?;
    scene.sees("online").await?;
    scene.say(&["settings", "set", "call.ignore", "[\"obs\"]"]).await?;
    scene.sees(BUSY).await?;
    scene.say(&["settings", "set", "call.enabled", "false"]).await?;
    scene.sees("online").await?;
    ensure!(scene.say(&["doctor"]).await?.contains("turned off in the settings"));
    Ok(())
}

#[tokio::test]
async fn a_sound_server_that_comes_back_ends_no_call() -> Result<()> {
    let mut sound = Sound::start(Kind::PulseAudio).await?;
    let scene = scene(&sound).await?;
    scene.say(&["settings", "set", "call.exit", "20s"]).await?;
    let firefox = sound.record("Firefox", &["--device=mic"]).await?;
    scene.sees(BUSY).await?;
    let mark = scene.colleague.mark();
    sound.go().await?;
    drop(firefox);
    let gone = |status: &Value| status["signals"]["microphone"]["state"] == "unknown";
    scene.world.status_when("an unknown microphone", gone, secs(20)).await?;
    sound.come().await?;
    let _firefox = sound.record("Firefox", &["--device=mic"]).await?;
    let status = scene.hears("in use by Firefox").await?;
    ensure!(status["source"] == "call", "{status:#}");
    scene.keeps(BUSY, secs(1)).await?;
    ensure!(scene.colleague.since(mark).iter().all(|s| s.seen.is(BUSY)), "there was a gap");
    Ok(())
}
