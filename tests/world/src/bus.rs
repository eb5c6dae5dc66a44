//! A private session bus with desktop services: a secret store and a
//! notification service.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::watch;
use zbus::message::Type;
use zbus::{MatchRule, MessageStream, OwnedVariant};

use crate::process::{Logs, Process, command};
use crate::{secs, within};

/// A session bus, killed when dropped. It activates no services, so that a
/// missing one stays missing.
#[derive(Debug)]
pub struct Bus {
    address: String,
    daemon: Process,
}

impl Bus {
    /// Starts a bus with its socket and configuration in `folder`.
    pub async fn start(logs: &Logs, folder: &Path) -> Result<Self> {
        let config = folder.join("bus.conf");
        std::fs::write(
            &config,
            format!(
                r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
                folder.display()
            ),
        )?;
        let mut daemon = command("dbus-daemon");
        daemon.arg(format!("--config-file={}", config.display()));
        daemon.args(["--nofork", "--nopidfile", "--print-address"]);
        daemon.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut daemon = Process::start("dbus-daemon", daemon, logs).await?;
        let address = daemon.first_line(secs(20)).await.context("there is no session bus")?;
        Ok(Self { address, daemon })
    }

    /// The value of `DBUS_SESSION_BUS_ADDRESS`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Opens a new connection.
    pub async fn connect(&self) -> Result<zbus::Connection> {
        let builder = zbus::connection::Builder::address(self.address.as_str());
        Ok(builder.build().await?)
    }

    /// Waits until a name has an owner.
    pub async fn wait_for_name(&self, name: &'static str, deadline: Duration) -> Result<()> {
        use futures_util::StreamExt;
        let connection = self.connect().await?;
        let bus = zbus::fdo::DBusProxy::new(&connection).await?;
        let mut changes = bus.receive_name_owner_changed_with_args(&[(0, name)]).await?;
        within(deadline, name, async {
            while !bus.name_has_owner(name.try_into()?).await? {
                changes.next().await.context("the bus is gone")?;
            }
            Ok(())
        })
        .await
    }

    /// All reads of this property from now on, by any client.
    pub async fn questions_for(&self, property: &str) -> Result<Calls> {
        let rule = MatchRule::builder().msg_type(Type::MethodCall).member("Get");
        let rule = rule.interface("org.freedesktop.DBus.Properties").arg(1, property).build()?;
        let connection = self.connect().await?;
        let monitoring = zbus::fdo::MonitoringProxy::new(&connection).await?;
        monitoring.become_monitor(&[rule], 0).await?;
        let what = format!("a question for {property}");
        Ok(Calls { messages: MessageStream::from(&connection), what })
    }

    /// Kills the bus while clients are connected.
    pub async fn kill(&self) -> Result<()> {
        self.daemon.kill().await
    }
}

/// Method calls seen by a monitor of the bus.
#[derive(Debug)]
pub struct Calls {
    messages: MessageStream,
    what: String,
}

impl Calls {
    /// Waits for this many more calls.
    pub async fn more(&mut self, count: usize, deadline: Duration) -> Result<()> {
        use futures_util::StreamExt;
        let Self { messages, what } = self;
        within(deadline, what, async {
            let mut heard = 0;
            while heard < count {
                let message = messages.next().await.context("the bus is gone")??;
                heard += usize::from(message.message_type() == Type::MethodCall);
            }
            Ok(())
        })
        .await
    }
}

/// A real Secret Service: gnome-keyring, killed when dropped.
#[derive(Debug)]
pub struct Keyring {
    daemon: Process,
    control: PathBuf,
}

/// The password of the login keyring.
const PASSWORD: &str = "secret";

impl Keyring {
    /// Starts one with an unlocked login keyring.
    pub async fn unlocked(bus: &Bus, logs: &Logs, home: &Path) -> Result<Self> {
        Self::start(bus, logs, home, Some(PASSWORD)).await
    }

    /// Starts one with a locked login keyring. Reading a secret would prompt,
    /// and nothing answers the prompt.
    pub async fn locked(bus: &Bus, logs: &Logs, home: &Path) -> Result<Self> {
        // The first start creates the keyring, the second finds it locked.
        Self::start(bus, logs, home, Some(PASSWORD)).await?.stop().await?;
        Self::start(bus, logs, home, None).await
    }

    async fn start(bus: &Bus, logs: &Logs, home: &Path, password: Option<&str>) -> Result<Self> {
        let control = home.join("keyring-control");
        // It refuses a folder that others may enter.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&control)?;
        let mut daemon = command("gnome-keyring-daemon");
        daemon.args(["--foreground", "--components=secrets", "--control-directory"]).arg(&control);
        daemon.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
        daemon.env("HOME", home).env("XDG_DATA_HOME", home.join("data"));
        daemon.env("XDG_RUNTIME_DIR", home);
        daemon.stdin(Stdio::null()).stdout(Stdio::null());
        if password.is_some() {
            daemon.arg("--unlock").stdin(Stdio::piped());
        }
        let mut daemon = Process::start("gnome-keyring-daemon", daemon, logs).await?;
        if let Some(password) = password {
            daemon.tell(password.as_bytes())?;
        }
        bus.wait_for_name("org.freedesktop.secrets", secs(20)).await.context(daemon.stderr())?;
        Ok(Self { daemon, control })
    }

    /// Unlocks the keyring while clients are connected, as the login program
    /// does.
    pub async fn unlock(&self) -> Result<()> {
        const UNLOCK: u32 = 1;
        let mut socket = UnixStream::connect(self.control.join("control")).await?;
        // The first byte carries the sender's credentials. Every length
        // includes itself, except that of the password.
        let length = u32::try_from(PASSWORD.len())?;
        let mut message = vec![0];
        for number in [12 + length, UNLOCK, length] {
            message.extend(number.to_be_bytes());
        }
        message.extend(PASSWORD.bytes());
        socket.write_all(&message).await?;
        within(secs(20), "the keyring's answer", async {
            let (_length, result) = (socket.read_u32().await?, socket.read_u32().await?);
            ensure!(result == 0, "the keyring says {result}");
            Ok(())
        })
        .await
    }

    /// Stops it. The secrets stay on disk.
    pub async fn stop(self) -> Result<()> {
        self.daemon.kill().await
    }
}

/// A notification as it was requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Its title.
    pub summary: String,
    /// Its text.
    pub body: String,
    /// The `desktop-entry` hint: the program that sent it.
    pub desktop_entry: Option<String>,
}

/// A notification service that records what it receives.
#[derive(Debug)]
pub struct Notifications {
    shown: Arc<Mutex<Vec<Notification>>>,
    count: watch::Receiver<u32>,
    _connection: zbus::Connection,
}

struct Desk {
    shown: Arc<Mutex<Vec<Notification>>>,
    count: watch::Sender<u32>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Desk {
    #[expect(clippy::too_many_arguments, reason = "the freedesktop specification has them")]
    fn notify(
        &self,
        _app_name: String,
        _replaces_id: u32,
        _app_icon: String,
        summary: String,
        body: String,
        _actions: Vec<String>,
        hints: std::collections::HashMap<String, OwnedVariant>,
        _expire_timeout: i32,
    ) -> u32 {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = hints.get("desktop-entry").cloned();
        let desktop_entry = entry.and_then(|entry| String::try_from(entry).ok());
        shown.push(Notification { summary, body, desktop_entry });
        let count = u32::try_from(shown.len()).unwrap_or(u32::MAX);
        self.count.send_replace(count);
        count
    }

    fn close_notification(&self, _id: u32) {}

    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".to_owned()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let [name, vendor, version, spec] = ["desk", "Presently's tests", "1", "1.2"];
        (name.to_owned(), vendor.to_owned(), version.to_owned(), spec.to_owned())
    }
}

impl Notifications {
    /// Takes the name of the service on a bus.
    pub async fn on(bus: &Bus) -> Result<Self> {
        let shown = Arc::default();
        let (tell, count) = watch::channel(0);
        let desk = Desk { shown: Arc::clone(&shown), count: tell };
        let connection = zbus::connection::Builder::address(bus.address())
            .serve_at("/org/freedesktop/Notifications", desk)
            .name("org.freedesktop.Notifications")
            .build()
            .await?;
        Ok(Self { shown, count, _connection: connection })
    }

    /// The notifications so far.
    pub fn shown(&self) -> Vec<Notification> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a notification that satisfies `wanted`.
    pub async fn wait_for(
        &self,
        wanted: impl Fn(&Notification) -> bool,
        deadline: Duration,
    ) -> Result<Notification> {
        let mut count = self.count.clone();
        within(deadline, "the notification", async {
            loop {
                count.borrow_and_update();
                if let Some(found) = self.shown().into_iter().find(&wanted) {
                    return Ok(found);
                }
                count.changed().await?;
            }
        })
        .await
        .with_context(|| format!("shown: {:?}", self.shown()))
    }
}
