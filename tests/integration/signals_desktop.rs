//! Desktop signals on the session bus: the lock, by the screen saver, and
//! do-not-disturb. dunst and GNOME's settings are real. KDE and the screen
//! savers are stand-ins that follow their observed behaviour.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use presently_core::dnd::Dnd;
use presently_core::lock::Lock;
use presently_signals::{Environment, Reading, Status, dnd, lock};
use presently_world::bus::Bus;
use presently_world::display::Display;
use presently_world::process::{Logs, Process, command, run};
use presently_world::scratch::Scratch;
use presently_world::{secs, within};
use tokio::sync::watch::Receiver;
use zbus::Connection;
use zbus::connection::Builder;

use crate::scene::english;

/// A session with a bus and nothing else.
struct Session {
    bus: Bus,
    logs: Logs,
    scratch: Arc<Scratch>,
}

impl Session {
    async fn start() -> Result<Self> {
        let scratch = Arc::new(Scratch::new()?);
        for folder in ["home", "config", "run"] {
            scratch.folder(folder)?;
        }
        let logs = Logs::new(scratch.clone(), true);
        let bus = Bus::start(&logs, scratch.path()).await?;
        Ok(Self { bus, logs, scratch })
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn environment(&self) -> Environment {
        Environment {
            session_bus: Some(self.bus.address().to_owned()),
            // There is no system bus.
            system_bus: Some(format!("unix:path={}", self.folder("none").display())),
            runtime_dir: Some(self.folder("run")),
            configuration: Some(self.folder("config")),
            ..Environment::default()
        }
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = command(program.as_ref());
        command.env("DBUS_SESSION_BUS_ADDRESS", self.bus.address());
        command.env("HOME", self.folder("home")).env("XDG_CONFIG_HOME", self.folder("config"));
        command.env("XDG_RUNTIME_DIR", self.folder("run"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let mut command = self.command(program);
        command.args(arguments);
        run(command, b"", secs(10)).await?.success().context(program.to_owned()).map(drop)
    }
}

async fn until<R: Clone>(
    watched: &mut Receiver<Status<R>>,
    what: &str,
    wanted: impl Fn(&Status<R>) -> bool,
) -> Result<Status<R>> {
    within(secs(10), what, async { Ok(watched.wait_for(wanted).await?.clone()) }).await
}

fn locked(status: &Status<Lock>) -> Option<bool> {
    status.reading.known().map(Lock::is_unattended)
}

fn on(status: &Status<Dnd>) -> Option<(Option<&str>, bool)> {
    status.reading.known().map(|dnd| (status.backend, dnd.on))
}

/// A stand-in screen saver that can be locked.
struct Saver {
    active: bool,
}

#[zbus::interface(name = "org.freedesktop.ScreenSaver")]
impl Saver {
    fn get_active(&self) -> bool {
        self.active
    }
}

impl Saver {
    const NAME: &'static str = "org.freedesktop.ScreenSaver";
    /// KDE exports it at two paths and emits each change on both.
    const PATHS: [&'static str; 2] = ["/ScreenSaver", "/org/freedesktop/ScreenSaver"];

    async fn on(bus: &Bus) -> Result<Connection> {
        let builder = Builder::address(bus.address()).name(Self::NAME);
        let builder = builder.serve_at(Self::PATHS[0], Self { active: false });
        Ok(builder.serve_at(Self::PATHS[1], Self { active: false }).build().await?)
    }

    async fn set(connection: &Connection, active: bool) -> Result<()> {
        for path in Self::PATHS {
            let saver = connection.object_server().interface::<_, Self>(path).await?;
            saver.get_mut().await.active = active;
        }
        for path in Self::PATHS {
            let signal =
                connection.emit_signal(None::<&str>, path, Self::NAME, "ActiveChanged", &active);
            signal.await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_screen_saver_tells_of_the_lock() -> Result<()> {
    let session = Session::start().await?;
    let mut watched = lock::watch(session.environment());
    let why = until(
        &mut watched,
        "nobody",
        |s| matches!(&s.reading, Reading::Unknown(why) if english(why).contains("no screen saver")),
    );
    why.await?;

    let saver = Saver::on(&session.bus).await?;
    until(&mut watched, "the screen saver", |s| locked(s) == Some(false)).await?;
    Saver::set(&saver, true).await?;
    let status = until(&mut watched, "the lock", |s| locked(s) == Some(true)).await?;
    ensure!(status.backend == Some(Saver::NAME));
    Saver::set(&saver, false).await?;
    until(&mut watched, "the unlock", |s| locked(s) == Some(false)).await?;
    Saver::set(&saver, true).await?;
    until(&mut watched, "the lock", |s| locked(s) == Some(true)).await?;
    saver.close().await?;
    until(&mut watched, "its end", |s| locked(s).is_none()).await?;

    let _saver = Saver::on(&session.bus).await?;
    until(&mut watched, "its return", |s| locked(s) == Some(false)).await?;
    session.bus.kill().await?;
    until(&mut watched, "the bus's end", |s| locked(s).is_none()).await?;
    Ok(())
}

/// A stand-in for KDE's notification service.
struct Plasma {
    inhibited: bool,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Plasma {
    #[zbus(property)]
    fn inhibited(&self) -> bool {
        self.inhibited
    }
}

#[tokio::test]
async fn kde_tells_of_do_not_disturb() -> Result<()> {
    let session = Session::start().await?;
    let mut watched = dnd::watch(session.environment());
    until(&mut watched, "nobody", |s| matches!(s.reading, Reading::Unsupported(_))).await?;
    let path = "/org/freedesktop/Notifications";
    let plasma = Builder::address(session.bus.address())
        .serve_at(path, Plasma { inhibited: false })
        .name("org.freedesktop.Notifications")
        .build()
        .await?;
    until(&mut watched, "KDE", |s| on(s) == Some((Some("kde"), false))).await?;
    for inhibited in [true, false] {
        let notifications = plasma.object_server().interface::<_, Plasma>(path).await?;
        notifications.get_mut().await.inhibited = inhibited;
        notifications.get().await.inhibited_changed(notifications.signal_emitter()).await?;
        until(&mut watched, "the change", |s| on(s) == Some((Some("kde"), inhibited))).await?;
    }
    Ok(())
}

#[tokio::test]
async fn dunst_tells_of_do_not_disturb() -> Result<()> {
    let session = Session::start().await?;
    let display = Display::start(&session.logs).await?;
    let mut watched = dnd::watch(session.environment());
    let mut dunst = session.command("dunst");
    dunst.env("DISPLAY", display.name());
    let _dunst = Process::start("dunst", dunst, &session.logs).await?;
    until(&mut watched, "dunst", |s| on(s) == Some((Some("dunst"), false))).await?;
    for (word, paused) in [("true", true), ("false", false)] {
        session.run("dunstctl", &["set-paused", word]).await?;
        until(&mut watched, "the change", |s| on(s) == Some((Some("dunst"), paused))).await?;
    }
    Ok(())
}

#[tokio::test]
async fn gnome_tells_of_do_not_disturb() -> Result<()> {
    let session = Session::start().await?;
    let mut watched = dnd::watch(session.environment());
    let service = session.command("/usr/libexec/dconf-service");
    let _service = Process::start("dconf-service", service, &session.logs).await?;
    session.bus.wait_for_name("ca.desrt.dconf", secs(10)).await?;
    let _shell = Builder::address(session.bus.address()).name("org.gnome.Shell").build().await?;
    until(&mut watched, "GNOME", |s| on(s) == Some((Some("gnome"), false))).await?;
    for (shown, is_on) in [("false", true), ("true", false)] {
        let key = ["set", "org.gnome.desktop.notifications", "show-banners", shown];
        session.run("gsettings", &key).await?;
        until(&mut watched, "the change", |s| on(s) == Some((Some("gnome"), is_on))).await?;
    }
    // Another setting is nobody's business.
    watched.mark_unchanged();
    let other = ["set", "org.gnome.desktop.notifications", "show-in-lock-screen", "false"];
    session.run("gsettings", &other).await?;
    let told = tokio::time::timeout(secs(1), watched.changed()).await;
    ensure!(told.is_err(), "it says {:?}", *watched.borrow());
    Ok(())
}
