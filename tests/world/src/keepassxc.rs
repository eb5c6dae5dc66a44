//! A real KeePassXC as the Secret Service, with one database, and the person's
//! actions in it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use zbus::{OwnedObjectPath, OwnedVariant};

use crate::process::{Process, command, run};
use crate::{World, secs, within};

const NAME: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";
/// The path of the collection while it is locked, which comes from the file name.
const COLLECTION: &str = "/org/freedesktop/secrets/collection/db";
const PASSWORD: &str = "secret";

/// The database, in which the whole content is shared with programs.
const DATABASE: &str = "<KeePassFile>
  <Meta><CustomData><Item>
    <Key>FDO_SECRETS_EXPOSED_GROUP</Key>
    <Value>{00010203-0405-0607-0809-0a0b0c0d0e0f}</Value>
  </Item></CustomData></Meta>
  <Root><Group><UUID>AAECAwQFBgcICQoLDA0ODw==</UUID><Name>Root</Name></Group></Root>
</KeePassFile>
";

/// KeePassXC, killed when dropped.
#[derive(Debug)]
pub struct KeePassXc {
    _program: Process,
    connection: zbus::Connection,
}

impl KeePassXc {
    /// Starts it on the display and the session bus of a world, with a locked
    /// database. If `asks`, which is the default of KeePassXC, it asks the
    /// person before a program reads a secret.
    pub async fn start(world: &World, asks: bool) -> Result<Self> {
        let home = world.path().join("keepassxc");
        let config = home.join("config/keepassxc");
        std::fs::create_dir_all(&config)?;
        std::fs::write(
            config.join("keepassxc.ini"),
            format!(
                "[General]\nConfigVersion=2\nUpdateCheckMessageShown=true\nSingleInstance=false\n\
                 [GUI]\nCheckForUpdates=false\n\
                 [FdoSecrets]\nEnabled=true\nConfirmAccessItem={asks}\n"
            ),
        )?;
        make_database(&home).await?;
        let mut program = command("keepassxc");
        program.arg(home.join("db.kdbx")).current_dir(&home).env("HOME", &home);
        for (name, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "."),
        ] {
            program.env(name, home.join(folder));
        }
        program.env("DISPLAY", world.display()?.name());
        program.env("DBUS_SESSION_BUS_ADDRESS", world.bus()?.address());
        program.stdin(Stdio::null());
        let program = Process::start("keepassxc", program, world.logs()).await?;
        world.bus()?.wait_for_name(NAME, secs(30)).await.with_context(|| program.stderr())?;
        let connection = world.bus()?.connect().await?;
        Ok(Self { _program: program, connection })
    }

    /// Types the password into the window that asks for it.
    pub async fn unlock(&self, world: &World) -> Result<()> {
        let display = world.display()?;
        within(secs(30), "an open database", async {
            while self.is_locked().await? {
                display.xdotool(&["type", PASSWORD]).await?;
                display.xdotool(&["key", "Return"]).await?;
                let look = async {
                    while self.is_locked().await? {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    Ok(())
                };
                // The window may not have had the focus yet, so this is tried
                // again.
                let _ = within(secs(3), "an open database", look).await;
            }
            Ok(())
        })
        .await
    }

    /// Locks the database, as the screen lock does.
    pub async fn lock(&self) -> Result<()> {
        let all = (vec![OwnedObjectPath::try_from(COLLECTION)?],);
        let service = Some("org.freedesktop.Secret.Service");
        let call = self.connection.call_method(Some(NAME), SERVICE, service, "Lock", &all);
        let (locked, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            call.await?.body().deserialize()?;
        if locked.is_empty() {
            let interface = Some("org.freedesktop.Secret.Prompt");
            self.connection.call_method(Some(NAME), &prompt, interface, "Prompt", &("",)).await?;
        }
        within(secs(20), "a locked database", async {
            while !self.is_locked().await? {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        })
        .await
    }

    async fn is_locked(&self) -> Result<bool> {
        let properties = Some("org.freedesktop.DBus.Properties");
        let what = &("org.freedesktop.Secret.Collection", "Locked");
        let call = self.connection.call_method(Some(NAME), COLLECTION, properties, "Get", what);
        Ok(call.await?.body().deserialize::<OwnedVariant>()?.try_into()?)
    }

    /// The titles of its windows. Every window but the first is a prompt.
    pub async fn windows(&self, world: &World) -> Result<Vec<String>> {
        let words = ["search", "--onlyvisible", "--name", "KeePassXC", "getwindowname", "%@"];
        let titles = world.display()?.xdotool(&words).await?;
        Ok(titles.lines().map(str::to_owned).collect())
    }
}

async fn make_database(home: &Path) -> Result<()> {
    std::fs::write(home.join("db.xml"), DATABASE)?;
    let mut import = command("keepassxc-cli");
    // The lowest cost of key derivation that it accepts.
    import.args(["import", "--decryption-time", "100", "--set-password", "db.xml", "db.kdbx"]);
    import.current_dir(home).env("HOME", home);
    let twice = format!("{PASSWORD}\n{PASSWORD}\n");
    run(import, twice.as_bytes(), secs(30)).await?.success()?;
    ensure!(home.join("db.kdbx").exists(), "there is no database");
    Ok(())
}
