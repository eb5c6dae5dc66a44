//! Backends without inotify, because other programs have used up the user's
//! watches.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use presently_world::process::Process;
use presently_world::world::programs;
use presently_world::{secs, within};

use crate::calls::world;
use crate::signals_sound::{Kind, Sound};

#[tokio::test]
async fn what_comes_is_seen_late_and_doctor_names_the_limit() -> Result<()> {
    let mut sound = Sound::none(Kind::PulseAudio).await?;
    let world = world(&sound).await?;
    // Nobody else's watches are taken: it is this agent that may have none.
    let mut agent = world.command("unshare");
    agent.args(["--user", "--map-root-user", "sh", "-ec"]);
    agent.arg("echo 0 > /proc/sys/user/max_inotify_instances; exec \"$0\" run --no-tray");
    agent.arg(programs()?.join("presently")).stdin(Stdio::null());
    let agent = Process::start("presently", agent, world.logs()).await?;
    world.wait_for_agent(&agent).await?;
    let doctor = world.presently(&["doctor"]).await?;
    ensure!(doctor.contains("fs.inotify.max_user_instances"), "{doctor}");
    ensure!(doctor.contains("no sound server"), "{doctor}");

    sound.come().await?;
    let _call = sound.record("Firefox", &["--device=mic"]).await?;
    within(secs(30), "the sound server", async {
        let mut follow = world.follow().await?;
        loop {
            let status = follow.next().await?.context("the agent has ended")?;
            if status["signals"]["microphone"]["detail"] == "in use by Firefox" {
                return Ok(());
            }
        }
    })
    .await
    .with_context(|| agent.stderr())
}
