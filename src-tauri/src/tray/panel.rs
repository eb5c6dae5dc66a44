//! The icon itself, on a thread of its own. Each call into the tray's library
//! waits until the session bus has taken it, and the library's objects stay on
//! one thread. A desktop that hangs must not block the agent.

use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{debug, warn};
use tray_icon::menu::MenuEvent;
use tray_icon::{MouseButton, TrayIcon, TrayIconBuilder, TrayIconEvent};

use super::icon::Icons;
use super::native_menu::{self, native_menu};
use super::view::TrayView;
use super::{TrayAction, TrayError, watcher};

/// The name under which panels remember where the person put the icon.
const ID: &str = "presently";

/// The sending half. It holds the latest view that the thread has not taken
/// yet.
#[derive(Debug)]
pub(super) struct Panel {
    next: Sender<Wanted>,
    /// The receiver of the same channel, to take back an outdated view.
    stale: Receiver<Wanted>,
    /// The task that tells the thread of new panels.
    panels: JoinHandle<()>,
}

type Wanted = (TrayView, TimeZone);

impl Panel {
    /// Starts the thread. Must be called within a tokio runtime. Fails if an
    /// icon cannot be decoded or the system provides no thread.
    pub(super) fn start(actions: mpsc::Sender<TrayAction>) -> Result<Self, TrayError> {
        let icons = Icons::decode()?;
        let (next, stale) = bounded(1);
        let wanted = stale.clone();
        // One pending notification is enough: the thread checks the state.
        let (came, comes) = bounded(1);
        // The thread is not joined. It ends when the sender is dropped, and the
        // end of the agent must not wait for a desktop that hangs.
        thread::Builder::new()
            .name("tray".into())
            .spawn(move || Shown { icons, actions, icon: None, now: None }.run(&wanted, &comes))?;
        let panels = tokio::spawn(async move {
            let tell = || !matches!(came.try_send(()), Err(TrySendError::Disconnected(())));
            if let Err(error) = watcher::watch(tell).await {
                debug!(%error, "new panels are not noticed");
            }
        });
        Ok(Self { next, stale, panels })
    }

    /// Shows a view. It replaces one that the thread has not taken yet.
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

/// The receiving half: what the desktop shows.
struct Shown {
    icons: Icons,
    actions: mpsc::Sender<TrayAction>,
    icon: Option<TrayIcon>,
    now: Option<Wanted>,
}

impl Shown {
    /// Runs until the sender is dropped or nobody receives the actions.
    fn run(mut self, wanted: &Receiver<Wanted>, comes: &Receiver<()>) {
        let mut comes = comes.clone();
        // The library has one receiver of each kind for the whole process,
        // which has one tray.
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
                        // New panels are not noticed any more.
                        Err(_) => comes = crossbeam_channel::never(),
                    }
                    None
                }
                recv(menu) -> event => event.ok().and_then(|e| self.entry_clicked(&e)),
                recv(clicks) -> event => event.ok().and_then(|e| icon_clicked(&e)),
            };
            if let Some(action) = action
                && self.actions.blocking_send(action).is_err()
            {
                return;
            }
        }
    }

    /// Changes what differs. If the icon could not be created before, because
    /// there was no session bus, it is tried again.
    fn show(&mut self, view: TrayView, zone: TimeZone) {
        let shown = self.now.as_ref().map(|(view, _)| view);
        let result = match &self.icon {
            Some(icon) => self.update(icon, shown, &view),
            None => self.build(&view).map(|icon| self.icon = Some(icon)),
        };
        match result {
            Ok(()) => debug!(look = view.look.name(), "tray updated"),
            Err(why) => warn!("the tray icon cannot be shown: {why}"),
        }
        self.now = Some((view, zone));
    }

    /// Offers the icon to a new panel. The library does so itself for a panel
    /// that has been there from the start. For others the icon is created
    /// anew.
    fn offer(&mut self) {
        let Some((view, zone)) = self.now.take() else { return };
        // It stays unless the panel is known not to have it.
        if self.icon.is_some() && watcher::has_ours() == Some(false) {
            self.icon = None;
        }
        match self.icon {
            Some(_) => self.now = Some((view, zone)),
            None => self.show(view, zone),
        }
    }

    fn build(&self, view: &TrayView) -> tray_icon::Result<TrayIcon> {
        let mut builder = TrayIconBuilder::new()
            .with_id(ID)
            .with_title("Presently")
            .with_tooltip(&view.tooltip)
            .with_menu(Box::new(native_menu(&view.entries)));
        if let Some(icon) = self.icons.of(view.look) {
            builder = builder.with_icon(icon);
        }
        builder.build()
    }

    fn update(
        &self,
        icon: &TrayIcon,
        shown: Option<&TrayView>,
        view: &TrayView,
    ) -> tray_icon::Result<()> {
        if shown.is_none_or(|s| s.look != view.look) {
            icon.set_icon(self.icons.of(view.look))?;
        }
        if shown.is_none_or(|s| s.tooltip != view.tooltip) {
            icon.set_tooltip(Some(&view.tooltip))?;
        }
        if shown.is_none_or(|s| s.entries != view.entries) {
            icon.set_menu(Some(Box::new(native_menu(&view.entries))));
        }
        Ok(())
    }

    /// What a click in the menu asks for. The library has flipped the tick of
    /// the clicked entry. A tick shows what is in force and not what was
    /// clicked, so the menu is set again.
    fn entry_clicked(&self, event: &MenuEvent) -> Option<TrayAction> {
        let (view, zone) = self.now.as_ref()?;
        if let Some(icon) = &self.icon {
            icon.set_menu(Some(Box::new(native_menu(&view.entries))));
        }
        let command = native_menu::clicked(&view.entries, event.id().as_ref())?;
        Some(command.action(Timestamp::now(), zone))
    }
}

/// What a click on the icon asks for.
fn icon_clicked(event: &TrayIconEvent) -> Option<TrayAction> {
    match event {
        TrayIconEvent::Click { button: MouseButton::Left, .. } => Some(TrayAction::ToggleBusy),
        TrayIconEvent::Click { button: MouseButton::Middle, .. } => {
            Some(TrayAction::OpenWindow(None))
        }
        _ => None,
    }
}
