//! Real headless Wayland compositors with a virtual keyboard.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use presently_signals::Environment;
use presently_world::bus::Bus;
use presently_world::process::{Logs, Process, command, run};
use presently_world::scratch::Scratch;
use presently_world::{secs, wait_for_file};
use zbus::{Connection, OwnedObjectPath};

/// The user id that runs a compositor which refuses to run as root.
const NOBODY_SPECIAL: u32 = 1000;

/// A sway, killed when dropped.
pub(crate) struct Sway {
    server: Option<Process>,
    logs: Logs,
    scratch: Arc<Scratch>,
}

impl Sway {
    /// Starts one.
    pub(crate) async fn start() -> Result<Self> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "sway is run as another user: run these tests as root (CAP_SETUID)"
        );
        let scratch = Arc::new(Scratch::new()?);
        std::fs::set_permissions(scratch.path(), PermissionsExt::from_mode(0o711))?;
        for folder in ["run", "home"] {
            chown(scratch.folder(folder)?, Some(NOBODY_SPECIAL), Some(NOBODY_SPECIAL))?;
        }
        let config = scratch.path().join("sway.conf");
        std::fs::write(&config, "xwayland disable\nfocus_on_window_activation focus\n")?;
        std::fs::set_permissions(&config, PermissionsExt::from_mode(0o644))?;
        let logs = Logs::new(scratch.clone(), true);
        let mut sway = Self { server: None, logs, scratch };
        sway.come().await?;
        Ok(sway)
    }

    /// Starts it, or restarts it.
    pub(crate) async fn come(&mut self) -> Result<()> {
        let user = NOBODY_SPECIAL.to_string();
        let mut server = command("setpriv");
        server.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
        // Changing the user has undone the outer one.
        server.args(["--pdeathsig", "KILL", "--", "sway", "-c"]);
        server.arg(self.scratch.path().join("sway.conf"));
        server.env("HOME", self.scratch.path().join("home"));
        server.env("XDG_RUNTIME_DIR", self.run());
        server.env("WLR_BACKENDS", "headless").env("WLR_RENDERER", "pixman");
        server.env("WLR_LIBINPUT_NO_DEVICES", "1");
        server.stdin(Stdio::null()).stdout(Stdio::null());
        self.server = Some(Process::start("sway", server, &self.logs).await?);
        wait_for_file(&self.run().join("wayland-1"), secs(15)).await
    }

    /// Kills it.
    pub(crate) async fn go(&mut self) -> Result<()> {
        if let Some(server) = self.server.take() {
            server.kill().await?;
        }
        for left in ["wayland-1", "wayland-1.lock"] {
            let _ = std::fs::remove_file(self.run().join(left));
        }
        Ok(())
    }

    /// The environment in which Presently finds it.
    pub(crate) fn environment(&self) -> Environment {
        Environment {
            wayland_display: Some("wayland-1".to_owned()),
            // Xwayland would be there too, and must not be asked.
            display: Some(":0".to_owned()),
            runtime_dir: Some(self.run()),
            ..Environment::default()
        }
    }

    /// Presses and releases a key.
    pub(crate) async fn press_key(&self) -> Result<()> {
        let mut wtype = self.command("wtype");
        wtype.args(["-k", "Shift_L"]);
        run(wtype, b"", secs(10)).await?.success().map(drop)
    }

    /// The Wayland socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.run().join("wayland-1")
    }

    /// Locks the screen with a locker that sends no signal.
    pub(crate) async fn lock(&self) -> Result<Process> {
        Process::start("swaylock", self.command("swaylock"), &self.logs).await
    }

    /// A `swaymsg` with these arguments.
    pub(crate) fn message(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = self.command("swaymsg");
        command.arg("--socket").arg(self.ipc_socket()?).args(arguments);
        Ok(command)
    }

    fn ipc_socket(&self) -> Result<PathBuf> {
        let mut files = std::fs::read_dir(self.run())?.filter_map(|file| Some(file.ok()?.path()));
        files
            .find(|path| path.extension().is_some_and(|extension| extension == "sock"))
            .context("sway has no socket for swaymsg")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = command(program);
        command.env("XDG_RUNTIME_DIR", self.run()).env("WAYLAND_DISPLAY", "wayland-1");
        command.env("HOME", self.scratch.path().join("home"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn run(&self) -> PathBuf {
        self.scratch.path().join("run")
    }
}

/// A Mutter, killed when dropped.
pub(crate) struct Mutter {
    keyboard: Keyboard,
    server: Process,
    bus: Bus,
    scratch: Arc<Scratch>,
}

impl Mutter {
    /// Starts one on a session bus of its own.
    pub(crate) async fn start() -> Result<Self> {
        let scratch = Arc::new(Scratch::new()?);
        for folder in ["run", "home"] {
            scratch.folder(folder)?;
        }
        let logs = Logs::new(scratch.clone(), true);
        let bus = Bus::start(&logs, scratch.path()).await?;
        let server = Process::start("mutter", mutter(scratch.path(), &bus), &logs).await?;
        bus.wait_for_name("org.gnome.Mutter.RemoteDesktop", secs(20))
            .await
            .with_context(|| server.stderr())?;
        let keyboard = Keyboard::of(&bus).await.with_context(|| server.stderr())?;
        Ok(Self { keyboard, server, bus, scratch })
    }

    /// The environment in which Presently finds it.
    pub(crate) fn environment(&self) -> Environment {
        Environment {
            session_bus: Some(self.bus.address().to_owned()),
            wayland_display: Some("wl-mutter".to_owned()),
            display: Some(":0".to_owned()),
            runtime_dir: Some(self.scratch.path().join("run")),
            ..Environment::default()
        }
    }

    /// Presses and releases a key.
    pub(crate) async fn press_key(&self) -> Result<()> {
        self.keyboard.press().await
    }

    /// Kills it, but not its bus.
    pub(crate) async fn kill(&self) -> Result<()> {
        self.server.kill().await
    }
}

fn mutter(folder: &Path, bus: &Bus) -> Command {
    let mut server = command("mutter");
    server.args(["--headless", "--virtual-monitor", "1280x720", "--no-x11"]);
    server.args(["--wayland-display", "wl-mutter"]);
    server.env("HOME", folder.join("home")).env("XDG_RUNTIME_DIR", folder.join("run"));
    server.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
    // Settings are read from memory, and no settings service is needed.
    server.env("GSETTINGS_BACKEND", "memory");
    server.stdin(Stdio::null()).stdout(Stdio::null());
    server
}

/// A virtual keyboard through the remote desktop interface.
struct Keyboard {
    connection: Connection,
    session: OwnedObjectPath,
}

impl Keyboard {
    const SERVICE: &'static str = "org.gnome.Mutter.RemoteDesktop";
    const SESSION: &'static str = "org.gnome.Mutter.RemoteDesktop.Session";

    async fn of(bus: &Bus) -> Result<Self> {
        let connection = bus.connect().await?;
        let path = "/org/gnome/Mutter/RemoteDesktop";
        let made = connection
            .call_method(Some(Self::SERVICE), path, Some(Self::SERVICE), "CreateSession", &())
            .await?;
        let keyboard = Self { session: made.body().deserialize()?, connection };
        keyboard.call("Start", &()).await?;
        Ok(keyboard)
    }

    async fn press(&self) -> Result<()> {
        const SHIFT: u32 = 42;
        self.call("NotifyKeyboardKeycode", &(SHIFT, true)).await?;
        self.call("NotifyKeyboardKeycode", &(SHIFT, false)).await
    }

    async fn call<B: serde::Serialize + zbus::DynamicType>(
        &self,
        method: &str,
        body: &B,
    ) -> Result<()> {
        let (service, interface) = (Some(Self::SERVICE), Some(Self::SESSION));
        let call = self.connection.call_method(service, &self.session, interface, method, body);
        call.await.with_context(|| method.to_owned()).map(drop)
    }
}
