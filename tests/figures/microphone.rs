//! How soon a program that listens is known, by the signal alone and by the
//! agent, which waits for the delay of the settings.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use presently_signals::Environment;
use presently_world::bench::spread;
use presently_world::desk::say;
use presently_world::process::{Process, run};
use presently_world::{World, secs, within};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::unix::pipe::Receiver;
use tokio::time::timeout;

use crate::sound::{Kind, Sound};
use crate::watcher::{Watcher, now};

/// The delay of the settings.
const ENTER: Duration = secs(1);

pub(crate) async fn figures(kind: Kind, rounds: usize, span: Duration) -> Result<()> {
    let sound = Sound::start(kind).await?;
    let environment = sound.environment();
    let mut server = Server::of(&sound).await?;
    signal(&sound, &environment, &mut server, rounds, span).await?;
    agent(&sound, &environment, &mut server, rounds).await
}

async fn signal(
    sound: &Sound,
    environment: &Environment,
    server: &mut Server,
    rounds: usize,
    span: Duration,
) -> Result<()> {
    let mut watcher = Watcher::microphone(environment).await?;
    watcher.until("free").await?;
    let (mut claims, mut ends) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let call = sound.record("Firefox", &["--device=mic"]).await?;
        let started = server.next("new").await?;
        claims.push(watcher.until("used").await?.saturating_sub(started));
        let ended = now();
        call.kill().await?;
        ends.push(watcher.until("free").await?.saturating_sub(ended));
    }
    say(&format!("  start to claim      {}", spread(&mut claims)))?;
    say(&format!("  end to claim        {}", spread(&mut ends)))?;
    tokio::time::sleep(secs(2)).await;
    let before = watcher.switches()?;
    tokio::time::sleep(span).await;
    let rest = watcher.switches()? - before;
    say(&format!("  context switches    {rest} in {span:?} of rest"))
}

async fn agent(
    sound: &Sound,
    environment: &Environment,
    server: &mut Server,
    rounds: usize,
) -> Result<()> {
    let mut world = World::quiet()?;
    world.add_display().await?;
    world.write_settings("secrets = \"file\"\n[call]\nenter = \"1s\"\nexit = \"1s\"\n")?;
    let socket = environment.sound_socket.as_ref().context("the sound server's socket")?;
    world.set_env("PULSE_SERVER", socket.display().to_string());
    let _agent = world.agent().await?;
    let mut follow = world.follow().await?;
    let mut until = async |call: bool| -> Result<Duration> {
        let what = if call { "the call" } else { "its end" };
        within(secs(30), what, async {
            loop {
                let snapshot: Value = follow.next().await?.context("the agent is gone")?;
                if (snapshot["source"] == "call") == call {
                    return Ok(now());
                }
            }
        })
        .await
    };
    let mut claims = Vec::new();
    for _ in 0..rounds {
        let call = sound.record("Firefox", &["--device=mic"]).await?;
        let started = server.next("new").await?;
        claims.push(until(true).await?.saturating_sub(started + ENTER));
        call.kill().await?;
        until(false).await?;
    }
    say(&format!("  beyond the delay    {}, by the agent", spread(&mut claims)))
}

/// What the sound server itself tells of its streams.
struct Server {
    lines: Lines<BufReader<Receiver>>,
    _process: Process,
}

impl Server {
    async fn of(sound: &Sound) -> Result<Self> {
        let mut pactl = sound.command("pactl");
        pactl.arg("subscribe").stdout(Stdio::piped());
        let mut process = sound.run("pactl", pactl).await?;
        let told = process.take_stdout().context("it was piped")?;
        let mut lines = BufReader::new(Receiver::from_owned_fd(told.into())?).lines();
        // It listens once it tells of somebody who only asks.
        let listens = async {
            loop {
                let mut somebody = sound.command("pactl");
                somebody.arg("info");
                run(somebody, b"", secs(10)).await?.success()?;
                if timeout(Duration::from_millis(100), lines.next_line()).await.is_ok() {
                    return Ok(());
                }
            }
        };
        within(secs(20), "pactl", listens).await?;
        Ok(Self { lines, _process: process })
    }

    /// When the next recording stream was new.
    async fn next(&mut self, event: &str) -> Result<Duration> {
        let wanted = format!("Event '{event}' on source-output ");
        within(secs(20), &wanted, async {
            while !self.lines.next_line().await?.context("pactl is gone")?.starts_with(&wanted) {}
            Ok(now())
        })
        .await
    }
}
