//! The lock with real desktops: headless GNOME Shell and KWin. They take long
//! to install, so they run only with `scripts/test --all`.

use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use presently_core::lock::Lock;
use presently_signals::{Environment, Status, lock};
use presently_world::bus::Bus;
use presently_world::process::{Logs, Process, command};
use presently_world::scratch::Scratch;
use presently_world::{secs, within};
use tokio::sync::watch::Receiver;
use zbus::Connection;
use zbus::connection::Builder;

use crate::signals_kwin::{KWin, all_is_asked_for};

type Watched = Receiver<Status<Lock>>;

/// Waits until the lock is on, off, or unknown.
async fn until(watched: &mut Watched, locked: Option<bool>) -> Result<Status<Lock>> {
    let said = |status: &Status<Lock>| status.reading.known().map(Lock::is_unattended) == locked;
    let what = format!("locked: {locked:?}");
    let told = within(secs(20), &what, async { Ok(watched.wait_for(said).await?.clone()) });
    told.await.with_context(|| format!("it says {:?}", *watched.borrow()))
}

/// The screen saver interface of a session, through which the test locks it.
struct Saver {
    connection: Connection,
    name: &'static str,
    path: &'static str,
}

impl Saver {
    async fn ask<B>(&self, method: &str, body: &B) -> Result<()>
    where
        B: serde::Serialize + zbus::DynamicType,
    {
        let call =
            self.connection.call_method(Some(self.name), self.path, Some(self.name), method, body);
        within(secs(20), method, async { Ok(call.await?) }).await.map(drop)
    }
}

/// An environment without logind, so that only the desktop's own signals count.
fn only_the_session(bus: &Bus, scratch: &Scratch) -> Environment {
    Environment {
        session_bus: Some(bus.address().to_owned()),
        system_bus: Some(format!("unix:path={}", scratch.path().join("none").display())),
        ..Environment::default()
    }
}

/// A stand-in for GDM. GNOME Shell does not lock without it, because nobody
/// could unlock.
struct DisplayManager;

#[zbus::interface(name = "org.gnome.DisplayManager.Manager")]
impl DisplayManager {
    #[zbus(property)]
    fn version(&self) -> String {
        "43.0".to_owned()
    }
}

/// GNOME's shell, killed when dropped.
struct Gnome {
    _shell: Process,
    _gdm: Connection,
    bus: Bus,
    logs: Logs,
    scratch: Arc<Scratch>,
}

impl Gnome {
    async fn start() -> Result<Self> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "GNOME's shell needs its own /run/systemd: run these tests as root (CAP_SYS_ADMIN)"
        );
        let scratch = Arc::new(Scratch::new()?);
        for folder in ["run", "home", "systemd/seats"] {
            scratch.folder(folder)?;
        }
        let logs = Logs::new(scratch.clone(), true);
        let bus = Bus::start(&logs, scratch.path()).await?;
        let gdm = Builder::address(bus.address())
            .serve_at("/org/gnome/DisplayManager/Manager", DisplayManager)
            .name("org.gnome.DisplayManager")
            .build()
            .await?;
        let mut shell = in_session("unshare", &bus, &scratch);
        shell.args(["--mount", "--propagation", "private", "--", "sh", "-ec"]);
        // It locks only where logind looks after the seats.
        shell.arg(
            "mkdir -p /run/systemd; mount --bind \"$SYSTEMD\" /run/systemd
             exec gnome-shell --headless --virtual-monitor 1280x720 --no-x11 \\
                 --wayland-display wl-gnome",
        );
        shell.env("SYSTEMD", scratch.path().join("systemd"));
        let shell = Process::start("gnome-shell", shell, &logs).await?;
        bus.wait_for_name("org.gnome.Shell.ScreenShield", secs(40))
            .await
            .with_context(|| shell.stderr())?;
        Ok(Self { _shell: shell, _gdm: gdm, bus, logs, scratch })
    }

    /// Starts the service that owns the screen saver's name and speaks for the
    /// shell, as the bus of a real session does.
    async fn saver(&self) -> Result<(Process, Saver)> {
        let mut saver = in_session("gjs", &self.bus, &self.scratch);
        saver.arg("/usr/share/gnome-shell/org.gnome.ScreenSaver");
        let process = Process::start("org.gnome.ScreenSaver", saver, &self.logs).await?;
        let (name, path) = ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver");
        self.bus.wait_for_name(name, secs(20)).await.with_context(|| process.stderr())?;
        Ok((process, Saver { connection: self.bus.connect().await?, name, path }))
    }
}

fn in_session(program: &str, bus: &Bus, scratch: &Scratch) -> Command {
    let mut command = command(program);
    command.env("HOME", scratch.path().join("home"));
    command.env("XDG_RUNTIME_DIR", scratch.path().join("run"));
    command.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
    command.env("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
    // Settings are read from memory, and no settings service is needed.
    command.env("GSETTINGS_BACKEND", "memory");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

#[tokio::test]
async fn gnome_shell_tells_of_its_lock() -> Result<()> {
    if !all_is_asked_for() {
        return Ok(());
    }
    let gnome = Gnome::start().await?;
    let mut watched = lock::watch(only_the_session(&gnome.bus, &gnome.scratch));
    let (process, saver) = gnome.saver().await?;
    until(&mut watched, Some(false)).await?;

    saver.ask("Lock", &()).await?;
    let status = until(&mut watched, Some(true)).await?;
    ensure!(status.backend == Some("org.gnome.ScreenSaver"), "{status:?}");
    saver.ask("SetActive", &false).await?;
    until(&mut watched, Some(false)).await?;

    process.kill().await?;
    until(&mut watched, None).await?;
    let (_process, saver) = gnome.saver().await?;
    until(&mut watched, Some(false)).await?;
    saver.ask("Lock", &()).await?;
    until(&mut watched, Some(true)).await.map(drop)
}

#[tokio::test]
async fn kwin_tells_of_its_lock() -> Result<()> {
    if !all_is_asked_for() {
        return Ok(());
    }
    let kwin = KWin::with_lock().await?;
    let scratch = Scratch::new()?;
    let mut watched = lock::watch(only_the_session(kwin.bus(), &scratch));
    until(&mut watched, Some(false)).await?;

    let (name, path) = ("org.freedesktop.ScreenSaver", "/ScreenSaver");
    let saver = Saver { connection: kwin.bus().connect().await?, name, path };
    saver.ask("Lock", &()).await?;
    let status = until(&mut watched, Some(true)).await?;
    ensure!(status.backend == Some(name), "{status:?}");
    // Without the rest of Plasma it was not brought to unlock, not even by
    // logind; the unlock is GNOME's above, and the stand-in's.
    kwin.kill().await?;
    until(&mut watched, None).await.map(drop)
}
