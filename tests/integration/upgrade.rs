//! An installed newer version takes over from the running agent.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use presently_world::client::BUSY;
use presently_world::process::{Process, Signal};
use presently_world::world::programs;
use presently_world::{Seen, Synapse, World, secs, within};
use serde_json::Value;

use crate::scene::{SOON, settings};

/// Installs a program as a package manager does: written under another name,
/// then renamed.
fn install(program: &Path) -> Result<()> {
    let new = program.with_extension("new");
    std::fs::copy(programs()?.join("presently"), &new)?;
    Ok(std::fs::rename(new, program)?)
}

#[tokio::test]
async fn the_newer_version_takes_over_and_nobody_is_seen_offline() -> Result<()> {
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.write_settings(&settings("5m"))?;
    let program = world.path().join("presently");
    install(&program)?;
    let mut command = world.command(&program);
    command.args(["run", "--no-tray"]);
    let agent = Process::start("presently", command, world.logs()).await?;
    world.wait_for_agent(&agent).await?;
    world.sign_in(&person).await?;
    world.presently(&["busy", "--for", "1h", "--message", "Writing"]).await?;
    let busy = |seen: &Seen| seen.is(BUSY) && seen.message.as_deref() == Some("Writing");
    colleague.wait_for(&person.user_id, busy, SOON).await?;
    let before = world.status_when("settled", is_settled, SOON).await?;

    let mark = colleague.mark();
    install(&program)?;
    let running = format!("/proc/{}/exe", agent.pid());
    ensure!(std::fs::read_link(&running)? != program, "the program was replaced");
    agent.signal(Signal::USR2)?;
    within(SOON, "the newer version", async {
        while std::fs::read_link(&running)? != program {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    })
    .await?;
    world.wait_for_agent(&agent).await?;
    let after = world.status_when("settled again", is_settled, SOON).await?;
    for field in ["presence", "source", "until", "message"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(after["accounts"][0]["user_id"], person.user_id);
    colleague.holds(&person.user_id, busy, secs(3)).await?;
    for sighting in colleague.since(mark) {
        ensure!(busy(&sighting.seen), "{} was seen", sighting.seen);
    }
    // It ends as any other.
    world.presently(&["quit"]).await?;
    ensure!(agent.wait(SOON).await?.success());
    colleague.wait_for(&person.user_id, |seen| seen.is("offline"), SOON).await?;
    Ok(())
}

fn is_settled(snapshot: &Value) -> bool {
    snapshot["accounts"][0]["settled"] == true
        && snapshot["accounts"][0]["seen_by_others"] == "busy"
}
