//! The icon itself, on a thread of its own: each call into the tray's
//! library waits until the desktop's bus has taken it, the menu's objects
//! stay on one thread, and a desktop that hangs must not hold up the agent.

use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{debug, warn};
use tray_icon::menu::{
    CheckMenuItem, IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu,
};
use tray_icon::{MouseButton, TrayIcon, TrayIconBuilder, TrayIconEvent};

use super::icon::Icons;
use super::view::{Command, Entry, TrayView};
use super::{TrayAction, TrayError, watcher};

/// The name under which panels remember where the person put the icon.
const ID: &str = "presently";

/// The sender: holds the latest view that the thread has not taken yet.
#[derive(Debug)]
pub(super) struct Panel {
    next: Sender<Wanted>,
    /// The receiver of the same channel, to take back what is out of date.
    stale: Receiver<Wanted>,
    /// The task that tells the thread of panels that come.
    panels: JoinHandle<()>,
}

type Wanted = (TrayView, TimeZone);

impl Panel {
    pub(super) fn start(actions: mpsc::Sender<TrayAction>) -> Result<Self, TrayError> {
        let icons = Icons::decode()?;
        let (next, stale) = bounded(1);
        let wanted = stale.clone();
        // One is as good as many: the thread looks for itself.
        let (came, comes) = bounded(1);
        // Nobody joins it: it ends when this is dropped, and if the desktop
        // hangs then, leaving must not wait for it.
        thread::Builder::new()
            .name("tray".into())
            .spawn(move || Shown { icons, actions, icon: None, now: None }.run(&wanted, &comes))?;
        let panels = tokio::spawn(async move {
            let tell = || !matches!(came.try_send(()), Err(TrySendError::Disconnected(())));
            if let Err(error) = watcher::watch(tell).await {
                debug!(%error, "panels that come are not seen");
            }
        });
        Ok(Self { next, stale, panels })
    }

    pub(super) fn show(&self, view: TrayView, zone: TimeZone) {
        let mut latest = (view, zone);
        while let Err(TrySendError::Full(refused)) = self.next.try_send(latest) {
            let _ = self.stale.try_recv();
            latest = refused;
        }
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.panels.abort();
    }
}

/// The receiver: what the desktop shows.
struct Shown {
    icons: Icons,
    actions: mpsc::Sender<TrayAction>,
    icon: Option<TrayIcon>,
    now: Option<Wanted>,
}

impl Shown {
    /// Ends when the sender is dropped or nobody listens to the actions.
    fn run(mut self, wanted: &Receiver<Wanted>, comes: &Receiver<()>) {
        // Without the one who tells of panels there is nothing to hear.
        let mut comes = comes.clone();
        // These two are one for the whole process, which has one tray.
        let (menu, clicks) = (MenuEvent::receiver(), TrayIconEvent::receiver());
        loop {
            let action = select! {
                recv(wanted) -> next => match next {
                    Ok((view, zone)) => {
                        self.show(view, zone);
                        None
                    }
                    Err(_) => return,
                },
                recv(comes) -> came => {
                    match came {
                        Ok(()) => self.offer(),
                        Err(_) => comes = crossbeam_channel::never(),
                    }
                    None
                }
                recv(menu) -> event => event.ok().and_then(|e| self.chosen(&e)),
                recv(clicks) -> event => event.ok().and_then(|e| clicked(&e)),
            };
            if let Some(action) = action
                && self.actions.blocking_send(action).is_err()
            {
                return;
            }
        }
    }

    /// Changes what differs. Where the icon could not be made before (no
    /// session bus yet), it is tried again.
    fn show(&mut self, view: TrayView, zone: TimeZone) {
        let shown = self.now.as_ref().map(|(view, _)| view);
        let result = match &self.icon {
            Some(icon) => self.update(icon, shown, &view),
            None => self.build(&view).map(|icon| self.icon = Some(icon)),
        };
        match result {
            Ok(()) => debug!(look = ?view.look, "tray updated"),
            Err(why) => warn!("the tray icon cannot be shown: {why}"),
        }
        self.now = Some((view, zone));
    }

    /// A panel takes icons now. The library has offered ours by itself to
    /// one that did so from the start; else it is made anew, which offers it.
    fn offer(&mut self) {
        let Some((view, zone)) = self.now.take() else { return };
        // Not torn down on a mere guess.
        if self.icon.is_some() && watcher::has_ours() == Some(false) {
            self.icon = None;
        }
        match self.icon {
            Some(_) => self.now = Some((view, zone)),
            None => self.show(view, zone),
        }
    }

    fn build(&self, view: &TrayView) -> tray_icon::Result<TrayIcon> {
        TrayIconBuilder::new()
            .with_id(ID)
            .with_title("Presently")
            .with_icon(self.icons.of(view.look))
            .with_tooltip(&view.tooltip)
            .with_menu(Box::new(menu(&view.entries)))
            .build()
    }

    fn update(
        &self,
        icon: &TrayIcon,
        shown: Option<&TrayView>,
        view: &TrayView,
    ) -> tray_icon::Result<()> {
        if shown.is_none_or(|s| s.look != view.look) {
            icon.set_icon(Some(self.icons.of(view.look)))?;
        }
        if shown.is_none_or(|s| s.tooltip != view.tooltip) {
            icon.set_tooltip(Some(&view.tooltip))?;
        }
        if shown.is_none_or(|s| s.entries != view.entries) {
            icon.set_menu(Some(Box::new(menu(&view.entries))));
        }
        Ok(())
    }

    /// A click in the menu. The library has flipped the item's tick by
    /// itself; the ticks say what is, not what was clicked, so they are put
    /// back.
    fn chosen(&self, event: &MenuEvent) -> Option<TrayAction> {
        let (view, zone) = self.now.as_ref()?;
        if let Some(icon) = &self.icon {
            icon.set_menu(Some(Box::new(menu(&view.entries))));
        }
        let command = Command::from_id(event.id().as_ref())?;
        Some(command.action(Timestamp::now(), zone))
    }
}

fn clicked(event: &TrayIconEvent) -> Option<TrayAction> {
    match event {
        TrayIconEvent::Click { button: MouseButton::Left, .. } => Some(TrayAction::ToggleBusy),
        TrayIconEvent::Click { button: MouseButton::Middle, .. } => Some(TrayAction::OpenWindow),
        _ => None,
    }
}

/// A new menu each time: the library compares it with the one before and
/// sends the difference, in one piece.
fn menu(entries: &[Entry]) -> Menu {
    let menu = Menu::new();
    for entry in entries {
        if let Err(why) = menu.append(&*item(entry)) {
            warn!("an entry is missing in the tray's menu: {why}");
        }
    }
    menu
}

fn item(entry: &Entry) -> Box<dyn IsMenuItem> {
    // In labels `&` marks the letter for the keyboard; ours are plain text.
    let plain = |label: &str| label.replace('&', "&&");
    match entry {
        Entry::Line(text) => Box::new(MenuItem::new(plain(text), false, None)),
        Entry::Item { label, command } => {
            Box::new(MenuItem::with_id(command.id(), plain(label), true, None))
        }
        Entry::Choice { label, command, ticked } => {
            Box::new(CheckMenuItem::with_id(command.id(), plain(label), true, *ticked, None))
        }
        Entry::Ticked(label) => Box::new(CheckMenuItem::new(plain(label), false, true, None)),
        Entry::Submenu { label, entries } => {
            let submenu = Submenu::new(plain(label), true);
            for entry in entries {
                if let Err(why) = submenu.append(&*item(entry)) {
                    warn!("an entry is missing in the tray's menu: {why}");
                }
            }
            Box::new(submenu)
        }
        Entry::Separator => Box::new(PredefinedMenuItem::separator()),
    }
}
