//! A desktop's tray: the StatusNotifierWatcher and a host in one, which reads
//! what an item shows and acts as a person does.

use std::time::Duration;

use anyhow::Result;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zbus::Connection;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;

use crate::bus::Bus;
use crate::within;

mod item;

pub use item::{MenuEntry, Shown, TrayItem, drawn};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const WATCHER_PATH: &str = "/StatusNotifierWatcher";

/// A tray on a session bus. Dropping it removes it, like a panel that crashes.
#[derive(Debug)]
pub struct TrayHost {
    connection: Connection,
    known: watch::Sender<Vec<String>>,
    items: watch::Receiver<Vec<String>>,
    farewells: JoinHandle<()>,
}

struct Watcher {
    items: watch::Sender<Vec<String>>,
    has_host: bool,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    async fn register_status_notifier_item(
        &self,
        service: String,
        #[zbus(header)] header: Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> zbus::fdo::Result<()> {
        // Some items register with an object path on their connection; ksni
        // registers with a bus name.
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let name = if service.starts_with('/') { sender } else { service };
        self.items.send_modify(|items| {
            items.retain(|item| *item != name);
            items.push(name.clone());
        });
        Ok(Self::status_notifier_item_registered(&emitter, &name).await?)
    }

    async fn register_status_notifier_host(&mut self, _service: String) {
        self.has_host = true;
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.items.borrow().clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        self.has_host
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(
        emitter: &SignalEmitter<'_>,
        service: &str,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn status_notifier_item_unregistered(
        emitter: &SignalEmitter<'_>,
        service: &str,
    ) -> zbus::Result<()>;
}

/// The other objects that a panel exports.
struct Panel;

#[zbus::interface(name = "org.example.Panel")]
impl Panel {}

impl TrayHost {
    /// Takes the watcher's name on a bus and registers a host.
    pub async fn on(bus: &Bus) -> Result<Self> {
        let host = Self::silent(bus).await?;
        host.export().await?;
        // Items register as soon as the name has an owner, so it is taken last.
        host.take_name().await?;
        Ok(host)
    }

    /// Takes the watcher's name before its object is exported. A registration
    /// then gets an error.
    pub async fn without_object(bus: &Bus) -> Result<Self> {
        let host = Self::silent(bus).await?;
        host.take_name().await?;
        Ok(host)
    }

    async fn silent(bus: &Bus) -> Result<Self> {
        let (items, registered) = watch::channel(Vec::new());
        // A connection with at least one object answers calls to other objects
        // with an error.
        let connection = zbus::connection::Builder::address(bus.address())
            .serve_at("/org/example/Panel", Panel)
            .build()
            .await?;
        let known = items.clone();
        let daemon = zbus::fdo::DBusProxy::new(&connection).await?;
        let mut owners = daemon.receive_name_owner_changed().await?;
        let farewells = tokio::spawn(async move {
            while let Some(change) = owners.next().await {
                let Ok(change) = change.args() else { continue };
                if change.new_owner().is_none() {
                    let gone = change.name().as_str();
                    items.send_if_modified(|items| {
                        let before = items.len();
                        items.retain(|item| item != gone);
                        items.len() != before
                    });
                }
            }
        });
        Ok(Self { connection, known, items: registered, farewells })
    }

    /// Takes the watcher's name.
    pub async fn take_name(&self) -> Result<()> {
        Ok(self.connection.request_name(WATCHER).await?)
    }

    /// Releases the name and forgets its object and all items, as a panel that
    /// reloads does.
    pub async fn reset(&self) -> Result<()> {
        self.connection.release_name(WATCHER).await?;
        self.connection.object_server().remove::<Watcher, _>(WATCHER_PATH).await?;
        self.known.send_replace(Vec::new());
        Ok(())
    }

    /// Exports the object with which items register.
    pub async fn export(&self) -> Result<()> {
        let watcher = Watcher { items: self.known.clone(), has_host: true };
        self.connection.object_server().at(WATCHER_PATH, watcher).await?;
        Ok(())
    }

    /// Closes the connection, as a panel that is restarted does.
    pub async fn stop(self) -> Result<()> {
        self.connection.release_name(WATCHER).await?;
        Ok(self.connection.clone().close().await?)
    }

    /// Waits for the item with this `id`.
    pub async fn item(&self, id: &str, deadline: Duration) -> Result<TrayItem> {
        let mut items = self.items.clone();
        within(deadline, &format!("the tray item {id}"), async {
            loop {
                let names = items.borrow_and_update().clone();
                for name in names {
                    let item = TrayItem::new(&self.connection, name).await?;
                    // An item that has gone does not answer.
                    if item.text("Id").await.is_ok_and(|found| found == id) {
                        return Ok(item);
                    }
                }
                items.changed().await?;
            }
        })
        .await
    }

    /// The names of the registered items.
    pub fn names(&self) -> Vec<String> {
        self.items.borrow().clone()
    }

    /// Waits until no item is registered.
    pub async fn empty(&self, deadline: Duration) -> Result<()> {
        let mut items = self.items.clone();
        within(deadline, "an empty tray", async {
            items.wait_for(Vec::is_empty).await?;
            Ok(())
        })
        .await
    }
}

impl Drop for TrayHost {
    fn drop(&mut self) {
        self.farewells.abort();
    }
}

/// A desktop that hangs: it owns the tray's name and does not answer. Dropping
/// it ends it.
#[derive(Debug)]
pub struct HungTray {
    _connection: Connection,
}

impl HungTray {
    /// Takes the watcher's name on a bus.
    pub async fn on(bus: &Bus) -> Result<Self> {
        let connection = bus.connect().await?;
        connection.request_name(WATCHER).await?;
        Ok(Self { _connection: connection })
    }
}
