//! Figures of the signals, on real components: how soon what happens is
//! known, and what it costs to listen. No pass, no fail.
//!
//!     signals-bench [ROUNDS [SECONDS]]

#[path = "../integration/signals_compositor.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod compositor;
mod desks;
#[path = "../integration/signals_kwin.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod kwin;
#[path = "../integration/signals_logind.rs"]
mod logind;
mod microphone;
mod pointer;
#[path = "../integration/signals_sound.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod sound;
mod watcher;

use std::time::Duration;

use anyhow::{Context, Result};
use presently_signals::Environment;
use presently_world::bench::spread;
use presently_world::desk::say;
use presently_world::secs;

use desks::{Desk, Kind};
use sound::Kind as SoundKind;
use watcher::{Watcher, now};

/// The threshold that is measured.
const AFTER: Duration = secs(2);
/// One that is never reached.
const NEVER: Duration = secs(3_600);
/// How often somebody types who types all the time.
const KEYS: Duration = Duration::from_millis(100);
/// How long all that follows a start may take.
const SETTLE: Duration = secs(2);

/// How much is measured.
#[derive(Clone, Copy)]
struct Plan {
    rounds: usize,
    span: Duration,
}

fn main() -> Result<()> {
    // The same program is what watches, and who types at KWin.
    if kwin::type_if_told()? {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    runtime.block_on(async {
        let usage = "Usage: signals-bench [ROUNDS [SECONDS]]";
        let number = |text: &str| text.parse::<u32>().context(usage);
        match arguments[..] {
            ["watch", "idle", after] => {
                watcher::idle(Duration::from_millis(number(after)?.into())).await
            }
            ["watch", "microphone"] => watcher::microphone().await,
            [] => all(Plan { rounds: 20, span: secs(60) }).await,
            [rounds] => all(Plan { rounds: number(rounds)? as usize, span: secs(60) }).await,
            [rounds, span] => {
                let span = secs(number(span)?.into());
                all(Plan { rounds: number(rounds)? as usize, span }).await
            }
            _ => anyhow::bail!(usage),
        }
    })
}

async fn all(plan: Plan) -> Result<()> {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    say(&format!("The load of this machine is {load}"))?;
    for (kind, backend) in [
        (Kind::X11, "x11-xsync"),
        (Kind::KWin, "wayland-ext-idle-notify"),
        (Kind::KWin, "wayland-kde-idle"),
        (Kind::Sway, "wayland-kde-idle"),
        (Kind::Mutter, "gnome-mutter"),
    ] {
        say(&format!("\n{backend} on {}", kind.name()))?;
        told(idle(kind, backend, plan).await)?;
    }
    say("\nlogind, which repeats what the desktop says")?;
    told(hint(plan).await)?;
    for kind in [SoundKind::PulseAudio, SoundKind::PipeWire] {
        say(&format!("\nThe microphone on {kind:?}"))?;
        told(microphone::figures(kind, plan.rounds, plan.span).await)?;
    }
    Ok(())
}

/// What cannot be measured here is said, and the rest goes on.
fn told(result: Result<()>) -> Result<()> {
    result.or_else(|error| say(&format!("  not measured: {error:#}")))
}

async fn idle(kind: Kind, backend: &'static str, plan: Plan) -> Result<()> {
    let mut desk = Desk::of(kind).await?;
    let environment = Environment { idle_backend: Some(backend.to_owned()), ..desk.environment() };
    let mut watcher = Watcher::idle(&environment, AFTER).await?;
    let (mut claims, mut off) = (Vec::new(), Vec::new());
    let mut pressed = now();
    desk.press().await?;
    for _ in 0..=plan.rounds {
        let idle = watcher.until("idle").await?;
        let after = idle.saturating_sub(pressed);
        off.push((after.as_secs_f64() / AFTER.as_secs_f64() - 1.0) * 100.0);
        pressed = now();
        desk.press().await?;
        claims.push(watcher.until("active").await?.saturating_sub(pressed));
    }
    // Of the first round nobody knows since when there was no input.
    claims.remove(0);
    off.remove(0);
    say(&format!("  input to claim      {}", spread(&mut claims)))?;
    off.sort_by(f64::total_cmp);
    let (least, most) = (off.first().context("a round")?, off.last().context("a round")?);
    let median = off[off.len() / 2];
    say(&format!(
        "  threshold of {AFTER:?}     median {median:+.1} %, from {least:+.1} % to {most:+.1} %"
    ))?;
    drop(watcher);

    let mut watcher = Watcher::idle(&environment, NEVER).await?;
    // The first key may come before it is asked for.
    loop {
        desk.press().await?;
        if let Ok(active) = tokio::time::timeout(SETTLE, watcher.until("active")).await {
            active?;
            break;
        }
    }
    tokio::time::sleep(SETTLE).await;
    let before = watcher.switches()?;
    let end = tokio::time::Instant::now() + plan.span;
    let mut keys = 0;
    while tokio::time::Instant::now() < end {
        desk.press().await?;
        keys += 1;
        tokio::time::sleep(KEYS).await;
    }
    let typed = watcher.switches()? - before;
    tokio::time::sleep(SETTLE).await;
    let before = watcher.switches()?;
    tokio::time::sleep(plan.span).await;
    let rest = watcher.switches()? - before;
    say(&format!(
        "  context switches    {typed} in {:?} of {keys} inputs, {rest} in {:?} of rest",
        plan.span, plan.span
    ))
}

async fn hint(plan: Plan) -> Result<()> {
    let logind = logind::Logind::start().await?;
    let session = logind.session().await?;
    let environment =
        Environment { idle_backend: Some("logind".to_owned()), ..logind.environment() };
    let mut watcher = Watcher::idle(&environment, NEVER).await?;
    watcher.until("unknown").await?;
    let mut claims = Vec::new();
    for _ in 0..plan.rounds {
        for (idle, word) in [(true, "idle"), (false, "active")] {
            let said = now();
            session.set_idle(idle).await?;
            claims.push(watcher.until(word).await?.saturating_sub(said));
        }
    }
    say(&format!("  hint to claim       {}", spread(&mut claims)))?;
    tokio::time::sleep(SETTLE).await;
    let before = watcher.switches()?;
    tokio::time::sleep(plan.span).await;
    let rest = watcher.switches()? - before;
    say(&format!("  context switches    {rest} in {:?} of rest", plan.span))
}
