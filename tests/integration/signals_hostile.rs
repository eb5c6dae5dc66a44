//! Sockets of a sound server, PipeWire, a compositor or a bus at which
//! something else sends invalid data: only that signal is lost, and a line
//! names it and the reason.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use presently_core::idle::Idle;
use presently_signals::{Environment, Reading, dnd, idle, lock, microphone, screen};
use presently_world::scratch::Scratch;
use presently_world::secs;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::scene::english;

/// The behaviour of the false server.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// Closes the connection.
    HangUp,
    /// Sends the same byte endlessly.
    Bytes(u8),
    /// Sends empty messages with valid PipeWire headers.
    Empty,
}

async fn answer(mut connection: UnixStream, answer: Answer) -> std::io::Result<()> {
    let nonsense = match answer {
        Answer::HangUp => return Ok(()),
        Answer::Bytes(byte) => vec![byte; 4096],
        Answer::Empty => [[0; 4], (1u32 << 24).to_ne_bytes(), [0; 4], [0; 4]].concat(),
    };
    loop {
        connection.write_all(&nonsense).await?;
        // As fast as is read would keep this machine busy, and nothing else.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Listens on a socket and counts the connections.
fn listen(socket: &Path, how: Answer) -> Result<Arc<AtomicUsize>> {
    let listener = UnixListener::bind(socket)?;
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(answer(connection, how));
        }
    });
    Ok(count)
}

/// The reason why a reading is unknown.
fn why<R>(reading: &Reading<R>) -> Result<String> {
    match reading {
        Reading::Known(_) => anyhow::bail!("it claims to know"),
        Reading::Unknown(why) | Reading::Unsupported(why) => Ok(english(why)),
    }
}

async fn nonsense(how: Answer) -> Result<()> {
    let scratch = Scratch::new()?;
    let place = |name: &str| -> PathBuf { scratch.path().join(name) };
    let names = ["sound", "video", "wayland", "bus", "system"];
    let counts: Vec<_> =
        names.iter().map(|name| listen(&place(name), how)).collect::<Result<_>>()?;
    let bus = |name| Some(format!("unix:path={}", place(name).display()));
    let environment = Environment {
        sound_socket: Some(place("sound")),
        video_socket: Some(place("video")),
        wayland_display: Some("wayland".to_owned()),
        runtime_dir: Some(scratch.path().to_owned()),
        session_bus: bus("bus"),
        system_bus: bus("system"),
        ..Environment::default()
    };
    let (_after, after) = watch::channel(secs(1));
    let mut idle = idle::watch(environment.clone(), after);
    let mut sound = microphone::watch(environment.clone());
    let mut video = screen::watch(environment.clone());
    let mut lock = lock::watch(environment.clone());
    let mut dnd = dnd::watch(environment);
    let asked = async {
        sound.wait_for(|s| !s.tried.is_empty()).await?;
        video.wait_for(|s| !s.tried.is_empty()).await?;
        lock.wait_for(|s| s.tried.iter().any(|t| t.backend == "logind")).await?;
        dnd.wait_for(|s| !s.tried.is_empty()).await?;
        idle.wait_for(|s| !s.tried.is_empty()).await?;
        anyhow::Ok(())
    };
    // Each may take its time, and Wayland's and the bus's come in turn.
    tokio::time::timeout(secs(45), asked).await??;
    tokio::time::sleep(secs(2)).await;
    for (signal, said, named) in [
        ("microphone", why(&sound.borrow().reading)?, "sound"),
        ("screen", why(&video.borrow().reading)?, "PipeWire"),
        ("lock", why(&lock.borrow().reading)?, "bus"),
        ("dnd", why(&dnd.borrow().reading)?, "bus"),
    ] {
        ensure!(said.contains(named) || said.contains("did not answer"), "{signal}: {said}");
    }
    let Idle::Unknown(said) = &idle.borrow().idle else { anyhow::bail!("it claims to know") };
    let said = english(said);
    ensure!(said.contains("Wayland") || said.contains("did not answer"), "{said}");
    for (name, count) in names.iter().zip(&counts) {
        let times = count.load(Ordering::Relaxed);
        ensure!((1..60).contains(&times), "{name} was asked {times} times");
    }
    Ok(())
}

#[tokio::test]
async fn who_hangs_up_is_asked_again_but_not_all_the_time() -> Result<()> {
    nonsense(Answer::HangUp).await
}

#[tokio::test]
async fn zeros_are_no_answer() -> Result<()> {
    nonsense(Answer::Bytes(0)).await
}

#[tokio::test]
async fn ones_are_no_answer() -> Result<()> {
    nonsense(Answer::Bytes(0xff)).await
}

#[tokio::test]
async fn empty_messages_are_no_answer() -> Result<()> {
    nonsense(Answer::Empty).await
}
