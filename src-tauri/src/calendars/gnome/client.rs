//! Calls to Evolution Data Server. Its interfaces are private to GNOME, and have
//! been the same since 3.34 (docs/signals.md).

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use presently_calendar::{Calendar, Fault, Options};
use presently_core::Code;
use zbus::fdo::{DBusProxy, ObjectManagerProxy};
use zbus::proxy::CacheProperties;
use zbus::{Connection, Proxy};

use super::super::ReadCalendar;
use super::super::apart::apart;
use super::super::read;
use super::source_file::{self, Source};

/// The service that knows which calendars there are. Whoever uses it starts it.
pub(super) const SOURCES: &str = "org.gnome.evolution.dataserver.Sources5";

/// The object whose children are the sources.
const SOURCES_PATH: &str = "/org/gnome/evolution/dataserver/SourceManager";

/// The interface of a source.
pub(super) const SOURCE: &str = "org.gnome.evolution.dataserver.Source";

/// The service that opens a calendar, and its object.
const FACTORY: &str = "org.gnome.evolution.dataserver.Calendar8";
const FACTORY_PATH: &str = "/org/gnome/evolution/dataserver/CalendarFactory";
const FACTORY_INTERFACE: &str = "org.gnome.evolution.dataserver.CalendarFactory";

/// The interface of an open calendar.
pub(super) const CALENDAR: &str = "org.gnome.evolution.dataserver.Calendar";

/// All events. The service's own search by time misses an exception that was
/// moved (measured with 3.46).
const ALL: &str = "#t";

/// How long the service may take. It opens a calendar of the network from its
/// cache.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Kinds of calendars that do not tell what the person does, and make the
/// service read address books and weather reports.
const NOT_READ: [&str; 2] = ["contacts", "weather"];

/// A connection to the session bus.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) bus: Connection,
}

/// A calendar that may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) uid: String,
    pub(super) name: String,
}

/// Where an open calendar is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) service: String,
    pub(super) path: String,
}

impl Listed {
    /// Whether the settings name it, by its name or its UID.
    pub(super) fn is_ignored(&self, ignored: &[String]) -> bool {
        ignored.iter().any(|name| *name == self.name || *name == self.uid)
    }
}

impl Client {
    /// Connects.
    pub(super) async fn connect() -> zbus::Result<Self> {
        let builder = zbus::connection::Builder::session();
        Ok(Self { bus: builder.method_timeout(TIMEOUT).build().await? })
    }

    /// The calendars that the person has switched on. There are none where the
    /// service does not run.
    pub(super) async fn list(&self) -> zbus::Result<Vec<Listed>> {
        let daemon = DBusProxy::new(&self.bus).await?;
        if !daemon.name_has_owner(SOURCES.try_into()?).await? {
            return Ok(Vec::new());
        }
        let manager = ObjectManagerProxy::new(&self.bus, SOURCES, SOURCES_PATH).await?;
        let objects = manager.get_managed_objects().await?;
        let mut sources = HashMap::new();
        for mut interfaces in objects.into_values() {
            let Some(properties) = interfaces.get_mut(SOURCE) else { continue };
            let mut text = |name: &str| String::try_from(properties.remove(name)?).ok();
            if let (Some(uid), Some(data)) = (text("UID"), text("Data")) {
                sources.insert(uid, Source::parse(&data));
            }
        }
        Ok(source_file::calendars(&sources, &NOT_READ))
    }

    /// Reads a calendar, which is opened if it is not, or no more.
    pub(super) async fn read(
        &self,
        calendar: &Listed,
        opened: Option<Opened>,
        options: &Options,
    ) -> zbus::Result<(Opened, Result<ReadCalendar, Code>)> {
        if let Some(opened) = opened
            && let Ok(read) = self.read_opened(calendar, &opened, options).await
        {
            return Ok((opened, read));
        }
        let opened = self.open(&calendar.uid).await?;
        let read = self.read_opened(calendar, &opened, options).await?;
        Ok((opened, read))
    }

    async fn open(&self, uid: &str) -> zbus::Result<Opened> {
        let factory = Proxy::new(&self.bus, FACTORY, FACTORY_PATH, FACTORY_INTERFACE).await?;
        let (path, service): (String, String) = factory.call("OpenCalendar", &uid).await?;
        let opened = Opened { service, path };
        let _: Vec<String> = self.proxy(&opened).await?.call("Open", &()).await?;
        Ok(opened)
    }

    async fn read_opened(
        &self,
        calendar: &Listed,
        opened: &Opened,
        options: &Options,
    ) -> zbus::Result<Result<ReadCalendar, Code>> {
        let proxy = self.proxy(opened).await?;
        let mut options = options.clone();
        let own: String = proxy.get_property("CalEmailAddress").await?;
        options.addresses.push(own.trim_start_matches("mailto:").to_owned());
        options.addresses.retain(|address| !address.is_empty());
        let objects: Vec<String> = proxy.call("GetObjectList", &ALL).await?;
        let (parsed, objects, options) =
            presently_durable::unblock(move || (parse(&[], &objects, &options), objects, options))
                .await;
        let unknown: BTreeSet<String> = parsed
            .problems
            .iter()
            .filter_map(|problem| match &problem.fault {
                Fault::UnknownZone(name) => Some(name.clone()),
                _ => None,
            })
            .collect();
        let mut zones: Vec<String> = Vec::new();
        for name in unknown {
            // One that nobody knows stays a problem of its event.
            zones.extend(proxy.call::<_, _, String>("GetTimezone", &name).await.ok());
        }
        let name = calendar.name.clone();
        Ok(apart(move || {
            let calendar =
                if zones.is_empty() { parsed } else { parse(&zones, &objects, &options) };
            let window = options.window.unwrap_or(Timestamp::MIN..Timestamp::MAX);
            read::listed(calendar, window, |problem| {
                let what = read::what(problem);
                Code::new("calendar-event").with("name", name.as_str()).with("what", what)
            })
        })
        .await)
    }

    async fn proxy(&self, opened: &Opened) -> zbus::Result<Proxy<'static>> {
        zbus::proxy::Builder::new(&self.bus)
            .destination(opened.service.clone())
            .path(opened.path.clone())
            .interface(CALENDAR)
            .cache_properties(CacheProperties::No)
            .build()
            .await
    }
}

/// The service has components without a calendar around them.
fn parse(zones: &[String], objects: &[String], options: &Options) -> Calendar {
    let mut text = String::from("BEGIN:VCALENDAR\r\n");
    for component in zones.iter().chain(objects) {
        text.push_str(component.trim_end());
        text.push_str("\r\n");
    }
    text.push_str("END:VCALENDAR\r\n");
    Calendar::parse(&text, options)
}
