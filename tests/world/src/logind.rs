//! A real systemd-logind on a private system bus. The service manager that
//! starts its units is a stand-in, and the machine does not really sleep.

use std::collections::HashSet;
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use tokio::sync::{Mutex, watch};
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream, OwnedFd, OwnedObjectPath, Variant};

use crate::bus::Bus;
use crate::process::{Logs, Process, command};
use crate::scratch::Scratch;
use crate::{secs, within};

const LOGIN: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SYSTEMD: &str = "org.freedesktop.systemd1";
const SYSTEMD_PATH: &str = "/org/freedesktop/systemd1";

/// systemd-logind and its bus, killed when dropped.
pub struct Logind {
    // The fields are dropped in this order.
    daemon: Mutex<Process>,
    connection: Connection,
    units: Units,
    bus: Bus,
    logs: Logs,
    scratch: Arc<Scratch>,
}

impl Logind {
    /// Starts them. Their output is printed when they end, so that the test
    /// runner shows it if the test fails.
    pub async fn start() -> Result<Self> {
        Self::with_logs(true).await
    }

    /// The same without output to the terminal.
    pub async fn quiet() -> Result<Self> {
        Self::with_logs(false).await
    }

    async fn with_logs(show: bool) -> Result<Self> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "logind needs its own /run/systemd: run this as root (CAP_SYS_ADMIN)"
        );
        let scratch = Arc::new(Scratch::new()?);
        let logs = Logs::new(scratch.clone(), show);
        let bus = Bus::start(&logs, scratch.path()).await?;
        let units = Units::on(&bus).await?;
        let power = scratch.folder("power")?;
        std::fs::write(power.join("state"), "freeze mem\n")?;
        std::fs::write(power.join("mem_sleep"), "[s2idle]\n")?;
        let daemon = start_daemon(&bus, &scratch, &logs).await?;
        let connection = bus.connect().await?;
        let daemon = Mutex::new(daemon);
        Ok(Self { daemon, connection, units, bus, logs, scratch })
    }

    /// The value of `DBUS_SYSTEM_BUS_ADDRESS`.
    pub fn address(&self) -> &str {
        self.bus.address()
    }

    /// Restarts logind, but not its bus.
    pub async fn restart(&self) -> Result<()> {
        let mut daemon = self.daemon.lock().await;
        daemon.kill().await?;
        *daemon = start_daemon(&self.bus, &self.scratch, &self.logs).await?;
        Ok(())
    }

    /// Stops logind.
    pub async fn kill(&self) -> Result<()> {
        self.daemon.lock().await.kill().await
    }

    /// Creates a graphical session of this user on the first seat, as the login
    /// program does.
    pub async fn session(&self) -> Result<Session<'_>> {
        self.session_as("login", "wayland", "seat0", false).await
    }

    /// Creates a session of this user as a remote desktop service does.
    pub async fn remote_session(&self) -> Result<Session<'_>> {
        self.session_as("xrdp-sesman", "unspecified", "", true).await
    }

    async fn session_as(
        &self,
        service: &str,
        kind: &str,
        seat: &str,
        remote: bool,
    ) -> Result<Session<'_>> {
        type Made = (String, OwnedObjectPath, String, OwnedFd, u32, String, u32, bool);
        let none: Vec<(&str, Variant<'_>)> = Vec::new();
        let mut leader = command("sleep");
        leader.arg("1000").stdin(Stdio::null()).stdout(Stdio::null());
        let leader = Process::start("sleep", leader, &self.logs).await?;
        let (uid, pid) = (rustix::process::getuid().as_raw(), leader.pid());
        let wanted =
            ((uid, pid, service, kind, "user", "", seat), (0u32, "", "", remote, "", "", none));
        let ((a, b, c, d, e, f, g), (h, i, j, k, l, m, n)) = wanted;
        let body = (a, b, c, d, e, f, g, h, i, j, k, l, m, n);
        let made = self.manager("CreateSession", &body).await?;
        let (id, path, _, alive, ..) = made.body().deserialize::<Made>()?;
        Ok(Session { logind: self, id, path, _alive: alive, _leader: leader })
    }

    /// Suspends the machine. It stays asleep until [`Logind::wake`].
    pub async fn suspend(&self) -> Result<()> {
        self.manager("Suspend", &false).await.map(drop)
    }

    /// Waits until the machine is suspended.
    pub async fn asleep(&self) -> Result<()> {
        let mut sleeping = self.units.sleeping.subscribe();
        within(secs(15), "sleep", async {
            sleeping.wait_for(|job| job.is_some()).await.map(drop).map_err(Into::into)
        })
        .await
    }

    /// The processes that hold a delay inhibitor for sleep, once for each
    /// inhibitor.
    pub async fn delaying(&self) -> Result<Vec<u32>> {
        // What, who, why, mode, user, process.
        type Inhibitor = (String, String, String, String, u32, u32);
        let answer = self.manager("ListInhibitors", &()).await?;
        let all = answer.body().deserialize::<Vec<Inhibitor>>()?;
        let delays = |it: &Inhibitor| it.3 == "delay" && it.0.split(':').any(|w| w == "sleep");
        Ok(all.into_iter().filter(delays).map(|it| it.5).collect())
    }

    /// Whether the machine is suspended.
    pub fn is_asleep(&self) -> bool {
        self.units.sleeping.borrow().is_some()
    }

    /// Resumes the machine.
    pub async fn wake(&self) -> Result<()> {
        let job = self.units.sleeping.send_replace(None).context("it is awake")?;
        self.units.done(&job, "suspend.target").await
    }

    async fn manager<B>(&self, method: &str, body: &B) -> Result<Message>
    where
        B: serde::Serialize + zbus::DynamicType,
    {
        let path = "/org/freedesktop/login1";
        let call = self.connection.call_method(Some(LOGIN), path, Some(MANAGER), method, body);
        match call.await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let said = self.daemon.lock().await.stderr();
                Err(error).with_context(|| format!("{method}; logind said:\n{said}"))
            }
        }
    }
}

async fn start_daemon(bus: &Bus, scratch: &Scratch, logs: &Logs) -> Result<Process> {
    let mut daemon = command("unshare");
    daemon.args(["--mount", "--propagation", "private", "--", "sh", "-ec"]);
    daemon.arg(
        "mkdir -p /run/systemd \"$SCRATCH/run\"; mount --bind \"$SCRATCH/run\" /run/systemd
         mkdir -p /run/systemd/seats /run/systemd/sessions /run/systemd/users /run/systemd/inhibit
         mount --bind \"$SCRATCH/power\" /sys/power
         # A seat without virtual terminals: none of this machine's is switched.
         mount -t tmpfs none /sys/class/tty/tty0
         exec /lib/systemd/systemd-logind",
    );
    daemon.env("SCRATCH", scratch.path()).env("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
    daemon.stdin(Stdio::null()).stdout(Stdio::null());
    let daemon = Process::start("logind", daemon, logs).await?;
    bus.wait_for_name(LOGIN, secs(20)).await.with_context(|| daemon.stderr())?;
    Ok(daemon)
}

/// A session with the calls that a desktop makes on it.
pub struct Session<'a> {
    logind: &'a Logind,
    /// The value of `XDG_SESSION_ID`.
    pub id: String,
    path: OwnedObjectPath,
    _alive: OwnedFd,
    _leader: Process,
}

impl Session<'_> {
    /// Sets whether the session is locked (LockedHint).
    pub async fn set_locked(&self, locked: bool) -> Result<()> {
        self.call("SetLockedHint", &locked).await
    }

    /// Sets whether the session is idle (IdleHint).
    pub async fn set_idle(&self, idle: bool) -> Result<()> {
        self.call("SetIdleHint", &idle).await
    }

    /// Asks the session's locker to lock or unlock, as `loginctl lock-session`
    /// does.
    pub async fn order_lock(&self, locked: bool) -> Result<()> {
        let method = if locked { "LockSession" } else { "UnlockSession" };
        self.logind.manager(method, &self.id.as_str()).await.map(drop)
    }

    /// Sends the same signal from a connection that is not logind's.
    pub async fn forge_order(&self, locked: bool) -> Result<()> {
        let member = if locked { "Lock" } else { "Unlock" };
        let interface = "org.freedesktop.login1.Session";
        let connection = &self.logind.connection;
        let signal = connection.emit_signal(None::<&str>, &self.path, interface, member, &());
        Ok(signal.await?)
    }

    /// Makes the session the active one.
    pub async fn activate(&self) -> Result<()> {
        self.call("Activate", &()).await
    }

    async fn call<B: serde::Serialize + zbus::DynamicType>(
        &self,
        method: &str,
        body: &B,
    ) -> Result<()> {
        let interface = Some("org.freedesktop.login1.Session");
        // Only the controller of a session may set its properties.
        let connection = &self.logind.connection;
        let call = connection.call_method(Some(LOGIN), &self.path, interface, method, body);
        call.await.with_context(|| method.to_owned()).map(drop)
    }
}

/// A stand-in for systemd: every unit starts and stops at once, except for
/// sleep, which lasts until it is ended.
struct Units {
    connection: Connection,
    sleeping: watch::Sender<Option<OwnedObjectPath>>,
    answers: tokio::task::JoinHandle<()>,
}

impl Units {
    async fn on(bus: &Bus) -> Result<Self> {
        let connection = bus.connect().await?;
        let mut calls = MessageStream::from(&connection);
        connection.request_name(SYSTEMD).await?;
        let sleeping = watch::Sender::new(None);
        let units = (connection.clone(), sleeping.clone());
        let answers = tokio::spawn(async move {
            let (mut count, mut gone) = (0u32, HashSet::new());
            while let Some(Ok(call)) = calls.next().await {
                count += 1;
                let _ = answer(&units.0, &units.1, &call, count, &mut gone).await;
            }
        });
        Ok(Self { connection, sleeping, answers })
    }

    async fn done(&self, job: &OwnedObjectPath, unit: &str) -> Result<()> {
        job_removed(&self.connection, job, unit).await
    }
}

impl Drop for Units {
    fn drop(&mut self) {
        self.answers.abort();
    }
}

async fn answer(
    connection: &Connection,
    sleeping: &watch::Sender<Option<OwnedObjectPath>>,
    call: &Message,
    count: u32,
    gone: &mut HashSet<String>,
) -> Result<()> {
    let header = call.header();
    if call.message_type() != Type::MethodCall {
        return Ok(());
    }
    match header.member().map(|m| m.as_str()).unwrap_or_default() {
        "StartTransientUnit" | "StartUnit" | "StopUnit" => {
            let body = call.body();
            // The name of the unit is the first argument.
            let name = body.deserialize_ignore_signature::<&str>()?;
            let job = OwnedObjectPath::try_from(format!("{SYSTEMD_PATH}/job/{count}"))?;
            connection.reply(&header, &job).await?;
            if name == "suspend.target" {
                sleeping.send_replace(Some(job));
            } else {
                job_removed(connection, &job, name).await?;
            }
        }
        "Get" => {
            let body = call.body();
            let (_, property) = body.deserialize::<(&str, &str)>()?;
            let unit = header.path().map(|path| path.to_string()).unwrap_or_default();
            let state = match property {
                "LoadState" => "loaded",
                _ if gone.contains(&unit) => "inactive",
                _ => "active",
            };
            connection.reply(&header, &Variant::from(state)).await?;
        }
        // At the end of a session its unit stops once its processes have ended.
        "Abandon" => {
            connection.reply(&header, &()).await?;
            let path = header.path().context("a unit")?.to_owned();
            let unit = path.rsplit('/').next().unwrap_or_default();
            let name = unit.replace("_2d", "-").replace("_2e", ".");
            gone.insert(path.to_string());
            let interface = "org.freedesktop.systemd1.Manager";
            let body = (name, &path);
            connection
                .emit_signal(None::<&str>, SYSTEMD_PATH, interface, "UnitRemoved", &body)
                .await?;
        }
        _ => connection.reply(&header, &()).await?,
    }
    Ok(())
}

async fn job_removed(connection: &Connection, job: &OwnedObjectPath, unit: &str) -> Result<()> {
    let interface = "org.freedesktop.systemd1.Manager";
    let body = (1u32, job, unit, "done");
    let emit = connection.emit_signal(None::<&str>, SYSTEMD_PATH, interface, "JobRemoved", &body);
    Ok(emit.await?)
}
