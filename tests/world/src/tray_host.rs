//! A desktop's tray: the StatusNotifierWatcher and a host in one, which
//! reads what an item shows and uses it as a person does.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zbus::message::{Header, Type};
use zbus::object_server::SignalEmitter;
use zbus::{Connection, MatchRule, MessageStream, OwnedVariant, Proxy, Variant};

use crate::bus::Bus;
use crate::within;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const WATCHER_PATH: &str = "/StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// A tray on a session bus. Dropping it takes it away, like a panel that
/// crashes.
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
        // Some items send a path and mean their connection, ksni a name.
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

/// Anything else that a panel has on the bus.
struct Panel;

#[zbus::interface(name = "org.example.Panel")]
impl Panel {}

impl TrayHost {
    /// Takes the watcher's name on a bus, and registers a host there.
    pub async fn on(bus: &Bus) -> Result<Self> {
        let host = Self::silent(bus).await?;
        host.export().await?;
        // Items register the moment they see the name.
        host.take_name().await?;
        Ok(host)
    }

    /// Takes the watcher's name before it has the object that goes with it:
    /// whoever registers hears that there is none.
    pub async fn without_object(bus: &Bus) -> Result<Self> {
        let host = Self::silent(bus).await?;
        host.take_name().await?;
        Ok(host)
    }

    async fn silent(bus: &Bus) -> Result<Self> {
        let (items, registered) = watch::channel(Vec::new());
        // With any object at all, what asks for others is answered.
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

    /// Gives the name up and forgets its object and all items, as a panel
    /// does that loads anew.
    pub async fn reset(&self) -> Result<()> {
        self.connection.release_name(WATCHER).await?;
        self.connection.object_server().remove::<Watcher, _>(WATCHER_PATH).await?;
        self.known.send_replace(Vec::new());
        Ok(())
    }

    /// Exports the object that items register with.
    pub async fn export(&self) -> Result<()> {
        let watcher = Watcher { items: self.known.clone(), has_host: true };
        self.connection.object_server().at(WATCHER_PATH, watcher).await?;
        Ok(())
    }

    /// Goes away, as a panel does when it is restarted.
    pub async fn stop(self) -> Result<()> {
        self.connection.release_name(WATCHER).await?;
        Ok(self.connection.clone().close().await?)
    }

    /// Waits for the item that calls itself `id`.
    pub async fn item(&self, id: &str, deadline: Duration) -> Result<TrayItem> {
        let mut items = self.items.clone();
        within(deadline, &format!("the tray item {id}"), async {
            loop {
                let names = items.borrow_and_update().clone();
                for name in names {
                    let item = TrayItem::new(&self.connection, name).await?;
                    // One that has gone meanwhile answers nothing.
                    if item.text("Id").await.is_ok_and(|found| found == id) {
                        return Ok(item);
                    }
                }
                items.changed().await?;
            }
        })
        .await
    }

    /// The names of the items that are registered now.
    pub fn names(&self) -> Vec<String> {
        self.items.borrow().clone()
    }

    /// Waits until no item is left.
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

/// A desktop that has hung: it holds the tray's name and answers nothing.
/// Dropping it ends it.
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

/// All that a person sees of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its name.
    pub title: String,
    /// The name of its icon in the theme, or nothing.
    pub icon_name: String,
    /// Its icon's width, height and pixels of red, green, blue and alpha.
    pub icon: Option<(i32, i32, Vec<u8>)>,
    /// The tooltip's title and text.
    pub tooltip: (String, String),
    /// The menu, from the top.
    pub menu: Vec<MenuEntry>,
}

/// One entry of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuEntry {
    id: i32,
    /// Its text, without the marks for the keyboard; empty for a separator.
    pub label: String,
    /// Whether it can be clicked.
    pub enabled: bool,
    /// Whether it is ticked, where it can be.
    pub ticked: Option<bool>,
    /// What is behind it.
    pub entries: Vec<MenuEntry>,
}

/// An item of the tray.
#[derive(Debug)]
pub struct TrayItem {
    connection: Connection,
    name: String,
}

impl TrayItem {
    async fn new(connection: &Connection, name: String) -> Result<Self> {
        Ok(Self { connection: connection.clone(), name })
    }

    /// The name by which it is registered.
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn proxy(&self, path: &'static str, interface: &'static str) -> Result<Proxy<'_>> {
        Ok(Proxy::new(&self.connection, self.name.as_str(), path, interface).await?)
    }

    async fn property<T>(&self, name: &'static str) -> Result<T>
    where
        T: TryFrom<OwnedVariant>,
        T::Error: Into<zbus::Error>,
    {
        // Read anew each time: items announce changes in their own way.
        let properties = self.proxy("/StatusNotifierItem", "org.freedesktop.DBus.Properties");
        let value: OwnedVariant = properties.await?.call("Get", &(ITEM, name)).await?;
        Ok(T::try_from(value).map_err(Into::into)?)
    }

    async fn text(&self, property: &'static str) -> Result<String> {
        self.property(property).await
    }

    /// What it shows now.
    pub async fn shown(&self) -> Result<Shown> {
        let icons: Vec<Pixmap> = self.property("IconPixmap").await?;
        let (_, _, title, text): (String, Vec<Pixmap>, String, String) =
            self.property("ToolTip").await?;
        let menu = self.proxy("/MenuBar", MENU).await?;
        let everything = (0i32, -1i32, Vec::<String>::new());
        let (_, root): (u32, Node) = menu.call("GetLayout", &everything).await?;
        Ok(Shown {
            title: self.text("Title").await?,
            icon_name: self.text("IconName").await?,
            icon: icons.into_iter().next().map(|(w, h, argb)| (w, h, rgba(argb))),
            tooltip: (title, text),
            menu: root.2.iter().map(|child| entry(child)).collect::<Result<_>>()?,
        })
    }

    /// Waits until it shows what is `wanted`; looks again at each of its
    /// signals.
    pub async fn wait_for(
        &self,
        what: &str,
        wanted: impl Fn(&Shown) -> bool,
        deadline: Duration,
    ) -> Result<Shown> {
        let mut signals = self.signals().await?;
        let mut last = None;
        let found = within(deadline, what, async {
            loop {
                let shown = self.shown().await?;
                if wanted(&shown) {
                    return Ok(shown);
                }
                last = Some(shown);
                signals.next().await.context("the bus is gone")??;
            }
        });
        let found = found.await;
        found.with_context(|| last.map_or("it shows nothing".to_owned(), |shown| shown.gist()))
    }

    /// Everything it announces from now on.
    pub async fn signals(&self) -> Result<MessageStream> {
        let rule =
            MatchRule::builder().msg_type(Type::Signal).sender(self.name.as_str()).build()?;
        Ok(MessageStream::for_match_rule(rule, &self.connection, std::num::NonZero::new(256))
            .await?)
    }

    /// Clicks an entry of the menu, found by its label and those above it.
    /// A tick in a label need not be named.
    pub async fn click(&self, path: &[&str]) -> Result<()> {
        self.click_in(&self.shown().await?, path).await
    }

    /// Clicks an entry of a menu as it was read, whatever it is by now: what
    /// a person does in a menu that is open.
    pub async fn click_in(&self, shown: &Shown, path: &[&str]) -> Result<()> {
        let mut entries = &shown.menu;
        let mut found = None;
        for label in path {
            let named = |entry: &&MenuEntry| entry.label.trim_end_matches(" ✓") == *label;
            let entry = entries.iter().find(named);
            let entry = entry.with_context(|| format!("no “{label}” in\n{}", drawn(entries)))?;
            entries = &entry.entries;
            found = Some(entry);
        }
        let entry = found.context("no entry was named")?;
        if !entry.enabled {
            bail!("“{}” cannot be clicked", entry.label);
        }
        let event = (entry.id, "clicked", Variant::from(0i32), 0u32);
        Ok(self.proxy("/MenuBar", MENU).await?.call("Event", &event).await?)
    }

    /// Tells it that its menu is about to be shown.
    pub async fn open_menu(&self) -> Result<()> {
        let menu = self.proxy("/MenuBar", MENU).await?;
        let _: bool = menu.call("AboutToShow", &(0i32,)).await?;
        Ok(())
    }

    /// Clicks the icon with the left button.
    pub async fn activate(&self) -> Result<()> {
        let item = self.proxy("/StatusNotifierItem", ITEM).await?;
        Ok(item.call("Activate", &(0i32, 0i32)).await?)
    }
}

impl Shown {
    /// The tooltip and the menu, for people.
    pub fn gist(&self) -> String {
        format!("{}: {}\n{}", self.tooltip.0, self.tooltip.1, drawn(&self.menu))
    }

    /// The labels of the ticked entries, at any depth.
    pub fn ticked(&self) -> Vec<&str> {
        fn collect<'a>(entries: &'a [MenuEntry], into: &mut Vec<&'a str>) {
            for entry in entries {
                into.extend((entry.ticked == Some(true)).then_some(entry.label.as_str()));
                collect(&entry.entries, into);
            }
        }
        let mut ticked = Vec::new();
        collect(&self.menu, &mut ticked);
        ticked
    }
}

/// A menu as text: one entry a line, a submenu's deeper.
pub fn drawn(entries: &[MenuEntry]) -> String {
    let line = |entry: &MenuEntry| {
        let label = if entry.label.is_empty() { "---" } else { &entry.label };
        let line = match (entry.ticked, entry.enabled) {
            (Some(true), _) => format!("[x] {label}\n"),
            (Some(false), _) => format!("[ ] {label}\n"),
            (None, true) => format!("{label}\n"),
            (None, false) => format!("({label})\n"),
        };
        let behind = drawn(&entry.entries);
        behind.lines().fold(line, |text, deeper| format!("{text}    {deeper}\n"))
    };
    entries.iter().map(line).collect()
}

/// A picture on the wire: width, height, pixels.
type Pixmap = (i32, i32, Vec<u8>);

/// A menu's entry on the wire: id, properties, children.
type Node = (i32, HashMap<String, OwnedVariant>, Vec<OwnedVariant>);

fn entry(node: &Variant<'_>) -> Result<MenuEntry> {
    let node = match node {
        Variant::Variant(inner) => return entry(inner),
        Variant::Structure(node) => node.fields(),
        other => bail!("not a menu's entry: {other:?}"),
    };
    let [Variant::I32(id), Variant::Dict(properties), Variant::Array(children)] = node else {
        bail!("not a menu's entry: {node:?}");
    };
    let text = |name: &'static str| -> Result<Option<String>> { Ok(properties.get(&name)?) };
    let ticked = properties.get::<_, i32>(&"toggle-state")?.map(|state| state == 1);
    let has_tick = text("toggle-type")?.is_some_and(|kind| !kind.is_empty());
    Ok(MenuEntry {
        id: *id,
        label: plain(&text("label")?.unwrap_or_default()),
        enabled: properties.get(&"enabled")?.unwrap_or(true),
        ticked: has_tick.then_some(ticked == Some(true)),
        entries: children.inner().iter().map(entry).collect::<Result<_>>()?,
    })
}

/// A label without the underscores that mark a letter for the keyboard.
fn plain(label: &str) -> String {
    label.replace("__", "\0").replace('_', "").replace('\0', "_")
}

/// The wire has alpha first.
fn rgba(mut argb: Vec<u8>) -> Vec<u8> {
    for pixel in argb.chunks_exact_mut(4) {
        pixel.rotate_left(1);
    }
    argb
}
