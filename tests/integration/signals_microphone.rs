//! Microphone use, with real sound servers.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_core::call::{CallDevice, Use};
use presently_signals::{Reading, Status, microphone};
use presently_world::{World, note, secs, within};
use tokio::sync::watch::Receiver;

use crate::recording::Signals;
use crate::scene::english;
use crate::signals_sound::{Kind, Sound};

type Watched = Receiver<Status<Vec<Use>>>;

/// The names of the recording programs.
fn names(status: &Status<Vec<Use>>) -> Option<Vec<&str>> {
    status
        .reading
        .known()
        .map(|uses| uses.iter().map(|it| it.program.called().unwrap_or("A program")).collect())
}

async fn until(watched: &mut Watched, wanted: Option<&[&str]>) -> Result<Status<Vec<Use>>> {
    let what = format!("{wanted:?}");
    let told = within(secs(15), &what, async {
        Ok(watched.wait_for(|status| names(status).as_deref() == wanted).await?.clone())
    });
    told.await.with_context(|| format!("it says {:?}", names(&watched.borrow())))
}

/// Checks for a while that the watcher publishes nothing new.
async fn quiet(watched: &mut Watched, what: &str) -> Result<()> {
    watched.mark_unchanged();
    let told = tokio::time::timeout(Duration::from_millis(800), watched.changed()).await;
    ensure!(told.is_err(), "{what}: it says {:?}", names(&watched.borrow()));
    Ok(())
}

async fn tells_who_listens(kind: Kind) -> Result<()> {
    let sound = Sound::start(kind).await?;
    let mut watched = microphone::watch(sound.environment());
    until(&mut watched, Some(&[])).await?;

    let start = Instant::now();
    let firefox = sound.record("Firefox", &["--device=mic"]).await?;
    let status = until(&mut watched, Some(&["Firefox"])).await?;
    note(&format!("{kind:?}: seen {:?} after the program was started", start.elapsed()));
    let uses = status.reading.known().context("known")?;
    ensure!(uses[0].device == CallDevice::Microphone);
    ensure!(uses[0].program.binary.as_deref() == Some("pacat"));

    let _zoom = sound.record("Zoom", &["--device=mic"]).await?;
    until(&mut watched, Some(&["Firefox", "Zoom"])).await?;
    let start = Instant::now();
    firefox.kill().await?;
    until(&mut watched, Some(&["Zoom"])).await?;
    note(&format!("{kind:?}: its end is seen after {:?}", start.elapsed()));
    Ok(())
}

async fn what_does_not_listen(kind: Kind) -> Result<()> {
    let sound = Sound::start(kind).await?;
    let mut watched = microphone::watch(sound.environment());
    until(&mut watched, Some(&[])).await?;

    let _recorder = sound.record("Recorder of what plays", &["--device=speaker.monitor"]).await?;
    quiet(&mut watched, "what plays").await?;
    let _meter = sound.record("Meter", &["--device=mic", "--rate=25"]).await?;
    quiet(&mut watched, "a meter").await?;
    let loopback = sound.load(&["module-loopback", "source=mic", "sink=speaker"]).await?;
    quiet(&mut watched, "a loopback").await?;
    sound.unload(&loopback).await?;
    let remap = sound.load(&["module-remap-source", "master=mic", "source_name=remapped"]).await?;
    quiet(&mut watched, "a remapped microphone").await?;
    let through = sound.record("Firefox", &["--device=remapped"]).await?;
    until(&mut watched, Some(&["Firefox"])).await?;
    through.kill().await?;
    until(&mut watched, Some(&[])).await?;
    sound.unload(&remap).await?;
    let masters = ["module-echo-cancel", "source_master=mic", "sink_master=speaker"];
    sound.load(&masters).await?;
    quiet(&mut watched, "echo cancelling").await
}

async fn what_stands_for_a_microphone(kind: Kind) -> Result<()> {
    let sound = Sound::start(kind).await?;
    let mut watched = microphone::watch(sound.environment());
    until(&mut watched, Some(&[])).await?;
    sound.load(&["module-null-sink", "sink_name=filtered"]).await?;
    sound.load(&["module-loopback", "source=mic", "sink=filtered"]).await?;
    let _firefox = sound.record("Firefox", &["--device=filtered.monitor"]).await?;
    quiet(&mut watched, "what plays").await?;
    sound.set_default_source("filtered.monitor").await?;
    until(&mut watched, Some(&["Firefox"])).await?;
    let _other = sound.record("Recorder of what plays", &["--device=speaker.monitor"]).await?;
    quiet(&mut watched, "what plays").await?;
    sound.set_default_source("mic").await?;
    // PulseAudio takes along who records from the default.
    let left: &[&str] = if kind == Kind::PulseAudio { &["Firefox"] } else { &[] };
    until(&mut watched, Some(left)).await.map(drop)
}

async fn a_server_that_dies(kind: Kind) -> Result<()> {
    let mut sound = Sound::none(kind).await?;
    let mut watched = microphone::watch(sound.environment());
    let missing = watched.wait_for(|status| !status.tried.is_empty()).await?.clone();
    let Reading::Unknown(why) = missing.reading else { anyhow::bail!("{missing:?}") };
    ensure!(english(&why).contains("no sound server"), "{why}");

    sound.come().await?;
    until(&mut watched, Some(&[])).await?;
    let firefox = sound.record("Firefox", &["--device=mic"]).await?;
    until(&mut watched, Some(&["Firefox"])).await?;
    sound.go().await?;
    drop(firefox);
    until(&mut watched, None).await?;
    sound.come().await?;
    let back = Instant::now();
    let _firefox = sound.record("Firefox", &["--device=mic"]).await?;
    until(&mut watched, Some(&["Firefox"])).await?;
    ensure!(back.elapsed() < secs(5), "counted again only after {:?}", back.elapsed());
    Ok(())
}

#[tokio::test]
async fn pulseaudio_tells_who_listens() -> Result<()> {
    tells_who_listens(Kind::PulseAudio).await
}

#[tokio::test]
async fn pipewire_tells_who_listens() -> Result<()> {
    tells_who_listens(Kind::PipeWire).await
}

#[tokio::test]
async fn on_pulseaudio_meters_and_filters_do_not_listen() -> Result<()> {
    what_does_not_listen(Kind::PulseAudio).await
}

#[tokio::test]
async fn on_pipewire_meters_and_filters_do_not_listen() -> Result<()> {
    what_does_not_listen(Kind::PipeWire).await
}

#[tokio::test]
async fn on_pulseaudio_the_monitor_that_is_chosen_for_it_is_the_microphone() -> Result<()> {
    what_stands_for_a_microphone(Kind::PulseAudio).await
}

#[tokio::test]
async fn on_pipewire_the_monitor_that_is_chosen_for_it_is_the_microphone() -> Result<()> {
    what_stands_for_a_microphone(Kind::PipeWire).await
}

#[tokio::test]
async fn a_server_for_all_users_is_found_and_left_for_the_own_one() -> Result<()> {
    let all = Sound::start(Kind::PulseAudio).await?;
    let mut own = Sound::none(Kind::PulseAudio).await?;
    let mut environment = own.environment();
    environment.system_sound_socket = all.environment().sound_socket;
    let mut watched = microphone::watch(environment);
    let status = until(&mut watched, Some(&[])).await?;
    ensure!(status.backend == Some("pulseaudio-system"), "{status:?}");
    let _firefox = all.record("Firefox", &["--device=mic"]).await?;
    until(&mut watched, Some(&["Firefox"])).await?;
    own.come().await?;
    let status = until(&mut watched, Some(&[])).await?;
    ensure!(status.backend == Some("pulseaudio"), "{status:?}");
    own.go().await?;
    until(&mut watched, Some(&["Firefox"])).await.map(drop)
}

#[tokio::test]
async fn the_server_that_client_conf_names_is_found() -> Result<()> {
    let sound = Sound::start(Kind::PulseAudio).await?;
    let world = World::new()?;
    let mut signals = Signals::start(&world, &["--names"]).await?;
    signals.says(&["microphone", "no sound server", "client.conf"]).await?;
    signals.interrupt().await?;
    let folder = world.path().join("config/pulse");
    std::fs::create_dir_all(&folder)?;
    let server = format!("default-server = unix:{}\n", sound.socket().display());
    std::fs::write(folder.join("client.conf"), server)?;
    let mut signals = Signals::start(&world, &["--names"]).await?;
    signals.says(&["microphone", "not in use"]).await?;
    let _firefox = sound.record("Firefox", &["--device=mic"]).await?;
    signals.says(&["microphone", "Firefox"]).await
}

#[tokio::test]
async fn pulseaudio_may_die_and_come_back() -> Result<()> {
    a_server_that_dies(Kind::PulseAudio).await
}

#[tokio::test]
async fn pipewire_may_die_and_come_back() -> Result<()> {
    a_server_that_dies(Kind::PipeWire).await
}

#[tokio::test]
async fn a_native_recorder_of_pipewire_listens() -> Result<()> {
    let sound = Sound::start(Kind::PipeWire).await?;
    let mut watched = microphone::watch(sound.environment());
    until(&mut watched, Some(&[])).await?;
    let _recorder = sound.record_natively().await?;
    until(&mut watched, Some(&["pw-record"])).await.map(drop)
}
