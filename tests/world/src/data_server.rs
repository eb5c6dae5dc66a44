//! A real Evolution Data Server: the calendars of GNOME.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use zbus::Proxy;
use zbus::fdo::ObjectManagerProxy;

use crate::process::{Logs, Process};
use crate::{World, secs, within};

const SOURCES: &str = "org.gnome.evolution.dataserver.Sources5";
const SOURCES_PATH: &str = "/org/gnome/evolution/dataserver/SourceManager";
const MANAGER: &str = "org.gnome.evolution.dataserver.SourceManager";
const SOURCE: &str = "org.gnome.evolution.dataserver.Source";
const WRITABLE: &str = "org.gnome.evolution.dataserver.Source.Writable";
const FACTORY: &str = "org.gnome.evolution.dataserver.Calendar8";
const FACTORY_PATH: &str = "/org/gnome/evolution/dataserver/CalendarFactory";
const FACTORY_INTERFACE: &str = "org.gnome.evolution.dataserver.CalendarFactory";
const CALENDAR: &str = "org.gnome.evolution.dataserver.Calendar";

/// The UID of the calendar that is always there, "Personal".
pub const PERSONAL: &str = "system-calendar";

/// The service on the bus of a world, killed when dropped.
#[derive(Debug)]
pub struct DataServer {
    registry: Process,
    factory: Process,
    /// Its calendars stay open for as long as it is there.
    bus: zbus::Connection,
}

impl DataServer {
    /// Starts it in a world that has a bus.
    pub async fn start(world: &World) -> Result<Self> {
        let registry = run(world, "evolution-source-registry", SOURCES).await?;
        let factory = run(world, "evolution-calendar-factory", FACTORY).await?;
        Ok(Self { registry, factory, bus: world.bus()?.connect().await? })
    }

    /// Ends and starts what opens the calendars.
    pub async fn restart_factory(&mut self, world: &World) -> Result<()> {
        self.factory.kill().await?;
        self.factory = run(world, "evolution-calendar-factory", FACTORY).await?;
        Ok(())
    }

    /// Ends it.
    pub async fn stop(self) -> Result<()> {
        self.registry.kill().await?;
        self.factory.kill().await
    }

    /// Opens a calendar.
    pub async fn open(&self, uid: &str) -> Result<OpenCalendar> {
        let factory = Proxy::new(&self.bus, FACTORY, FACTORY_PATH, FACTORY_INTERFACE).await?;
        let (path, service): (String, String) = within(secs(20), uid, async {
            // It hears of a new calendar some time after that was added, and
            // does not tell when.
            loop {
                match factory.call("OpenCalendar", &uid).await {
                    Err(error) if error.to_string().contains("No such source") => {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    answer => return Ok(answer?),
                }
            }
        })
        .await?;
        let calendar = Proxy::new(&self.bus, service, path, CALENDAR).await?;
        let _: Vec<String> = calendar.call("Open", &()).await?;
        Ok(OpenCalendar { calendar })
    }

    /// Adds a source: a calendar or an account, as a key file.
    pub async fn add_source(&self, uid: &str, file: &str) -> Result<()> {
        let manager = Proxy::new(&self.bus, SOURCES, SOURCES_PATH, MANAGER).await?;
        Ok(manager.call("CreateSources", &HashMap::from([(uid, file)])).await?)
    }

    /// Writes a source anew.
    pub async fn write_source(&self, uid: &str, file: &str) -> Result<()> {
        let manager = ObjectManagerProxy::new(&self.bus, SOURCES, SOURCES_PATH).await?;
        let objects = manager.get_managed_objects().await?;
        let is_it = |properties: &HashMap<String, zbus::OwnedVariant>| {
            let known = properties.get("UID").cloned();
            known.and_then(|known| String::try_from(known).ok()).as_deref() == Some(uid)
        };
        let found = objects.into_iter().find(|(_, interfaces)| {
            interfaces.iter().any(|(name, properties)| *name == SOURCE && is_it(properties))
        });
        let (path, _) = found.with_context(|| format!("there is no source {uid}"))?;
        let source = Proxy::new(&self.bus, SOURCES, path, WRITABLE).await?;
        Ok(source.call("Write", &file).await?)
    }
}

/// An open calendar.
#[derive(Debug)]
pub struct OpenCalendar {
    calendar: Proxy<'static>,
}

impl OpenCalendar {
    /// Adds components, like `BEGIN:VEVENT…`.
    pub async fn create(&self, components: &[&str]) -> Result<()> {
        let _: Vec<String> = self.calendar.call("CreateObjects", &(components, 0u32)).await?;
        Ok(())
    }

    /// Changes one occurrence of an event.
    pub async fn modify_one(&self, component: &str) -> Result<()> {
        let arguments = (&[component][..], "this", 0u32);
        Ok(self.calendar.call("ModifyObjects", &arguments).await?)
    }

    /// Removes an event.
    pub async fn remove(&self, uid: &str) -> Result<()> {
        let arguments = (&[(uid, "")][..], "all", 0u32);
        Ok(self.calendar.call("RemoveObjects", &arguments).await?)
    }

    /// Adds a time zone: a VTIMEZONE.
    pub async fn add_zone(&self, zone: &str) -> Result<()> {
        Ok(self.calendar.call("AddTimezone", &zone).await?)
    }
}

/// Starts a program by the file that tells the session bus where it is.
async fn run(world: &World, name: &str, service: &'static str) -> Result<Process> {
    let file = format!("/usr/share/dbus-1/services/{service}.service");
    let text = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    let program = text.lines().find_map(|line| line.strip_prefix("Exec=")).context(file)?;
    let mut command = world.command(program.split(' ').next().unwrap_or_default());
    // What a desktop's settings say is no matter here.
    command.env("GSETTINGS_BACKEND", "memory");
    let logs: &Logs = world.logs();
    let process = Process::start(name, command, logs).await?;
    let waited = world.bus()?.wait_for_name(service, secs(20)).await;
    waited.with_context(|| process.stderr())?;
    Ok(process)
}
