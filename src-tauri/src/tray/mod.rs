//! The tray: an icon by shape and colour, a tooltip with the state and its
//! reason, and a menu that holds every choice.
//!
//! [`view`](mod@view) says, purely, what a snapshot looks like there;
//! `panel` shows it on a thread of its own, because the tray's library
//! waits for its host at every call and its objects stay on one thread.

mod host;
mod icon;
pub mod look;
pub mod menu;
mod native_menu;
mod panel;
pub mod presets;
#[cfg(test)]
mod tests;
pub mod view;
#[cfg(target_os = "linux")]
mod watcher;
#[cfg(not(target_os = "linux"))]
#[path = "no_watcher.rs"]
mod watcher;

use jiff::tz::TimeZone;
use presently_core::{Code, Coded, Presence, coded_error};
use presently_ipc::Snapshot;
use presently_ipc::request::{End, MessageText, WindowView};
use presently_text::Texts;
use tokio::sync::mpsc;

use crate::localize;

pub use host::{HostState, host_present};
pub use view::{TrayView, view};

/// What the person does in the tray.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrayAction {
    /// A choice in the menu; no presence is automatic.
    Choose {
        /// What to show.
        presence: Option<Presence>,
        /// When it ends.
        end: Option<End>,
    },
    /// A left click: from busy to what was there before, from anything else
    /// to busy.
    ToggleBusy,
    /// A message that stands by itself, or none.
    Say {
        /// The message.
        message: Option<MessageText>,
        /// When it ends.
        end: Option<End>,
    },
    /// Every account is paused, until then.
    PauseAccounts(Option<End>),
    /// None is any more.
    ResumeAccounts,
    /// Calls are not looked for, until then.
    PauseCalls(Option<End>),
    /// They are again.
    ResumeCalls,
    /// Every hour is a working hour, until then.
    PauseHours(Option<End>),
    /// The working hours apply again.
    ResumeHours,
    /// The person is, or is not, in the meeting that is on.
    SayAttendance(bool),
    /// Open the window, at a view.
    OpenWindow(Option<WindowView>),
    /// End the agent.
    Quit,
}

/// Why there is no tray.
#[derive(Debug)]
pub enum TrayError {
    /// One of the icons in this program is not a picture we can show.
    Icon(&'static str, String),
    /// The system gave no thread.
    Thread(std::io::Error),
}

impl Coded for TrayError {
    fn code(&self) -> Code {
        match self {
            Self::Icon(name, why) => {
                Code::new("tray-icon-unreadable").with("name", *name).with("why", why)
            }
            Self::Thread(why) => Code::new("tray-not-started").with("why", why.to_string()),
        }
    }
}

coded_error!(TrayError);

impl From<std::io::Error> for TrayError {
    fn from(error: std::io::Error) -> Self {
        Self::Thread(error)
    }
}

/// The tray icon. It goes away when this is dropped.
#[derive(Debug)]
pub struct Tray {
    panel: panel::Panel,
    shown: Option<(TrayView, TimeZone)>,
}

/// Starts the tray; what the person does there arrives at `actions`.
///
/// Must be called within a tokio runtime. Returns at once: with no session bus or no tray host nothing is shown
/// (see [`host_present`]), and when a host appears later, so does the icon.
pub fn start(actions: mpsc::Sender<TrayAction>) -> Result<Tray, TrayError> {
    Ok(Tray { panel: panel::Panel::start(actions)?, shown: None })
}

impl Tray {
    /// Shows a snapshot. What looks the same as before touches nothing, and
    /// what comes faster than the host takes it is skipped but for the last.
    pub fn show(&mut self, snapshot: &Snapshot, time_zone: &TimeZone, texts: &Texts) {
        let view = view(&localize::snapshot(snapshot.clone(), texts), time_zone, texts);
        let same = |(shown, zone): &(TrayView, TimeZone)| *shown == view && zone == time_zone;
        if self.shown.as_ref().is_some_and(same) {
            return;
        }
        self.panel.show(view.clone(), time_zone.clone());
        self.shown = Some((view, time_zone.clone()));
    }
}
