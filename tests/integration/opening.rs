//! Opening the window: the client that asks learns that it is open, or why not.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use presently_world::process::{Output, Process, run};
use presently_world::tray_host::TrayHost;
use presently_world::world::programs;
use presently_world::{World, secs};
use serde_json::{Value, json};

use crate::faults::one_line;
use crate::scene::{SOON, settings};

/// A machine on which the agent is installed, at first without the window.
struct Machine {
    world: World,
    folder: PathBuf,
}

impl Machine {
    async fn new() -> Result<Self> {
        let mut world = World::new()?;
        world.add_display().await?;
        world.add_notifications().await?;
        let quiet = settings("5m");
        world.write_settings(&quiet.replace("[notify]\nenabled = false", "[notify]"))?;
        let folder = world.path().join("bin");
        std::fs::create_dir(&folder)?;
        std::fs::copy(programs()?.join("presently"), folder.join("presently"))?;
        Ok(Self { world, folder })
    }

    async fn agent(&self) -> Result<Process> {
        let mut command = self.world.command(self.folder.join("presently"));
        command.arg("run").stdin(Stdio::null());
        let agent = Process::start("presently", command, self.world.logs()).await?;
        self.world.wait_for_agent(&agent).await?;
        Ok(agent)
    }

    /// Installs a program in place of the window. Another process writes it,
    /// because a file that this process, or a child it is starting, has open
    /// for writing cannot be executed.
    fn install_window(&self, program: &Path) -> Result<()> {
        let mut install = std::process::Command::new("install");
        install.arg(program).arg(self.folder.join("presently-window"));
        ensure!(install.status()?.success(), "{} is not installed", program.display());
        Ok(())
    }

    /// Writes a file to be installed.
    fn file(&self, text: &str) -> Result<PathBuf> {
        let file = self.world.path().join("program");
        std::fs::write(&file, text)?;
        Ok(file)
    }

    async fn open(&self) -> Result<Output> {
        let mut command = self.world.command(self.folder.join("presently"));
        command.arg("window");
        run(command, b"", secs(60)).await
    }

    async fn troubles(&self) -> Result<Value> {
        Ok(self.world.status().await?["troubles"].take())
    }
}

/// The one line of a failed command.
fn refused(output: &Output) -> Result<String> {
    ensure!(output.status == Some(1), "{output:?}");
    let line = one_line(output)?;
    ensure!(line.contains("the window cannot be opened: "), "{line}");
    Ok(line.to_owned())
}

#[tokio::test]
async fn a_window_that_does_not_come_is_said() -> Result<()> {
    let machine = Machine::new().await?;
    let host = TrayHost::on(machine.world.bus()?).await?;
    let agent = machine.agent().await?;
    let item = host.item("presently", SOON).await?;
    let desk = machine.world.notifications()?;
    let said = |count: usize| {
        let said = desk.shown().into_iter().filter(|n| n.summary.contains("did not open"));
        said.count() >= count
    };

    // In the tray nobody waits for an answer. Each click is answered, and the
    // trouble stands there once.
    for count in 1..=2 {
        item.click(&["Open"]).await?;
        let notice = desk.wait_for(|_| said(count), SOON).await?;
        ensure!(notice.body.contains("presently-window"), "{notice:?}");
        let one = |s: &Value| s["troubles"].as_array().is_some_and(|t| t.len() == 1);
        let status = machine.world.status_when("the trouble", one, SOON).await?;
        ensure!(status["troubles"][0] == notice.body.as_str(), "{status:#}");
    }
    let line = refused(&machine.open().await?)?;
    ensure!(line.contains("No such file"), "{line}");
    machine.install_window(&machine.file("not a program")?)?;
    refused(&machine.open().await?)?;
    machine.install_window(&machine.file("#!/bin/sh\nexit 3\n")?)?;
    let line = refused(&machine.open().await?)?;
    ensure!(line.contains("exit status: 3"), "{line}");

    // One that comes is no trouble any more, and comes to the front when it
    // is asked for again.
    machine.install_window(&programs()?.join("presently-window"))?;
    for _ in 0..2 {
        machine.open().await?.success()?;
        let windows = children(agent.pid())?;
        ensure!(windows.iter().filter(|name| *name == "presently-window").count() == 1);
    }
    machine.world.status_when("no trouble", |s| s["troubles"] == json!([]), SOON).await?;
    ensure!(machine.troubles().await? == json!([]));
    Ok(())
}

/// The names of a process's children.
fn children(pid: u32) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let children = std::fs::read_to_string(thread?.path().join("children"))?;
        for child in children.split_whitespace() {
            let name = std::fs::read_to_string(format!("/proc/{child}/comm"));
            // The kernel cuts it at 15 letters.
            let name = name.unwrap_or_default();
            names.push(name.trim().replace("presently-windo", "presently-window"));
        }
    }
    Ok(names)
}

#[tokio::test]
async fn without_a_display_there_is_no_window() -> Result<()> {
    let mut world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    let line = refused(&world.try_presently(&["window"]).await?)?;
    ensure!(line.contains("no display can be opened") && line.contains("DISPLAY is not set"));
    // Bare `presently` asks for it as well.
    refused(&world.try_presently(&[]).await?)?;
    agent.terminate().await?;

    // One that has gone is none.
    world.set_env("DISPLAY", ":4095");
    let _agent = world.agent().await?;
    let line = refused(&world.try_presently(&["window"]).await?)?;
    ensure!(line.contains("DISPLAY is :4095"), "{line}");
    Ok(())
}

#[tokio::test]
async fn a_library_that_is_missing_is_named() -> Result<()> {
    let mut world = World::new()?;
    world.add_display().await?;
    world.write_settings(&settings("5m"))?;
    // The system's loader finds this first, and can do nothing with it.
    let folder = world.path().join("lib");
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join("libwebkit2gtk-4.1.so.0"), "")?;
    world.set_env("LD_LIBRARY_PATH", folder.to_str().context("a name in UTF-8")?);
    let _agent = world.agent().await?;
    let line = refused(&world.try_presently(&["window"]).await?)?;
    ensure!(line.contains("a library that it needs") && line.contains("libwebkit2gtk"), "{line}");
    Ok(())
}
