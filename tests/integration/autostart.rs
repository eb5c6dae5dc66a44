//! Starting at login: the real program, installed in a test folder in `PATH`,
//! writes and removes the autostart entry.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use presently_world::process::{Process, run};
use presently_world::world::programs;
use presently_world::{Synapse, User, World, secs};

/// A machine with installed programs.
struct Machine {
    world: World,
    /// The path of `presently`.
    program: PathBuf,
}

impl Machine {
    /// Installs the programs in a folder in `PATH`, without any settings.
    fn new() -> Result<Self> {
        let mut world = World::new()?;
        let folder = world.path().join("bin");
        let system = std::env::var("PATH").context("there is a PATH")?;
        world.set_env("PATH", format!("{}:{system}", folder.display()));
        install(&folder)?;
        Ok(Self { program: folder.join("presently"), world })
    }

    fn entry(&self) -> PathBuf {
        self.world.path().join("config/autostart/presently.desktop")
    }

    /// The command of the entry, or `None` without an entry.
    fn started(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.entry()).ok()?;
        text.lines().find_map(|l| l.strip_prefix("Exec=")).map(str::to_owned)
    }

    /// The expected command of the entry.
    fn wanted(&self) -> Option<String> {
        Some(format!("\"{}\" run", self.program.display()))
    }

    async fn agent(&self) -> Result<Process> {
        let mut command = self.world.command(&self.program);
        command.args(["run", "--no-tray"]).stdin(Stdio::null());
        let agent = Process::start("presently", command, self.world.logs()).await?;
        self.world.wait_for_agent(&agent).await?;
        Ok(agent)
    }

    async fn ends(&self, agent: Process) -> Result<()> {
        self.say(&["quit"]).await?;
        ensure!(agent.wait(secs(10)).await?.success());
        Ok(())
    }

    async fn say_with(&self, words: &[&str], input: &str) -> Result<String> {
        let mut command = self.world.command(&self.program);
        command.args(words);
        Ok(run(command, input.as_bytes(), secs(60)).await?.success()?.stdout)
    }

    async fn say(&self, words: &[&str]) -> Result<String> {
        self.say_with(words, "").await
    }

    async fn switch(&self, on: bool) -> Result<()> {
        let value = if on { "true" } else { "false" };
        self.say(&["settings", "set", "autostart.enabled", value]).await.map(drop)
    }

    /// Edits the settings file as a person does.
    fn edit(&self, on: bool) -> Result<()> {
        let file = self.world.settings_file();
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let (old, new) = (format!("enabled = {}", !on), format!("enabled = {on}"));
        ensure!(text.contains(&old), "{text}");
        Ok(std::fs::write(file, text.replace(&old, &new))?)
    }

    async fn login(&self, person: &User) -> Result<()> {
        let words =
            ["login", &person.user_id, "--homeserver", &person.homeserver, "--password-stdin"];
        self.say_with(&words, &format!("{}\n", person.password)).await.map(drop)
    }

    /// The line of `presently doctor` about starting at login.
    async fn doctor(&self) -> Result<String> {
        let doctor = self.say(&["doctor"]).await?;
        let line = doctor.lines().find(|line| line.contains("start at login"));
        Ok(line.with_context(|| doctor.clone())?.to_owned())
    }
}

/// Copies both programs into a folder.
fn install(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for program in ["presently", "presently-window"] {
        let built = programs()?.join(program);
        if built.exists() {
            std::fs::copy(built, folder.join(program))?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_entry_follows_the_setting_at_once() -> Result<()> {
    let machine = Machine::new()?;
    let agent = machine.agent().await?;
    assert_eq!(machine.started(), None, "nobody has said anything yet");
    let line = machine.doctor().await?;
    ensure!(line.contains("from the first sign-in on"), "{line}");

    machine.switch(false).await?;
    machine.switch(true).await?;
    assert_eq!(machine.started(), machine.wanted());
    let line = machine.doctor().await?;
    ensure!(line.contains("good") && line.contains("presently.desktop"), "{line}");
    machine.switch(false).await?;
    assert_eq!(machine.started(), None);
    let line = machine.doctor().await?;
    ensure!(line.contains("turned off in the settings"), "{line}");

    // By an edit of the file, which the agent hears of when it does.
    machine.edit(true)?;
    presently_world::wait_for_file(&machine.entry(), secs(20)).await?;
    assert_eq!(machine.started(), machine.wanted());

    // Off while the agent is down.
    machine.ends(agent).await?;
    machine.edit(false)?;
    let agent = machine.agent().await?;
    machine.say(&["status"]).await?;
    assert_eq!(machine.started(), None);
    machine.ends(agent).await
}

#[tokio::test]
async fn a_sign_in_by_the_command_line_arranges_it() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let (person, _colleague) = synapse.person_and_colleague().await?;
    let mut machine = Machine::new()?;
    machine.world.write_settings("secrets = \"file\"\n")?;
    let agent = machine.agent().await?;
    machine.login(&person).await?;
    assert_eq!(machine.started(), machine.wanted());

    // On while the agent is down.
    machine.switch(false).await?;
    machine.ends(agent).await?;
    machine.edit(true)?;
    let agent = machine.agent().await?;
    machine.say(&["status"]).await?;
    assert_eq!(machine.started(), machine.wanted());
    machine.ends(agent).await?;

    // Somewhere else, where only a link in PATH leads to.
    let (bin, opt) = (machine.world.path().join("bin"), machine.world.path().join("opt"));
    std::fs::remove_dir_all(&bin)?;
    install(&opt)?;
    let links = machine.world.path().join("links");
    std::fs::create_dir_all(&links)?;
    std::os::unix::fs::symlink(opt.join("presently"), links.join("presently"))?;
    let system = std::env::var("PATH")?;
    machine.world.set_env("PATH", format!("{}:{system}", links.display()));
    machine.program = links.join("presently");
    let agent = machine.agent().await?;
    machine.say(&["status"]).await?;
    assert_eq!(machine.started(), machine.wanted());

    // Replaced by a newer one while it runs.
    std::fs::remove_file(opt.join("presently"))?;
    install(&opt)?;
    std::fs::remove_file(machine.entry())?;
    machine.switch(false).await?;
    machine.switch(true).await?;
    assert_eq!(machine.started(), machine.wanted());
    machine.ends(agent).await
}

#[tokio::test]
async fn why_it_is_not_started_at_login_is_said() -> Result<()> {
    // Where it was built.
    let mut machine = Machine::new()?;
    machine.program = programs()?.join("presently");
    let agent = machine.agent().await?;
    machine.switch(false).await?;
    machine.switch(true).await?;
    assert_eq!(machine.started(), None);
    let line = machine.doctor().await?;
    ensure!(line.contains("is in no folder of PATH"), "{line}");
    machine.ends(agent).await?;

    // The person's own entry.
    let machine = Machine::new()?;
    let own = "[Desktop Entry]\nExec=presently run --no-tray\n";
    std::fs::create_dir_all(machine.entry().parent().context("a folder")?)?;
    std::fs::write(machine.entry(), own)?;
    let agent = machine.agent().await?;
    machine.switch(false).await?;
    machine.switch(true).await?;
    assert_eq!(std::fs::read_to_string(machine.entry())?, own);
    let line = machine.doctor().await?;
    ensure!(line.contains("did not write"), "{line}");

    // A place where nothing can be written.
    std::fs::remove_file(machine.entry())?;
    let folder = machine.world.path().join("config/autostart");
    std::fs::remove_dir(&folder)?;
    std::fs::write(&folder, "")?;
    machine.switch(false).await?;
    machine.switch(true).await?;
    let status: serde_json::Value =
        serde_json::from_str(&machine.say(&["status", "--json"]).await?)?;
    ensure!(status["troubles"].to_string().contains("cannot be started at login"), "{status:#}");
    let line = machine.doctor().await?;
    ensure!(line.contains("BAD") && line.contains("cannot be started at login"), "{line}");
    std::fs::remove_file(&folder)?;
    machine.switch(false).await?;
    machine.switch(true).await?;
    assert_eq!(machine.started(), machine.wanted());
    let status: serde_json::Value =
        serde_json::from_str(&machine.say(&["status", "--json"]).await?)?;
    ensure!(!status["troubles"].to_string().contains("login"), "{status:#}");
    machine.ends(agent).await
}

/// As the sessions of desktops without a session manager do, and by the same
/// rules as those that have one.
#[tokio::test]
async fn a_session_that_begins_starts_the_agent() -> Result<()> {
    let mut machine = Machine::new()?;
    let agent = machine.agent().await?;
    machine.switch(false).await?;
    machine.switch(true).await?;
    machine.ends(agent).await?;
    ensure!(!machine.world.socket().exists());

    // Only the person's own entries, not those of this system.
    machine
        .world
        .set_env("XDG_CONFIG_DIRS", machine.world.path().join("none").display().to_string());
    let mut session = machine.world.command("dex");
    session.args(["--autostart", "--environment", "GNOME"]);
    session.stdin(Stdio::null());
    let session = Process::start("dex", session, machine.world.logs()).await?;
    ensure!(session.wait(secs(20)).await?.success(), "{}", session.stderr());
    presently_world::wait_for_file(&machine.world.socket(), secs(20)).await?;
    // It is no child of this process: it is ended by its own command.
    machine.say(&["status"]).await?;
    machine.say(&["quit"]).await.map(drop)
}

#[tokio::test]
async fn the_unit_of_systemd_is_valid() -> Result<()> {
    let machine = Machine::new()?;
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/package/presently.service");
    let unit = std::fs::read_to_string(unit)?;
    let program = machine.program.display().to_string();
    let installed = machine.world.path().join("presently.service");
    std::fs::write(&installed, unit.replace("/usr/bin/presently", &program))?;
    let mut verify = machine.world.command("systemd-analyze");
    verify.args(["--user", "--man=no", "verify"]).arg(&installed);
    let found = run(verify, b"", secs(20)).await?.success()?;
    ensure!(found.stderr.is_empty(), "{found:?}");
    Ok(())
}
