//! The Debian package in a clean Debian: installed, used, upgraded while the
//! agent runs, and removed. `scripts/test --all` builds both.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::process::{self, Logs, Process, command};
use presently_world::{Seen, Synapse, World, secs, within};
use serde_json::Value;

use crate::scene::{SOON, settings};

/// The user and group id of the person, who has no privileges.
const PERSON: &str = "1234:1234";
const HOME: &str = "/home/me";
/// The time limit for installing or removing the package and its dependencies.
const APT: Duration = secs(900);

/// A copy of a clean Debian. Its /proc is unmounted when the process that holds
/// the mount namespace ends.
struct Clean {
    folder: PathBuf,
    mounts: Process,
}

impl Clean {
    async fn start(folder: PathBuf, logs: &Logs) -> Result<Self> {
        let script = "mount -t proc proc \"$0/proc\" && echo ready && exec sleep infinity";
        let mut holder = command("unshare");
        holder.args(["--mount", "sh", "-c", script]).arg(&folder).stdout(Stdio::piped());
        let mut mounts = Process::start("mounts", holder, logs).await?;
        ensure!(mounts.first_line(SOON).await? == "ready", "{}", mounts.stderr());
        Ok(Self { folder, mounts })
    }

    /// A command run as root in this Debian.
    fn root(&self, arguments: &[&str]) -> Command {
        self.inside(&[], arguments)
    }

    /// A command run as the person in this Debian.
    fn person(&self, arguments: &[&str]) -> Command {
        let mut command = self.inside(&["--userspec", PERSON], arguments);
        command.env("HOME", HOME).env("XDG_RUNTIME_DIR", format!("{HOME}/run"));
        command
    }

    fn inside(&self, how: &[&str], arguments: &[&str]) -> Command {
        let mut inside = command("nsenter");
        inside.arg(format!("--mount=/proc/{}/ns/mnt", self.mounts.pid()));
        inside.args(["--", "chroot"]).args(how).arg(&self.folder).args(arguments);
        inside
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("DEBIAN_FRONTEND", "noninteractive");
        inside
    }

    async fn apt(&self, arguments: &[&str]) -> Result<()> {
        let all = [&["apt-get", "-q", "-y", "--no-install-recommends"], arguments].concat();
        process::run(self.root(&all), b"", APT).await?.success().map(drop)
    }

    /// Runs `presently` as the person, with standard input.
    async fn says(&self, words: &[&str], input: &str) -> Result<String> {
        let all = [&["presently"], words].concat();
        let output = process::run(self.person(&all), input.as_bytes(), SOON).await?;
        Ok(output.success()?.stdout)
    }

    async fn status_when(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        within(SOON, what, async {
            loop {
                let status: Value =
                    serde_json::from_str(&self.says(&["status", "--json"], "").await?)?;
                if wanted(&status) {
                    return Ok(status);
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        })
        .await
    }

    /// The files of Presently that the person does not own.
    async fn files(&self) -> Result<String> {
        let find = ["find", "/usr", "/etc", "/var", "/opt", "-iname", "*presently*"];
        Ok(process::run(self.root(&find), b"", SOON).await?.success()?.stdout)
    }
}

#[tokio::test]
async fn it_is_installed_upgraded_and_removed() -> Result<()> {
    let Some(clean) = std::env::var_os("PRESENTLY_CLEAN_ROOT") else {
        ensure!(!crate::signals_kwin::all_is_asked_for(), "PRESENTLY_CLEAN_ROOT is not set");
        return Ok(());
    };
    let packages = std::env::var_os("PRESENTLY_PACKAGES").context("PRESENTLY_PACKAGES")?;
    let world = World::new()?;
    let root = world.path().join("debian");
    let mut copy = command("cp");
    copy.args(["-a", "--reflink=auto"]).arg(clean).arg(&root);
    process::run(copy, b"", secs(120)).await?.success()?;
    for package in ["older.deb", "newer.deb"] {
        std::fs::copy(Path::new(&packages).join(package), root.join(package))?;
    }
    let clean = Clean::start(root, world.logs()).await?;
    clean.apt(&["update"]).await?;
    clean.apt(&["install", "/older.deb"]).await?;
    let version = clean.says(&["--version"], "").await?;
    ensure!(version.starts_with("presently 0.") && version.contains(" ("), "no commit: {version}");
    let ldd = clean.root(&["ldd", "/usr/bin/presently-window"]);
    let libraries = process::run(ldd, b"", SOON).await?.success()?.stdout;
    ensure!(!libraries.contains("not found"), "{libraries}");

    let config = clean.folder.join("home/me/.config/presently");
    std::fs::create_dir_all(&config)?;
    std::fs::create_dir_all(clean.folder.join("home/me/run"))?;
    std::fs::write(config.join("settings.toml"), settings("5m"))?;
    process::run(clean.root(&["chown", "-R", PERSON, HOME]), b"", SOON).await?.success()?;
    process::run(clean.root(&["chmod", "700", "/home/me/run"]), b"", SOON).await?.success()?;

    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let agent =
        Process::start("presently", clean.person(&["presently", "run"]), world.logs()).await?;
    within(SOON, "the agent", async {
        while clean.says(&["status"], "").await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    })
    .await
    .with_context(|| agent.stderr())?;
    let login = ["login", &person.user_id, "--homeserver", &person.homeserver, "--password-stdin"];
    clean.says(&login, &person.password).await?;
    clean.says(&["busy", "--for", "1h", "--message", "Writing"], "").await?;
    let busy = |seen: &Seen| seen.is(BUSY) && seen.message.as_deref() == Some("Writing");
    colleague.wait_for(&person.user_id, busy, SOON).await?;
    let is_settled = |status: &Value| status["accounts"][0]["seen_by_others"] == "busy";
    let before = clean.status_when("busy", is_settled).await?;

    let mark = colleague.mark();
    clean.apt(&["install", "/newer.deb"]).await?;
    let program = format!("/proc/{}/exe", agent.pid());
    within(SOON, "the newer version", async {
        while std::fs::read_link(&program)?.to_string_lossy().ends_with(" (deleted)") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    })
    .await?;
    let after = clean.status_when("busy again", is_settled).await?;
    assert_eq!(after["until"], before["until"], "the choice");
    assert_eq!(after["accounts"][0]["user_id"], person.user_id, "the sign-in");
    colleague.holds(&person.user_id, busy, secs(3)).await?;
    for sighting in colleague.since(mark) {
        ensure!(busy(&sighting.seen), "{} was seen", sighting.seen);
    }

    clean.apt(&["purge", "presently"]).await?;
    ensure!(agent.wait(SOON).await?.success(), "{}", agent.stderr());
    colleague.wait_for(&person.user_id, |seen| seen.is("offline"), SOON).await?;
    let left = clean.files().await?;
    ensure!(left.is_empty(), "left behind:\n{left}");
    Ok(())
}
