//! The tray module by itself, in a separate process.

use std::io::BufRead;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use jiff::tz::TimeZone;
use presently::tray;
use presently_ipc::Snapshot;
use presently_text::Texts;
use presently_world::World;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::scene::SOON;

/// The variable that makes [`the_program_with_only_a_tray`] run.
const ALONE: &str = "PRESENTLY_TEST_TRAY";

/// The body of the separate process. A process has one tray, which finds its
/// bus in the environment, so the tests start this program again. It shows the
/// snapshots that it reads and prints the actions of the person. An empty line
/// asks whether there is a host.
#[test]
fn the_program_with_only_a_tray() -> Result<()> {
    if std::env::var_os(ALONE).is_none() {
        return Ok(());
    }
    let (actions, mut done) = tokio::sync::mpsc::channel(8);
    let (lines, mut read) = tokio::sync::mpsc::channel(8);
    std::thread::spawn(move || {
        std::io::stdin()
            .lock()
            .lines()
            .map_while(Result::ok)
            .try_for_each(|l| lines.blocking_send(l))
    });
    // As in the agent: one thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut tray = tray::start(actions)?;
        loop {
            tokio::select! {
                action = done.recv() => say(&format!("{:?}", action.context("the tray is gone")?)),
                line = read.recv() => match line.as_deref() {
                    None => return Ok(()),
                    Some("") => say(&format!("{:?}", tray::host_present().await)),
                    Some(line) => {
                        tray.show(&serde_json::from_str(line)?, &TimeZone::UTC, Texts::english());
                        say("shown");
                    }
                },
            }
        }
    })
}

#[expect(clippy::print_stdout, reason = "the test that started this program reads it")]
fn say(line: &str) {
    println!("{ALONE} {line}");
}

/// A separate process with only a tray.
pub(super) struct Alone {
    pub(super) child: Child,
    pub(super) stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Alone {
    pub(super) fn start(world: &World) -> Result<Self> {
        let mut command = world.command(std::env::current_exe()?);
        command.args([
            "tray::alone::the_program_with_only_a_tray",
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ]);
        command.env(ALONE, "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let stdin = child.stdin.take().context("it was piped")?;
        let stdout = BufReader::new(child.stdout.take().context("it was piped")?).lines();
        Ok(Self { child, stdin, stdout })
    }

    /// The next line it prints.
    pub(super) async fn said(&mut self) -> Result<String> {
        presently_world::within(SOON, "a word", async {
            loop {
                let line = self.stdout.next_line().await?.context("it has ended")?;
                // The test runner says things too, even on the same line.
                if let Some((_, said)) = line.split_once(&format!("{ALONE} ")) {
                    return Ok(said.to_owned());
                }
            }
        })
        .await
    }

    pub(super) async fn show(&mut self, snapshot: &Snapshot) -> Result<()> {
        let line = serde_json::to_string(snapshot)? + "\n";
        self.stdin.write_all(line.as_bytes()).await?;
        let said = self.said().await?;
        ensure!(said == "shown", "{said}");
        Ok(())
    }

    pub(super) async fn host(&mut self) -> Result<String> {
        self.stdin.write_all(b"\n").await?;
        self.said().await
    }
}
