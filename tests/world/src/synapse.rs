//! Real homeservers on the loopback: Synapse from PyPI.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell};

use crate::client::{Client, User};
use crate::colleague::Colleague;
use crate::process::{Logs, Process, command, run};
use crate::scratch::Scratch;
use crate::{secs, within};

/// The secret for the registration of users by an administrator.
const SHARED_SECRET: &str = "shared";

/// The rate limits of a homeserver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// Limits that no test reaches.
    #[default]
    Relaxed,
    /// Synapse's own limits, except for the registration of the test's users.
    Default,
}

/// The configuration of a homeserver.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name, the part after the colon in user ids.
    pub name: String,
    /// Whether busy is enabled (MSC3026).
    pub busy: bool,
    /// Whether presence is enabled.
    pub presence: bool,
    /// The rate limits.
    pub limits: Limits,
    /// Whether presence times out after seconds instead of minutes: a device is
    /// offline after 4 s without a sync and idle after 10 s. Tests that rely on
    /// long polls need the normal timeouts.
    pub quick: bool,
    /// Further listeners, each with `bind_addresses`, `port` and `tls`.
    pub doors: Vec<Value>,
    /// Further configuration keys, which replace those above.
    pub more: Value,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "busy.example".to_owned(),
            busy: true,
            presence: true,
            limits: Limits::Relaxed,
            quick: false,
            doors: Vec::new(),
            more: json!({}),
        }
    }
}

impl Options {
    /// The configuration of a homeserver without busy.
    pub fn plain() -> Self {
        Self { name: "plain.example".to_owned(), busy: false, ..Self::default() }
    }
}

/// A running homeserver, killed when dropped.
#[derive(Debug)]
pub struct Synapse {
    options: Options,
    port: u16,
    folder: Arc<Scratch>,
    logs: Logs,
    process: Mutex<Option<Process>>,
    users: AtomicU32,
}

impl Synapse {
    /// The homeserver with busy that all tests of this process share. Each test
    /// creates its own users.
    pub async fn busy() -> Result<&'static Self> {
        static SHARED: OnceCell<Synapse> = OnceCell::const_new();
        SHARED.get_or_try_init(|| Self::start(Options::default())).await
    }

    /// The shared homeserver without busy.
    pub async fn plain() -> Result<&'static Self> {
        static SHARED: OnceCell<Synapse> = OnceCell::const_new();
        SHARED.get_or_try_init(|| Self::start(Options::plain())).await
    }

    /// Starts a homeserver with this configuration.
    pub async fn start(options: Options) -> Result<Self> {
        let folder = Arc::new(Scratch::new()?);
        let logs = Logs::new(folder.clone(), false);
        let synapse = Self {
            port: free_port()?,
            process: Mutex::new(None),
            users: AtomicU32::new(0),
            options,
            folder,
            logs,
        };
        synapse.configure()?;
        synapse.resume().await?;
        Ok(synapse)
    }

    /// The base URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port on the loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server name, the part after the colon in user ids.
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// Kills it. Its data is kept for [`Synapse::resume`].
    pub async fn stop(&self) -> Result<()> {
        match self.process.lock().await.take() {
            Some(process) => process.kill().await,
            None => Ok(()),
        }
    }

    /// Restarts it with the same port and data, and returns once it answers.
    pub async fn resume(&self) -> Result<()> {
        let mut running = self.process.lock().await;
        if running.is_some() {
            return Ok(());
        }
        // Synapse notifies a service manager when it is ready, so this acts as
        // one.
        let socket = self.folder.unique("notify", "sock");
        let notify = UnixDatagram::bind(&socket)?;
        notify.set_nonblocking(true)?;
        let notify = tokio::net::UnixDatagram::from_std(notify)?;
        let mut python = command(installation()?.join("bin/python"));
        python.args(["-m", "synapse.app.homeserver", "-c"]).arg(self.folder.path().join("hs.yaml"));
        python.env("NOTIFY_SOCKET", &socket).current_dir(self.folder.path());
        python.stdin(Stdio::null()).stdout(Stdio::null());
        let process = Process::start("synapse", python, &self.logs).await?;
        let ready = within(secs(60), "a ready homeserver", async {
            let mut told = [0u8; 512];
            loop {
                let n = tokio::select! {
                    told = notify.recv(&mut told) => told?,
                    end = process.wait(secs(3600)) => bail!("Synapse ended at once: {}", end?),
                };
                if told[..n].starts_with(b"READY=1") {
                    return Ok(());
                }
            }
        });
        ready.await.with_context(|| process.stderr())?;
        *running = Some(process);
        Ok(())
    }

    /// Restarts it with these keys replaced.
    pub async fn restart_with(&mut self, keys: Value) -> Result<()> {
        self.stop().await?;
        for (key, value) in keys.as_object().into_iter().flatten() {
            self.options.more[key] = value.clone();
        }
        self.configure()?;
        self.resume().await
    }

    /// Its log since the last start.
    pub async fn log(&self) -> String {
        self.process.lock().await.as_ref().map(Process::stderr).unwrap_or_default()
    }

    /// Creates a user without a device, whose name begins with `stem`.
    pub async fn user(&self, stem: &str) -> Result<User> {
        let n = self.users.fetch_add(1, Ordering::Relaxed);
        self.user_named(&format!("{stem}{}", if n == 0 { String::new() } else { n.to_string() }))
            .await
    }

    /// Creates a user with exactly this name.
    pub async fn user_named(&self, name: &str) -> Result<User> {
        let mut user = User {
            user_id: String::new(),
            password: "correct horse battery staple".to_owned(),
            homeserver: self.url(),
        };
        let answer = Client::register(&self.url(), name, &user.password).await?;
        user.user_id = answer["user_id"].as_str().context("no user id")?.to_owned();
        Ok(user)
    }

    /// Creates a user with Synapse's own administration tool, which leaves an
    /// unused device.
    pub async fn user_by_admin(&self, name: &str) -> Result<User> {
        let password = "correct horse battery staple".to_owned();
        let mut tool = command(installation()?.join("bin/register_new_matrix_user"));
        tool.args(["-u", name, "-p", &password, "--no-admin", "-k", SHARED_SECRET]);
        tool.arg(self.url());
        run(tool, b"", secs(30)).await?.success()?;
        let user_id = format!("@{name}:{}", self.name());
        Ok(User { user_id, password, homeserver: self.url() })
    }

    /// A new person, and a new colleague who watches them.
    pub async fn person_and_colleague(&self) -> Result<(User, Colleague)> {
        let person = self.user("alex").await?;
        let colleague = Colleague::on(self).await?;
        colleague.meet(&person).await?;
        Ok((person, colleague))
    }

    /// Writes the configuration as JSON, which is valid YAML.
    fn configure(&self) -> Result<()> {
        let folder = self.folder.path();
        let Options { name, busy, presence, limits, quick, doors, more } = &self.options;
        let own = json!({
            "port": self.port, "type": "http", "tls": false, "x_forwarded": false,
            "bind_addresses": ["127.0.0.1"],
            "resources": [{"names": ["client"], "compress": false}],
        });
        let mut listeners = vec![own.clone()];
        for door in doors {
            let mut listener = own.clone();
            for (key, value) in door.as_object().into_iter().flatten() {
                listener[key] = value.clone();
            }
            listeners.push(listener);
        }
        let mut config = json!({
            "server_name": name,
            "public_baseurl": self.url(),
            "pid_file": folder.join("hs.pid"),
            "signing_key_path": folder.join("signing.key"),
            "media_store_path": folder.join("media"),
            "listeners": listeners,
            // The data of a test need not survive a power failure.
            "database": {"name": "sqlite3", "args": {"database": folder.join("hs.db")}},
            "macaroon_secret_key": "macaroon", "form_secret": "form",
            // The passwords protect nothing, and hashing is slow by design.
            "bcrypt_rounds": 4,
            "report_stats": false,
            "trusted_key_servers": [], "suppress_key_server_warning": true,
            "enable_registration": true, "enable_registration_without_verification": true,
            "registration_shared_secret": SHARED_SECRET,
            "rc_registration": {"per_second": 1e6, "burst_count": 1_000_000},
            "presence": {"enabled": presence},
            "experimental_features": {"msc3026_enabled": busy, "msc4133_enabled": true},
        });
        let keys = config.as_object_mut().context("an object")?;
        if *limits == Limits::Relaxed {
            let none = json!({"per_second": 1e6, "burst_count": 1_000_000});
            keys.insert("rc_message".into(), none.clone());
            keys.insert("rc_joins".into(), json!({"local": none, "remote": none}));
            keys.insert("rc_presence".into(), json!({"per_user": none}));
            let login = json!({"address": none, "account": none, "failed_attempts": none});
            keys.insert("rc_login".into(), login);
        }
        if *quick {
            let times = json!({
                "enabled": presence, "sync_online_timeout": "4s",
                "last_active_granularity": "5s", "idle_timeout": "10s",
            });
            keys.insert("presence".into(), times);
        }
        for (key, value) in more.as_object().into_iter().flatten() {
            keys.insert(key.clone(), value.clone());
        }
        std::fs::write(folder.join("hs.yaml"), config.to_string())?;
        // Any signing key will do for a server without federation.
        let seed = "cHJlc2VudGx5IHRlc3RzOiBub3QgYSBzZWNyZXQhISE";
        std::fs::write(folder.join("signing.key"), format!("ed25519 a_test {seed}\n"))?;
        Ok(())
    }
}

/// The folder of the Synapse installation: `PRESENTLY_SYNAPSE`, else the folder
/// that the scripts use.
pub(crate) fn installation() -> Result<PathBuf> {
    let folder = match std::env::var_os("PRESENTLY_SYNAPSE") {
        Some(folder) => PathBuf::from(folder),
        None => crate::world::programs()?.join("../tools/synapse"),
    };
    if !Path::new(&folder).join("bin/python").exists() {
        bail!("there is no Synapse at {}; scripts/test installs it", folder.display());
    }
    Ok(folder)
}

/// A loopback port that is free now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The time limit for a change to reach a colleague. It is far more than a
/// change takes, because the machine may be busy.
pub const SOON: Duration = secs(15);
