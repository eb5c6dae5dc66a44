//! A real KWin without a screen, and somebody at its keyboard. It takes long
//! to install, so it is asked for with `scripts/test --all` only.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result};
use presently_signals::Environment;
use presently_world::bus::Bus;
use presently_world::process::{Logs, Process, command, run};
use presently_world::scratch::Scratch;
use presently_world::{secs, wait_for_file, within};
use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_registry::{Event, WlRegistry};
use wayland_client::{Connection, Dispatch, Proxy as _, QueueHandle, delegate_noop};
use wayland_protocols_plasma::fake_input::client::org_kde_kwin_fake_input::OrgKdeKwinFakeInput;

/// A KWin, killed when dropped.
pub(crate) struct KWin {
    _server: Process,
    _bus: Bus,
    scratch: Arc<Scratch>,
}

const USER: u32 = 1000;

impl KWin {
    /// Starts one; none where only the quick tests are asked for.
    pub(crate) async fn start() -> Result<Option<Self>> {
        if std::env::var("PRESENTLY_TESTS").as_deref() != Ok("all") {
            return Ok(None);
        }
        let scratch = Arc::new(Scratch::new()?);
        std::fs::set_permissions(scratch.path(), PermissionsExt::from_mode(0o711))?;
        for folder in ["run", "home"] {
            chown(scratch.folder(folder)?, Some(USER), Some(USER))?;
        }
        let logs = Logs::new(scratch.clone(), true);
        let bus = Bus::start(&logs, scratch.path()).await?;
        // The installed file has a capability, with which it may not be
        // started from here.
        let program = scratch.path().join("kwin_wayland");
        std::fs::copy("/usr/bin/kwin_wayland", &program)
            .context("KWin is missing: apt-get install kwin-wayland")?;
        let typist = scratch.path().join("typist");
        std::fs::copy(std::env::current_exe()?, &typist)?;
        let mut server = as_user(program);
        server.args(["--virtual", "--width", "1280", "--height", "720", "--no-lockscreen"]);
        server.args(["--socket", "wayland-kwin"]);
        server.env("KWIN_COMPOSE", "Q").env("KWIN_WAYLAND_NO_PERMISSION_CHECKS", "1");
        server.env("HOME", scratch.path().join("home"));
        server.env("XDG_RUNTIME_DIR", scratch.path().join("run"));
        server.stdin(Stdio::null()).stdout(Stdio::null());
        let server = Process::start("kwin", server, &logs).await?;
        let kwin = Self { _server: server, _bus: bus, scratch };
        wait_for_file(&kwin.socket(), secs(20)).await?;
        within(secs(20), "KWin's keyboard", kwin.press_key()).await?;
        Ok(Some(kwin))
    }

    /// Where Presently finds it.
    pub(crate) fn environment(&self) -> Environment {
        Environment {
            wayland_display: Some("wayland-kwin".to_owned()),
            runtime_dir: Some(self.scratch.path().join("run")),
            ..Environment::default()
        }
    }

    /// Presses and lets go of a key.
    pub(crate) async fn press_key(&self) -> Result<()> {
        let mut typist = as_user(self.scratch.path().join("typist"));
        typist.args(["signals_kwin::types_a_key_where_it_is_told", "--exact"]);
        typist.env(TYPE_AT, self.socket());
        run(typist, b"", secs(20)).await?.success().map(drop)
    }

    fn socket(&self) -> PathBuf {
        self.scratch.path().join("run/wayland-kwin")
    }
}

/// A command of KWin's user. KWin lets only those type whose program it can
/// read, which it cannot of root's.
fn as_user(program: PathBuf) -> std::process::Command {
    let user = USER.to_string();
    let mut command = command("setpriv");
    command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

const TYPE_AT: &str = "PRESENTLY_TYPE_AT";

/// Not a test but the typist, whom a test starts as another user. It does
/// nothing unless it is told where.
#[test]
fn types_a_key_where_it_is_told() -> Result<()> {
    std::env::var_os(TYPE_AT).map_or(Ok(()), |socket| press(Path::new(&socket)))
}

fn press(socket: &Path) -> Result<()> {
    const SHIFT: u32 = 42;
    let connection = Connection::from_socket(UnixStream::connect(socket)?)?;
    let (globals, mut queue) = registry_queue_init::<Keyboard>(&connection)?;
    // It answers before it has all that it will have.
    let name = OrgKdeKwinFakeInput::interface().name;
    while !globals.contents().with_list(|list| list.iter().any(|g| g.interface == name)) {
        queue.blocking_dispatch(&mut Keyboard)?;
    }
    let input: OrgKdeKwinFakeInput = globals.bind(&queue.handle(), 1..=4, ())?;
    input.authenticate("Presently's tests".to_owned(), "They type".to_owned());
    input.keyboard_key(SHIFT, 1);
    input.keyboard_key(SHIFT, 0);
    queue.roundtrip(&mut Keyboard)?;
    Ok(())
}

struct Keyboard;

impl Dispatch<WlRegistry, GlobalListContents> for Keyboard {
    fn event(
        _: &mut Self,
        _: &WlRegistry,
        _: Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

delegate_noop!(Keyboard: ignore OrgKdeKwinFakeInput);
