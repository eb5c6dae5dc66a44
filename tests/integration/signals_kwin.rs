//! A real headless KWin with a virtual keyboard. It takes long to install, so
//! it runs only with `scripts/test --all`.

use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use presently_signals::Environment;
use presently_world::bus::Bus;
use presently_world::process::{Logs, Process, command};
use presently_world::scratch::Scratch;
use presently_world::{secs, wait_for_file, within};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::sync::Mutex;
use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_registry::{Event, WlRegistry};
use wayland_client::{Connection, Dispatch, Proxy as _, QueueHandle, delegate_noop};
use wayland_protocols_plasma::fake_input::client::org_kde_kwin_fake_input::OrgKdeKwinFakeInput;

/// A KWin, killed when dropped.
pub(crate) struct KWin {
    typist: Mutex<Typist>,
    server: Process,
    bus: Bus,
    scratch: Arc<Scratch>,
}

const USER: u32 = 1000;

/// Whether the tests run with `--all`.
pub(crate) fn all_is_asked_for() -> bool {
    std::env::var("PRESENTLY_TESTS").as_deref() == Ok("all")
}

impl KWin {
    /// Starts one, or returns `None` without `--all`.
    pub(crate) async fn start() -> Result<Option<Self>> {
        if !all_is_asked_for() {
            return Ok(None);
        }
        Self::without_lock().await.map(Some)
    }

    /// Starts one that never locks its screen.
    pub(crate) async fn without_lock() -> Result<Self> {
        Self::begin(&["--no-lockscreen"]).await
    }

    /// Starts one that locks its screen.
    pub(crate) async fn with_lock() -> Result<Self> {
        Self::begin(&[]).await
    }

    async fn begin(arguments: &[&str]) -> Result<Self> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "KWin is run as another user: run these tests as root (CAP_SETUID)"
        );
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
        server.args(["--virtual", "--width", "1280", "--height", "720"]);
        server.args(["--socket", "wayland-kwin"]).args(arguments);
        server.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
        server.env("KWIN_COMPOSE", "Q").env("KWIN_WAYLAND_NO_PERMISSION_CHECKS", "1");
        server.env("HOME", scratch.path().join("home"));
        server.env("XDG_RUNTIME_DIR", scratch.path().join("run"));
        server.stdin(Stdio::null()).stdout(Stdio::null());
        let server = Process::start("kwin", server, &logs).await?;
        let socket = scratch.path().join("run/wayland-kwin");
        wait_for_file(&socket, secs(20)).await?;
        let typist = Typist::start(typist, &socket, &logs).await?;
        let kwin = Self { typist: Mutex::new(typist), server, bus, scratch };
        kwin.press_key().await?;
        Ok(kwin)
    }

    /// Its session bus.
    pub(crate) fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Kills it.
    pub(crate) async fn kill(&self) -> Result<()> {
        self.server.kill().await
    }

    /// The Wayland socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.scratch.path().join("run/wayland-kwin")
    }

    /// The environment in which Presently finds it.
    pub(crate) fn environment(&self) -> Environment {
        Environment {
            wayland_display: Some("wayland-kwin".to_owned()),
            runtime_dir: Some(self.scratch.path().join("run")),
            ..Environment::default()
        }
    }

    /// Presses and releases a key.
    pub(crate) async fn press_key(&self) -> Result<()> {
        within(secs(20), "KWin's keyboard", self.typist.lock().await.press()).await
    }
}

/// This test program, running as KWin's user. It is kept running, because its
/// start takes long on a busy machine.
struct Typist {
    orders: tokio::net::unix::pipe::Sender,
    done: Lines<BufReader<tokio::net::unix::pipe::Receiver>>,
    _process: Process,
}

impl Typist {
    async fn start(program: PathBuf, socket: &Path, logs: &Logs) -> Result<Self> {
        let mut typist = as_user(program);
        typist.args(["signals_kwin::types_where_it_is_told", "--exact"]).env(TYPE_AT, socket);
        typist.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::start("typist", typist, logs).await?;
        let orders = process.take_stdin().context("it was piped")?;
        let done = process.take_stdout().context("it was piped")?;
        let orders = tokio::net::unix::pipe::Sender::from_owned_fd(orders.into())?;
        let done = tokio::net::unix::pipe::Receiver::from_owned_fd(done.into())?;
        Ok(Self { orders, done: BufReader::new(done).lines(), _process: process })
    }

    async fn press(&mut self) -> Result<()> {
        self.orders.write_all(b"\n").await?;
        // The test runner has its own lines.
        while !self.done.next_line().await?.context("the typist is gone")?.ends_with(PRESSED) {}
        Ok(())
    }
}

/// A command run as KWin's user. KWin accepts input only from programs whose
/// executable it can read, which excludes those of root.
fn as_user(program: PathBuf) -> std::process::Command {
    let user = USER.to_string();
    let mut command = command("setpriv");
    command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

const TYPE_AT: &str = "PRESENTLY_TYPE_AT";
const PRESSED: &str = "pressed";

/// Not a test. A test starts it as another user to press keys. It does nothing
/// unless its variable is set.
#[test]
fn types_where_it_is_told() -> Result<()> {
    type_if_told().map(drop)
}

/// Presses a key for each line of input and reports it, if the variable is set.
/// Returns whether it was.
pub(crate) fn type_if_told() -> Result<bool> {
    let Some(socket) = std::env::var_os(TYPE_AT) else { return Ok(false) };
    type_at(Path::new(&socket)).map(|()| true)
}

fn type_at(socket: &Path) -> Result<()> {
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
    for order in std::io::stdin().lines() {
        order?;
        input.keyboard_key(SHIFT, 1);
        input.keyboard_key(SHIFT, 0);
        queue.roundtrip(&mut Keyboard)?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{PRESSED}").and_then(|()| out.flush())?;
    }
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
