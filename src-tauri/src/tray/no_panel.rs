//! On this system there is no tray yet.

use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use super::view::TrayView;
use super::{TrayAction, TrayError};

/// Never made.
#[derive(Debug)]
pub(super) enum Panel {}

impl Panel {
    pub(super) fn start(_actions: mpsc::Sender<TrayAction>) -> Result<Self, TrayError> {
        Err(TrayError::Unsupported)
    }

    pub(super) fn show(&self, _view: TrayView, _zone: TimeZone) {}
}
