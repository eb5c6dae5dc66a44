//! The demo: a private world in which a colleague reports what they see.
//!
//! It has two homeservers on the loopback, one with busy and one without, a
//! person with an account on each, and a colleague on both. Data of the person
//! who runs it is not touched.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use presently_world::desk::{self, Desk};
use presently_world::stage::{Act, Stage};
use presently_world::{World, secs};

const USAGE: &str = "\
Usage: presently-demo [--script]

Shows what a colleague sees of you, live, until Ctrl-C.
With --script it plays a short day by itself, on a display of its own.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match demo().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without anyhow's backtrace.
            presently_world::note(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn demo() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let script = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--script"] => true,
        _ => bail!("{USAGE}"),
    };
    let began = Instant::now();
    // A private world, because the script types on its display.
    let world = World::quiet()?;
    let desk = if script { Desk::private(world).await? } else { Desk::any(world).await? };
    let idle = if script { secs(3) } else { secs(15) };
    let stage = Stage::set(desk, idle).await?;
    desk::say(&format!("Ready after {:.0} s.", began.elapsed().as_secs_f32()))?;
    if script { play(&stage).await } else { live(stage, idle).await }
}

async fn live(stage: Stage, idle: Duration) -> Result<()> {
    desk::say(&format!("Without input for {idle:?} you are away. To say something yourself:"))?;
    desk::say(&format!("  {} busy --for 1h --message \"In a call\"", stage.command_line()?))?;
    if let Some(display) = stage.private_display() {
        desk::say("and to press a key on its own display:")?;
        desk::say(&format!("  DISPLAY={display} xdotool key shift"))?;
    }
    desk::say("Ctrl-C ends it all.")?;
    tokio::select! {
        end = stage.tell_changes() => end?,
        end = tokio::signal::ctrl_c() => end?,
    }
    stage.end().await
}

/// A short day.
async fn play(stage: &Stage) -> Result<()> {
    let busy = |plain: &'static str| ["org.matrix.msc3026.busy", plain];
    let both = |presence: &'static str| [presence; 2];
    stage.step(Act::Nothing, "Nobody has touched the desk yet", both("unavailable"), None).await?;
    stage.step(Act::Type, "A key is pressed", both("online"), None).await?;
    stage.step(Act::Nothing, "No input for 3 s", both("unavailable"), None).await?;
    stage.step(Act::Type, "A key is pressed", both("online"), None).await?;
    let say_busy = Act::Say(&["busy", "--for", "1h"]);
    stage.step(say_busy, "presently busy --for 1h", busy("unavailable"), None).await?;
    let text = Some("Back at 15:00");
    let say_text = Act::Say(&["message", "Back at 15:00"]);
    stage.step(say_text, "presently message", busy("unavailable"), text).await?;
    stage.step(Act::Type, "A key changes nothing", busy("unavailable"), text).await?;
    let auto = Act::TypeAndSay(&["auto"]);
    stage.step(auto, "presently auto, and a key", both("online"), None).await?;
    stage.step(Act::Say(&["away"]), "presently away", both("unavailable"), None).await?;
    stage.step(Act::Say(&["invisible"]), "presently invisible", both("offline"), None).await?;
    stage.step(Act::TypeAndSay(&["auto"]), "presently auto", both("online"), None).await?;
    stage.step(Act::Say(&["quit"]), "presently quit", both("offline"), None).await?;
    desk::say("The colleague saw every step on both homeservers.").context("cannot print")
}
