//! Calls, from a program that records on a real sound server to what the
//! colleague sees.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::process::{Process, run};
use presently_world::{Synapse, World, note, secs};
use serde_json::Value;

use crate::recording::{Signals, keep, shown, simulate};
use crate::scene::{Scene, settings};
use crate::signals_logind::Logind;
use crate::signals_screen::{offer, take};
use crate::signals_sound::{Kind, Sound};

/// A call starts to count after one second and counts for two seconds after its
/// end.
pub(crate) const DELAYS: &str = "[call]\nenter = \"1s\"\nexit = \"2s\"\n";

/// A machine with a display, a microphone and short delays.
pub(crate) async fn world(sound: &Sound) -> Result<World> {
    let mut world = World::new()?;
    world.add_display().await?;
    world.write_settings(&format!("{}{DELAYS}", settings("5m")))?;
    world.set_env("PRESENTLY_LOG", "debug");
    let environment = sound.environment();
    let socket = |path: Option<PathBuf>| path.map(|p| p.display().to_string()).unwrap_or_default();
    world.set_env("PULSE_SERVER", socket(environment.sound_socket));
    world.set_env("PIPEWIRE_REMOTE", socket(environment.video_socket));
    Ok(world)
}

/// A person at a desk with a microphone, seen as online.
pub(crate) async fn scene(sound: &Sound) -> Result<Scene> {
    scene_in(world(sound).await?).await
}

/// A person on this machine, seen as online.
pub(crate) async fn scene_in(world: World) -> Result<Scene> {
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let scene = Scene::in_world(world, person, colleague).await?;
    scene.hears("not in use").await?;
    Ok(scene)
}

impl Scene {
    /// Waits until the microphone signal has this text.
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

#[tokio::test]
async fn a_call_goes_on_behind_the_lock_and_none_begins_there() -> Result<()> {
    let (sound, logind) = tokio::try_join!(Sound::start(Kind::PulseAudio), Logind::start())?;
    let session = logind.session().await?;
    let mut world = world(&sound).await?;
    let system_bus = logind.environment().system_bus.context("it has a bus")?;
    world.set_env("DBUS_SYSTEM_BUS_ADDRESS", system_bus);
    world.set_env("XDG_SESSION_ID", &session.id);
    let scene = scene_in(world).await?;
    let recording = scene.world.path().join("lock.jsonl");
    let path = recording.display().to_string();
    let mut signals = Signals::start(&scene.world, &["--record", &path]).await?;
    signals.says_all(&[&["lock", "nobody has told"], &["microphone", "not in use"]]).await?;

    let call = sound.record("Firefox", &["--device=mic"]).await?;
    scene.sees(BUSY).await?;
    session.set_locked(true).await?;
    signals.says(&["lock", "locked"]).await?;
    scene.keeps(BUSY, secs(2)).await?;
    call.kill().await?;
    scene.sees("unavailable").await?;
    let _assistant = sound.record("Assistant", &["--device=mic"]).await?;
    scene.hears("in use by Assistant").await?;
    scene.keeps("unavailable", secs(2)).await?;
    session.set_locked(false).await?;
    scene.sees(BUSY).await?;
    scene.say(&["pause", "calls"]).await?;
    scene.sees("online").await?;

    signals.interrupt().await?;
    let report = simulate(&scene.world, &recording, &[]).await?;
    let sources: Vec<&str> = shown(&report).iter().map(|s| s.0).filter(|s| *s != "none").collect();
    ensure!(sources == ["active", "call", "lock", "active", "call"], "{report:#}");
    keep("call-and-lock.jsonl", &scene.world, &std::fs::read_to_string(recording)?)
}

#[tokio::test]
async fn do_not_disturb_is_busy_for_those_who_want_it() -> Result<()> {
    let sound = Sound::start(Kind::PulseAudio).await?;
    let mut world = world(&sound).await?;
    world.add_bus().await?;
    let dunst = Process::start("dunst", world.command("dunst"), world.logs()).await?;
    world.bus()?.wait_for_name("org.freedesktop.Notifications", secs(20)).await?;
    let scene = scene_in(world).await?;
    let pause = async |word: &str| {
        let mut dunstctl = scene.world.command("dunstctl");
        dunstctl.args(["set-paused", word]);
        run(dunstctl, b"", secs(20)).await?.success().map(drop)
    };
    pause("true").await?;
    let on = |status: &Value| status["signals"]["dnd"]["detail"] == "on";
    let status = scene.world.status_when("do-not-disturb", on, secs(20)).await?;
    ensure!(status["presence"] == "online", "{status:#}");
    scene.say(&["settings", "set", "dnd.busy", "true"]).await?;
    scene.sees(BUSY).await?;
    pause("false").await?;
    scene.sees("online").await?;
    dunst.kill().await
}

#[tokio::test]
async fn on_pipewire_listening_and_sharing_the_screen_are_calls() -> Result<()> {
    let sound = Sound::start(Kind::PipeWire).await?;
    let scene = scene(&sound).await?;
    let call = sound.record_natively().await?;
    scene.sees(BUSY).await?;
    call.kill().await?;
    scene.sees("online").await?;

    let offered = offer(&sound, "Stream/Output/Video").await?;
    let shared = take(&sound).await?;
    scene.sees(BUSY).await?;
    let status = scene.world.status().await?;
    ensure!(status["reason"] == "gst-launch-1.0 is sharing the screen", "{status:#}");
    ensure!(status["signals"]["camera"]["detail"] == "not in use", "{status:#}");
    scene.say(&["settings", "set", "call.screen_share", "false"]).await?;
    scene.sees("online").await?;
    shared.kill().await?;
    offered.kill().await?;

    let _offered = offer(&sound, "Video/Source,media.role=Camera").await?;
    let _seen = take(&sound).await?;
    scene.sees(BUSY).await?;
    let status = scene.world.status().await?;
    ensure!(status["reason"] == "gst-launch-1.0 is using the camera", "{status:#}");
    ensure!(status["signals"]["screen"]["detail"] == "not in use", "{status:#}");
    Ok(())
}
