//! Benchmarks of the agent, measured from outside. They report figures and
//! cannot fail on them.

mod calendar;
mod day;
mod outage;
mod reaction;
mod rest;
mod window;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use presently_world::desk::say;
use presently_world::world::programs;
use presently_world::{Options, Synapse, World, secs};
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

use day::Which;

const USAGE: &str = "\
Usage: presently-bench [SECONDS]
       presently-bench --day|--later-day [SHAPES]
       presently-bench --outage [SECONDS]
       presently-bench --window
       presently-bench --calendar";

/// Longer than the longest poll.
const REST: Duration = secs(260);
/// The duration of an outage.
const OUTAGE: Duration = secs(600);
const TIMEOUT: Duration = secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let interrupted = async {
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            end = ctrl_c() => end?,
            _ = terminated.recv() => {}
        }
        bail!("interrupted")
    };
    let done: Result<()> = tokio::select! {
        done = bench() => done,
        end = interrupted => end,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without anyhow's backtrace.
            presently_world::note(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn bench() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let seconds = |text: &str| Ok::<_, anyhow::Error>(secs(text.parse().context(USAGE)?));
    say(&format!("Programs in {}", programs()?.display()))?;
    match arguments[..] {
        ["--day"] => day::all(Which::First, None).await,
        ["--day", shapes] => day::all(Which::First, Some(shapes)).await,
        ["--later-day"] => day::all(Which::Later, None).await,
        ["--later-day", shapes] => day::all(Which::Later, Some(shapes)).await,
        ["--outage"] => outage::all(OUTAGE).await,
        ["--outage", time] => outage::all(seconds(time)?).await,
        ["--window"] => window::all().await,
        ["--calendar"] => calendar::all().await,
        [] => at_rest(REST).await,
        [time] => at_rest(seconds(time)?).await,
        _ => bail!(USAGE),
    }
}

async fn at_rest(time: Duration) -> Result<()> {
    for program in ["presently", "presently-window"] {
        if let Ok(file) = std::fs::metadata(programs()?.join(program)) {
            say(&format!("  {program:<18} {:.1} MB", file.len() as f64 / 1e6))?;
        }
    }
    let synapse = Synapse::start(Options::default()).await?;
    reaction::all(&synapse).await?;
    rest::all(&synapse, time).await
}

/// A world with a running agent.
async fn desk(idle: &str) -> Result<World> {
    let mut world = World::quiet()?;
    world.add_display().await?;
    world.add_bus().await?;
    world.write_settings(&format!("secrets = \"file\"\n[idle]\nafter = \"{idle}\"\n"))?;
    Ok(world)
}
