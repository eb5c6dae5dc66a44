//! An item of the tray, as a host reads and uses it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use zbus::message::Type;
use zbus::{Connection, MatchRule, MessageStream, OwnedVariant, Proxy, Variant};

use crate::within;

const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// Everything that a person sees of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The title.
    pub title: String,
    /// The name of the icon in the theme, or an empty text.
    pub icon_name: String,
    /// The icon in each size: its width and height in pixels, and its pixels
    /// in RGBA.
    pub icons: Vec<(i32, i32, Vec<u8>)>,
    /// The title and text of the tooltip.
    pub tooltip: (String, String),
    /// The menu, from top to bottom.
    pub menu: Vec<MenuEntry>,
}

/// One entry of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuEntry {
    id: i32,
    /// The label, without mnemonics; empty for a separator.
    pub label: String,
    /// Whether it can be clicked.
    pub enabled: bool,
    /// Whether the entry is ticked; `None` if it cannot be.
    pub ticked: Option<bool>,
    /// The entries of its submenu.
    pub entries: Vec<MenuEntry>,
}

/// An item of the tray.
#[derive(Debug)]
pub struct TrayItem {
    connection: Connection,
    name: String,
}

impl TrayItem {
    pub(super) async fn new(connection: &Connection, name: String) -> Result<Self> {
        Ok(Self { connection: connection.clone(), name })
    }

    /// The name under which the item is registered.
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
        // Read each time, because items announce changes in different ways.
        let properties = self.proxy("/StatusNotifierItem", "org.freedesktop.DBus.Properties");
        let value: OwnedVariant = properties.await?.call("Get", &(ITEM, name)).await?;
        Ok(T::try_from(value).map_err(Into::into)?)
    }

    pub(super) async fn text(&self, property: &'static str) -> Result<String> {
        self.property(property).await
    }

    /// The current state of the item.
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
            icons: icons.into_iter().map(|(w, h, argb)| (w, h, rgba(argb))).collect(),
            tooltip: (title, text),
            menu: root.2.iter().map(|child| entry(child)).collect::<Result<_>>()?,
        })
    }

    /// Waits until the item satisfies `wanted`. It is read again after each of
    /// its signals.
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

    /// All signals of the item from now on.
    pub async fn signals(&self) -> Result<MessageStream> {
        let rule =
            MatchRule::builder().msg_type(Type::Signal).sender(self.name.as_str()).build()?;
        Ok(MessageStream::for_match_rule(rule, &self.connection, std::num::NonZero::new(256))
            .await?)
    }

    /// Clicks a menu entry, found by the labels on the path to it. The tick of
    /// a label may be left out.
    pub async fn click(&self, path: &[&str]) -> Result<()> {
        self.click_in(&self.shown().await?, path).await
    }

    /// Clicks an entry of a menu that was read earlier, as a person does in an
    /// open menu.
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

    /// Announces that the menu is about to be shown.
    pub async fn open_menu(&self) -> Result<()> {
        let menu = self.proxy("/MenuBar", MENU).await?;
        let _: bool = menu.call("AboutToShow", &(0i32,)).await?;
        Ok(())
    }

    /// The ids of the menu's entries in their order, which is the layout.
    pub async fn layout(&self) -> Result<Vec<i32>> {
        fn collect(entries: &[MenuEntry], into: &mut Vec<i32>) {
            for entry in entries {
                into.push(entry.id);
                collect(&entry.entries, into);
            }
        }
        let mut ids = Vec::new();
        collect(&self.shown().await?.menu, &mut ids);
        Ok(ids)
    }

    /// Clicks the icon with the left button.
    pub async fn activate(&self) -> Result<()> {
        let item = self.proxy("/StatusNotifierItem", ITEM).await?;
        Ok(item.call("Activate", &(0i32, 0i32)).await?)
    }
}

impl Shown {
    /// The tooltip and the menu as readable text.
    pub fn gist(&self) -> String {
        format!("{}: {}\n{}", self.tooltip.0, self.tooltip.1, drawn(&self.menu))
    }

    /// The labels of the ticked entries, at any depth.
    pub fn ticked(&self) -> Vec<&str> {
        fn collect<'a>(entries: &'a [MenuEntry], into: &mut Vec<&'a str>) {
            for entry in entries {
                let is_ticked = entry.ticked == Some(true);
                into.extend(is_ticked.then_some(entry.label.as_str()));
                collect(&entry.entries, into);
            }
        }
        let mut ticked = Vec::new();
        collect(&self.menu, &mut ticked);
        ticked
    }
}

/// A menu as text: one entry a line, with submenus indented.
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

/// An icon on the bus: width, height, pixels in ARGB.
type Pixmap = (i32, i32, Vec<u8>);

/// A menu entry on the bus: id, properties, children.
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

/// The label without mnemonics, which are marked by underscores.
fn plain(label: &str) -> String {
    label.replace("__", "\0").replace('_', "").replace('\0', "_")
}

/// Converts ARGB to RGBA.
fn rgba(mut argb: Vec<u8>) -> Vec<u8> {
    for pixel in argb.chunks_exact_mut(4) {
        pixel.rotate_left(1);
    }
    argb
}
