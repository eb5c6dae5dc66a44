//! The icon itself, on a thread of its own: each call into the tray's
//! library waits until the desktop's bus has taken it, and a desktop that
//! hangs must not hold up the agent.

use std::path::PathBuf;
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select, unbounded};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ksni::blocking::{Handle, TrayMethods as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{debug, warn};

use super::icon::Icons;
use super::item::{Click, Item};
use super::view::TrayView;
use super::{TrayAction, TrayError, watcher};

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
        let icons = Icons::load(&data_folders(|name| std::env::var_os(name)))?;
        let (next, stale) = bounded(1);
        let wanted = stale.clone();
        // One is as good as many: the thread looks for itself.
        let (came, comes) = bounded(1);
        let (clicks, clicked) = unbounded();
        let shown = Shown { icons, actions, clicks, clicked, icon: None, now: None };
        // Nobody joins it: it ends when this is dropped, and if the desktop
        // hangs then, leaving must not wait for it.
        thread::Builder::new().name("tray".into()).spawn(move || shown.run(&wanted, &comes))?;
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

/// Where icons may be installed
/// (<https://specifications.freedesktop.org/basedir-spec/latest/>).
fn data_folders(var: impl Fn(&str) -> Option<std::ffi::OsString>) -> Vec<PathBuf> {
    let set = |name: &str| var(name).filter(|value| !value.is_empty());
    let own = set("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(set("HOME")?).join(".local/share")));
    let shared = set("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
    own.into_iter()
        .chain(std::env::split_paths(&shared))
        .filter(|folder| folder.is_absolute())
        .collect()
}

/// The receiver: what the desktop shows.
struct Shown {
    icons: Icons,
    actions: mpsc::Sender<TrayAction>,
    clicks: Sender<Click>,
    clicked: Receiver<Click>,
    icon: Option<Handle<Item>>,
    now: Option<Wanted>,
}

impl Shown {
    /// Ends when the sender is dropped or nobody listens to the actions.
    fn run(mut self, wanted: &Receiver<Wanted>, comes: &Receiver<()>) {
        // Without the one who tells of panels there is nothing to hear.
        let mut comes = comes.clone();
        let clicked = self.clicked.clone();
        loop {
            let action = select! {
                recv(wanted) -> next => match next {
                    Ok((view, zone)) => {
                        self.show(view, zone);
                        None
                    }
                    Err(_) => return self.remove(),
                },
                recv(comes) -> came => {
                    match came {
                        Ok(()) => self.offer(),
                        Err(_) => comes = crossbeam_channel::never(),
                    }
                    None
                }
                recv(clicked) -> click => click.ok().and_then(|click| self.action(&click)),
            };
            if let Some(action) = action
                && self.actions.blocking_send(action).is_err()
            {
                return self.remove();
            }
        }
    }

    /// The library sends what differs. Where the icon could not be made
    /// before (no session bus yet), it is tried again.
    fn show(&mut self, view: TrayView, zone: TimeZone) {
        let icon = self.icons.of(view.look);
        let (tooltip, entries) = (view.tooltip.clone(), view.entries.clone());
        debug!(look = view.look.name(), "tray updated");
        self.now = Some((view, zone));
        if let Some(shown) = &self.icon {
            shown.update(|item| {
                item.icon = icon;
                item.tooltip = tooltip;
                item.entries = entries;
            });
            return;
        }
        let item = Item { icon, tooltip, entries, clicks: self.clicks.clone() };
        // Without a panel it waits for one.
        match item.assume_sni_available(true).disable_dbus_name(is_sandboxed()).spawn() {
            Ok(shown) => self.icon = Some(shown),
            Err(why) => warn!("the tray icon cannot be shown: {why}"),
        }
    }

    /// A panel takes icons now. The library has offered ours by itself to
    /// one that did so from the start; else it is made anew, which offers it.
    fn offer(&mut self) {
        let Some((view, zone)) = self.now.take() else { return };
        // Not torn down on a mere guess.
        if self.icon.is_some() && watcher::has_ours() == Some(false) {
            self.remove();
        }
        match self.icon {
            Some(_) => self.now = Some((view, zone)),
            None => self.show(view, zone),
        }
    }

    fn remove(&mut self) {
        if let Some(icon) = self.icon.take() {
            icon.shutdown().wait();
        }
    }

    fn action(&self, click: &Click) -> Option<TrayAction> {
        let (_, zone) = self.now.as_ref()?;
        Some(match click {
            Click::Left => TrayAction::ToggleBusy,
            Click::Middle => TrayAction::OpenWindow(None),
            Click::Entry(command) => command.action(Timestamp::now(), zone),
        })
    }
}

/// A sandbox lets a program own no name like that of a tray icon.
fn is_sandboxed() -> bool {
    std::path::Path::new("/.flatpak-info").exists()
        || std::env::var_os("SNAP").is_some_and(|snap| !snap.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icons_are_looked_for_where_the_specification_says() {
        for (vars, folders) in [
            (&[("HOME", "/home/me")][..], "/home/me/.local/share /usr/local/share /usr/share"),
            (&[("XDG_DATA_HOME", "/data"), ("XDG_DATA_DIRS", "/a:b:/c")], "/data /a /c"),
            (&[("XDG_DATA_DIRS", "")], "/usr/local/share /usr/share"),
        ] {
            let var = |name: &str| {
                vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
            };
            let found: Vec<String> =
                data_folders(var).iter().map(|f| f.display().to_string()).collect();
            assert_eq!(found.join(" "), folders, "{vars:?}");
        }
    }
}
