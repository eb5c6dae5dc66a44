//! Real sound servers with a silent microphone.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::bus::Bus;
use crate::process::{Logs, Process, command, run};
use crate::scratch::Scratch;
use crate::{secs, wait_for_file, within};

/// The kind of sound server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PulseAudio.
    PulseAudio,
    /// PipeWire with its PulseAudio replacement.
    PipeWire,
}

/// A sound server, killed when dropped.
pub struct Sound {
    // Stopped in reverse order.
    servers: Vec<Process>,
    /// WirePlumber needs a bus to start.
    bus: Bus,
    kind: Kind,
    logs: Logs,
    scratch: Arc<Scratch>,
}

impl Sound {
    /// An environment without a running server. The output of its programs is
    /// printed when they end, so that the test runner shows it if the test
    /// fails.
    pub async fn none(kind: Kind) -> Result<Self> {
        Self::with_logs(kind, true).await
    }

    async fn with_logs(kind: Kind, show: bool) -> Result<Self> {
        let scratch = Arc::new(Scratch::new()?);
        for folder in ["run/pulse", "home/.config"] {
            scratch.folder(folder)?;
        }
        let logs = Logs::new(scratch.clone(), show);
        let bus = Bus::start(&logs, scratch.path()).await?;
        Ok(Self { servers: Vec::new(), bus, kind, logs, scratch })
    }

    /// Starts a sound server.
    pub async fn start(kind: Kind) -> Result<Self> {
        let mut sound = Self::none(kind).await?;
        sound.come().await?;
        Ok(sound)
    }

    /// The same without output to the terminal.
    pub async fn quiet(kind: Kind) -> Result<Self> {
        let mut sound = Self::with_logs(kind, false).await?;
        sound.come().await?;
        Ok(sound)
    }

    /// Starts its processes, with a microphone.
    pub async fn come(&mut self) -> Result<()> {
        match self.kind {
            Kind::PulseAudio => {
                let mut server = self.command("pulseaudio");
                server.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]);
                server.args(["-L", "module-native-protocol-unix"]);
                server.args(["-L", "module-null-sink sink_name=speaker"]);
                server.args(["-L", "module-null-source source_name=mic"]);
                self.begin("pulseaudio", server).await?;
                wait_for_file(&self.socket(), secs(15)).await?;
            }
            Kind::PipeWire => {
                self.begin("pipewire", self.command("pipewire")).await?;
                wait_for_file(&self.video_socket(), secs(15)).await?;
                self.begin("wireplumber", self.command("wireplumber")).await?;
                self.begin("pipewire-pulse", self.command("pipewire-pulse")).await?;
                wait_for_file(&self.socket(), secs(15)).await?;
                self.load(&["module-null-sink", "sink_name=speaker"]).await?;
                let class = "media.class=Audio/Source/Virtual";
                self.load(&["module-null-sink", class, "sink_name=mic"]).await?;
            }
        }
        Ok(())
    }

    /// Kills its processes.
    pub async fn go(&mut self) -> Result<()> {
        for server in self.servers.drain(..).rev() {
            server.kill().await?;
        }
        // A killed server leaves its socket behind.
        let _ = std::fs::remove_file(self.socket());
        let _ = std::fs::remove_file(self.video_socket());
        Ok(())
    }

    /// Loads a module of the server and returns its id.
    pub async fn load(&self, module: &[&str]) -> Result<String> {
        let mut pactl = self.command("pactl");
        pactl.arg("load-module").args(module);
        let said = run(pactl, b"", secs(20)).await?;
        Ok(said.success().with_context(|| format!("{module:?}"))?.stdout.trim().to_owned())
    }

    /// Unloads a module.
    pub async fn unload(&self, module: &str) -> Result<()> {
        let mut pactl = self.command("pactl");
        pactl.args(["unload-module", module]);
        run(pactl, b"", secs(20)).await?.success().map(drop)
    }

    /// Sets the default source.
    pub async fn set_default_source(&self, source: &str) -> Result<()> {
        let mut pactl = self.command("pactl");
        pactl.args(["set-default-source", source]);
        run(pactl, b"", secs(20)).await?.success().map(drop)
    }

    /// A program that records through the PulseAudio protocol until it is
    /// dropped.
    pub async fn record(&self, name: &str, more: &[&str]) -> Result<Process> {
        let mut parec = self.command("parec");
        parec.arg(format!("--client-name={name}"));
        parec.arg(format!("--property=application.name={name}"));
        parec.args(["--raw", "--latency-msec=100"]).args(more);
        Process::start("parec", parec, &self.logs).await
    }

    /// A program that records through PipeWire's own protocol.
    pub async fn record_natively(&self) -> Result<Process> {
        let mut record = self.command("pw-record");
        record.args(["--target", "mic"]).arg(self.scratch.unique("recorded", "wav"));
        Process::start("pw-record", record, &self.logs).await
    }

    /// A program in this environment that runs until it is dropped.
    pub async fn run(&self, name: &str, command: Command) -> Result<Process> {
        Process::start(name, command, &self.logs).await
    }

    /// A video stream through PipeWire, made of GStreamer elements, that runs
    /// until it is dropped.
    pub async fn video(&self, elements: &[&str]) -> Result<Process> {
        let mut gst = self.command("gst-launch-1.0");
        gst.args(elements.join(" ! ").split(' '));
        Process::start("gst-launch", gst, &self.logs).await
    }

    /// Waits for the PipeWire node of this name and returns its id.
    pub async fn node(&self, name: &str) -> Result<u64> {
        within(secs(10), name, async {
            loop {
                let said = run(self.command("pw-dump"), b"", secs(10)).await?.success()?;
                let objects: Vec<serde_json::Value> = serde_json::from_str(&said.stdout)?;
                let node = objects.iter().find(|o| o["info"]["props"]["node.name"] == name);
                if let Some(id) = node.and_then(|node| node["id"].as_u64()) {
                    return Ok(id);
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        })
        .await
    }

    async fn begin(&mut self, name: &str, command: Command) -> Result<()> {
        self.servers.push(Process::start(name, command, &self.logs).await?);
        Ok(())
    }

    /// The socket of the PulseAudio protocol.
    pub fn socket(&self) -> PathBuf {
        self.scratch.path().join("run/pulse/native")
    }

    /// The socket of PipeWire.
    pub fn video_socket(&self) -> PathBuf {
        self.scratch.path().join("run/pipewire-0")
    }

    /// A command in this environment.
    pub fn command(&self, program: &str) -> Command {
        let mut command = command(program);
        command.env("HOME", self.scratch.path().join("home"));
        command.env("XDG_RUNTIME_DIR", self.scratch.path().join("run"));
        command.env("DBUS_SESSION_BUS_ADDRESS", self.bus.address());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}
