//! A process that watches one signal and does nothing else, so that what it
//! costs is the signal's. It writes what it is told, and when.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use presently_core::idle::Idle;
use presently_signals::{Environment, idle, microphone};
use presently_world::bench::Usage;
use presently_world::desk::say;
use presently_world::process::{Logs, Process, command};
use presently_world::scratch::Scratch;
use presently_world::{secs, within};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::watch;

/// The time now, on a clock that all processes share.
pub(crate) fn now() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::try_from(now).unwrap_or_default()
}

fn tell(word: &str) -> Result<()> {
    say(&format!("{word} {}", now().as_nanos()))
}

/// Watches input, as the watching process.
pub(crate) async fn idle(after: Duration) -> Result<()> {
    let (_after, after) = watch::channel(after);
    let mut watched = idle::watch(Environment::from_process(), after);
    loop {
        let word = match watched.borrow_and_update().idle {
            Idle::Active { .. } => "active",
            Idle::Idle { .. } => "idle",
            Idle::Unknown(_) => "unknown",
        };
        tell(word)?;
        watched.changed().await?;
    }
}

/// Watches the microphone, as the watching process.
pub(crate) async fn microphone() -> Result<()> {
    let mut watched = microphone::watch(Environment::from_process());
    loop {
        let word = match watched.borrow_and_update().reading.known() {
            Some(uses) if uses.is_empty() => "free",
            Some(_) => "used",
            None => "unknown",
        };
        tell(word)?;
        watched.changed().await?;
    }
}

/// The watching process, seen from outside. Killed when dropped.
pub(crate) struct Watcher {
    lines: Lines<BufReader<Receiver>>,
    process: Process,
}

impl Watcher {
    /// Starts one of input.
    pub(crate) async fn idle(environment: &Environment, after: Duration) -> Result<Self> {
        Self::start(&["idle", &after.as_millis().to_string()], environment).await
    }

    /// Starts one of the microphone.
    pub(crate) async fn microphone(environment: &Environment) -> Result<Self> {
        Self::start(&["microphone"], environment).await
    }

    async fn start(what: &[&str], environment: &Environment) -> Result<Self> {
        let mut watcher = command(std::env::current_exe()?);
        watcher.arg("watch").args(what);
        let path = |path: &Option<PathBuf>| path.as_ref().map(|p| p.display().to_string());
        for (name, value) in [
            ("DISPLAY", environment.display.clone()),
            ("WAYLAND_DISPLAY", environment.wayland_display.clone()),
            ("XDG_RUNTIME_DIR", path(&environment.runtime_dir)),
            ("DBUS_SESSION_BUS_ADDRESS", environment.session_bus.clone()),
            ("DBUS_SYSTEM_BUS_ADDRESS", environment.system_bus.clone()),
            ("PULSE_SERVER", path(&environment.sound_socket)),
            ("PRESENTLY_IDLE", environment.idle_backend.clone()),
        ] {
            watcher.envs(value.map(|value| (name, value)));
        }
        watcher.stdin(Stdio::null()).stdout(Stdio::piped());
        let logs = Logs::new(Arc::new(Scratch::new()?), false);
        let mut process = Process::start("the watcher", watcher, &logs).await?;
        let told = process.take_stdout().context("it was piped")?;
        let told = Receiver::from_owned_fd(told.into())?;
        Ok(Self { lines: BufReader::new(told).lines(), process })
    }

    /// When it was next told this.
    pub(crate) async fn until(&mut self, word: &str) -> Result<Duration> {
        within(secs(30), word, async {
            loop {
                let line = self.lines.next_line().await?.context("the watcher is gone")?;
                if let Some((said, nanoseconds)) = line.split_once(' ')
                    && said == word
                {
                    return Ok(Duration::from_nanos(nanoseconds.parse()?));
                }
            }
        })
        .await
    }

    /// How often it was woken so far.
    pub(crate) fn switches(&self) -> Result<u64> {
        Ok(Usage::of(self.process.pid())?.switches)
    }
}
