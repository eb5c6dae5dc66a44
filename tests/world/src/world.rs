//! One person's machine: the folders, the desktop, and Presently on it.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::bus::{Bus, Keyring, Notifications};
use crate::client::User;
use crate::display::{Display, Framebuffer};
use crate::process::{Logs, Output, Process, Signal, command, run};
use crate::scratch::Scratch;
use crate::{secs, wait_for_file, within};

/// The folder of the programs that were built with this one:
/// `PRESENTLY_PROGRAMS`, else the folder of this program.
pub fn programs() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("PRESENTLY_PROGRAMS") {
        return Ok(folder.into());
    }
    let own = std::env::current_exe()?;
    let mut folder = own.parent().context("this program has no folder")?;
    // Tests are in a subfolder of the programs' folder.
    if folder.ends_with("deps") {
        folder = folder.parent().unwrap_or(folder);
    }
    Ok(folder.to_owned())
}

/// A machine with private folders, at first without display, session bus,
/// secret store and sound. Everything ends when this is dropped.
#[derive(Debug)]
pub struct World {
    // The fields are dropped in this order.
    notifications: Option<Notifications>,
    keyring: Option<Keyring>,
    bus: Option<Bus>,
    display: Option<Display>,
    more: Vec<(String, String)>,
    logs: Logs,
    scratch: Arc<Scratch>,
}

impl World {
    /// An empty machine. The output of its programs is printed when they end,
    /// so that the test runner shows it if the test fails.
    pub fn new() -> Result<Self> {
        Self::with_logs(true)
    }

    /// An empty machine whose programs print nothing to the terminal.
    pub fn quiet() -> Result<Self> {
        Self::with_logs(false)
    }

    fn with_logs(show: bool) -> Result<Self> {
        let scratch = Arc::new(Scratch::new()?);
        for folder in ["home", "config", "state", "data", "cache", "run"] {
            scratch.folder(folder)?;
        }
        let logs = Logs::new(scratch.clone(), show);
        let (notifications, keyring, bus, display) = (None, None, None, None);
        Ok(Self { notifications, keyring, bus, display, more: Vec::new(), logs, scratch })
    }

    /// The temporary folder.
    pub fn path(&self) -> &Path {
        self.scratch.path()
    }

    /// The folder of its programs' output.
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// The path of Presently's settings file.
    pub fn settings_file(&self) -> PathBuf {
        self.path().join("config/presently/settings.toml")
    }

    /// The path of Presently's state file.
    pub fn state_file(&self) -> PathBuf {
        self.path().join("state/presently/state.json")
    }

    /// The path of Presently's socket.
    pub fn socket(&self) -> PathBuf {
        self.path().join("run/presently/agent.sock")
    }

    /// Writes Presently's settings atomically, so that an agent never reads
    /// half of them.
    pub fn write_settings(&self, toml: &str) -> Result<()> {
        let file = self.settings_file();
        std::fs::create_dir_all(file.parent().context("a folder")?)?;
        let new = file.with_extension("new");
        std::fs::write(&new, toml).context("cannot write the settings")?;
        std::fs::rename(new, file).context("cannot write the settings")
    }

    /// Adds a private X11 display.
    pub async fn add_display(&mut self) -> Result<&Display> {
        let display = Display::start(&self.logs).await?;
        Ok(self.display.insert(display))
    }

    /// Adds a private X11 display whose pixels can be read.
    pub async fn add_visible_display(&mut self) -> Result<Framebuffer> {
        let folder = self.scratch.folder("framebuffer")?;
        let (display, framebuffer) = Display::visible(&folder, &self.logs).await?;
        self.display = Some(display);
        Ok(framebuffer)
    }

    /// Adds a private session bus.
    pub async fn add_bus(&mut self) -> Result<&Bus> {
        let bus = Bus::start(&self.logs, &self.scratch.folder("bus")?).await?;
        Ok(self.bus.insert(bus))
    }

    /// Adds an unlocked secret store to the session bus, which is created if
    /// necessary.
    pub async fn add_keyring(&mut self) -> Result<()> {
        let home = self.scratch.folder("keyring")?;
        let logs = self.logs.clone();
        let bus = self.ensure_bus().await?;
        self.keyring = Some(Keyring::unlocked(bus, &logs, &home).await?);
        Ok(())
    }

    /// Adds a locked secret store. An existing one is locked and keeps its
    /// secrets.
    pub async fn add_locked_keyring(&mut self) -> Result<()> {
        if let Some(open) = self.keyring.take() {
            open.stop().await?;
        }
        let home = self.scratch.folder("keyring")?;
        let logs = self.logs.clone();
        let bus = self.ensure_bus().await?;
        self.keyring = Some(Keyring::locked(bus, &logs, &home).await?);
        Ok(())
    }

    /// Adds a notification service to the session bus, which is created if
    /// necessary.
    pub async fn add_notifications(&mut self) -> Result<&Notifications> {
        let notifications = Notifications::on(self.ensure_bus().await?).await?;
        Ok(self.notifications.insert(notifications))
    }

    async fn ensure_bus(&mut self) -> Result<&Bus> {
        if self.bus.is_none() {
            self.add_bus().await?;
        }
        self.bus()
    }

    /// The display. An error if none was added.
    pub fn display(&self) -> Result<&Display> {
        self.display.as_ref().context("this world has no display")
    }

    /// The session bus. An error if none was added.
    pub fn bus(&self) -> Result<&Bus> {
        self.bus.as_ref().context("this world has no session bus")
    }

    /// The secret store. An error if none was added.
    pub fn keyring(&self) -> Result<&Keyring> {
        self.keyring.as_ref().context("this world has no secret store")
    }

    /// The notification service. An error if none was added.
    pub fn notifications(&self) -> Result<&Notifications> {
        self.notifications.as_ref().context("this world has no place for notifications")
    }

    /// Sets a variable for every program started from now on.
    pub fn set_env(&mut self, name: &str, value: impl Into<String>) {
        self.more.retain(|(n, _)| n != name);
        self.more.push((name.to_owned(), value.into()));
    }

    /// A command in this world, with only the variables that it needs.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = command(program);
        for (name, folder) in [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "run"),
            // The real system bus, with the real logind, must not be used.
            ("DBUS_SYSTEM_BUS_ADDRESS", "run/no-system-bus"),
        ] {
            let path = self.path().join(folder);
            let prefix = if name.starts_with("DBUS") { "unix:path=" } else { "" };
            command.env(name, format!("{prefix}{}", path.display()));
        }
        command.env("TZ", "UTC").current_dir(self.path());
        if let Some(display) = &self.display {
            command.env("DISPLAY", display.name());
        }
        if let Some(bus) = &self.bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
        }
        command.envs(self.more.iter().map(|(n, v)| (n, v)));
        command
    }

    /// Starts the agent and waits until it answers.
    pub async fn agent(&self) -> Result<Agent> {
        self.agent_with(&["run"]).await
    }

    /// Starts the agent with these arguments and waits until it answers.
    pub async fn agent_with(&self, args: &[&str]) -> Result<Agent> {
        let agent = self.start_agent(args).await?;
        self.wait_for_agent(&agent.process).await?;
        Ok(agent)
    }

    /// Waits until an agent started in this world answers.
    pub async fn wait_for_agent(&self, agent: &Process) -> Result<()> {
        let socket = self.socket();
        let folder = socket.parent().context("a folder")?;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        within(secs(30), "the agent's socket", async {
            loop {
                tokio::select! {
                    found = wait_for_file(&socket, secs(30)) => found?,
                    end = agent.wait(secs(30)) => bail!("the agent ended: {}", end?),
                }
                // A stale socket may exist, so only a connection counts.
                match tokio::net::UnixStream::connect(&socket).await {
                    Ok(_) => return Ok(()),
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        })
        .await
        .with_context(|| agent.stderr())
    }

    /// Starts the agent with these arguments and returns at once.
    pub async fn start_agent(&self, args: &[&str]) -> Result<Agent> {
        let mut command = self.command(programs()?.join("presently"));
        command.args(args).stdin(Stdio::null());
        Ok(Agent { process: Process::start("presently", command, &self.logs).await? })
    }

    /// Runs the command line with these arguments, and with `input` on its
    /// standard input.
    pub async fn presently_with(&self, args: &[&str], input: &str) -> Result<Output> {
        let mut command = self.command(programs()?.join("presently"));
        command.args(args);
        run(command, input.as_bytes(), secs(60)).await
    }

    /// Runs the command line with these arguments.
    pub async fn try_presently(&self, args: &[&str]) -> Result<Output> {
        self.presently_with(args, "").await
    }

    /// Runs the command line, which must succeed, and returns its output.
    pub async fn presently(&self, args: &[&str]) -> Result<String> {
        let output = self.try_presently(args).await?.success();
        Ok(output.with_context(|| format!("presently {}", args.join(" ")))?.stdout)
    }

    /// Signs a person in on the running agent.
    pub async fn sign_in(&self, person: &User) -> Result<()> {
        let args =
            ["login", &person.user_id, "--homeserver", &person.homeserver, "--password-stdin"];
        let output = self.presently_with(&args, &format!("{}\n", person.password)).await?;
        output.success().map(drop).context("presently login")
    }

    /// The current snapshot.
    pub async fn status(&self) -> Result<Value> {
        let text = self.presently(&["status", "--json"]).await?;
        serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))
    }

    /// Waits until the snapshot satisfies `wanted`, and returns it.
    pub async fn status_when(
        &self,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
        deadline: Duration,
    ) -> Result<Value> {
        let mut follow = self.follow().await?;
        let mut last = Value::Null;
        let found = within(deadline, what, async {
            while let Some(snapshot) = follow.next().await? {
                last.clone_from(&snapshot);
                if wanted(&snapshot) {
                    return Ok(snapshot);
                }
            }
            bail!("the agent is gone")
        });
        let found = found.await;
        found.with_context(|| format!("the last snapshot: {last:#}"))
    }

    /// Follows the snapshots: the current one, then one at each change.
    pub async fn follow(&self) -> Result<Follow> {
        let mut command = self.command(programs()?.join("presently"));
        command.args(["status", "--json", "--follow"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Process::start("follow", command, &self.logs).await?;
        let stdout = process.take_stdout().context("it was piped")?;
        let pipe = tokio::net::unix::pipe::Receiver::from_owned_fd(stdout.into())?;
        Ok(Follow { lines: BufReader::new(pipe).lines(), process })
    }
}

/// A running `presently status --follow`, ended when dropped.
#[derive(Debug)]
pub struct Follow {
    lines: tokio::io::Lines<BufReader<tokio::net::unix::pipe::Receiver>>,
    process: Process,
}

impl Follow {
    /// The process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The next snapshot; `None` once the agent has ended.
    pub async fn next(&mut self) -> Result<Option<Value>> {
        match self.lines.next_line().await? {
            Some(line) => {
                Ok(Some(serde_json::from_str(&line).with_context(|| format!("not JSON: {line}"))?))
            }
            None => Ok(None),
        }
    }
}

/// A running agent, killed when dropped.
#[derive(Debug)]
pub struct Agent {
    process: Process,
}

impl Agent {
    /// The process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The standard error so far.
    pub fn stderr(&self) -> String {
        self.process.stderr()
    }

    /// Kills it with SIGKILL, as the kernel does when memory runs out.
    pub async fn kill(self) -> Result<()> {
        self.process.kill().await
    }

    /// Ends it with SIGTERM, as the end of the session does, and returns its
    /// exit status.
    pub async fn terminate(&self) -> Result<Option<i32>> {
        self.process.signal(Signal::TERM)?;
        Ok(self.process.wait(secs(10)).await?.code())
    }
}
