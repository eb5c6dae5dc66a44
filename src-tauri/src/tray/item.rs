//! The icon as StatusNotifierItem and its menu as dbusmenu, on the thread of
//! the library that speaks them.

use crossbeam_channel::Sender;
use ksni::menu::{CheckmarkItem, StandardItem, SubMenu};
use ksni::{Category, Icon, MenuItem, ToolTip};

use super::icon::IconOf;
use super::menu::{Command, Entry, Kind};

/// The name under which panels remember where the person put the icon.
const ID: &str = "presently";

/// What the person does with the icon.
#[derive(Clone, Debug)]
pub(super) enum Click {
    /// With the left button.
    Left,
    /// With the middle button.
    Middle,
    /// An entry of the menu.
    Entry(Command),
}

/// What panels read.
pub(super) struct Item {
    pub(super) icon: IconOf,
    pub(super) tooltip: String,
    pub(super) entries: Vec<Entry>,
    pub(super) clicks: Sender<Click>,
}

impl Item {
    fn send(&self, click: Click) {
        // It fails only when the tray is about to go.
        let _ = self.clicks.send(click);
    }
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        ID.to_owned()
    }

    fn category(&self) -> Category {
        Category::Communications
    }

    fn title(&self) -> String {
        "Presently".to_owned()
    }

    fn icon_name(&self) -> String {
        self.icon.name.clone()
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        self.icon.pictures.clone()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip {
            title: "Presently".to_owned(),
            description: self.tooltip.clone(),
            ..ToolTip::default()
        }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.send(Click::Left);
    }

    fn secondary_activate(&mut self, _x: i32, _y: i32) {
        self.send(Click::Middle);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        self.entries.iter().map(item).collect()
    }
}

fn item(entry: &Entry) -> MenuItem<Item> {
    let Entry { label, visible, enabled, kind } = entry;
    let (visible, enabled) = (*visible, *enabled);
    // In labels a single `_` marks the letter for the keyboard; ours are
    // plain text.
    let label = label.replace('_', "__");
    match kind {
        Kind::Line => StandardItem { label, visible, enabled, ..StandardItem::default() }.into(),
        Kind::Item(command) => {
            let activate = clicked(command, enabled);
            StandardItem { label, visible, enabled, activate, ..StandardItem::default() }.into()
        }
        Kind::Choice { command, ticked } => {
            let (checked, activate) = (*ticked, clicked(command, enabled));
            let rest = CheckmarkItem::default();
            CheckmarkItem { label, visible, enabled, checked, activate, ..rest }.into()
        }
        Kind::Ticked => {
            let rest = CheckmarkItem::default();
            CheckmarkItem { label, visible, enabled, checked: true, ..rest }.into()
        }
        Kind::Submenu(entries) => {
            let submenu = entries.iter().map(item).collect();
            SubMenu { label, visible, enabled, submenu, ..SubMenu::default() }.into()
        }
        Kind::Separator => MenuItem::Separator,
    }
}

/// A click may come late, on an entry that could be clicked when it was read.
fn clicked(command: &Command, enabled: bool) -> Box<dyn Fn(&mut Item) + Send> {
    let command = enabled.then(|| command.clone());
    Box::new(move |item| {
        if let Some(command) = &command {
            item.send(Click::Entry(command.clone()));
        }
    })
}
