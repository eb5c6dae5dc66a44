//! The menu in the types of the tray's library.

use tracing::warn;
use tray_icon::menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};

use super::menu::{Command, Entry, Kind};

/// Makes the menu anew. The library compares it with the one before and sends
/// the difference in one piece.
pub(super) fn native_menu(entries: &[Entry]) -> Menu {
    let menu = Menu::new();
    for entry in entries {
        if let Err(why) = menu.append(&*item(entry)) {
            warn!("an entry is missing in the tray's menu: {why}");
        }
    }
    menu
}

fn item(entry: &Entry) -> Box<dyn IsMenuItem> {
    let Entry { label, enabled, kind } = entry;
    // In a label `&` marks the letter for the keyboard. These are plain text.
    let label = label.replace('&', "&&");
    match kind {
        Kind::Line => Box::new(MenuItem::new(label, false, None)),
        Kind::Item(command) => Box::new(MenuItem::with_id(id(command), label, *enabled, None)),
        Kind::Choice { command, ticked } => {
            Box::new(CheckMenuItem::with_id(id(command), label, *enabled, *ticked, None))
        }
        Kind::Submenu(entries) => {
            let submenu = Submenu::new(label, *enabled);
            for entry in entries {
                if let Err(why) = submenu.append(&*item(entry)) {
                    warn!("an entry is missing in the tray's menu: {why}");
                }
            }
            Box::new(submenu)
        }
        Kind::Separator => Box::new(PredefinedMenuItem::separator()),
    }
}

/// The identifier of an entry for the library. It depends on what the entry
/// does and not on its place, so that a click that arrives after a change of
/// the menu does what the clicked entry said.
fn id(command: &Command) -> String {
    format!("{command:?}")
}

/// The command of a clicked entry. `None` if the menu has no such entry any
/// more, or if it cannot be clicked any more.
pub(super) fn clicked(entries: &[Entry], clicked: &str) -> Option<Command> {
    entries.iter().find_map(|entry| match &entry.kind {
        Kind::Item(command) | Kind::Choice { command, .. } => {
            (entry.enabled && id(command) == clicked).then(|| command.clone())
        }
        Kind::Submenu(entries) => self::clicked(entries, clicked),
        Kind::Line | Kind::Separator => None,
    })
}
