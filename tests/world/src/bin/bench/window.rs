//! How soon the window is there after a click, and what it costs in memory.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_world::bench::{Usage, spread};
use presently_world::desk::say;
use presently_world::display::{Framebuffer, Keyboard};
use presently_world::{Agent, Options, Synapse, World, secs};
use rustix::process::{Pid, Signal, kill_process};

use crate::TIMEOUT;

/// How often the window is opened.
const ROUNDS: usize = 10;
/// How often the display is read. It limits the precision of the figures.
const EVERY: Duration = Duration::from_millis(4);
/// Fewer colours than this are an empty window: a background, a border and the
/// pointer. Text brings its anti-aliased edges.
const TEXT_COLOURS: usize = 24;
/// The memory settles for this long before it is read.
const SETTLE: Duration = secs(5);

/// The times of one opening, counted from the click.
struct Opening {
    mapped: Duration,
    painted: Duration,
    reported: Duration,
    answered: Duration,
}

pub(crate) async fn all() -> Result<()> {
    let synapse = Synapse::start(Options::default()).await?;
    let mut world = World::quiet()?;
    let framebuffer = world.add_visible_display().await?;
    world.add_bus().await?;
    world.write_settings("secrets = \"file\"\n[autostart]\nenabled = false\n")?;
    let agent = world.agent().await?;
    let (person, _) = synapse.person_and_colleague().await?;
    world.sign_in(&person).await?;
    let mut keyboard = world.display()?.keyboard().await?;
    world.display()?.xdotool(&["mousemove", "200", "500"]).await?;

    tokio::time::sleep(SETTLE).await;
    let before = Usage::of(agent.process().pid())?;
    let mut during = Vec::new();
    let mut openings = Vec::new();
    for round in 0..ROUNDS {
        openings.push(open(&world, &framebuffer, &mut keyboard).await?);
        if round == 0 {
            tokio::time::sleep(SETTLE).await;
            during = memory(&agent)?;
        }
        close(&agent).await?;
    }
    tokio::time::sleep(SETTLE).await;
    let after = Usage::of(agent.process().pid())?;

    say("\nThe window, counted from the click (the request to open it)")?;
    let line = |name: &str, time: fn(&Opening) -> Duration| {
        let mut times: Vec<Duration> = openings.iter().map(time).collect();
        say(&format!("  {name:<28} {}", spread(&mut times)))
    };
    line("on the display", |o| o.mapped)?;
    line("first paint with text", |o| o.painted)?;
    line("its page says that it runs", |o| o.reported)?;
    line("it has answered a key", |o| o.answered)?;
    let mb = |bytes: u64| bytes as f64 / 1e6;
    say("\nMemory (PSS)")?;
    say(&format!("  {:<28} {:.1} MB", "agent before the window", mb(before.pss)))?;
    for (name, usage) in during {
        say(&format!("  {:<28} {:.1} MB", format!("{name}, window open"), mb(usage.pss)))?;
    }
    say(&format!("  {:<28} {:.1} MB", "agent after the window", mb(after.pss)))
}

async fn open(world: &World, screen: &Framebuffer, keys: &mut Keyboard) -> Result<Opening> {
    let empty = screen.pixels()?;
    let click = Instant::now();
    let request = world.presently(&["window"]);
    let watch = async {
        let mapped = until(click, || Ok(screen.pixels()? != empty)).await?;
        let painted = until(click, || Ok(colours(&screen.pixels()?) >= TEXT_COLOURS)).await?;
        Ok::<_, anyhow::Error>((mapped, painted))
    };
    let timed = async {
        request.await?;
        Ok(click.elapsed())
    };
    let (reported, (mapped, painted)) = tokio::try_join!(timed, watch)?;
    // The focus moves to the next control, and its ring is drawn there.
    let before = screen.pixels()?;
    keys.press("Tab")?;
    let answered = until(click, || Ok(screen.pixels()? != before)).await?;
    Ok(Opening { mapped, painted, reported, answered })
}

/// The time from `start` to the moment at which `is_so` is first true.
async fn until(start: Instant, mut is_so: impl FnMut() -> Result<bool>) -> Result<Duration> {
    while !is_so()? {
        ensure!(start.elapsed() < TIMEOUT, "the window does not appear");
        tokio::time::sleep(EVERY).await;
    }
    Ok(start.elapsed())
}

fn colours(pixels: &[u8]) -> usize {
    pixels.as_chunks::<4>().0.iter().collect::<HashSet<_>>().len()
}

/// Ends the window's program, which is a child of the agent.
async fn close(agent: &Agent) -> Result<()> {
    let window = children(agent.process().pid())?
        .into_iter()
        .find(|pid| name(*pid).is_some_and(|name| name == "presently-windo"))
        .context("no window runs")?;
    let pid = i32::try_from(window).ok().and_then(Pid::from_raw).context("a process id")?;
    kill_process(pid, Signal::TERM)?;
    let start = Instant::now();
    while Path::new("/proc").join(window.to_string()).exists() {
        ensure!(start.elapsed() < TIMEOUT, "the window does not end");
        tokio::time::sleep(EVERY).await;
    }
    Ok(())
}

/// The agent and all processes below it, by name.
fn memory(agent: &Agent) -> Result<Vec<(String, Usage)>> {
    let mut all = vec![("agent".to_owned(), Usage::of(agent.process().pid())?)];
    let mut open = children(agent.process().pid())?;
    while let Some(pid) = open.pop() {
        open.extend(children(pid)?);
        if let (Some(name), Ok(usage)) = (name(pid), Usage::of(pid)) {
            all.push((name, usage));
        }
    }
    Ok(all)
}

fn children(pid: u32) -> Result<Vec<u32>> {
    let mut children = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(task?.path().join("children")).unwrap_or_default();
        children.extend(text.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    Ok(children)
}

/// The first 15 characters of the program's name.
fn name(pid: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}
